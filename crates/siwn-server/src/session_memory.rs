//! A memory in front of the store: what was looked up a moment ago is not looked up again. For at most five seconds, and never past what
//! this process itself has ended.
//!
//! Who asks says how old an answer may be; all that is ended through any of these is forgotten for all.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use siwn::{
    AccountId, BoxFuture, Counts, Generation, KeyMemory, NewSession, Opening, PublicKey, Recipient, Renewal, SealedKeys, SessionId,
    SessionRow, Store, StoreError, UnixMillis,
};

use crate::recent::Recent;
use crate::time::Clock;

/// The longest that another process's revocation may go unnoticed.
pub(crate) const LONGEST: Duration = Duration::from_secs(5);
/// Rows that are remembered at once, in each of two halves.
const ROWS: usize = 20_000;

/// Remembers rows of the store behind it.
pub(crate) struct SessionMemory {
    store: Arc<dyn Store>,
    lifetime: Duration,
    clock: Clock,
    rows: Arc<Mutex<Rows>>,
}

struct Rows {
    recent: Recent<SessionRow>,
    /// How often something was ended here. What was read before an end is not remembered after it.
    ends: u64,
}

impl SessionMemory {
    /// Remembers for `lifetime`, or for [`LONGEST`] where that is longer. Zero remembers nothing.
    pub(crate) fn new(store: Arc<dyn Store>, lifetime: Duration, clock: Clock) -> Self {
        let rows = Rows { recent: Recent::new(LONGEST, ROWS), ends: 0 };
        Self { store, lifetime: lifetime.min(LONGEST), clock, rows: Arc::new(Mutex::new(rows)) }
    }

    /// The same memory for somebody to whom answers may be older, or must be younger.
    pub(crate) fn for_others(&self, lifetime: Duration) -> Self {
        let (store, clock, rows) = (Arc::clone(&self.store), Arc::clone(&self.clock), Arc::clone(&self.rows));
        Self { store, lifetime: lifetime.min(LONGEST), clock, rows }
    }

    fn rows(&self) -> MutexGuard<'_, Rows> {
        // Every change is complete before anything could panic.
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something that may end sessions, and forgets them before anybody is told that it is done.
    async fn end<T>(&self, forget: Forget<'_>, doing: BoxFuture<'_, Result<T, StoreError>>) -> Result<T, StoreError> {
        // Also where it failed, or where nobody waits for the answer any more: whether it was done after all is not known.
        let _forgetting = Forgetting { memory: self, forget };
        doing.await
    }

    /// Remembers what was read when `ends` was the number of ends, unless something was ended meanwhile.
    fn remember(&self, row: SessionRow, read_at: UnixMillis, ends: u64) {
        let mut rows = self.rows();
        if rows.ends == ends {
            rows.recent.keep(row.id, row, read_at);
        }
    }
}

#[derive(Clone, Copy)]
enum Forget<'a> {
    One(SessionId),
    AllOf(&'a AccountId),
}

/// Forgets when it is dropped.
struct Forgetting<'a> {
    memory: &'a SessionMemory,
    forget: Forget<'a>,
}

impl Drop for Forgetting<'_> {
    fn drop(&mut self) {
        self.memory.rows().forget(self.forget);
    }
}

impl Rows {
    fn remembered(&self, id: SessionId, now: UnixMillis, lifetime: Duration) -> Option<SessionRow> {
        let row = self.recent.find(id, now, lifetime)?;
        (now < row.ends_at()).then(|| row.clone())
    }

    /// A session is in use: what the store took down of it holds for the row that is remembered, too.
    fn renew(&mut self, id: SessionId, renewal: Renewal) {
        self.recent.change(id, |row| {
            row.seen_at = row.seen_at.max(renewal.seen_at.unwrap_or(row.seen_at));
            row.checked_at = row.checked_at.max(renewal.checked_at.unwrap_or(row.checked_at));
        });
    }

    fn forget(&mut self, forget: Forget<'_>) {
        self.ends += 1;
        match forget {
            Forget::One(id) => self.recent.forget(id),
            Forget::AllOf(account) => self.recent.retain(|row| row.account != *account),
        }
    }
}

impl Store for SessionMemory {
    fn generation(&self) -> Result<Generation, StoreError> {
        self.store.generation()
    }

    fn remembers_since(&self) -> UnixMillis {
        self.store.remembers_since()
    }

    fn open<'a>(&'a self, session: &'a NewSession) -> BoxFuture<'a, Result<Opening, StoreError>> {
        self.store.open(session)
    }

    fn find(&self, id: SessionId) -> BoxFuture<'_, Result<Option<SessionRow>, StoreError>> {
        Box::pin(async move {
            let read_at = (self.clock)();
            if self.lifetime.is_zero() {
                return self.store.find(id).await;
            }
            let ends = {
                let rows = self.rows();
                if let Some(row) = rows.remembered(id, read_at, self.lifetime) {
                    return Ok(Some(row));
                }
                rows.ends
            };
            let found = self.store.find(id).await?;
            if let Some(row) = &found {
                self.remember(row.clone(), read_at, ends);
            }
            Ok(found)
        })
    }

    fn renew(&self, id: SessionId, renewal: Renewal) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move {
            self.store.renew(id, renewal).await?;
            self.rows().renew(id, renewal);
            Ok(())
        })
    }

    fn close(&self, id: SessionId) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(self.end(Forget::One(id), self.store.close(id)))
    }

    fn sessions<'a>(&'a self, account: &'a AccountId) -> BoxFuture<'a, Result<Vec<SessionRow>, StoreError>> {
        self.store.sessions(account)
    }

    fn close_all<'a>(
        &'a self,
        account: &'a AccountId,
        recipient: Option<&'a Recipient>,
        spared: Option<SessionId>,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(self.end(Forget::AllOf(account), self.store.close_all(account, recipient, spared)))
    }

    fn block<'a>(&'a self, account: &'a AccountId) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(self.end(Forget::AllOf(account), self.store.block(account)))
    }

    fn unblock<'a>(&'a self, account: &'a AccountId) -> BoxFuture<'a, Result<(), StoreError>> {
        self.store.unblock(account)
    }

    fn is_blocked<'a>(&'a self, account: &'a AccountId) -> BoxFuture<'a, Result<bool, StoreError>> {
        self.store.is_blocked(account)
    }

    fn recall_key<'a>(&'a self, account: &'a AccountId, key: &'a PublicKey) -> BoxFuture<'a, Result<KeyMemory, StoreError>> {
        self.store.recall_key(account, key)
    }

    fn remember_key<'a>(&'a self, account: &'a AccountId, key: &'a PublicKey) -> BoxFuture<'a, Result<KeyMemory, StoreError>> {
        self.store.remember_key(account, key)
    }

    fn signing_keys(&self) -> BoxFuture<'_, Result<Option<SealedKeys>, StoreError>> {
        self.store.signing_keys()
    }

    fn replace_signing_keys<'a>(
        &'a self,
        old: Option<&'a SealedKeys>,
        new: &'a SealedKeys,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        self.store.replace_signing_keys(old, new)
    }

    fn counts(&self) -> BoxFuture<'_, Result<Counts, StoreError>> {
        self.store.counts()
    }

    fn check(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        self.store.check()
    }
}

#[cfg(test)]
mod tests {
    use siwn::conformance::{CHECKS, Suite, TestClock, new_session};
    use siwn::{ClientLabel, MemoryStore};

    use super::*;

    const START: UnixMillis = UnixMillis::new(1_760_000_000_000);

    fn clock(clock: &TestClock) -> Clock {
        let clock = clock.clone();
        Arc::new(move || clock.now())
    }

    fn store(test: &TestClock) -> Arc<dyn Store> {
        let clock = clock(test);
        Arc::new(MemoryStore::new(Generation::from_bytes([7; 16]), 2000, move || clock()))
    }

    async fn opened(store: &dyn Store) -> SessionRow {
        let row = SessionRow {
            id: SessionId::from_bytes([1; 16]),
            secret_hash: [2; 32],
            recipient: "app.example".parse().unwrap(),
            account: "alice.near".parse().unwrap(),
            key: None,
            client: ClientLabel::default(),
            created_at: START,
            expires_at: START + Duration::from_hours(1),
            idle_lifetime: Some(Duration::from_secs(3)),
            seen_at: START,
            checked_at: START,
        };
        let new = new_session(row.clone(), START + Duration::from_mins(5), store.generation().unwrap());
        assert_eq!(store.open(&new).await.unwrap(), Opening::Opened);
        row
    }

    #[tokio::test]
    async fn a_memory_in_front_of_a_store_is_a_store() {
        let suite = Suite::new(
            |_, test| Box::pin(async move { Arc::new(SessionMemory::new(store(&test), LONGEST, clock(&test))) as Arc<dyn Store> }),
            |task| {
                let task = tokio::spawn(task);
                Box::pin(async { task.await.unwrap() })
            },
        );
        suite.run(CHECKS).await;
    }

    #[tokio::test]
    async fn what_this_process_ends_is_over_at_once_and_what_another_one_ends_within_the_lifetime() {
        let test = TestClock::at(START);
        let behind = store(&test);
        let memory = SessionMemory::new(Arc::clone(&behind), Duration::from_secs(1), clock(&test));
        let row = opened(&*behind).await;
        assert!(memory.find(row.id).await.unwrap().is_some());
        behind.close(row.id).await.unwrap();
        test.set(UnixMillis::new(START.get() + 999));
        assert!(memory.find(row.id).await.unwrap().is_some(), "remembered");
        test.set(UnixMillis::new(START.get() + 1000));
        assert_eq!(memory.find(row.id).await.unwrap(), None, "asked again");
        for end in 0..3 {
            let behind = store(&test);
            test.set(START);
            let memory = SessionMemory::new(Arc::clone(&behind), LONGEST, clock(&test));
            let row = opened(&*behind).await;
            assert!(memory.find(row.id).await.unwrap().is_some());
            match end {
                0 => memory.close(row.id).await.unwrap(),
                1 => memory.close_all(&row.account, None, None).await.unwrap(),
                _ => memory.block(&row.account).await.unwrap(),
            }
            assert_eq!(memory.find(row.id).await.unwrap(), None, "{end}");
        }
    }

    #[tokio::test]
    async fn a_session_that_is_remembered_ends_in_time_and_its_use_is_not_forgotten() {
        let test = TestClock::at(START);
        let memory = SessionMemory::new(store(&test), Duration::from_mins(1), clock(&test));
        let row = opened(&memory).await;
        let after = |millis| UnixMillis::new(START.get() + millis);
        assert!(memory.find(row.id).await.unwrap().is_some());
        test.set(after(2_000));
        memory.renew(row.id, Renewal { seen_at: Some(after(2_000)), checked_at: None }).await.unwrap();
        test.set(after(4_999));
        assert!(memory.find(row.id).await.unwrap().is_some(), "it was used meanwhile");
        test.set(after(5_000));
        assert_eq!(memory.find(row.id).await.unwrap(), None, "idle for too long");
    }

    #[tokio::test]
    async fn who_asks_says_how_old_an_answer_may_be_and_what_is_ended_is_over_for_all() {
        let test = TestClock::at(START);
        let behind = store(&test);
        let strict = SessionMemory::new(Arc::clone(&behind), Duration::ZERO, clock(&test));
        let lenient = strict.for_others(LONGEST);
        let row = opened(&*behind).await;
        assert!(lenient.find(row.id).await.unwrap().is_some());
        behind.close(row.id).await.unwrap();
        assert!(lenient.find(row.id).await.unwrap().is_some(), "remembered");
        assert_eq!(strict.find(row.id).await.unwrap(), None, "asked");
        strict.close(row.id).await.unwrap();
        assert_eq!(lenient.find(row.id).await.unwrap(), None, "ended here");
    }

    #[tokio::test]
    async fn a_session_whose_use_is_written_down_is_not_looked_up_for_it() {
        let test = TestClock::at(START);
        let behind = store(&test);
        let memory = SessionMemory::new(Arc::clone(&behind), LONGEST, clock(&test));
        let row = opened(&*behind).await;
        assert!(memory.find(row.id).await.unwrap().is_some());
        let later = START + Duration::from_secs(2);
        test.set(later);
        memory.renew(row.id, Renewal { seen_at: Some(later), checked_at: Some(later) }).await.unwrap();
        // What another process ends shows that the store is not asked.
        behind.close(row.id).await.unwrap();
        let found = memory.find(row.id).await.unwrap().unwrap();
        assert_eq!((found.seen_at, found.checked_at), (later, later));
        memory.renew(row.id, Renewal { seen_at: Some(START), checked_at: None }).await.unwrap();
        assert_eq!(memory.find(row.id).await.unwrap().unwrap().seen_at, later, "never back");
    }

    #[tokio::test]
    async fn what_was_read_before_an_end_is_not_remembered_after_it() {
        let test = TestClock::at(START);
        let memory = SessionMemory::new(store(&test), LONGEST, clock(&test));
        let row = opened(&memory).await;
        let before = memory.rows().ends;
        memory.close(row.id).await.unwrap();
        memory.remember(row.clone(), START, before);
        assert_eq!(memory.find(row.id).await.unwrap(), None);
    }
}
