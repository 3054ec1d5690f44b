//! A store in memory, for one process: bounded, expiring, gone with the process.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::row::{Generation, NewSession, SessionId, SessionRow};
use crate::store::{Opening, Store, StoreError};
use crate::{BoxFuture, UnixMillis};

/// Keeps rows in memory, at most as many as it was made for. When it is full of live rows it says so and forgets none.
pub struct MemoryStore {
    generation: Generation,
    capacity: usize,
    clock: Box<dyn Fn() -> UnixMillis + Send + Sync>,
    rows: Mutex<Rows>,
}

#[derive(Default)]
struct Rows {
    by_id: HashMap<SessionId, Kept>,
    by_end: BTreeSet<(UnixMillis, SessionId)>,
}

struct Kept {
    row: SessionRow,
    is_open: bool,
    guarded_until: UnixMillis,
    until: UnixMillis,
}

impl MemoryStore {
    /// An empty store for `capacity` rows. `generation` is random and new at every start; `clock` is the machine's, or a test's.
    pub fn new(generation: Generation, capacity: usize, clock: impl Fn() -> UnixMillis + Send + Sync + 'static) -> Self {
        Self { generation, capacity, clock: Box::new(clock), rows: Mutex::default() }
    }

    fn rows(&self) -> MutexGuard<'_, Rows> {
        // Every change below is complete before anything could panic.
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open_now(&self, new: &NewSession) -> Result<Opening, StoreError> {
        let mut rows = self.rows();
        let now = (self.clock)();
        rows.prune(now);
        if let Some(kept) = rows.by_id.get(&new.row.id) {
            let is_same = kept.is_open && kept.row.secret_hash == new.row.secret_hash;
            return Ok(if is_same { Opening::Opened } else { Opening::AlreadySpent });
        }
        if new.generation != self.generation {
            return Ok(Opening::OtherGeneration);
        }
        if now >= new.challenge_expires_at {
            return Ok(Opening::ChallengeExpired);
        }
        if rows.by_id.len() >= self.capacity {
            return Err(StoreError::Full);
        }
        rows.insert(Kept { row: new.row.clone(), is_open: true, guarded_until: new.guarded_until(), until: new.kept_until() });
        Ok(Opening::Opened)
    }

    fn find_now(&self, id: SessionId) -> Option<SessionRow> {
        let rows = self.rows();
        let now = (self.clock)();
        rows.by_id.get(&id).filter(|kept| kept.is_open && now < kept.row.expires_at).map(|kept| kept.row.clone())
    }

    fn close_now(&self, id: SessionId) {
        let mut rows = self.rows();
        if let Some(mut kept) = rows.remove(id) {
            kept.is_open = false;
            kept.until = kept.guarded_until;
            rows.insert(kept);
        }
    }
}

impl Rows {
    fn insert(&mut self, kept: Kept) {
        self.by_end.insert((kept.until, kept.row.id));
        self.by_id.insert(kept.row.id, kept);
    }

    fn remove(&mut self, id: SessionId) -> Option<Kept> {
        let kept = self.by_id.remove(&id)?;
        self.by_end.remove(&(kept.until, id));
        Some(kept)
    }

    fn prune(&mut self, now: UnixMillis) {
        while let Some((end, id)) = self.by_end.first().copied()
            && end <= now
        {
            self.by_end.pop_first();
            self.by_id.remove(&id);
        }
    }
}

impl Store for MemoryStore {
    fn generation(&self) -> Result<Generation, StoreError> {
        Ok(self.generation)
    }

    fn open<'a>(&'a self, session: &'a NewSession) -> BoxFuture<'a, Result<Opening, StoreError>> {
        Box::pin(async { self.open_now(session) })
    }

    fn find(&self, id: SessionId) -> BoxFuture<'_, Result<Option<SessionRow>, StoreError>> {
        Box::pin(async move { Ok(self.find_now(id)) })
    }

    fn close(&self, id: SessionId) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move {
            self.close_now(id);
            Ok(())
        })
    }
}

impl std::fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MemoryStore({} of {} rows)", self.rows().by_id.len(), self.capacity)
    }
}
