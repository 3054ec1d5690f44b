//! What full-access keys are remembered, for a short time.
//!
//! A kept yes is as old as its block and ends with it: use never prolongs it. Everything else is asked every time: a no may have become
//! a yes, and an outage is no answer at all.

use std::collections::HashMap;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use siwn::{Access, Block, Question, Standing, UnixMillis};

use crate::pair::Handle;

/// Answers in each half of the cache.
const HALF: usize = 50_000;

/// Full-access keys and the blocks at which they stood, 100 000 at most.
pub(crate) struct KeyCache {
    /// For how long after its block an answer is good.
    lifetime: Duration,
    halves: Mutex<Halves>,
}

/// The younger half takes what comes. When it is full, or when all of the older one is past its time, it becomes the older one, and what
/// that one held is dropped: both memory and work stay bounded without a search for what to drop.
#[derive(Default)]
struct Halves {
    younger: Half,
    older: Half,
    began: Option<UnixMillis>,
}

type Half = HashMap<Handle, Kept>;

#[derive(Clone, Copy)]
struct Kept {
    block: Block,
    since: UnixMillis,
    good_until: UnixMillis,
}

impl KeyCache {
    /// Answers are good for `lifetime` after their block; with none, nothing is kept.
    pub(crate) fn new(lifetime: Duration) -> Self {
        Self { lifetime, halves: Mutex::default() }
    }

    /// The kept yes to this question, if it is still good.
    pub(crate) fn find(&self, question: Question<'_>, now: UnixMillis) -> Option<Standing> {
        if self.lifetime.is_zero() {
            return None;
        }
        let pair = Handle::from(question);
        let halves = self.halves();
        let kept = *halves.younger.get(&pair).or_else(|| halves.older.get(&pair))?;
        drop(halves);
        // A clock that was set back says nothing of how old an answer is.
        (kept.since <= now && now < kept.good_until).then(|| Standing {
            account: question.account.clone(),
            key: question.key.clone(),
            access: Access::Full,
            block: kept.block,
        })
    }

    /// Keeps an answer from a block of that time, if it is a yes.
    pub(crate) fn keep(&self, standing: &Standing, made_at: UnixMillis, now: UnixMillis) {
        // A block's time is its maker's word: one that is ahead of our clock prolongs nothing.
        let good_until = made_at.min(now) + self.lifetime;
        if standing.access == Access::Full && now < good_until {
            let pair = Handle::from(Question::new(&standing.account, &standing.key));
            let mut halves = self.halves();
            halves.turn(now, self.lifetime);
            halves.younger.insert(pair, Kept { block: standing.block, since: now, good_until });
        }
    }

    fn halves(&self) -> MutexGuard<'_, Halves> {
        self.halves.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Halves {
    fn turn(&mut self, now: UnixMillis, lifetime: Duration) {
        let began = *self.began.get_or_insert(now);
        if self.younger.len() >= HALF || now.since(began) >= lifetime {
            self.older = mem::take(&mut self.younger);
            self.began = Some(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use siwn::PublicKey;

    use super::*;

    const NOW: UnixMillis = UnixMillis::new(1_786_026_540_000);
    const LIFETIME: Duration = Duration::from_secs(30);

    fn standing(number: u32, access: Access) -> Standing {
        let mut key = [0; 32];
        key[..4].copy_from_slice(&number.to_be_bytes());
        let (account, key) = ("alice.near".parse().unwrap(), PublicKey::from_ed25519(key));
        Standing { account, key, access, block: Block { height: number.into(), hash: [7; 32] } }
    }

    fn find(cache: &KeyCache, number: u32, now: UnixMillis) -> Option<u64> {
        let Standing { account, key, .. } = standing(number, Access::Full);
        cache.find(Question::new(&account, &key), now).map(|found| found.block.height)
    }

    fn kept(cache: &KeyCache) -> usize {
        let halves = cache.halves();
        halves.younger.len() + halves.older.len()
    }

    #[test]
    fn the_cache_is_bounded_and_drops_the_older_ones() {
        let cache = KeyCache::new(LIFETIME);
        let half = u32::try_from(HALF).unwrap();
        for number in 0..=2 * half {
            cache.keep(&standing(number, Access::Full), NOW, NOW);
        }
        assert_eq!(kept(&cache), HALF + 1);
        assert_eq!(find(&cache, 0, NOW), None);
        for number in [half, 2 * half] {
            assert_eq!(find(&cache, number, NOW), Some(number.into()));
        }
    }

    #[test]
    fn what_is_past_its_time_leaves_the_memory() {
        let cache = KeyCache::new(LIFETIME);
        for (number, millis) in [(0, 0), (1, 29_999), (2, 30_000), (3, 60_000)] {
            let now = NOW + Duration::from_millis(millis);
            cache.keep(&standing(number, Access::Full), now, now);
        }
        assert_eq!(kept(&cache), 2);
        assert_eq!(find(&cache, 3, NOW + Duration::from_millis(59_999)), None, "the clock was set back");
        assert_eq!(find(&cache, 3, NOW + Duration::from_mins(1)), Some(3));
    }

    #[test]
    fn an_answer_without_time_left_is_not_kept() {
        let cache = KeyCache::new(LIFETIME);
        cache.keep(&standing(0, Access::Full), NOW, NOW + LIFETIME);
        let off = KeyCache::new(Duration::ZERO);
        off.keep(&standing(0, Access::Full), NOW + LIFETIME, NOW);
        assert_eq!((kept(&cache), kept(&off)), (0, 0));
    }

    #[test]
    fn a_block_ahead_of_our_clock_prolongs_nothing() {
        let cache = KeyCache::new(LIFETIME);
        cache.keep(&standing(0, Access::Full), NOW + Duration::from_hours(1), NOW);
        assert_eq!(find(&cache, 0, NOW + Duration::from_millis(29_999)), Some(0));
        assert_eq!(find(&cache, 0, NOW + LIFETIME), None);
    }
}
