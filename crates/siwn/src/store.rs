//! The port to the store: single use and sessions, which are one and the same row.

use std::error::Error as StdError;

use thiserror::Error;

use crate::recipient::Recipient;
use crate::row::{Generation, NewSession, Renewal, SessionId, SessionRow};
use crate::signing_keys::SealedKeys;
use crate::{AccountId, BoxFuture, PublicKey, UnixMillis};

/// Keeps the sessions, and with them which challenges are spent.
///
/// A session is *alive* while it is neither closed nor cut off, its account is not blocked, and neither of its ends has come by the
/// store's clock. A *cut-off* ends all sessions of an account that were opened before it, however many there are and however the clock
/// is set: a row knows the last cut-off that it was opened after, and every look-up compares. A session that is over stays over.
///
/// Whatever implements this passes the suite in `siwn::conformance` (feature `conformance`).
pub trait Store: Send + Sync {
    /// Which store this is, and since when it remembers. No I/O: an implementation keeps it at hand.
    ///
    /// It changes whenever rows may have been lost, so that challenges die with the rows that guarded them.
    fn generation(&self) -> Result<Generation, StoreError>;

    /// From when on it surely remembers what was spent, as far as that differs from what [`generation`](Self::generation) tells: the start
    /// of a store that is gone with its process. No I/O.
    fn remembers_since(&self) -> UnixMillis {
        UnixMillis::new(0)
    }

    /// Spends the challenge and opens the session: one atomic insert under [`SessionRow::id`].
    ///
    /// Of any number of concurrent calls with one id, exactly one is [`Opening::Opened`]. The same call again (same id and secret hash)
    /// answers as it did the first time, so that it may be repeated after [`StoreError::Unknown`]. The insert itself refuses a
    /// challenge past its end by the store's clock, and one of another generation. Where there are several reasons to refuse, any of
    /// them is told.
    fn open<'a>(&'a self, session: &'a NewSession) -> BoxFuture<'a, Result<Opening, StoreError>>;

    /// The row, while the session is alive.
    fn find(&self, id: SessionId) -> BoxFuture<'_, Result<Option<SessionRow>, StoreError>>;

    /// Writes down that a session is in use. Each time moves forward only, and a session that has come to an end is left as it is.
    fn renew(&self, id: SessionId, renewal: Renewal) -> BoxFuture<'_, Result<(), StoreError>>;

    /// Ends a session. The challenge stays spent. Ending what is not open is no fault.
    fn close(&self, id: SessionId) -> BoxFuture<'_, Result<(), StoreError>>;

    /// The sessions of an account that are alive, at all sites, the newest first, at most [`LISTED`].
    fn sessions<'a>(&'a self, account: &'a AccountId) -> BoxFuture<'a, Result<Vec<SessionRow>, StoreError>>;

    /// Cuts off the sessions of an account: those of one site, or, where `recipient` is none, of every site.
    ///
    /// The session `spared` goes on if it is one of them and alive; one that is over is not brought back.
    fn close_all<'a>(
        &'a self,
        account: &'a AccountId,
        recipient: Option<&'a Recipient>,
        spared: Option<SessionId>,
    ) -> BoxFuture<'a, Result<(), StoreError>>;

    /// Cuts off all sessions of an account, and opens none for it until it is unblocked.
    fn block<'a>(&'a self, account: &'a AccountId) -> BoxFuture<'a, Result<(), StoreError>>;

    /// Lets a blocked account open sessions again. Those that the block ended stay ended.
    fn unblock<'a>(&'a self, account: &'a AccountId) -> BoxFuture<'a, Result<(), StoreError>>;

    /// Whether an account is blocked.
    fn is_blocked<'a>(&'a self, account: &'a AccountId) -> BoxFuture<'a, Result<bool, StoreError>>;

    /// What is remembered of a key. Writes nothing, so that a login can be refused and the key stay new.
    fn recall_key<'a>(&'a self, account: &'a AccountId, key: &'a PublicKey) -> BoxFuture<'a, Result<KeyMemory, StoreError>>;

    /// Remembers that an account signed in with a key, and answers what was remembered of it before.
    ///
    /// Of any number of concurrent calls for one key, one is answered that it is new. Of every account the [`KEYS_REMEMBERED`] keys
    /// that were used last are remembered, by [`PublicKey::handle`]; nothing is forgotten because time passes.
    fn remember_key<'a>(&'a self, account: &'a AccountId, key: &'a PublicKey) -> BoxFuture<'a, Result<KeyMemory, StoreError>>;

    /// What processes that share the store sign tokens with; none where nothing is kept yet. Of no use to whoever has not sealed it.
    fn signing_keys(&self) -> BoxFuture<'_, Result<Option<SealedKeys>, StoreError>>;

    /// Puts `new` in the place of `old`, or in the place of nothing. False where something else is kept: somebody was faster.
    ///
    /// Of any number of concurrent calls with one `old`, one at most is answered true, unless they bring the same. The same call again
    /// answers true while what it brought is kept, so that it may be repeated after [`StoreError::Unknown`].
    fn replace_signing_keys<'a>(
        &'a self,
        old: Option<&'a SealedKeys>,
        new: &'a SealedKeys,
    ) -> BoxFuture<'a, Result<bool, StoreError>>;

    /// How much is kept. Costs a walk over the whole store: for people, not for programs.
    fn counts(&self) -> BoxFuture<'_, Result<Counts, StoreError>>;

    /// Whether sessions could be opened now: writes something, and is none the richer for it.
    fn check(&self) -> BoxFuture<'_, Result<(), StoreError>>;
}

/// How many sessions of one account are listed, at most.
pub const LISTED: usize = 1000;
/// How many keys of one account are remembered, at most.
pub const KEYS_REMEMBERED: usize = 100;

/// What became of an insert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// The challenge is spent and the session open, now or by the same call before.
    Opened,
    /// Somebody else spent the challenge, or the session that it opened is over.
    AlreadySpent,
    /// The challenge's end has come.
    ChallengeExpired,
    /// The challenge is of another generation: its guard may be lost.
    OtherGeneration,
    /// The account is blocked. Nothing is spent.
    Blocked,
}

/// What a store remembers of a key and its account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyMemory {
    /// No key of the account is remembered: nobody signed in with it before.
    FirstOfAccount,
    /// The account signed in with this key before.
    Known,
    /// The account signed in before, with other keys. Its owner added one, or the name has changed hands.
    New,
}

/// How much a store keeps, about: what is over and not yet cleaned away may be counted, and what changes meanwhile may be missed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Sessions.
    pub sessions: u64,
    /// Accounts that have sessions.
    pub accounts: u64,
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
