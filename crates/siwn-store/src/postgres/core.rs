//! The work of many calls at once, and the cleaning up beside it.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use siwn::{KeyMemory, NewSession, Opening, SessionId, SessionRow, UnixMillis};
use sqlx::postgres::PgRow;

use super::error::Fault;
use super::keys::{self, Pair, Recalled};
use super::links::{Again, Links};
use super::meta;
use super::rows::{self, Verdict};
use crate::Clock;

/// How often a process prunes, by the store's clock.
const PRUNE_EVERY: Duration = Duration::from_secs(10);
/// How many rows one statement prunes, at most.
const PRUNE_LIMIT: u16 = 256;
/// How often a login is asked for again that somebody else was faster with.
const LOOKS: usize = 3;

/// What every call needs.
pub(super) struct Core {
    pub(super) links: Links,
    /// None for the server's own.
    pub(super) clock: Option<Clock>,
    /// None where it is due.
    pruned_at: Mutex<Option<UnixMillis>>,
}

impl Core {
    pub(super) fn new(links: Links, clock: Option<Clock>) -> Self {
        Self { links, clock, pruned_at: Mutex::default() }
    }

    /// Opens them all. What is decided stays decided, whatever becomes of the others.
    pub(super) async fn open(self: Arc<Self>, batch: Vec<NewSession>) -> Result<Vec<Result<Opening, Fault>>, Fault> {
        let mut answers: Vec<_> = batch.iter().map(|new| Err(Fault::NoReason(new.row().id))).collect();
        let mut left: Vec<_> = (0..batch.len()).collect();
        let mut is_forgetful = false;
        for _ in 0..LOOKS {
            let asked: Vec<_> = left.iter().map(|place| &batch[*place]).collect();
            let rows = match self.links.run(&rows::open(&asked, self.clock.as_ref()), Again::Yes).await {
                Ok(rows) => rows,
                Err(fault) => {
                    for place in left {
                        answers[place] = Err(fault.clone());
                    }
                    break;
                }
            };
            let mut unseen = Vec::new();
            for (place, row) in left.into_iter().zip(&rows) {
                match rows::verdict(row, &batch[place]) {
                    Ok(Verdict::Is(opening)) => answers[place] = Ok(opening),
                    Ok(Verdict::MayBePruned) => {
                        answers[place] = Ok(Opening::OtherGeneration);
                        is_forgetful = true;
                    }
                    Ok(Verdict::Unseen) => unseen.push(place),
                    Err(error) => answers[place] = Err(Fault::of_statement(error)),
                }
            }
            self.prune_now_and_then(rows.first().and_then(rows::told_time));
            left = unseen;
            if left.is_empty() {
                break;
            }
        }
        // Where the database cannot be asked now, the next connection asks, and the next such challenge is refused too.
        if is_forgetful {
            let _ = self.links.run(&meta::begin_anew(self.links.generation()), Again::Yes).await;
        }
        if answers.iter().any(|answer| matches!(answer, Ok(Opening::OtherGeneration))) {
            // The database's may be the newer one.
            let _ = self.links.greet().await;
        }
        Ok(answers)
    }

    pub(super) async fn find(self: Arc<Self>, ids: Vec<SessionId>) -> Result<Vec<Result<Option<SessionRow>, Fault>>, Fault> {
        let rows = self.links.run(&rows::find(&ids, self.clock.as_ref()), Again::Yes).await?;
        rows::found(&ids, &rows)
    }

    /// Remembers them all. The usual case, a key that was the last one used, costs no commit.
    pub(super) async fn remember(self: Arc<Self>, pairs: Vec<Pair>) -> Result<Vec<Result<KeyMemory, Fault>>, Fault> {
        let rows = self.links.run(&keys::recall(&pairs.iter().collect::<Vec<_>>()), Again::Yes).await?;
        let known: Result<Vec<_>, _> = (0..pairs.len()).map(|place| recalled(rows.get(place))).collect();
        let known = known?;
        let mut answers: Vec<_> = known.iter().map(|recalled| Ok(recalled.memory)).collect();
        let mut left: Vec<_> = (0..pairs.len()).filter(|place| !known[*place].is_last_used).collect();
        while !left.is_empty() {
            // Of two keys of one account, one goes before the other.
            let mut accounts = HashSet::new();
            let (now, later): (Vec<_>, Vec<_>) = left.into_iter().partition(|place| accounts.insert(&pairs[*place].account));
            let asked: Vec<_> = now.iter().map(|place| &pairs[*place]).collect();
            // Not again where the answer is lost: the keys would be known then.
            let rows = self.links.run(&keys::remember(&asked), Again::No).await;
            for (index, place) in now.into_iter().enumerate() {
                let rows = rows.as_ref().map_err(Fault::clone);
                answers[place] = rows.and_then(|rows| recalled(rows.get(index))).map(|recalled| recalled.memory);
            }
            left = later;
        }
        Ok(answers)
    }

    pub(super) fn prune_now_and_then(self: &Arc<Self>, now: Option<UnixMillis>) {
        let Some(now) = now else { return };
        let mut pruned_at = self.pruned_at.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = |at: UnixMillis| now < at || now.since(at) >= PRUNE_EVERY;
        if pruned_at.is_none_or(is_due) {
            *pruned_at = Some(now);
            let core = Arc::clone(self);
            // Where it fails, the next time will do: nobody depends on what is past.
            tokio::spawn(async move { core.prune().await });
        }
    }

    async fn prune(&self) -> Result<(), Fault> {
        let clock = self.clock.as_ref();
        loop {
            let rows = self.links.run(&meta::prune(clock, PRUNE_LIMIT), Again::Yes).await?;
            if meta::pruned(&rows) < i64::from(PRUNE_LIMIT) {
                break;
            }
        }
        self.links.run(&meta::announce(clock), Again::Yes).await.map(drop)
    }
}

pub(super) fn recalled(row: Option<&PgRow>) -> Result<Recalled, Fault> {
    row.ok_or(sqlx::Error::RowNotFound).and_then(keys::recalled).map_err(Fault::of_statement)
}
