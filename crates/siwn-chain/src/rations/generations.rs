//! A map of bounded size that drops what was not touched for longest, without a search.

use std::collections::HashMap;
use std::hash::Hash;
use std::mem;
use std::time::Duration;

use tokio::time::Instant;

/// Two maps. The younger one takes what comes and what is touched; when it is full or old, it becomes the older one, and what that one
/// held is dropped.
pub(super) struct Generations<K, V> {
    /// The most entries of each map.
    half: usize,
    /// After this time without a touch an entry may be dropped, and after twice this time it is.
    period: Option<Duration>,
    younger: HashMap<K, V>,
    older: HashMap<K, V>,
    began: Option<Instant>,
}

impl<K: Eq + Hash, V: Default> Generations<K, V> {
    pub(super) fn new(half: usize, period: Option<Duration>) -> Self {
        Self { half, period, younger: HashMap::new(), older: HashMap::new(), began: None }
    }

    pub(super) fn contains(&self, key: &K) -> bool {
        self.younger.contains_key(key) || self.older.contains_key(key)
    }

    pub(super) fn remove(&mut self, key: &K) {
        self.younger.remove(key);
        self.older.remove(key);
    }

    /// The entry, if there is one.
    pub(super) fn find(&mut self, key: &K) -> Option<&mut V> {
        match self.younger.get_mut(key) {
            Some(value) => Some(value),
            None => self.older.get_mut(key),
        }
    }

    /// The entry, a new one where there is none.
    pub(super) fn touch(&mut self, key: K, now: Instant) -> &mut V {
        let began = *self.began.get_or_insert(now);
        let is_old = self.period.is_some_and(|period| now.duration_since(began) >= period);
        if is_old || (self.younger.len() >= self.half && !self.younger.contains_key(&key)) {
            self.older = mem::take(&mut self.younger);
            self.began = Some(now);
        }
        let older = self.older.remove(&key);
        self.younger.entry(key).or_insert_with(|| older.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_is_touched_stays_and_the_rest_goes() {
        let mut map = Generations::<u32, u32>::new(10, None);
        *map.touch(0, Instant::now()) = 7;
        for key in 1..1000 {
            map.touch(key, Instant::now());
            assert_eq!(*map.touch(0, Instant::now()), 7);
            assert!(map.younger.len() <= 10 && map.older.len() <= 10);
        }
        assert!(!map.contains(&1) && map.contains(&999));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_old_goes() {
        let mut map = Generations::<u32, u32>::new(10, Some(Duration::from_mins(1)));
        for (seconds, expected) in [(0, true), (59, true), (60, true), (61, false), (60, false)] {
            tokio::time::advance(Duration::from_secs(seconds)).await;
            map.touch(2, Instant::now());
            if seconds == 0 {
                map.touch(1, Instant::now());
            }
            assert_eq!(map.contains(&1), expected, "{seconds}");
        }
    }
}
