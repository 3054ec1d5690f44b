//! The ring that a process knows, and how it agrees on it with the others.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use siwn::{Store, StoreError, UnixMillis};
use tokio::sync::Mutex;

use super::ring::{Ring, Schedule};
use super::seal::Seals;
use crate::problem::Problem;
use crate::time::Rfc3339;

/// How old what is known of the ring may be for signing.
const LOOK_EVERY: Duration = Duration::from_mins(1);
/// How old it may be for saying which keys there are.
const PUBLISH_EVERY: Duration = Duration::from_secs(5);
/// How old it may be while the store cannot be asked: less than a key is published before it signs.
pub(super) const LONGEST: Duration = Duration::from_mins(15);
/// How long the store is left alone after it could not be asked.
const PAUSE: Duration = Duration::from_secs(5);
/// How often somebody else may be faster.
const ATTEMPTS: usize = 8;

/// The ring of a store, as this process knows it.
pub(super) struct Keyring {
    store: Arc<dyn Store>,
    schedule: Schedule,
    seals: RwLock<Arc<Seals>>,
    known: RwLock<Option<Known>>,
    /// Held by whoever looks.
    looking: Mutex<()>,
    /// Looks that failed where nothing was known.
    failures: AtomicU64,
}

#[derive(Clone)]
struct Known {
    ring: Arc<Ring>,
    looked_at: UnixMillis,
    /// Nobody looks before that.
    again_at: UnixMillis,
}

impl Keyring {
    pub(super) fn new(store: Arc<dyn Store>, seals: Seals, schedule: Schedule) -> Self {
        Self {
            store,
            schedule,
            seals: RwLock::new(Arc::new(seals)),
            known: RwLock::new(None),
            looking: Mutex::new(()),
            failures: AtomicU64::new(0),
        }
    }

    /// Forgets the ring: what does not open with these seals is not used any more.
    pub(super) fn set_seals(&self, seals: Seals) {
        let mut own = self.seals.write().unwrap_or_else(PoisonError::into_inner);
        *own = Arc::new(seals);
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// The ring, for signing.
    pub(super) async fn signing(&self, now: UnixMillis) -> Result<Arc<Ring>, Problem> {
        self.ring(now, LOOK_EVERY).await
    }

    /// The ring, for telling others which keys there are.
    pub(super) async fn published(&self, now: UnixMillis) -> Result<Arc<Ring>, Problem> {
        self.ring(now, PUBLISH_EVERY).await
    }

    /// The ring, for verifying what the key `id` signed: another process may have made it a moment ago.
    pub(super) async fn knowing(&self, id: &str, now: UnixMillis) -> Result<Arc<Ring>, Problem> {
        let ring = self.signing(now).await?;
        if ring.find(id).is_some() { Ok(ring) } else { self.published(now).await }
    }

    async fn ring(&self, now: UnixMillis, at_most: Duration) -> Result<Arc<Ring>, Problem> {
        let (seals, known) = (self.seals(), self.known());
        if let Some(known) = known.as_ref().filter(|known| known.is_younger_than(at_most, now)) {
            return Ok(Arc::clone(&known.ring));
        }
        let usable = known.filter(|known| known.is_younger_than(LONGEST, now));
        let failures = self.failures.load(Ordering::Relaxed);
        let _looking = match (&usable, self.looking.try_lock()) {
            (_, Ok(looking)) => looking,
            // Somebody looks already.
            (Some(known), Err(_)) => return Ok(Arc::clone(&known.ring)),
            (None, Err(_)) => self.looking.lock().await,
        };
        match self.known() {
            // Somebody looked meanwhile.
            Some(known) if known.is_younger_than(at_most, now) => return Ok(known.ring),
            // Somebody looked in vain meanwhile: whoever waited does not ask the same again, one after the other.
            None if self.failures.load(Ordering::Relaxed) != failures => {
                return Err(StoreError::Unavailable("the store could not be asked for signing keys just now".into()).into());
            }
            _ => {}
        }
        match (self.look(&seals, now).await, usable) {
            (Ok(ring), _) => Ok(ring),
            (Err(problem), None) => {
                self.failures.fetch_add(1, Ordering::Relaxed);
                Err(problem)
            }
            (Err(problem), Some(known)) => {
                tracing::warn!(cause = problem.cause, "the store cannot be asked for signing keys; those that are known go on");
                self.remember(Known { again_at: now + PAUSE, ..known.clone() }, &seals);
                Ok(known.ring)
            }
        }
    }

    /// Asks the store, and brings what it keeps up to date.
    async fn look(&self, seals: &Arc<Seals>, now: UnixMillis) -> Result<Arc<Ring>, Problem> {
        let known = self.known().map(|known| known.ring);
        for _ in 0..ATTEMPTS {
            let kept = self.store.signing_keys().await?;
            let found =
                Ring::open(kept.as_ref(), seals, now).map_err(|error| Problem::from(StoreError::Unavailable(error.into())))?;
            let tended = found.clone().tended(known.as_deref(), self.schedule, seals, now)?;
            let written = if tended.is_same(&found) {
                Ok(true)
            } else {
                self.store.replace_signing_keys(kept.as_ref(), &tended.sealed()).await
            };
            let ring = match written {
                Ok(true) => tended,
                // Somebody was faster.
                Ok(false) => continue,
                Err(error) if found.can_sign() => {
                    let cause = Problem::from(error).cause;
                    tracing::warn!(cause, "what is new of the signing keys could not be written down; they go on as they are");
                    found.clone()
                }
                Err(error) => return Err(StoreError::Unavailable(error.into()).into()),
            };
            tell(known.as_deref(), &found, &ring);
            let ring = Arc::new(ring);
            self.remember(Known { ring: Arc::clone(&ring), looked_at: now, again_at: now }, seals);
            return Ok(ring);
        }
        Err(StoreError::Unavailable("others change the signing keys all the time".into()).into())
    }

    fn seals(&self) -> Arc<Seals> {
        Arc::clone(&self.seals.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn known(&self) -> Option<Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Unless other seals came meanwhile.
    fn remember(&self, known: Known, seals: &Arc<Seals>) {
        let own = self.seals.read().unwrap_or_else(PoisonError::into_inner);
        if Arc::ptr_eq(&own, seals) {
            *self.known.write().unwrap_or_else(PoisonError::into_inner) = Some(known);
        }
    }
}

impl Known {
    /// A clock that went back makes it old.
    fn is_younger_than(&self, age: Duration, now: UnixMillis) -> bool {
        let own = now.since(self.looked_at);
        self.looked_at <= now && (own < age || (now < self.again_at && own < LONGEST))
    }
}

/// Tells the operator what is new.
fn tell(known: Option<&Ring>, found: &Ring, tended: &Ring) {
    for (key, from) in tended.made_since(found) {
        tracing::info!(key, from = %Rfc3339(from), "a key for tokens was made");
    }
    let strangers = tended.strangers();
    if strangers > known.map_or(0, Ring::strangers) {
        tracing::warn!(strangers, "the store keeps signing keys that were sealed with another secret; they are left alone");
    }
}
