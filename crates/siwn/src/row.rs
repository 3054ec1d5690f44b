//! The row that a login leaves: a session, and the mark that its challenge is spent.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use thiserror::Error;

use crate::recipient::Recipient;
use crate::{AccountId, ClientLabel, PublicKey, UnixMillis};

/// How long the row outlives its challenge, against clocks that differ.
const GUARD: Duration = Duration::from_secs(10);

/// A session as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRow {
    /// The row's key; the challenge that it guards has the same.
    pub id: SessionId,
    /// SHA-256 of the secret half.
    pub secret_hash: [u8; 32],
    /// The site that was signed in to.
    pub recipient: Recipient,
    /// The account.
    pub account: AccountId,
    /// The key that opened it; none where a contract answered for the account.
    pub key: Option<PublicKey>,
    /// What the client called itself.
    pub client: ClientLabel,
    /// When it was opened.
    pub created_at: UnixMillis,
    /// When it ends at the latest.
    pub expires_at: UnixMillis,
    /// How long it lives when it is not used, in whole milliseconds; none where only `expires_at` ends it.
    pub idle_lifetime: Option<Duration>,
    /// When it was last used, as far as that was written down.
    pub seen_at: UnixMillis,
    /// When the chain last said that the account has the key; zero while it never did, of an account that does not exist yet.
    pub checked_at: UnixMillis,
}

impl SessionRow {
    /// When it ends if it is not used any more: the sooner of its two ends.
    #[must_use]
    pub fn ends_at(&self) -> UnixMillis {
        self.idle_lifetime.map_or(self.expires_at, |idle| self.expires_at.min(self.seen_at + idle))
    }
}

/// What is written down of a session while it is used. Both times only ever move forward.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Renewal {
    /// It was used then.
    pub seen_at: Option<UnixMillis>,
    /// The chain said then that the account has the key.
    pub checked_at: Option<UnixMillis>,
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

/// The public half of a session: the row's key, for lists and revocations. 22 characters of base64url.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId([u8; 16]);

/// The text is no session token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a session token is 48 bytes in base64url, 64 characters")]
pub struct SessionTokenError;

impl SessionId {
    /// From its bytes.
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

impl FromStr for SessionId {
    type Err = SessionTokenError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() != 22 {
            return Err(SessionTokenError);
        }
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| SessionTokenError)?;
        bytes.try_into().map(Self).map_err(|_| SessionTokenError)
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64_URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionId({self})")
    }
}
