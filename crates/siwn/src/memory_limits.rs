//! Limits in memory: a table of fixed size, so that a flood of addresses costs no more memory than one.

use std::fmt;
use std::future::ready;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::limits::{Counted, Limits, LimitsUnavailable, Rate, Taken};
use crate::{BoxFuture, UnixMillis};

/// Places that one key can be in. Which they are is a secret of the process.
const WAYS: usize = 8;

/// Counts in a table of fixed size, 128 KiB for 8,192 keys.
///
/// Each key has one number: the time at which all that it took is free again (the generic cell rate algorithm, exact to a
/// microsecond). Where more keys are active than there is room for, the one that is next to be free is forgotten first: a flood makes
/// limits forgetful, and never locks anybody out.
pub struct MemoryLimits {
    /// What a key is known by in the table. Its own key is random: nobody outside can choose his neighbours.
    hasher: RandomState,
    table: Box<[Mutex<Set>]>,
}

/// The places of the keys whose hashes end alike.
type Set = [Place; WAYS];

#[derive(Clone, Copy, Default)]
struct Place {
    key: u64,
    /// When all that was taken is free again, in microseconds. The past stands for an empty place.
    free_at: u64,
}

/// What a decision leaves behind.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Write {
    Taken,
    Nothing,
}

impl MemoryLimits {
    /// With room for `keys`, rounded up to a power of two, and at least 8.
    #[must_use]
    pub fn new(keys: usize) -> Self {
        let sets = keys.div_ceil(WAYS).next_power_of_two();
        let table = (0..sets).map(|_| Mutex::new(Set::default())).collect();
        Self { hasher: RandomState::new(), table }
    }

    fn take_now(&self, counted: Counted<'_>, rate: Rate, now: UnixMillis) -> Taken {
        self.decide(counted, rate, now, Write::Taken)
    }

    fn decide(&self, counted: Counted<'_>, rate: Rate, now: UnixMillis, write: Write) -> Taken {
        let key = self.hasher.hash_one(counted);
        let now = now.get().saturating_mul(1000);
        let index = usize::try_from(key).unwrap_or(usize::MAX) & (self.table.len() - 1);
        let mut set = self.table[index].lock().unwrap_or_else(PoisonError::into_inner);
        let known = set.iter_mut().find(|place| place.key == key);
        let latest = now.saturating_add(micros(rate.period()));
        // Later than that is nothing, unless the clock went back.
        let free_at = known.as_ref().map_or(now, |place| if place.free_at > latest { now } else { place.free_at.max(now) });
        let then = free_at.saturating_add(micros(rate.interval()));
        if then > latest {
            return Taken::Refused { retry_after: Duration::from_micros(then - latest) };
        }
        if write == Write::Nothing {
            return Taken::Granted;
        }
        let place = match known {
            Some(place) => place,
            None => set.iter_mut().min_by_key(|place| place.free_at).expect("a set has places"),
        };
        *place = Place { key, free_at: then };
        Taken::Granted
    }
}

impl Limits for MemoryLimits {
    fn take<'a>(&'a self, counted: Counted<'a>, rate: Rate, now: UnixMillis) -> BoxFuture<'a, Result<Taken, LimitsUnavailable>> {
        Box::pin(ready(Ok(self.take_now(counted, rate, now))))
    }

    fn look<'a>(&'a self, counted: Counted<'a>, rate: Rate, now: UnixMillis) -> BoxFuture<'a, Result<Taken, LimitsUnavailable>> {
        Box::pin(ready(Ok(self.decide(counted, rate, now, Write::Nothing))))
    }
}

impl fmt::Debug for MemoryLimits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryLimits").field("keys", &(self.table.len() * WAYS)).finish_non_exhaustive()
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv6Addr};

    use super::*;

    const NOW: UnixMillis = UnixMillis::new(1_760_000_000_000);

    fn rate(text: &str) -> Rate {
        text.parse().unwrap()
    }

    fn address(number: u128) -> Counted<'static> {
        Counted::Verify(IpAddr::V6(Ipv6Addr::from_bits(number)))
    }

    /// How many are granted at `now`.
    fn granted(limits: &MemoryLimits, counted: Counted<'_>, rate: Rate, now: UnixMillis) -> u32 {
        (0..10_000).take_while(|_| limits.take_now(counted, rate, now) == Taken::Granted).map(|_| 1).sum()
    }

    #[test]
    fn so_many_at_once_and_then_one_in_each_share_of_the_period() {
        let (limits, rate) = (MemoryLimits::new(8), rate("60/1m"));
        assert_eq!(granted(&limits, address(1), rate, NOW), 60);
        assert_eq!(limits.take_now(address(1), rate, NOW), Taken::Refused { retry_after: Duration::from_secs(1) });
        assert_eq!(granted(&limits, address(1), rate, NOW + Duration::from_millis(999)), 0);
        assert_eq!(granted(&limits, address(1), rate, NOW + Duration::from_secs(1)), 1);
        assert_eq!(granted(&limits, address(1), rate, NOW + Duration::from_secs(31)), 30);
        assert_eq!(granted(&limits, address(1), rate, NOW + Duration::from_hours(1)), 60);
    }

    #[test]
    fn who_looks_takes_nothing() {
        let (limits, rate) = (MemoryLimits::new(8), rate("1/1m"));
        let look = || limits.decide(address(1), rate, NOW, Write::Nothing);
        assert_eq!((look(), look(), limits.take_now(address(1), rate, NOW)), (Taken::Granted, Taken::Granted, Taken::Granted));
        assert_eq!(look(), Taken::Refused { retry_after: Duration::from_mins(1) });
    }

    #[test]
    fn each_client_each_account_and_each_kind_is_counted_by_itself() {
        let (limits, rate) = (MemoryLimits::new(64), rate("2/1h"));
        let (alice, bob) = ("alice.near".parse().unwrap(), "bob.near".parse().unwrap());
        let one = IpAddr::from([192, 0, 2, 1]);
        for counted in [
            Counted::Verify(one),
            Counted::Initiate(one),
            Counted::Verify(IpAddr::from([192, 0, 2, 2])),
            Counted::Account(&alice),
            Counted::Account(&bob),
        ] {
            assert_eq!(granted(&limits, counted, rate, NOW), 2, "{counted:?}");
        }
    }

    #[test]
    fn a_flood_of_addresses_takes_no_memory_and_locks_nobody_out() {
        let (limits, rate) = (MemoryLimits::new(1024), rate("1/1h"));
        let size = limits.table.len();
        for number in 0..50_000 {
            assert_eq!(limits.take_now(address(number), rate, NOW), Taken::Granted, "{number}");
        }
        assert_eq!(limits.table.len(), size);
    }

    #[test]
    fn a_flood_forgets_first_who_is_next_to_be_free() {
        let limits = MemoryLimits::new(8);
        let greedy = Counted::Initiate(IpAddr::from([192, 0, 2, 1]));
        assert_eq!(granted(&limits, greedy, rate("10/1h"), NOW), 10);
        for number in 0..1000 {
            limits.take_now(address(number), rate("10/1h"), NOW);
        }
        assert_eq!(granted(&limits, greedy, rate("10/1h"), NOW), 0);
    }

    #[test]
    fn a_clock_that_goes_back_limits_nobody() {
        let (limits, rate) = (MemoryLimits::new(8), rate("60/1m"));
        assert_eq!(granted(&limits, address(1), rate, NOW + Duration::from_hours(24)), 60);
        assert_eq!(granted(&limits, address(1), rate, NOW), 60);
    }
}
