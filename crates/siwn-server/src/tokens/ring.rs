//! The keys that all processes of a server sign with: which there are, which one signs, and which comes next.
//!
//! A key is published for some time before it signs, and after it has signed until its last token is over. All times are the ring's own,
//! so that processes whose clocks differ a little agree.

use std::sync::Arc;
use std::time::Duration;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use serde::{Deserialize, Serialize};
use siwn::{SealedKeys, UnixMillis};
use thiserror::Error;

use super::claims::Kind;
use super::key::{Jwk, SigningKey};
use super::seal::Seals;
use crate::problem::Problem;

/// How long a key is published before it signs, at most.
const AHEAD: Duration = Duration::from_hours(24);
/// How long a key is published after another one signs in its place: for its last token, and for clocks that are behind.
const KEPT_AFTER: Duration = Kind::Access.lifetime().saturating_add(Duration::from_mins(10));
/// How much longer it is kept, so that nobody puts back what somebody else threw away.
const KEPT_LONGER: Duration = Duration::from_mins(1);
/// What is further ahead was made by a clock that is wrong, and takes no other key's place.
const TOO_FAR_AHEAD: Duration = Duration::from_hours(48);
/// Keys of others that are kept.
const STRANGERS: usize = 16;
/// How long a key signs at least: published for half of that before, it is known wherever the one before was.
const SHORTEST: Duration = Duration::from_hours(1);
const VERSION: u32 = 1;

/// When keys change.
#[derive(Clone, Copy, Debug)]
pub(super) struct Schedule {
    lifetime: Duration,
    ahead: Duration,
}

/// The keys that open, by the time from which they sign; and those that do not.
#[derive(Clone, Debug, Default)]
pub(super) struct Ring {
    keys: Vec<Entry>,
    strangers: Vec<Kept>,
}

#[derive(Clone, Debug)]
struct Entry {
    key: Arc<SigningKey>,
    signs_from: UnixMillis,
    /// As it is kept.
    sealed: String,
    is_outdated: bool,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Document {
    version: u32,
    keys: Vec<Kept>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    kid: String,
    /// Unix milliseconds.
    signs_from: u64,
    sealed: String,
}

/// The public keys, as others read them (RFC 7517, section 5).
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Jwks<'a> {
    /// Those that sign, those that will, and those whose last token may still be good.
    keys: Vec<&'a Jwk>,
}

/// What is kept cannot be read.
#[derive(Debug, Error)]
pub(super) enum RingError {
    #[error("the signing keys that the store keeps are none")]
    Shape(#[source] serde_json::Error),
    #[error("the signing keys that the store keeps are of version {found}, this program knows {VERSION}")]
    Version { found: u32 },
}

impl Schedule {
    /// A key signs for so long.
    pub(super) fn new(lifetime: Duration) -> Self {
        let lifetime = lifetime.max(SHORTEST);
        Self { lifetime, ahead: AHEAD.min(lifetime / 2) }
    }

    /// How long a key is published before it signs.
    #[cfg(test)]
    pub(super) const fn ahead(self) -> Duration {
        self.ahead
    }
}

impl Ring {
    /// What a store keeps.
    pub(super) fn open(kept: Option<&SealedKeys>, seals: &Seals, now: UnixMillis) -> Result<Self, RingError> {
        let mut ring = Self::default();
        let Some(kept) = kept else { return Ok(ring) };
        let Document { version, keys } = serde_json::from_str(kept.as_str()).map_err(RingError::Shape)?;
        if version != VERSION {
            return Err(RingError::Version { found: version });
        }
        for kept in keys {
            match Entry::open(&kept, seals, now) {
                Some(entry) => ring.keys.push(entry),
                None => ring.strangers.push(kept),
            }
        }
        ring.keys.sort_by_key(|entry| entry.signs_from);
        Ok(ring)
    }

    /// The ring as it should be now: with what this process knows and the store has lost, without what is over, and with the key that
    /// comes next.
    pub(super) fn tended(
        mut self,
        known: Option<&Self>,
        schedule: Schedule,
        seals: &Seals,
        now: UnixMillis,
    ) -> Result<Self, Problem> {
        self.put_back(known, now);
        let newest = self.keys.iter().map(|entry| entry.signs_from).filter(|from| *from <= now + TOO_FAR_AHEAD).max();
        match newest {
            None => self.keys.push(Entry::new(now, seals, now)?),
            Some(newest) if now + schedule.ahead >= newest + schedule.lifetime => {
                let from = (newest + schedule.lifetime).max(now + schedule.ahead);
                self.keys.push(Entry::new(from, seals, now)?);
            }
            Some(_) => {}
        }
        self.keys.sort_by_key(|entry| entry.signs_from);
        self.remove_over(now, KEPT_LONGER);
        for entry in self.keys.iter_mut().filter(|entry| entry.is_outdated) {
            *entry = Entry::sealed(Arc::clone(&entry.key), entry.signs_from, seals, now)?;
        }
        self.strangers.retain(|kept| now.since(UnixMillis::new(kept.signs_from)) < 2 * schedule.lifetime);
        self.strangers.sort_by_key(|kept| kept.signs_from);
        self.strangers.drain(..self.strangers.len().saturating_sub(STRANGERS));
        Ok(self)
    }

    fn put_back(&mut self, known: Option<&Self>, now: UnixMillis) {
        let Some(known) = known else { return };
        let mut all = self.clone();
        let missing = known.keys.iter().filter(|entry| self.find(entry.key.id()).is_none());
        all.keys.extend(missing.cloned());
        all.keys.sort_by_key(|entry| entry.signs_from);
        all.remove_over(now, Duration::ZERO);
        let found = |entry: &Entry| self.find(entry.key.id()).is_some();
        let missing: Vec<_> = all.keys.into_iter().filter(|entry| !found(entry)).collect();
        self.keys.extend(missing);
        self.keys.sort_by_key(|entry| entry.signs_from);
    }

    /// Removes keys whose last token is over for so long.
    fn remove_over(&mut self, now: UnixMillis, since: Duration) {
        let successors: Vec<_> = self.keys.iter().skip(1).map(|entry| entry.signs_from).collect();
        let is_over = |from: &UnixMillis| now >= *from + KEPT_AFTER + since;
        let over = successors.iter().take_while(|from| is_over(from)).count();
        self.keys.drain(..over);
    }

    /// The key that signs now.
    pub(super) fn signing(&self, now: UnixMillis) -> &SigningKey {
        let begun = self.keys.iter().rev().find(|entry| entry.signs_from <= now);
        // Made a moment ago, by a clock that is ahead of this one.
        let entry = begun.or(self.keys.first()).expect("a ring that was tended holds a key");
        &entry.key
    }

    pub(super) const fn can_sign(&self) -> bool {
        !self.keys.is_empty()
    }

    /// The key of that name.
    pub(super) fn find(&self, id: &str) -> Option<&SigningKey> {
        self.keys.iter().map(|entry| &*entry.key).find(|key| key.id() == id)
    }

    /// How many keys are somebody else's.
    pub(super) fn strangers(&self) -> usize {
        self.strangers.len()
    }

    /// Whether it has keys that `before` has not: their names, and when they begin to sign.
    pub(super) fn made_since(&self, before: &Self) -> impl Iterator<Item = (&str, UnixMillis)> {
        let is_new = |entry: &&Entry| before.find(entry.key.id()).is_none();
        self.keys.iter().filter(is_new).map(|entry| (entry.key.id(), entry.signs_from))
    }

    /// The public halves, as JSON.
    pub(super) fn jwks(&self) -> String {
        let keys = self.keys.iter().map(|entry| entry.key.public()).collect();
        serde_json::to_string(&Jwks { keys }).expect("texts are JSON")
    }

    /// As a store keeps it.
    pub(super) fn sealed(&self) -> SealedKeys {
        SealedKeys::new(serde_json::to_string(&self.document()).expect("texts and numbers are JSON"))
    }

    /// Whether a store would keep the same.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.document() == other.document()
    }

    fn document(&self) -> Document {
        let own = self.keys.iter().map(Entry::kept);
        Document { version: VERSION, keys: own.chain(self.strangers.iter().cloned()).collect() }
    }
}

impl Entry {
    fn new(signs_from: UnixMillis, seals: &Seals, now: UnixMillis) -> Result<Self, Problem> {
        Self::sealed(Arc::new(SigningKey::generate()?), signs_from, seals, now)
    }

    fn sealed(key: Arc<SigningKey>, signs_from: UnixMillis, seals: &Seals, now: UnixMillis) -> Result<Self, Problem> {
        let sealed = seals.seal(&key.expose_pkcs8()?, &label(key.id(), signs_from), now)?;
        Ok(Self { key, signs_from, sealed: BASE64_URL_SAFE_NO_PAD.encode(sealed), is_outdated: false })
    }

    fn open(kept: &Kept, seals: &Seals, now: UnixMillis) -> Option<Self> {
        let signs_from = UnixMillis::new(kept.signs_from);
        let sealed = BASE64_URL_SAFE_NO_PAD.decode(&kept.sealed).ok()?;
        let opened = seals.open(&sealed, &label(&kept.kid, signs_from), now)?;
        let key = Arc::new(SigningKey::from_pkcs8(&opened.bytes)?);
        Some(Self { key, signs_from, sealed: kept.sealed.clone(), is_outdated: opened.is_outdated })
    }

    fn kept(&self) -> Kept {
        Kept { kid: self.key.id().to_owned(), signs_from: self.signs_from.get(), sealed: self.sealed.clone() }
    }
}

/// What a key is sealed beside: nobody who can write to the store can give it another name, or another time.
fn label(id: &str, signs_from: UnixMillis) -> String {
    format!("{id} {}", signs_from.get())
}
