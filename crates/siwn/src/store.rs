//! The port to the store: single use and sessions, which are one and the same row.

use std::error::Error as StdError;

use thiserror::Error;

use crate::BoxFuture;
use crate::row::{Generation, NewSession, SessionId, SessionRow};

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
