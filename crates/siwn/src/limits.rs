//! The port to limits: how often clients and accounts may do what costs a server something.

use std::error::Error as StdError;
use std::fmt;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

use thiserror::Error;

use crate::{AccountId, BoxFuture, UnixMillis};

const LONGEST_PERIOD: Duration = Duration::from_hours(24);
/// A share of the period is at least a microsecond, so that it can be counted in those.
const MOST: u32 = 1_000_000;

/// Counts what clients and accounts do. [`MemoryLimits`](crate::MemoryLimits) counts for one process; what several processes share can
/// count for all of them.
pub trait Limits: Send + Sync {
    /// Takes one of what `rate` grants, or says when the next one is free. What is refused is not counted.
    ///
    /// `now` is the caller's clock; an implementation that has one of its own goes by that.
    fn take<'a>(&'a self, counted: Counted<'a>, rate: Rate, now: UnixMillis) -> BoxFuture<'a, Result<Taken, LimitsUnavailable>>;

    /// Says what [`take`](Self::take) would say, and takes nothing.
    fn look<'a>(&'a self, counted: Counted<'a>, rate: Rate, now: UnixMillis) -> BoxFuture<'a, Result<Taken, LimitsUnavailable>>;
}

/// What is counted, and whose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Counted<'a> {
    /// Challenges for a client's address. IPv6 by its network of 64 bits.
    Initiate(IpAddr),
    /// Proofs of a client's address, good and bad. IPv6 by its network of 64 bits.
    Verify(IpAddr),
    /// Sessions that an account opened: nobody else can use them up.
    Account(&'a AccountId),
    /// Looks at an account's sessions, ends of them, and access tokens, by whoever is signed in as it.
    Sessions(&'a AccountId),
}

/// Whether there was one left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// Yes.
    Granted,
    /// No.
    Refused {
        /// When the next one is free.
        retry_after: Duration,
    },
}

/// Nobody could say: what is shared is out of reach. Limits are no lock; whoever asks lets it pass.
#[derive(Debug, Error)]
#[error("the limits could not be asked")]
pub struct LimitsUnavailable(#[source] pub Box<dyn StdError + Send + Sync>);

/// So many in so long, and so many at once: `60/1m` is sixty at once, and then one a second.
///
/// As text: a number from 1 to 1,000,000, and a period in whole seconds, minutes or hours, from 1 second to 24 hours.
///
/// ```
/// use std::time::Duration;
/// use siwn::Rate;
///
/// let rate: Rate = "60/1m".parse()?;
/// assert_eq!((rate.count(), rate.period()), (60, Duration::from_secs(60)));
/// # Ok::<(), siwn::RateError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    count: NonZeroU32,
    period: Duration,
}

/// The text is no rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a rate is a number from 1 to {MOST} and a period up to 24h, as in 60/1m")]
pub struct RateError;

impl Rate {
    /// `count` (1 to 1,000,000) in `period` (1 second to 24 hours).
    pub fn new(count: u32, period: Duration) -> Result<Self, RateError> {
        let count = NonZeroU32::new(count).filter(|count| count.get() <= MOST).ok_or(RateError)?;
        if !(Duration::from_secs(1)..=LONGEST_PERIOD).contains(&period) {
            return Err(RateError);
        }
        Ok(Self { count, period })
    }

    /// So many.
    #[must_use]
    pub const fn count(self) -> u32 {
        self.count.get()
    }

    /// In so long.
    #[must_use]
    pub const fn period(self) -> Duration {
        self.period
    }

    /// One's share of the period.
    #[must_use]
    pub fn interval(self) -> Duration {
        self.period / self.count.get()
    }
}

impl FromStr for Rate {
    type Err = RateError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (count, period) = text.split_once('/').ok_or(RateError)?;
        let is_number = |digits: &str| !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
        let (units, seconds) =
            [("s", 1), ("m", 60), ("h", 3600)].into_iter().find(|(unit, _)| period.ends_with(unit)).ok_or(RateError)?;
        let units = period.strip_suffix(units).filter(|units| is_number(units)).ok_or(RateError)?;
        let units: u64 = units.parse().map_err(|_| RateError)?;
        let count = Some(count).filter(|count| is_number(count)).ok_or(RateError)?.parse().map_err(|_| RateError)?;
        Self::new(count, Duration::from_secs(units.checked_mul(seconds).ok_or(RateError)?))
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.period.as_secs();
        match seconds {
            _ if seconds.is_multiple_of(3600) => write!(f, "{}/{}h", self.count, seconds / 3600),
            _ if seconds.is_multiple_of(60) => write!(f, "{}/{}m", self.count, seconds / 60),
            _ => write!(f, "{}/{seconds}s", self.count),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_reads_back() {
        for text in ["1/1s", "60/1m", "1000000/24h", "7/90s"] {
            assert_eq!(text.parse::<Rate>().unwrap().to_string(), text);
        }
        assert_eq!("5/120s".parse::<Rate>().unwrap().to_string(), "5/2m");
    }

    #[test]
    fn what_is_no_rate_is_refused() {
        for text in
            ["", "60", "60/", "/1m", "0/1m", "1000001/1m", "60/0s", "60/25h", "+6/1m", "60/1", "60/m", "60/-1m", "6 0/1m", "60/1d"]
        {
            assert_eq!(text.parse::<Rate>(), Err(RateError), "{text}");
        }
        assert_eq!(format!("1/{}h", u64::MAX).parse::<Rate>(), Err(RateError));
    }
}
