//! The port to the store: single use and sessions, which are one and the same row.

use std::error::Error as StdError;
use std::time::Duration;

use thiserror::Error;

use crate::session::{SessionId, SessionRow};
use crate::{BoxFuture, UnixMillis};

/// How long the row outlives its challenge, against clocks that differ.
const GUARD: Duration = Duration::from_secs(10);

/// Keeps the sessions, and with them which challenges are spent.
///
/// Whatever implements this passes the suite in `siwn::conformance` (feature `conformance`).
pub trait Store: Send + Sync {
    /// Which store this is, and since when it remembers. No I/O: an implementation keeps it at hand.
    ///
    /// It changes whenever rows may have been lost, so that challenges die with the rows that guarded them.
    fn generation(&self) -> Result<Generation, StoreError>;

    /// Spends the challenge and opens the session: one atomic insert under [`SessionRow::id`].
    ///
    /// Of any number of concurrent calls with one id, exactly one is [`Opening::Opened`]. The same call again (same id and secret hash)
    /// answers as it did the first time, so that it may be repeated after [`StoreError::Unknown`]. The insert itself refuses a
    /// challenge past its end by the store's clock, and one of another generation.
    fn open<'a>(&'a self, session: &'a NewSession) -> BoxFuture<'a, Result<Opening, StoreError>>;

    /// The row, while the session is open and its end has not come by the store's clock.
    fn find(&self, id: SessionId) -> BoxFuture<'_, Result<Option<SessionRow>, StoreError>>;

    /// Ends a session. The challenge stays spent. Ending what is not open is no fault.
    fn close(&self, id: SessionId) -> BoxFuture<'_, Result<(), StoreError>>;
}

/// 16 random bytes that name a store and its memory: made when a store finds none, and anew when rows may have been lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Generation([u8; 16]);

impl Generation {
    /// From 16 random bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

/// A session to be opened by a challenge. Only a login makes one, from an account that is confirmed.
#[derive(Clone, Debug)]
pub struct NewSession {
    pub(crate) row: SessionRow,
    pub(crate) challenge_expires_at: UnixMillis,
    pub(crate) generation: Generation,
}

impl NewSession {
    /// What is to be stored.
    #[must_use]
    pub const fn row(&self) -> &SessionRow {
        &self.row
    }

    /// From then on, by the store's clock, the insert refuses.
    #[must_use]
    pub const fn challenge_expires_at(&self) -> UnixMillis {
        self.challenge_expires_at
    }

    /// The generation that the challenge was issued under.
    #[must_use]
    pub const fn generation(&self) -> Generation {
        self.generation
    }

    /// Until then the challenge must be remembered as spent, even where the session was ended before.
    #[must_use]
    pub fn guarded_until(&self) -> UnixMillis {
        self.challenge_expires_at + GUARD
    }

    /// Until then the row must be kept: the later of the session's end and the guard's.
    #[must_use]
    pub fn kept_until(&self) -> UnixMillis {
        self.row.expires_at.max(self.guarded_until())
    }
}

/// What became of an insert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// The challenge is spent and the session open, now or by the same call before.
    Opened,
    /// Somebody else spent the challenge.
    AlreadySpent,
    /// The challenge's end has come.
    ChallengeExpired,
    /// The challenge is of another generation: its guard may be lost.
    OtherGeneration,
}

/// The store did not do it. Neither a yes nor a no.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// It was not done, and nothing is spent: the same token works later.
    #[error("the store is out of reach")]
    Unavailable(#[source] Box<dyn StdError + Send + Sync>),
    /// It may have been done: the answer was lost.
    #[error("the store's answer was lost")]
    Unknown(#[source] Box<dyn StdError + Send + Sync>),
    /// There is no room, and no live row is forgotten to make some.
    #[error("the store is full")]
    Full,
}
