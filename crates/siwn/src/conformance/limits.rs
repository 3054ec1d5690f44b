//! What every implementation of [`Limits`] does.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use super::{START, TestClock};
use crate::{AccountId, Counted, Limits, Rate, Taken};

/// Checks limits that count by `clock`, and that count nothing yet.
///
/// # Panics
///
/// Where they do something else than they promise.
pub async fn check_limits(limits: &dyn Limits, clock: &TestClock) {
    clock.set(START);
    let checked = Checked { limits, clock };
    checked.so_many_at_once_and_then_one_in_each_share().await;
    checked.each_is_counted_by_itself().await;
    checked.who_looks_takes_nothing_and_who_is_refused_is_not_counted().await;
    checked.a_clock_that_goes_back_limits_nobody().await;
}

struct Checked<'a> {
    limits: &'a dyn Limits,
    clock: &'a TestClock,
}

impl Checked<'_> {
    async fn take(&self, counted: Counted<'_>, rate: Rate) -> Taken {
        self.limits.take(counted, rate, self.clock.now()).await.expect("the limits can be asked")
    }

    async fn look(&self, counted: Counted<'_>, rate: Rate) -> Taken {
        self.limits.look(counted, rate, self.clock.now()).await.expect("the limits can be asked")
    }

    /// How many are granted before one is refused.
    async fn granted(&self, counted: Counted<'_>, rate: Rate) -> u32 {
        let mut granted = 0;
        while granted <= rate.count() && self.take(counted, rate).await == Taken::Granted {
            granted += 1;
        }
        granted
    }

    fn advance(&self, duration: Duration) {
        self.clock.set(self.clock.now() + duration);
    }

    async fn so_many_at_once_and_then_one_in_each_share(&self) {
        let (client, rate) = (client(1), rate("60/1m"));
        assert_eq!(self.granted(client, rate).await, 60);
        assert_eq!(self.take(client, rate).await, Taken::Refused { retry_after: Duration::from_secs(1) });
        self.advance(Duration::from_millis(999));
        assert_eq!(self.granted(client, rate).await, 0);
        self.advance(Duration::from_millis(1));
        assert_eq!(self.granted(client, rate).await, 1);
        self.advance(Duration::from_secs(30));
        assert_eq!(self.granted(client, rate).await, 30);
        self.advance(Duration::from_hours(1));
        assert_eq!(self.granted(client, rate).await, 60, "and no more than that, however long nobody came");
    }

    async fn each_is_counted_by_itself(&self) {
        let [alice, bob] = ["alice.near", "bob.near"].map(|name| name.parse::<AccountId>().expect("an account"));
        let one = IpAddr::from([192, 0, 2, 7]);
        let [initiate, verify] = [Counted::Initiate(one), Counted::Verify(one)];
        let other = Counted::Verify("2001:db8::".parse().expect("an address"));
        for counted in [initiate, verify, other, Counted::Account(&alice), Counted::Account(&bob), Counted::Sessions(&alice)] {
            assert_eq!(self.granted(counted, rate("2/1h")).await, 2, "{counted:?}");
        }
    }

    async fn who_looks_takes_nothing_and_who_is_refused_is_not_counted(&self) {
        let (client, rate) = (client(2), rate("1/1m"));
        for _ in 0..3 {
            assert_eq!(self.look(client, rate).await, Taken::Granted);
        }
        assert_eq!(self.take(client, rate).await, Taken::Granted);
        let refused = Taken::Refused { retry_after: Duration::from_mins(1) };
        for _ in 0..3 {
            assert_eq!((self.look(client, rate).await, self.take(client, rate).await), (refused, refused));
        }
        self.advance(Duration::from_mins(1));
        assert_eq!(self.look(client, rate).await, Taken::Granted);
    }

    async fn a_clock_that_goes_back_limits_nobody(&self) {
        let (client, rate) = (client(3), rate("2/1s"));
        self.advance(Duration::from_hours(24));
        assert_eq!(self.granted(client, rate).await, 2);
        self.clock.set(START);
        assert_eq!(self.granted(client, rate).await, 2);
    }
}

fn client(number: u8) -> Counted<'static> {
    Counted::Verify(Ipv4Addr::new(192, 0, 2, number).into())
}

fn rate(text: &str) -> Rate {
    text.parse().expect("a rate")
}
