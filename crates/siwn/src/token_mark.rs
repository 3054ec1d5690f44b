//! What a near-sign-verify token is known by, once it is spent.

use std::time::Duration;

use sha2::{Digest as _, Sha256};

use crate::row::SessionId;
use crate::{AuthToken, UnixMillis};

/// Sets the ids of tokens apart from all else that is hashed.
const DOMAIN: &[u8] = b"siwn token once\0";

/// What a token is spent by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TokenMark {
    pub(crate) id: SessionId,
    pub(crate) made_at: UnixMillis,
    /// From then on no policy takes it.
    pub(crate) ends_at: UnixMillis,
}

impl TokenMark {
    /// By what was signed and the key that did: account, state and the text of the signature are outside of it, and a copy can have
    /// others.
    pub(crate) fn of(token: &AuthToken, lifetime: Duration) -> Option<Self> {
        let made_at = token.nonce.timestamp_millis()?;
        let mut hash = Sha256::new_with_prefix(DOMAIN);
        hash.update(token.payload().hash().as_bytes());
        hash.update(token.public_key.as_bytes());
        let hash: [u8; 32] = hash.finalize().into();
        let (id, _) = hash.split_first_chunk().expect("32 bytes");
        // A policy takes it up to its lifetime, that millisecond included.
        let ends_at = made_at + lifetime + Duration::from_millis(1);
        Some(Self { id: SessionId::from_bytes(*id), made_at, ends_at })
    }
}
