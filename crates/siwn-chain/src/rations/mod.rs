//! How many questions may be asked. An account's name is outside of the signature, so that whoever has one good signature can name any
//! number of accounts: he must neither use up the endpoints nor lock anybody out.
//!
//! Two rations are of the asker, and refuse him: different pairs per challenge, and noes per client. A third one is of everybody: so many
//! questions are asked at once, and the others wait in line, with a shorter line for pairs that had full access before.

mod challenges;
mod clients;
mod generations;
mod line;
mod stood;

use std::hash::{BuildHasher as _, Hash, RandomState};
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use siwn::{Asker, ChainError, SessionId};
use tokio::time::Instant;

use crate::settings;
use challenges::Challenges;
use clients::Clients;
pub(crate) use line::{Line, Place};
use stood::Stood;

/// What is asked about, as it is counted: a keyed hash, so that nobody outside can make two pairs one.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Mark(u64);

pub(crate) struct Rations {
    counts: Mutex<Counts>,
    line: Line,
    marks: RandomState,
    refused: [AtomicU64; Refused::ALL.len()],
}

struct Counts {
    challenges: Challenges,
    clients: Clients,
    stood: Stood,
}

/// Which ration was used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    Challenge,
    Client,
    /// No place came free in time. That refuses nobody: it is an outage.
    Line,
}

/// What a question ended with, as far as rations go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    FullAccess,
    No,
    /// Nothing was learnt.
    Transient,
}

/// What one question has taken. What is dropped before it was asked is given back; what is dropped later is not, or whoever hangs up in
/// time would ask for nothing.
pub(crate) struct Ration {
    of: Arc<Rations>,
    /// What is asked about, and what stands by a full access.
    mark: Mark,
    stands: Mark,
    stood_before: bool,
    challenge: Option<(SessionId, challenges::Charged)>,
    client: Option<IpAddr>,
    stage: Stage,
}

/// How far a question has come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Waiting,
    Asked,
    Ended,
}

impl Rations {
    pub(crate) fn new(settings: settings::Rations) -> Self {
        let settings::Rations { pairs_per_challenge, noes_per_minute, at_once, at_once_for_known_pairs, .. } = settings;
        let counts = Counts {
            challenges: Challenges::new(pairs_per_challenge),
            clients: Clients::new(noes_per_minute),
            stood: Stood::default(),
        };
        Self {
            counts: Mutex::new(counts),
            line: Line::new(at_once, at_once_for_known_pairs),
            marks: RandomState::new(),
            refused: Default::default(),
        }
    }

    /// Of resolutions, whose questions are to contracts, and dear: 3 accounts for each challenge, 6 in a minute for each client that do
    /// not succeed, 8 at once, and 4 more of accounts that succeeded before.
    pub(crate) fn of_resolutions() -> Self {
        Self::new(settings::Rations { pairs_per_challenge: 3, noes_per_minute: 6, at_once: 8, at_once_for_known_pairs: 4 })
    }

    /// Takes what a question about this subject, a pair or an account, costs its asker. What `stands` is known by when the answer is full
    /// access: nobody can name it who is not let in by it.
    pub(crate) fn take(self: &Arc<Self>, asker: Asker, subject: &impl Hash, stands: &impl Hash) -> Result<Ration, ChainError> {
        let (mark, stands, now) = (Mark(self.marks.hash_one(subject)), Mark(self.marks.hash_one(stands)), Instant::now());
        let mut counts = self.counts();
        let stood_before = counts.stood.contains(stands);
        let challenge = match asker.challenge() {
            Some(id) => Some((id, counts.challenges.charge(id, mark, now).map_err(|wait| self.refuse(Refused::Challenge, wait))?)),
            None => None,
        };
        // Whoever stood before is let in whatever others do at his address.
        let client = asker.client().filter(|_| !stood_before);
        if let Some(client) = client
            && let Err(wait) = counts.clients.charge(client, now)
        {
            if let Some((id, charged)) = challenge {
                counts.challenges.give_back(id, mark, charged);
            }
            return Err(self.refuse(Refused::Client, wait));
        }
        Ok(Ration { of: Arc::clone(self), mark, stands, stood_before, challenge, client, stage: Stage::Waiting })
    }

    /// How often each ration was used up.
    pub(crate) fn refusals(&self) -> impl Iterator<Item = (&'static str, u64)> {
        Refused::ALL.into_iter().map(|refused| (refused.label(), self.refused[refused as usize].load(Ordering::Relaxed)))
    }

    fn refuse(&self, refused: Refused, wait: Duration) -> ChainError {
        self.refused[refused as usize].fetch_add(1, Ordering::Relaxed);
        ChainError::limited(wait)
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ration {
    /// A place among the questions that are asked at once, if one comes free before the deadline. From then on the question counts.
    pub(crate) async fn place(&mut self, deadline: Instant) -> Option<Place> {
        let place = self.of.line.place(self.stood_before, deadline).await;
        match place {
            Some(_) => self.stage = Stage::Asked,
            None => _ = self.of.refused[Refused::Line as usize].fetch_add(1, Ordering::Relaxed),
        }
        place
    }

    /// Whether full access was the answer before.
    pub(crate) const fn stood_before(&self) -> bool {
        self.stood_before
    }

    pub(crate) fn end(mut self, ending: Ending) {
        let of = Arc::clone(&self.of);
        let mut counts = of.counts();
        match ending {
            Ending::FullAccess => counts.stood.add(self.stands),
            Ending::No => counts.stood.remove(self.stands),
            Ending::Transient => self.give_back_to_challenge(&mut counts),
        }
        if ending != Ending::No {
            self.give_back_to_client(&mut counts);
        }
        self.stage = Stage::Ended;
    }

    fn give_back_to_challenge(&mut self, counts: &mut Counts) {
        if let Some((id, charged)) = self.challenge.take() {
            counts.challenges.give_back(id, self.mark, charged);
        }
    }

    fn give_back_to_client(&mut self, counts: &mut Counts) {
        if let Some(client) = self.client.take() {
            counts.clients.give_back(client, Instant::now());
        }
    }
}

impl Drop for Ration {
    fn drop(&mut self) {
        if self.stage == Stage::Ended {
            return;
        }
        let of = Arc::clone(&self.of);
        let mut counts = of.counts();
        if self.stage == Stage::Asked {
            // Of who hangs up again and again, the next question is charged.
            counts.stood.remove(self.stands);
        } else {
            self.give_back_to_challenge(&mut counts);
            self.give_back_to_client(&mut counts);
        }
    }
}

impl Refused {
    const ALL: [Self; 3] = [Self::Challenge, Self::Client, Self::Line];

    const fn label(self) -> &'static str {
        match self {
            Self::Challenge => "challenge",
            Self::Client => "client",
            Self::Line => "line",
        }
    }
}
