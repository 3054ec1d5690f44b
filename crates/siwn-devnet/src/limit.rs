//! A node that answers so many requests a second and no more.

use std::num::NonZeroU32;
use std::time::Duration;

use tokio::time::Instant;

const SECOND: Duration = Duration::from_secs(1);

/// How many requests a second a node answers; the others get 429. As many may come at once after a second of silence.
///
/// The second is tokio's, so that it is the test's where a test has paused the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// How many.
    pub per_second: NonZeroU32,
    /// The `Retry-After` of the 429, in seconds; `None` for a 429 without one.
    pub retry_after: Option<u32>,
}

/// A [`Limit`] and how much of it is used up (the generic cell rate algorithm).
pub(crate) struct Limiter {
    pub(crate) limit: Limit,
    /// When all requests that were answered so far would have been answered at an even pace.
    even: Option<Instant>,
}

impl Limiter {
    pub(crate) const fn new(limit: Limit) -> Self {
        Self { limit, even: None }
    }

    /// Whether one more request is answered now.
    pub(crate) fn admit(&mut self, now: Instant) -> bool {
        let interval = SECOND / self.limit.per_second.get();
        let even = self.even.map_or(now, |even| even.max(now)) + interval;
        let admitted = even - now <= SECOND;
        if admitted {
            self.even = Some(even);
        }
        admitted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_are_admitted_at_once_and_then_at_an_even_pace() {
        let limit = Limit { per_second: NonZeroU32::new(50).unwrap(), retry_after: None };
        let (mut limiter, start) = (Limiter::new(limit), Instant::now());
        let mut admitted = |millis| (0..100).filter(|_| limiter.admit(start + Duration::from_millis(millis))).count();
        assert_eq!([admitted(0), admitted(10), admitted(20), admitted(39), admitted(40), admitted(1040)], [50, 0, 1, 0, 1, 50]);
    }
}
