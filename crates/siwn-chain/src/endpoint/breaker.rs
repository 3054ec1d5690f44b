//! Whether an endpoint is asked at all: one that fails again and again, or that asked for a pause, is left alone for a while.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

/// Faults in a row after which an endpoint is left alone.
const FAULTS: u32 = 3;

/// The first pause after faults. Each further one in a row is twice as long, up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// The pause of an endpoint that asks for less and does not say for how long.
const PAUSE_OF_A_LIMIT: Duration = Duration::from_secs(2);
/// The longest pause that is kept because it was asked for; then one look-up tries. Who asks for an hour may be back in a minute, and what
/// people have signed meanwhile is good for five.
const LONGEST_LIMIT: Duration = Duration::from_secs(30);

/// How an endpoint is asked at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BreakerState {
    /// By everybody.
    Closed,
    /// By nobody, for a while.
    Open,
    /// By one look-up, which tries whether it answers again.
    HalfOpen,
}

impl BreakerState {
    /// `closed`, `open` or `half_open`.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half_open",
        }
    }
}

#[derive(Default)]
pub(crate) struct Breaker {
    inside: Mutex<Inside>,
    /// Told when an endpoint may have become free to be asked.
    changed: Arc<Notify>,
}

struct Inside {
    phase: Phase,
    faults: u32,
    next_pause: Duration,
}

#[derive(Clone, Copy)]
enum Phase {
    Closed,
    Paused {
        until: Instant,
        why: Why,
    },
    /// Somebody tries it.
    Tried,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Why {
    Faults,
    /// It asked for it.
    Limit,
}

impl Default for Inside {
    fn default() -> Self {
        Self { phase: Phase::Closed, faults: 0, next_pause: FIRST_PAUSE }
    }
}

/// The permission to ask, once. One that is dropped without an answer lets the next look-up try.
pub(crate) struct Pass<'a> {
    tries: Option<&'a Breaker>,
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if let Some(breaker) = self.tries {
            let mut inside = breaker.inside();
            if matches!(inside.phase, Phase::Tried) {
                inside.phase = Phase::Paused { until: Instant::now(), why: Why::Faults };
            }
            drop(inside);
            breaker.changed.notify_waiters();
        }
    }
}

impl Breaker {
    pub(crate) fn new(changed: Arc<Notify>) -> Self {
        Self { inside: Mutex::default(), changed }
    }

    /// Whether a look-up may ask. After a pause one may, and the others see how that ends.
    pub(crate) fn admit(&self) -> Option<Pass<'_>> {
        let mut inside = self.inside();
        match inside.phase {
            Phase::Closed => Some(Pass { tries: None }),
            Phase::Paused { until, .. } if Instant::now() >= until => {
                inside.phase = Phase::Tried;
                Some(Pass { tries: Some(self) })
            }
            Phase::Paused { .. } | Phase::Tried => None,
        }
    }

    /// When the endpoint may be asked again, where it is left alone.
    pub(crate) fn returns(&self) -> Option<Instant> {
        match self.inside().phase {
            Phase::Paused { until, .. } => Some(until),
            Phase::Closed | Phase::Tried => None,
        }
    }

    /// For how long it is left alone.
    pub(crate) fn pause(&self) -> Option<Duration> {
        self.returns().map(|until| until.saturating_duration_since(Instant::now()))
    }

    /// Whether the endpoint asked for a pause that is not over.
    pub(crate) fn is_limited(&self) -> bool {
        matches!(self.inside().phase, Phase::Paused { until, why: Why::Limit } if Instant::now() < until)
    }

    /// The endpoint answered. What was asked before a pause does not end it.
    pub(crate) fn answered(&self) {
        let mut inside = self.inside();
        if !matches!(inside.phase, Phase::Paused { .. }) {
            *inside = Inside::default();
        }
    }

    /// The endpoint answered outside of the order, for a check.
    pub(crate) fn is_well(&self) {
        *self.inside() = Inside::default();
        self.changed.notify_waiters();
    }

    pub(crate) fn failed(&self) {
        let mut inside = self.inside();
        inside.faults = inside.faults.saturating_add(1);
        let opens = match inside.phase {
            Phase::Closed => inside.faults >= FAULTS,
            Phase::Tried => true,
            Phase::Paused { .. } => false,
        };
        if opens {
            inside.phase = Phase::Paused { until: Instant::now() + inside.next_pause, why: Why::Faults };
            inside.next_pause = (inside.next_pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// The endpoint asked for a pause.
    pub(crate) fn limited(&self, retry_after: Option<Duration>) {
        let mut inside = self.inside();
        let until = Instant::now() + retry_after.unwrap_or(PAUSE_OF_A_LIMIT).min(LONGEST_LIMIT);
        let until = match inside.phase {
            Phase::Paused { until: earlier, .. } => until.max(earlier),
            Phase::Closed | Phase::Tried => until,
        };
        inside.phase = Phase::Paused { until, why: Why::Limit };
    }

    pub(crate) fn state(&self) -> BreakerState {
        match self.inside().phase {
            Phase::Closed => BreakerState::Closed,
            Phase::Paused { .. } => BreakerState::Open,
            Phase::Tried => BreakerState::HalfOpen,
        }
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    fn admits(breaker: &Breaker) -> bool {
        breaker.admit().is_some()
    }

    fn fail(breaker: &Breaker, times: u32) {
        for _ in 0..times {
            breaker.failed();
        }
    }

    #[tokio::test(start_paused = true)]
    async fn three_faults_in_a_row_make_a_pause_and_an_answer_between_them_none() {
        let breaker = Breaker::default();
        fail(&breaker, 2);
        breaker.answered();
        fail(&breaker, 2);
        assert!(admits(&breaker));
        fail(&breaker, 1);
        assert!(!admits(&breaker));
        assert_eq!((breaker.state(), breaker.pause()), (BreakerState::Open, Some(FIRST_PAUSE)));
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_pause_one_tries_and_its_answer_lets_everybody_in() {
        let breaker = Breaker::default();
        fail(&breaker, FAULTS);
        advance(FIRST_PAUSE).await;
        let pass = breaker.admit().unwrap();
        assert!(!admits(&breaker));
        assert_eq!(breaker.state(), BreakerState::HalfOpen);
        breaker.answered();
        drop(pass);
        assert!(admits(&breaker) && admits(&breaker));
    }

    #[tokio::test(start_paused = true)]
    async fn a_try_that_fails_doubles_the_pause_up_to_ten_seconds() {
        let breaker = Breaker::default();
        fail(&breaker, FAULTS);
        for seconds in [1, 2, 4, 8, 10, 10] {
            assert_eq!(breaker.pause(), Some(Duration::from_secs(seconds)));
            // What was under way when the pause began changes nothing.
            fail(&breaker, 5);
            advance(Duration::from_secs(seconds)).await;
            let pass = breaker.admit().unwrap();
            breaker.failed();
            drop(pass);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_try_that_is_given_up_lets_the_next_one_try() {
        let breaker = Breaker::default();
        fail(&breaker, FAULTS);
        advance(FIRST_PAUSE).await;
        drop(breaker.admit().unwrap());
        let _pass = breaker.admit().unwrap();
        assert!(!admits(&breaker));
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_that_was_asked_for_is_kept_and_answers_to_earlier_questions_do_not_end_it() {
        let breaker = Breaker::default();
        breaker.limited(Some(Duration::from_secs(7)));
        breaker.limited(Some(Duration::from_secs(3)));
        breaker.answered();
        advance(Duration::from_millis(6_999)).await;
        assert!(!admits(&breaker) && breaker.is_limited());
        advance(Duration::from_millis(1)).await;
        assert!(!breaker.is_limited() && admits(&breaker));
    }
    #[tokio::test(start_paused = true)]
    async fn an_endpoint_that_asks_for_longer_is_tried_by_one_every_half_minute() {
        let breaker = Breaker::default();
        for _ in 0..3 {
            breaker.limited(Some(Duration::from_hours(1)));
            assert_eq!(breaker.pause(), Some(LONGEST_LIMIT));
            advance(Duration::from_millis(29_999)).await;
            assert!(!admits(&breaker));
            advance(Duration::from_millis(1)).await;
            let _pass = breaker.admit().unwrap();
            assert!(!admits(&breaker));
        }
        breaker.limited(Some(Duration::MAX));
        assert_eq!(breaker.pause(), Some(LONGEST_LIMIT));
    }
}
