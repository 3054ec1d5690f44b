//! The suite that every [`Store`] passes: single use, races, expiry by the store's own clock, sessions and their end.
//!
//! A backend brings a function that opens an empty store with a given clock, and one that spawns a task on its runtime:
//!
//! ```
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! use std::sync::Arc;
//! use siwn::{Generation, MemoryStore, conformance};
//!
//! let suite = conformance::Suite::new(
//!     |clock| Box::pin(async move { Arc::new(MemoryStore::new(Generation::from_bytes([7; 16]), 1000, move || clock.now())) as _ }),
//!     |task| {
//!         let task = tokio::spawn(task);
//!         Box::pin(async { task.await.expect("the task does not panic") })
//!     },
//! );
//! suite.run().await;
//! # });
//! ```

#![expect(clippy::panic, reason = "a suite of tests says no by panicking")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::row::NewSession;
use crate::store::{Opening, Store};
use crate::{BoxFuture, Generation, PublicKey, SessionId, SessionRow, UnixMillis};

const START: UnixMillis = UnixMillis::new(1_760_000_000_000);
const CHALLENGE: Duration = Duration::from_mins(5);
const SESSION: Duration = Duration::from_hours(1);
const GUARD: Duration = Duration::from_secs(10);
const COPIES: u8 = 64;

/// A clock that a test moves. Clones show the same time.
#[derive(Clone, Debug)]
pub struct TestClock(Arc<AtomicU64>);

impl TestClock {
    /// A clock that stands at `now`.
    #[must_use]
    pub fn at(now: UnixMillis) -> Self {
        Self(Arc::new(AtomicU64::new(now.get())))
    }

    /// What it shows.
    #[must_use]
    pub fn now(&self) -> UnixMillis {
        UnixMillis::new(self.0.load(Ordering::SeqCst))
    }

    /// Moves it to `now`, forwards or back.
    pub fn set(&self, now: UnixMillis) {
        self.0.store(now.get(), Ordering::SeqCst);
    }
}

/// Opens an empty store with this clock.
type Open = Box<dyn Fn(TestClock) -> BoxFuture<'static, Arc<dyn Store>> + Send + Sync>;
/// Spawns a task; the future that it returns ends when the task does.
type Spawn = Box<dyn Fn(BoxFuture<'static, Opening>) -> BoxFuture<'static, Opening> + Send + Sync>;

/// The suite, for one backend.
pub struct Suite {
    open: Open,
    spawn: Spawn,
}

/// One check of the suite, by name.
pub struct Check {
    /// The rule that it checks, as a sentence.
    pub name: &'static str,
    run: for<'a> fn(&'a Suite) -> BoxFuture<'a, ()>,
}

macro_rules! checks {
    ($($check:ident),* $(,)?) => {
        /// All checks, for a backend that reports each by itself.
        pub const CHECKS: &[Check] = &[$(Check { name: stringify!($check), run: |suite| Box::pin(suite.$check()) }),*];
    };
}

checks![
    a_challenge_opens_one_session,
    asking_again_with_the_same_secret_tells_the_winner,
    of_many_copies_at_once_one_wins,
    of_many_calls_of_the_winner_all_win,
    distinct_challenges_do_not_disturb_each_other,
    a_challenge_ends_by_the_stores_clock,
    a_challenge_of_another_generation_is_refused,
    a_session_ends_by_the_stores_clock,
    a_row_reads_back_whole,
    a_closed_session_is_gone_and_its_challenge_stays_spent,
    closing_what_is_not_open_is_no_fault,
    a_short_session_leaves_its_challenge_spent,
    a_clock_that_goes_back_revives_no_challenge,
];

impl Suite {
    /// For the backend that `open` opens and `spawn` runs.
    pub fn new(
        open: impl Fn(TestClock) -> BoxFuture<'static, Arc<dyn Store>> + Send + Sync + 'static,
        spawn: impl Fn(BoxFuture<'static, Opening>) -> BoxFuture<'static, Opening> + Send + Sync + 'static,
    ) -> Self {
        Self { open: Box::new(open), spawn: Box::new(spawn) }
    }

    /// Runs every check, each on a store of its own. Panics at the first that fails.
    pub async fn run(&self) {
        for check in CHECKS {
            check.run(self).await;
        }
    }

    async fn store(&self) -> (Arc<dyn Store>, TestClock) {
        let clock = TestClock::at(START);
        ((self.open)(clock.clone()).await, clock)
    }

    /// How many of these calls, all at once, opened.
    async fn opened_at_once(&self, store: &Arc<dyn Store>, sessions: Vec<NewSession>) -> usize {
        let tasks: Vec<_> = sessions
            .into_iter()
            .map(|session| {
                let store = Arc::clone(store);
                (self.spawn)(Box::pin(async move { expect(store.open(&session).await) }))
            })
            .collect();
        let mut opened = 0;
        for task in tasks {
            match task.await {
                Opening::Opened => opened += 1,
                Opening::AlreadySpent => {}
                other => panic!("{other:?} in a race"),
            }
        }
        opened
    }

    async fn a_challenge_opens_one_session(&self) {
        let (store, _) = self.store().await;
        let first = session(&*store, 1, 1);
        assert_eq!(expect(store.open(&first).await), Opening::Opened);
        assert_eq!(expect(store.open(&session(&*store, 1, 2)).await), Opening::AlreadySpent);
        assert_eq!(expect(store.find(first.row.id).await), Some(first.row), "the first one's session stands");
    }

    async fn asking_again_with_the_same_secret_tells_the_winner(&self) {
        let (store, _) = self.store().await;
        let winner = session(&*store, 1, 1);
        for _ in 0..3 {
            assert_eq!(expect(store.open(&winner).await), Opening::Opened);
        }
        assert_eq!(expect(store.open(&session(&*store, 1, 2)).await), Opening::AlreadySpent);
    }

    async fn of_many_copies_at_once_one_wins(&self) {
        let (store, _) = self.store().await;
        for challenge in 0..8 {
            let copies = (0..COPIES).map(|secret| session(&*store, challenge, secret)).collect();
            assert_eq!(self.opened_at_once(&store, copies).await, 1);
        }
    }

    async fn of_many_calls_of_the_winner_all_win(&self) {
        let (store, _) = self.store().await;
        let calls = (0..COPIES).map(|_| session(&*store, 1, 1)).collect();
        assert_eq!(self.opened_at_once(&store, calls).await, usize::from(COPIES));
    }

    async fn distinct_challenges_do_not_disturb_each_other(&self) {
        let (store, _) = self.store().await;
        let all: Vec<_> = (0..COPIES).map(|challenge| session(&*store, challenge, challenge)).collect();
        assert_eq!(self.opened_at_once(&store, all.clone()).await, usize::from(COPIES));
        for session in all {
            assert_eq!(expect(store.find(session.row.id).await), Some(session.row));
        }
    }

    async fn a_challenge_ends_by_the_stores_clock(&self) {
        let (store, clock) = self.store().await;
        let end = START + CHALLENGE;
        clock.set(UnixMillis::new(end.get() - 1));
        assert_eq!(expect(store.open(&session(&*store, 1, 1)).await), Opening::Opened, "a millisecond before its end");
        clock.set(end);
        assert_eq!(expect(store.open(&session(&*store, 2, 1)).await), Opening::ChallengeExpired, "at its end");
        assert_eq!(expect(store.find(session(&*store, 2, 1).row.id).await), None, "nothing was opened");
    }

    async fn a_challenge_of_another_generation_is_refused(&self) {
        let (store, _) = self.store().await;
        let mut other = expect(store.generation()).as_bytes().to_owned();
        other[0] ^= 1;
        let foreign = NewSession { generation: Generation::from_bytes(other), ..session(&*store, 1, 1) };
        assert_eq!(expect(store.open(&foreign).await), Opening::OtherGeneration);
        assert_eq!(expect(store.find(foreign.row.id).await), None);
        assert_eq!(expect(store.open(&session(&*store, 1, 1)).await), Opening::Opened, "nothing was spent");
    }

    async fn a_session_ends_by_the_stores_clock(&self) {
        let (store, clock) = self.store().await;
        let session = session(&*store, 1, 1);
        assert_eq!(expect(store.open(&session).await), Opening::Opened);
        clock.set(UnixMillis::new((START + SESSION).get() - 1));
        assert!(expect(store.find(session.row.id).await).is_some(), "a millisecond before its end");
        clock.set(START + SESSION);
        assert_eq!(expect(store.find(session.row.id).await), None, "at its end");
    }

    async fn a_row_reads_back_whole(&self) {
        let (store, _) = self.store().await;
        let keys = [Some(PublicKey::from_ed25519([7; 32])), Some(PublicKey::from_secp256k1([9; 64])), None];
        for (challenge, key) in (0..).zip(keys) {
            let mut session = session(&*store, challenge, 1);
            session.row.key = key;
            assert_eq!(expect(store.open(&session).await), Opening::Opened);
            assert_eq!(expect(store.find(session.row.id).await), Some(session.row));
        }
        #[cfg(feature = "ml-dsa")]
        {
            let mut session = session(&*store, 9, 1);
            session.row.key = Some(PublicKey::from_ml_dsa_65([5; 1952]));
            assert_eq!(expect(store.open(&session).await), Opening::Opened);
            assert_eq!(expect(store.find(session.row.id).await), Some(session.row));
        }
    }

    async fn a_closed_session_is_gone_and_its_challenge_stays_spent(&self) {
        let (store, clock) = self.store().await;
        let session = session(&*store, 1, 1);
        assert_eq!(expect(store.open(&session).await), Opening::Opened);
        expect(store.close(session.row.id).await);
        assert_eq!(expect(store.find(session.row.id).await), None);
        assert_eq!(expect(store.open(&session).await), Opening::AlreadySpent, "not even by the same call");
        clock.set(UnixMillis::new((START + CHALLENGE).get() - 1));
        assert_eq!(expect(store.open(&session).await), Opening::AlreadySpent, "up to the challenge's end");
    }

    async fn closing_what_is_not_open_is_no_fault(&self) {
        let (store, _) = self.store().await;
        let session = session(&*store, 1, 1);
        expect(store.close(session.row.id).await);
        assert_eq!(expect(store.open(&session).await), Opening::Opened, "closing the unknown spends nothing");
        for _ in 0..2 {
            expect(store.close(session.row.id).await);
        }
        assert_eq!(expect(store.find(session.row.id).await), None);
    }

    async fn a_short_session_leaves_its_challenge_spent(&self) {
        let (store, clock) = self.store().await;
        let mut short = session(&*store, 1, 1);
        short.row.expires_at = START + Duration::from_secs(1);
        assert_eq!(expect(store.open(&short).await), Opening::Opened);
        clock.set(START + Duration::from_secs(2));
        // Something else is opened meanwhile: a moment at which a store may prune.
        assert_eq!(expect(store.open(&session(&*store, 2, 1)).await), Opening::Opened);
        assert_eq!(expect(store.find(short.row.id).await), None, "the session is over");
        assert_eq!(expect(store.open(&session(&*store, 1, 2)).await), Opening::AlreadySpent, "the challenge is spent");
    }

    async fn a_clock_that_goes_back_revives_no_challenge(&self) {
        let (store, clock) = self.store().await;
        let short = NewSession { row: SessionRow { expires_at: START, ..session(&*store, 1, 1).row }, ..session(&*store, 1, 1) };
        assert_eq!(expect(store.open(&short).await), Opening::Opened);
        // The clock reaches the challenge's end, something is opened, and the clock is set back by less than the guard.
        clock.set(START + CHALLENGE);
        let mut later = session(&*store, 2, 1);
        later.challenge_expires_at = START + CHALLENGE + CHALLENGE;
        assert_eq!(expect(store.open(&later).await), Opening::Opened);
        clock.set(UnixMillis::new((START + CHALLENGE).get() - GUARD.as_secs() * 1000 + 1));
        assert_eq!(expect(store.open(&session(&*store, 1, 2)).await), Opening::AlreadySpent);
    }
}

impl Check {
    /// Runs this check on a store of its own. Panics where it fails.
    pub async fn run(&self, suite: &Suite) {
        (self.run)(suite).await;
    }
}

/// A session that no login stands behind, for a backend's own tests.
#[must_use]
pub const fn new_session(row: SessionRow, challenge_expires_at: UnixMillis, generation: Generation) -> NewSession {
    NewSession { row, challenge_expires_at, generation }
}

/// A session of challenge number `challenge` whose secret is number `secret`.
fn session(store: &dyn Store, challenge: u8, secret: u8) -> NewSession {
    let mut id = [0; 16];
    id[..8].copy_from_slice(&START.get().to_be_bytes());
    id[15] = challenge;
    NewSession {
        row: SessionRow {
            id: SessionId::from_bytes(id),
            secret_hash: [secret; 32],
            recipient: "app.example".parse().expect("a recipient"),
            account: "alice.near".parse().expect("an account"),
            key: Some(PublicKey::from_ed25519([7; 32])),
            created_at: START,
            expires_at: START + SESSION,
        },
        challenge_expires_at: START + CHALLENGE,
        generation: expect(store.generation()),
    }
}

fn expect<T>(answer: Result<T, crate::StoreError>) -> T {
    answer.unwrap_or_else(|error| panic!("the store does not answer: {error}"))
}
