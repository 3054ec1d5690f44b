//! What each challenge has asked about.

use std::time::Duration;

use siwn::SessionId;
use tokio::time::Instant;

use super::Mark;
use super::generations::Generations;

/// Challenges that are remembered, in each half, and for how long at least after their last question.
const HALF: usize = 50_000;
const PERIOD: Duration = Duration::from_mins(15);

/// How often a challenge may ask about each of its pairs, on average: a person tries again.
const TRIES: u32 = 4;

/// When to come back with a challenge that is used up: never with this one, and a new one can be had at once.
const WAIT: Duration = Duration::from_secs(1);

pub(super) struct Challenges {
    pairs: u32,
    asked: Generations<SessionId, Asked>,
}

#[derive(Default)]
struct Asked {
    pairs: Vec<Mark>,
    questions: u32,
}

/// What a question added to its challenge's account.
#[derive(Clone, Copy)]
pub(super) enum Charged {
    AnotherPair,
    /// It asked about this pair before.
    TheSameAgain,
}

impl Challenges {
    pub(super) fn new(pairs: u32) -> Self {
        Self { pairs, asked: Generations::new(HALF, Some(PERIOD)) }
    }

    pub(super) fn charge(&mut self, id: SessionId, pair: Mark, now: Instant) -> Result<Charged, Duration> {
        let pairs = self.pairs;
        let asked = self.asked.touch(id, now);
        let charged = if asked.pairs.contains(&pair) { Charged::TheSameAgain } else { Charged::AnotherPair };
        let has_room = matches!(charged, Charged::TheSameAgain) || asked.pairs.len() < pairs as usize;
        if !has_room || asked.questions >= pairs.saturating_mul(TRIES) {
            return Err(WAIT);
        }
        asked.questions += 1;
        if matches!(charged, Charged::AnotherPair) {
            asked.pairs.push(pair);
        }
        Ok(charged)
    }

    pub(super) fn give_back(&mut self, id: SessionId, pair: Mark, charged: Charged) {
        if let Some(asked) = self.asked.find(&id) {
            asked.questions = asked.questions.saturating_sub(1);
            if matches!(charged, Charged::AnotherPair) {
                asked.pairs.retain(|other| *other != pair);
            }
        }
    }
}
