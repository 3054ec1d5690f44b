//! The suite that every [`Store`] passes: single use, races, expiry by the store's own clock, sessions and their end, accounts, keys.
//!
//! A backend brings a function that opens the store at a place with a given clock, and one that spawns a task on its runtime:
//!
//! ```
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! use std::sync::Arc;
//! use siwn::{Generation, MemoryStore, conformance};
//!
//! let suite = conformance::Suite::new(
//!     |_, clock| Box::pin(async move { Arc::new(MemoryStore::new(Generation::from_bytes([7; 16]), 2000, move || clock.now())) as _ }),
//!     |task| {
//!         let task = tokio::spawn(task);
//!         Box::pin(async { task.await.expect("the task does not panic") })
//!     },
//! );
//! suite.run(conformance::CHECKS).await;
//! # });
//! ```
//!
//! A store that outlives its handle passes [`LASTING_CHECKS`] too. Whatever implements [`Limits`](crate::Limits) passes [`check_limits`].

#![expect(clippy::panic, reason = "a suite of tests says no by panicking")]

mod accounts;
mod keys;
mod lasting;
mod limits;
mod sessions;
mod signing_keys;
mod single_use;
mod turns;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

pub use self::limits::check_limits;
use self::turns::TakingTurns;
use crate::row::NewSession;
use crate::store::{KeyMemory, Opening, Store};
use crate::{AccountId, BoxFuture, ClientLabel, Generation, PublicKey, Recipient, Renewal, SessionId, SessionRow, UnixMillis};

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

/// Where a store lies: a file, a database, a prefix. A place of a suite that was not used before is empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place(u64);

impl Place {
    /// Its number, another one for every check of a suite.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }
}

/// Opens the store at a place with this clock.
type Open = Box<dyn Fn(Place, TestClock) -> BoxFuture<'static, Arc<dyn Store>> + Send + Sync>;
/// Spawns a task; the future that it returns ends when the task does.
type Spawn = Box<dyn Fn(BoxFuture<'static, ()>) -> BoxFuture<'static, ()> + Send + Sync>;

/// The suite, for one backend.
pub struct Suite {
    open: Open,
    spawn: Spawn,
    places: AtomicU64,
    handles: usize,
}

/// One check of the suite, by name.
pub struct Check {
    /// The rule that it checks, as a sentence.
    pub name: &'static str,
    run: for<'a> fn(&'a Suite) -> BoxFuture<'a, ()>,
}

macro_rules! checks {
    ($($check:ident),* $(,)?) => {
        &[$(Check { name: stringify!($check), run: |suite| Box::pin(suite.$check()) }),*]
    };
}

/// The checks of every store.
pub const CHECKS: &[Check] = checks![
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
    a_session_that_was_never_alive_leaves_its_challenge_spent,
    a_session_that_is_not_used_ends_by_the_stores_clock,
    use_prolongs_a_session_but_not_past_its_end,
    a_renewal_moves_forward_only,
    a_renewal_revives_nothing,
    sessions_are_listed_newest_first,
    a_list_holds_what_is_alive,
    a_list_has_an_end,
    a_cut_off_ends_what_was_opened_before,
    a_cut_off_of_one_site_ends_no_other_sites_sessions,
    a_cut_off_leaves_challenges_spent,
    a_cut_off_does_not_depend_on_the_clock,
    cutting_off_what_is_not_there_is_no_fault,
    a_spared_session_goes_on_until_the_next_cut_off,
    a_session_that_is_over_is_not_spared,
    a_session_of_another_account_is_not_spared,
    of_sessions_that_end_each_other_at_most_one_is_left,
    a_blocked_account_has_no_sessions_and_opens_none,
    blocking_twice_is_no_fault,
    a_key_is_new_once,
    looking_for_a_key_remembers_nothing,
    of_many_first_uses_of_a_key_one_is_new,
    the_keys_that_were_used_last_are_remembered,
    signing_keys_are_kept_as_they_are,
    signing_keys_are_replaced_by_who_knows_them,
    of_many_new_signing_keys_at_once_one_wins,
    a_store_counts_what_it_keeps,
    a_store_that_works_says_so,
];

/// The checks of a store that outlives its handle.
pub const LASTING_CHECKS: &[Check] = checks![
    a_store_that_is_opened_again_has_forgotten_nothing,
    what_one_handle_writes_the_other_reads,
    of_copies_at_two_handles_one_wins,
    of_new_signing_keys_at_two_handles_one_wins,
    signing_keys_outlive_the_handle,
];

impl Suite {
    /// For the backend that `open` opens and `spawn` runs.
    pub fn new(
        open: impl Fn(Place, TestClock) -> BoxFuture<'static, Arc<dyn Store>> + Send + Sync + 'static,
        spawn: impl Fn(BoxFuture<'static, ()>) -> BoxFuture<'static, ()> + Send + Sync + 'static,
    ) -> Self {
        Self { open: Box::new(open), spawn: Box::new(spawn), places: AtomicU64::new(0), handles: 1 }
    }

    /// Opens every place so often, and lets the handles take turns: for a store that several processes share.
    #[must_use]
    pub const fn with_handles(mut self, handles: usize) -> Self {
        self.handles = handles;
        self
    }

    /// Runs the checks, each at a place of its own. Panics at the first that fails.
    pub async fn run(&self, checks: &[Check]) {
        for check in checks {
            check.run(self).await;
        }
    }

    async fn store(&self) -> (Arc<dyn Store>, TestClock) {
        let clock = TestClock::at(START);
        (self.at(self.place(), &clock).await, clock)
    }

    fn place(&self) -> Place {
        Place(self.places.fetch_add(1, Ordering::Relaxed))
    }

    async fn at(&self, place: Place, clock: &TestClock) -> Arc<dyn Store> {
        let mut handles = Vec::new();
        for _ in 0..self.handles {
            handles.push((self.open)(place, clock.clone()).await);
        }
        Arc::new(TakingTurns::new(handles))
    }

    /// What these calls answer, all made at once.
    async fn at_once<T: Send + 'static>(&self, calls: Vec<BoxFuture<'static, T>>) -> Vec<T> {
        let answers = Arc::new(Mutex::new(Vec::new()));
        let spawn = |call: BoxFuture<'static, T>| {
            let answers = Arc::clone(&answers);
            (self.spawn)(Box::pin(async move {
                let answer = call.await;
                answers.lock().unwrap_or_else(PoisonError::into_inner).push(answer);
            }))
        };
        let tasks: Vec<_> = calls.into_iter().map(spawn).collect();
        for task in tasks {
            task.await;
        }
        std::mem::take(&mut *answers.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// How many of these logins, all at once, opened. Each goes to the next of these handles.
    async fn opened_at_once(&self, handles: &[Arc<dyn Store>], sessions: Vec<NewSession>) -> usize {
        let login = |(session, store): (NewSession, &Arc<dyn Store>)| {
            let store = Arc::clone(store);
            Box::pin(async move { expect(store.open(&session).await) }) as BoxFuture<'static, Opening>
        };
        let calls = sessions.into_iter().zip(handles.iter().cycle()).map(login).collect();
        let opened = |opening: &Opening| match opening {
            Opening::Opened => true,
            Opening::AlreadySpent => false,
            other => panic!("{other:?} in a race"),
        };
        self.at_once(calls).await.iter().filter(|opening| opened(opening)).count()
    }
}

impl Check {
    /// Runs this check at a place of its own. Panics where it fails.
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
            recipient: site("app.example"),
            account: account("alice.near"),
            key: Some(key(7)),
            client: ClientLabel::new(b"Mozilla/5.0 (X11; Linux x86_64)"),
            created_at: START,
            expires_at: START + SESSION,
            idle_lifetime: None,
            seen_at: START,
            checked_at: START,
        },
        challenge_expires_at: START + CHALLENGE,
        generation: expect(store.generation()),
    }
}

/// Opens session number `challenge`, changed by `change`. Answers its row.
async fn open(store: &dyn Store, challenge: u8, change: impl FnOnce(&mut SessionRow)) -> SessionRow {
    let mut new = session(store, challenge, 1);
    change(&mut new.row);
    assert_eq!(expect(store.open(&new).await), Opening::Opened);
    new.row
}

async fn is_alive(store: &dyn Store, row: &SessionRow) -> bool {
    expect(store.find(row.id).await).is_some()
}

/// The ids of an account's sessions, as they are listed.
async fn listed(store: &dyn Store, name: &str) -> Vec<SessionId> {
    expect(store.sessions(&account(name)).await).into_iter().map(|row| row.id).collect()
}

fn account(name: &str) -> AccountId {
    name.parse().expect("an account")
}

fn site(name: &str) -> Recipient {
    name.parse().expect("a recipient")
}

fn key(number: u8) -> PublicKey {
    PublicKey::from_ed25519([number; 32])
}

fn just_before(time: UnixMillis) -> UnixMillis {
    UnixMillis::new(time.get() - 1)
}

fn expect<T>(answer: Result<T, crate::StoreError>) -> T {
    answer.unwrap_or_else(|error| panic!("the store does not answer: {error}: {:?}", std::error::Error::source(&error)))
}
