//! A session lives no longer than its key: how long a key is taken for granted, and how it is asked for again.
//!
//! After `recheck` the use of a session has its key asked for in the background, after `stale` before the answer. While nobody can be
//! asked, `grace` is added; then the answer is 503. So a key that was removed opens nothing any more after the sum of `stale` and `grace`,
//! and after `stale` where the chain can be asked, counted from a block at which it stood.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use siwn::{AccountRefusal, Chain, ChainError, Funding, LoginError, Recheck, Session, SessionId, UnixMillis};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use crate::audit::EndReason;
use crate::problem::{Code, Problem};
use crate::requester::Requester;
use crate::site::Served;
use crate::time::Clock;

/// Keys that are asked for at once.
const AT_ONCE: usize = 64;
/// How long an answer waits for its turn to ask.
const TURN: Duration = Duration::from_secs(2);
/// How long nothing is tried in the background after nobody could be asked.
const PAUSE: Duration = Duration::from_secs(5);
/// Accounts without existence whose last answer is remembered.
const UNFUNDED: usize = 10_000;

/// How long the key of a session is taken for granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyChecks {
    /// From then on it is asked for in the background.
    pub recheck: Duration,
    /// From then on it is asked for before the answer.
    pub stale: Duration,
    /// So much longer it is taken for granted while nobody can be asked.
    pub grace: Duration,
}

impl Default for KeyChecks {
    /// 10, 20 and 40 minutes.
    fn default() -> Self {
        let minutes = Duration::from_mins;
        Self { recheck: minutes(10), stale: minutes(20), grace: minutes(40) }
    }
}

impl KeyChecks {
    /// The longest that a key is taken for granted while nobody can be asked.
    #[must_use]
    pub fn bound(self) -> Duration {
        self.stale.saturating_add(self.grace)
    }
}

/// How many keys were asked for again, by what became of it.
pub(crate) type Counts = Family<Checked, Counter>;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct Checked {
    outcome: &'static str,
}

/// Asks for keys again, each at most once at a time.
pub(crate) struct KeyChecker {
    checks: KeyChecks,
    chain: Arc<dyn Chain>,
    clock: Clock,
    counts: Counts,
    room: Arc<Semaphore>,
    under_way: Mutex<HashMap<SessionId, watch::Receiver<Option<Outcome>>>>,
    /// Until then nothing is tried in the background, in milliseconds.
    paused_until: AtomicU64,
    /// When accounts were last seen not to exist yet: there is nothing about them that the store could keep.
    unfunded: Mutex<HashMap<SessionId, UnixMillis>>,
}

/// What became of a question.
#[derive(Clone, Debug)]
enum Outcome {
    Stands,
    Ended,
    Unknown(Arc<ChainError>),
}

impl Outcome {
    const fn name(&self) -> &'static str {
        match self {
            Self::Stands => "stands",
            Self::Ended => "ended",
            Self::Unknown(_) => "unknown",
        }
    }
}

impl KeyChecker {
    pub(crate) fn new(checks: KeyChecks, chain: Arc<dyn Chain>, clock: Clock, counts: Counts) -> Self {
        Self {
            checks: KeyChecks { recheck: checks.recheck.min(checks.stale), ..checks },
            chain,
            clock,
            counts,
            room: Arc::new(Semaphore::new(AT_ONCE)),
            under_way: Mutex::default(),
            paused_until: AtomicU64::new(0),
            unfunded: Mutex::default(),
        }
    }

    /// Lets a session be used whose key is known to stand, or asks. The session of a contract has no key and a short life.
    pub(crate) async fn check(self: &Arc<Self>, site: &Arc<Served>, session: &Session) -> Result<(), Problem> {
        if session.key.is_none() {
            return Ok(());
        }
        let now = self.now();
        let age = now.since(self.found_good_at(session));
        let checks = self.checks;
        if age < checks.recheck {
            return Ok(());
        }
        let in_grace = age < checks.bound();
        if age < checks.stale || (in_grace && self.is_paused(now)) {
            self.ask_in_background(site, session, now);
            return Ok(());
        }
        match self.ask(site, session).await {
            Outcome::Stands => Ok(()),
            Outcome::Ended => Err(Problem::new(Code::NotSignedIn)),
            Outcome::Unknown(_) if in_grace => Ok(()),
            Outcome::Unknown(error) => Err(outage(&error)),
        }
    }

    /// Lets a session be used for what others believe without asking: its key stood `stale` ago at most, whether or not NEAR can be asked.
    pub(crate) async fn check_is_fresh(self: &Arc<Self>, site: &Arc<Served>, session: &Session) -> Result<(), Problem> {
        let now = self.now();
        if session.key.is_none() || now.since(self.found_good_at(session)) < self.checks.stale {
            return Ok(());
        }
        if self.is_paused(now) {
            return Err(outage(&ChainError::new("nobody could be asked for a key a moment ago", Some(PAUSE))));
        }
        match self.ask(site, session).await {
            Outcome::Stands => Ok(()),
            Outcome::Ended => Err(Problem::new(Code::NotSignedIn)),
            Outcome::Unknown(error) => Err(outage(&error)),
        }
    }

    fn ask_in_background(self: &Arc<Self>, site: &Arc<Served>, session: &Session, now: UnixMillis) {
        // Where there is no room the next use tries again.
        if self.under_way().contains_key(&session.id) || !self.take_attempt(now) {
            return;
        }
        if let Ok(turn) = Arc::clone(&self.room).try_acquire_owned() {
            self.begin(site, session, turn);
        }
    }

    async fn ask(self: &Arc<Self>, site: &Arc<Served>, session: &Session) -> Outcome {
        let under_way = self.under_way().get(&session.id).cloned();
        let mut outcome = match under_way {
            Some(outcome) => outcome,
            None => match tokio::time::timeout(TURN, Arc::clone(&self.room).acquire_owned()).await {
                Ok(Ok(turn)) => self.begin(site, session, turn),
                _ => return unknown("too many keys are asked for at once"),
            },
        };
        match outcome.wait_for(Option::is_some).await.as_deref() {
            Ok(Some(outcome)) => outcome.clone(),
            _ => unknown("the question was dropped"),
        }
    }

    /// Begins a question, or joins the one that is under way. It goes on when whoever waits for it goes away.
    fn begin(
        self: &Arc<Self>,
        site: &Arc<Served>,
        session: &Session,
        turn: OwnedSemaphorePermit,
    ) -> watch::Receiver<Option<Outcome>> {
        let mut under_way = self.under_way();
        if let Some(outcome) = under_way.get(&session.id) {
            return outcome.clone();
        }
        let (told, outcome) = watch::channel(None);
        under_way.insert(session.id, outcome.clone());
        let (checker, site, session) = (Arc::clone(self), Arc::clone(site), session.clone());
        tokio::spawn(async move {
            let entry = Entry { checker: &checker, id: session.id };
            let outcome = checker.recheck(&site, &session).await;
            checker.counts.get_or_create(&Checked { outcome: outcome.name() }).inc();
            drop(entry);
            told.send_replace(Some(outcome));
            drop(turn);
        });
        outcome
    }

    async fn recheck(&self, site: &Served, session: &Session) -> Outcome {
        let asked_at = self.now();
        let answer = session.recheck(&*self.chain, site.access).await;
        self.paused_until.store(if answer.is_ok() { 0 } else { (self.now() + PAUSE).get() }, Ordering::Relaxed);
        match answer {
            Ok(None) => Outcome::Stands,
            Ok(Some(Recheck::Stands(Funding::Unfunded))) => {
                self.remember_unfunded(session.id, asked_at);
                Outcome::Stands
            }
            Ok(Some(Recheck::Stands(Funding::Exists))) => {
                // Where it cannot be written down, it is asked for again at the next use.
                told_if_failed(site.sessions.checked(session, asked_at).await);
                Outcome::Stands
            }
            Ok(Some(Recheck::Gone(refusal))) => {
                match site.sessions.end(session.id).await {
                    Ok(()) => site.audit.end(session, reason(&refusal), &Requester::server(), self.now()),
                    failed => told_if_failed(failed),
                }
                Outcome::Ended
            }
            Err(error) => Outcome::Unknown(Arc::new(error)),
        }
    }

    fn now(&self) -> UnixMillis {
        (self.clock)()
    }

    /// How many keys are being asked for again now.
    #[cfg(feature = "test-util")]
    pub(crate) fn asking(&self) -> usize {
        self.under_way().len()
    }

    fn under_way(&self) -> MutexGuard<'_, HashMap<SessionId, watch::Receiver<Option<Outcome>>>> {
        // Every change is complete before anything could panic.
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn unfunded(&self) -> MutexGuard<'_, HashMap<SessionId, UnixMillis>> {
        self.unfunded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When the session's key was last found good.
    fn found_good_at(&self, session: &Session) -> UnixMillis {
        if session.key_stood() {
            return session.checked_at;
        }
        self.unfunded().get(&session.id).copied().unwrap_or(session.created_at)
    }

    fn is_paused(&self, now: UnixMillis) -> bool {
        now.get() < self.paused_until.load(Ordering::Relaxed)
    }

    /// Takes the one attempt that there is after every pause.
    fn take_attempt(&self, now: UnixMillis) -> bool {
        let paused_until = self.paused_until.load(Ordering::Relaxed);
        if paused_until == 0 {
            return true;
        }
        let next = (now + PAUSE).get();
        let exchange = |until| self.paused_until.compare_exchange(until, next, Ordering::Relaxed, Ordering::Relaxed);
        now.get() >= paused_until && exchange(paused_until).is_ok()
    }

    fn remember_unfunded(&self, id: SessionId, at: UnixMillis) {
        let mut unfunded = self.unfunded();
        if unfunded.len() >= UNFUNDED {
            // Whoever is forgotten is asked for again.
            unfunded.clear();
        }
        unfunded.insert(id, at);
    }
}

/// A question that is under way, until this is dropped: also where it panics.
struct Entry<'a> {
    checker: &'a KeyChecker,
    id: SessionId,
}

impl Drop for Entry<'_> {
    fn drop(&mut self) {
        self.checker.under_way().remove(&self.id);
    }
}

const fn reason(refusal: &AccountRefusal) -> EndReason {
    match refusal {
        AccountRefusal::FunctionCallKey(_) => EndReason::KeyDowngraded,
        AccountRefusal::NoAccount(_) => EndReason::AccountGone,
        _ => EndReason::KeyGone,
    }
}

fn unknown(why: &'static str) -> Outcome {
    Outcome::Unknown(Arc::new(ChainError::new(why, None)))
}

/// What nobody could be asked about for too long.
fn outage(error: &ChainError) -> Problem {
    let again = ChainError::new("the session's key could not be asked for", error.retry_after());
    Problem::from(LoginError::from(again)).because(error)
}

fn told_if_failed(written: Result<(), siwn::StoreError>) {
    if let Err(error) = written {
        let cause = Problem::from(error).cause;
        tracing::warn!(cause, "what was found of a session's key could not be written down");
    }
}
