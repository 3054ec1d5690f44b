//! How often a second endpoint is asked because the first one is slow: for one look-up in ten at most, so that endpoints that are all
//! slow are not asked twice as much.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// What a look-up adds to the account, and a hedge takes from it.
const LOOK_UP: u64 = 1;
const HEDGE: u64 = 10;

/// The most that is saved up: ten hedges.
const FULL: u64 = 100;

/// The shortest time after which an endpoint is slow.
const SHORTEST: Duration = Duration::from_millis(20);

pub(crate) struct Hedges {
    is_on: bool,
    account: AtomicU64,
    begun: AtomicU64,
    won: AtomicU64,
}

impl Hedges {
    pub(crate) const fn new(is_on: bool) -> Self {
        Self { is_on, account: AtomicU64::new(FULL), begun: AtomicU64::new(0), won: AtomicU64::new(0) }
    }

    /// After which time a look-up asks a second endpoint, where it may. `slow` is what nineteen of twenty look-ups stay within.
    pub(super) fn delay(&self, slow: Option<Duration>, timeout: Duration) -> Option<Duration> {
        let longest = timeout / 2;
        self.is_on.then(|| slow.unwrap_or(longest).max(SHORTEST).min(longest))
    }

    pub(super) fn saved_by_a_look_up(&self) {
        let _ = self.account.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |saved| Some((saved + LOOK_UP).min(FULL)));
    }

    /// Whether there is one left.
    pub(super) fn take(&self) -> bool {
        let taken = self.account.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |saved| saved.checked_sub(HEDGE)).is_ok();
        self.begun.fetch_add(u64::from(taken), Ordering::Relaxed);
        taken
    }

    pub(super) fn has_won(&self) {
        self.won.fetch_add(1, Ordering::Relaxed);
    }

    /// How many were begun, and how many of these answered first.
    pub(crate) fn counts(&self) -> (u64, u64) {
        (self.begun.load(Ordering::Relaxed), self.won.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_look_up_in_ten_is_hedged() {
        let hedges = Hedges::new(true);
        let mut taken = 0;
        for _ in 0..1000 {
            hedges.saved_by_a_look_up();
            taken += u32::from(hedges.take());
        }
        assert_eq!(taken, 109);
    }

    #[test]
    fn the_delay_is_bounded() {
        let (hedges, timeout) = (Hedges::new(true), Duration::from_secs(2));
        let of = |millis: Option<u64>| hedges.delay(millis.map(Duration::from_millis), timeout).unwrap().as_millis();
        assert_eq!([of(None), of(Some(1)), of(Some(150)), of(Some(1900))], [1000, 20, 150, 1000]);
        assert_eq!(hedges.delay(None, Duration::from_millis(10)), Some(Duration::from_millis(5)));
        assert_eq!(Hedges::new(false).delay(Some(SHORTEST), timeout), None);
    }
}
