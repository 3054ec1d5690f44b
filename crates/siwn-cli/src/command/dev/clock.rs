//! The clock of everything in this process: the machine's, and so far ahead of it as somebody has put it forward.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use siwn::UnixMillis;

/// The longest that the clock is put forward at once: sessions live for a week.
pub(super) const LONGEST: Duration = Duration::from_hours(8 * 24);

/// A clock that can be put forward, and never back. Clones are the same.
#[derive(Clone, Debug, Default)]
pub(super) struct Clock {
    /// How far it is ahead, in milliseconds.
    ahead: Arc<AtomicU64>,
}

impl Clock {
    pub(super) fn now(&self) -> UnixMillis {
        UnixMillis::from(SystemTime::now()) + self.ahead()
    }

    pub(super) fn ahead(&self) -> Duration {
        Duration::from_millis(self.ahead.load(Ordering::Relaxed))
    }

    pub(super) fn forward(&self, by: Duration) {
        let millis = u64::try_from(by.min(LONGEST).as_millis()).expect("a week fits");
        self.ahead.fetch_add(millis, Ordering::Relaxed);
    }

    /// The same as the crates take it.
    pub(super) fn shared(&self) -> Arc<dyn Fn() -> UnixMillis + Send + Sync> {
        let clock = self.clone();
        Arc::new(move || clock.now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_forward_for_everybody_and_not_too_far() {
        let clock = Clock::default();
        let shared = clock.shared();
        clock.forward(Duration::from_mins(20));
        assert_eq!(clock.ahead(), Duration::from_mins(20));
        assert!(shared() >= UnixMillis::from(SystemTime::now()) + Duration::from_mins(19));
        clock.forward(Duration::MAX);
        assert_eq!(clock.ahead(), Duration::from_mins(20) + LONGEST);
    }
}
