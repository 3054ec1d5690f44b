//! Which pairs had full access before.

use tokio::time::Instant;

use super::Mark;
use super::generations::Generations;

/// Pairs that are remembered, in each half.
const HALF: usize = 100_000;

/// Pairs whose last answer was full access. They had to be an account's own, so that nobody makes up many of them.
pub(super) struct Stood(Generations<Mark, ()>);

impl Default for Stood {
    fn default() -> Self {
        Self(Generations::new(HALF, None))
    }
}

impl Stood {
    pub(super) fn contains(&self, pair: Mark) -> bool {
        self.0.contains(&pair)
    }

    pub(super) fn add(&mut self, pair: Mark) {
        self.0.touch(pair, Instant::now());
    }

    pub(super) fn remove(&mut self, pair: Mark) {
        self.0.remove(&pair);
    }
}
