//! What was found out a moment ago, by session: so that it is not found out again at each request.

use std::collections::HashMap;
use std::time::Duration;

use siwn::{SessionId, UnixMillis};

/// Two halves: the younger one takes what is new, the older one is dropped whole when all of it is too old for everybody.
pub(crate) struct Recent<T> {
    young: HashMap<SessionId, Found<T>>,
    old: HashMap<SessionId, Found<T>>,
    turned_at: Option<UnixMillis>,
    longest: Duration,
    most: usize,
}

struct Found<T> {
    value: T,
    at: UnixMillis,
}

impl<T> Recent<T> {
    /// Keeps what is younger than `longest`, and `most` at once in each half.
    pub(crate) fn new(longest: Duration, most: usize) -> Self {
        Self { young: HashMap::new(), old: HashMap::new(), turned_at: None, longest, most }
    }

    /// What was kept less than `lifetime` ago.
    pub(crate) fn find(&self, id: SessionId, now: UnixMillis, lifetime: Duration) -> Option<&T> {
        let found = self.young.get(&id).or_else(|| self.old.get(&id))?;
        (now >= found.at && now.since(found.at) < lifetime).then_some(&found.value)
    }

    /// Keeps what was found out at `at`.
    pub(crate) fn keep(&mut self, id: SessionId, value: T, at: UnixMillis) {
        if self.turned_at.is_none_or(|turned| at < turned || at.since(turned) >= self.longest) {
            self.old = std::mem::take(&mut self.young);
            self.turned_at = Some(at);
        }
        // What does not fit is found out anew.
        if self.young.len() < self.most {
            self.young.insert(id, Found { value, at });
        }
    }

    /// Changes what is kept of a session.
    pub(crate) fn change(&mut self, id: SessionId, mut change: impl FnMut(&mut T)) {
        for half in [&mut self.young, &mut self.old] {
            if let Some(found) = half.get_mut(&id) {
                change(&mut found.value);
            }
        }
    }

    pub(crate) fn forget(&mut self, id: SessionId) {
        for half in [&mut self.young, &mut self.old] {
            half.remove(&id);
        }
    }

    /// Forgets all that is not to stay.
    pub(crate) fn retain(&mut self, stays: impl Fn(&T) -> bool) {
        for half in [&mut self.young, &mut self.old] {
            half.retain(|_, found| stays(&found.value));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: UnixMillis = UnixMillis::new(1_760_000_000_000);
    const LONGEST: Duration = Duration::from_secs(5);

    fn id(number: u8) -> SessionId {
        SessionId::from_bytes([number; 16])
    }

    #[test]
    fn it_keeps_no_more_than_it_has_room_for() {
        let mut recent = Recent::new(LONGEST, 3);
        for number in 0..6 {
            recent.keep(id(number), number, START);
        }
        assert_eq!((recent.young.len(), recent.old.len()), (3, 0));
        recent.keep(id(7), 7, START + LONGEST);
        assert_eq!((recent.young.len(), recent.old.len()), (1, 3));
        recent.keep(id(8), 8, START + LONGEST + LONGEST);
        assert_eq!((recent.young.len(), recent.old.len()), (1, 1));
    }

    #[test]
    fn what_is_kept_is_found_for_as_long_as_whoever_asks_says() {
        let mut recent = Recent::new(LONGEST, 3);
        recent.keep(id(1), "one", START);
        let later = START + Duration::from_secs(2);
        assert_eq!(recent.find(id(1), later, Duration::from_secs(3)), Some(&"one"));
        assert_eq!(recent.find(id(1), later, Duration::from_secs(2)), None, "as old as that is too old");
        let before = UnixMillis::new(START.get() - 1);
        assert_eq!(recent.find(id(1), before, LONGEST), None, "a clock that went back knows nothing");
        recent.forget(id(1));
        assert_eq!(recent.find(id(1), START, LONGEST), None);
    }
}
