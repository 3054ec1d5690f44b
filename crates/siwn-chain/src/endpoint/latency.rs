//! How long an endpoint takes: for metrics, and to tell when a second one should be asked.

use std::collections::BTreeMap;
use std::ops::AddAssign;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::request::Method;

/// The upper bounds of the times of calls, in seconds.
const SECONDS: [f64; 9] = [0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, f64::INFINITY];

/// Look-ups that are remembered, and after how many new ones the measure is taken again.
const RECENT: usize = 64;
const AFRESH: usize = 8;

/// How long calls took: a histogram. Two of them add up.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Seconds {
    /// How many calls ended.
    pub count: u64,
    /// How long they took together, in seconds.
    pub sum: f64,
    /// Upper bounds in seconds, the last one without end, each with the calls above the one before it.
    pub buckets: Vec<(f64, u64)>,
}

impl Seconds {
    fn add(&mut self, took: Duration) {
        if self.buckets.is_empty() {
            self.buckets = SECONDS.iter().map(|bound| (*bound, 0)).collect();
        }
        let seconds = took.as_secs_f64();
        self.count += 1;
        self.sum += seconds;
        if let Some((_, count)) = self.buckets.iter_mut().find(|(bound, _)| seconds <= *bound) {
            *count += 1;
        }
    }
}

impl AddAssign<&Self> for Seconds {
    fn add_assign(&mut self, other: &Self) {
        self.count += other.count;
        self.sum += other.sum;
        if self.buckets.is_empty() {
            self.buckets.clone_from(&other.buckets);
        } else {
            for ((_, count), (_, more)) in self.buckets.iter_mut().zip(&other.buckets) {
                *count += more;
            }
        }
    }
}

#[derive(Default)]
pub(crate) struct Latency(Mutex<Inside>);

#[derive(Default)]
struct Inside {
    calls: BTreeMap<Method, Seconds>,
    look_ups: Vec<Duration>,
    next: usize,
    slow: Option<Duration>,
}

impl Latency {
    pub(crate) fn of_a_call(&self, method: Method, took: Duration) {
        self.inside().calls.entry(method).or_default().add(took);
    }

    /// Of a look-up that was answered.
    pub(crate) fn of_a_look_up(&self, took: Duration) {
        let mut inside = self.inside();
        let next = inside.next;
        if inside.look_ups.len() < RECENT {
            inside.look_ups.push(took);
        } else {
            inside.look_ups[next % RECENT] = took;
        }
        inside.next = next.wrapping_add(1);
        if inside.next.is_multiple_of(AFRESH) {
            let mut sorted = inside.look_ups.clone();
            sorted.sort_unstable();
            inside.slow = sorted.get((sorted.len() * 95).div_ceil(100) - 1).copied();
        }
    }

    /// The time within which nineteen of twenty recent look-ups were answered, once it is known.
    pub(crate) fn slow(&self) -> Option<Duration> {
        self.inside().slow
    }

    pub(crate) fn calls(&self) -> BTreeMap<Method, Seconds> {
        self.inside().calls.clone()
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_look_up_is_the_one_in_twenty_of_the_recent_ones() {
        let latency = Latency::default();
        for millis in 1..8 {
            latency.of_a_look_up(Duration::from_millis(millis));
        }
        assert_eq!(latency.slow(), None);
        for millis in 8..=1064 {
            latency.of_a_look_up(Duration::from_millis(millis));
        }
        // The last 64 ones are 1001 to 1064, of which 61 make 95 %.
        assert_eq!(latency.slow(), Some(Duration::from_millis(1061)));
    }

    #[test]
    fn calls_are_counted_below_their_bound() {
        let latency = Latency::default();
        for millis in [5, 6, 100, 60_000] {
            latency.of_a_call(Method::Block, Duration::from_millis(millis));
        }
        let seconds = &latency.calls()[&Method::Block];
        let counts: Vec<_> = seconds.buckets.iter().map(|(_, count)| *count).collect();
        assert_eq!((seconds.count, counts), (4, vec![1, 1, 1, 0, 0, 0, 0, 0, 1]));
        assert!((seconds.sum - 60.111).abs() < 1e-9);
    }
}
