//! Sessions: what a login opens. Opaque to the client, one row in the store.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroize as _;

use crate::recipient::Recipient;
use crate::row::{Renewal, SessionId, SessionRow, SessionTokenError};
use crate::store::{Store, StoreError};
use crate::{AccountId, ClientLabel, PublicKey, UnixMillis};

/// In front of a token that is sent as a bearer token, so that no other kind is taken for one.
const BEARER_PREFIX: &str = "siwn_";
/// How often it is written down that a session is used, at most.
const SEEN_EVERY: Duration = Duration::from_mins(1);

/// The secret half: 32 random bytes that the caller brings. Only its hash is stored.
#[derive(Clone)]
pub struct SessionSecret([u8; 32]);

/// What the client keeps: id ‖ secret, 64 characters of base64url; as a bearer token with `siwn_` in front.
#[derive(Clone, Debug)]
pub struct SessionToken {
    id: SessionId,
    secret: SessionSecret,
}

/// A session that is alive.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// Who signed in.
    pub account: AccountId,
    /// The key that signed; none where a contract answered for the account.
    pub key: Option<PublicKey>,
    /// The site that was signed in to.
    pub recipient: Recipient,
    /// What the client called itself.
    pub client: ClientLabel,
    /// When it was opened.
    pub created_at: UnixMillis,
    /// When it ends at the latest.
    pub expires_at: UnixMillis,
    /// How long it lives when it is not used; none where only `expires_at` ends it.
    pub idle_lifetime: Option<Duration>,
    /// When it was last used, to the minute.
    pub seen_at: UnixMillis,
    /// When the chain last said that the account has the key; zero while it never did, of an account that does not exist yet.
    pub checked_at: UnixMillis,
}

/// The sessions of one site.
#[derive(Clone)]
pub struct Sessions {
    store: Arc<dyn Store>,
    recipient: Recipient,
}

impl Sessions {
    /// The sessions of `recipient` in `store`.
    #[must_use]
    pub const fn new(store: Arc<dyn Store>, recipient: Recipient) -> Self {
        Self { store, recipient }
    }

    /// The session that `token` opens, if it is this site's and alive. Costs one look-up.
    pub async fn find(&self, token: &SessionToken, now: UnixMillis) -> Result<Option<Session>, StoreError> {
        let row = self.store.find(token.id).await?;
        let is_good = |row: &SessionRow| bool::from(row.secret_hash.ct_eq(&token.secret.hash())) && self.is_alive_here(row, now);
        Ok(row.filter(is_good).map(Session::from))
    }

    /// Ends the session that `token` opens, and says which it was. Ending one that is not alive is no fault.
    pub async fn close(&self, token: &SessionToken, now: UnixMillis) -> Result<Option<Session>, StoreError> {
        match self.find(token, now).await? {
            Some(session) => self.store.close(session.id).await.map(|()| Some(session)),
            None => Ok(None),
        }
    }

    /// Writes down that a session is in use now. A write only where the last one is a minute old, or a tenth of its idle lifetime.
    pub async fn seen(&self, session: &Session, now: UnixMillis) -> Result<(), StoreError> {
        let tenth = session.idle_lifetime.map_or(SEEN_EVERY, |idle| idle / 10);
        if now.since(session.seen_at) < SEEN_EVERY.min(tenth) {
            return Ok(());
        }
        self.store.renew(session.id, Renewal { seen_at: Some(now), checked_at: None }).await
    }

    /// Writes down that the chain said at `checked_at` that the account has the key.
    pub async fn checked(&self, session: &Session, checked_at: UnixMillis) -> Result<(), StoreError> {
        self.store.renew(session.id, Renewal { seen_at: None, checked_at: Some(checked_at) }).await
    }

    /// An account's sessions at this site that are alive, the newest first.
    pub async fn list(&self, account: &AccountId, now: UnixMillis) -> Result<Vec<Session>, StoreError> {
        let rows = self.store.sessions(account).await?;
        Ok(rows.into_iter().filter(|row| self.is_alive_here(row, now)).map(Session::from).collect())
    }

    /// Ends one of an account's sessions at this site, and says which it was. None where there is no such one.
    pub async fn close_one(&self, account: &AccountId, id: SessionId, now: UnixMillis) -> Result<Option<Session>, StoreError> {
        let row = self.store.find(id).await?;
        let Some(row) = row.filter(|row| row.account == *account && self.is_alive_here(row, now)) else { return Ok(None) };
        self.store.close(id).await?;
        Ok(Some(row.into()))
    }

    /// Ends a session of this site. Ending one that is not alive is no fault.
    pub async fn end(&self, id: SessionId) -> Result<(), StoreError> {
        self.store.close(id).await
    }

    /// Ends all of an account's sessions at this site, but for `spared`.
    pub async fn close_all(&self, account: &AccountId, spared: Option<SessionId>) -> Result<(), StoreError> {
        self.store.close_all(account, Some(&self.recipient), spared).await
    }

    /// Whether it is this site's, and in time by the caller's clock.
    fn is_alive_here(&self, row: &SessionRow, now: UnixMillis) -> bool {
        row.recipient == self.recipient && now < row.ends_at()
    }
}

impl Session {
    /// When it ends if it is not used any more: the sooner of its two ends.
    #[must_use]
    pub fn ends_at(&self) -> UnixMillis {
        self.idle_lifetime.map_or(self.expires_at, |idle| self.expires_at.min(self.seen_at + idle))
    }
}

impl From<SessionRow> for Session {
    fn from(row: SessionRow) -> Self {
        let SessionRow { id, secret_hash: _, recipient, account, key, client, created_at, expires_at, .. } = row;
        let SessionRow { idle_lifetime, seen_at, checked_at, .. } = row;
        Self { id, account, key, recipient, client, created_at, expires_at, idle_lifetime, seen_at, checked_at }
    }
}

impl SessionSecret {
    /// From 32 random bytes, fresh for every login.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub(crate) fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }
}

impl Drop for SessionSecret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl SessionToken {
    pub(crate) const fn new(id: SessionId, secret: SessionSecret) -> Self {
        Self { id, secret }
    }

    /// Reads the bearer form: `siwn_` and 64 characters.
    pub fn from_bearer(text: &str) -> Result<Self, SessionTokenError> {
        text.strip_prefix(BEARER_PREFIX).ok_or(SessionTokenError)?.parse()
    }

    /// The id of the session.
    #[must_use]
    pub const fn id(&self) -> SessionId {
        self.id
    }

    /// The token's text, for a cookie. Whoever has it is signed in.
    #[must_use]
    pub fn expose_text(&self) -> String {
        let mut bytes = [0; 48];
        bytes[..16].copy_from_slice(self.id.as_bytes());
        bytes[16..].copy_from_slice(&self.secret.0);
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The bearer form, for an `Authorization` header. Whoever has it is signed in.
    #[must_use]
    pub fn expose_bearer(&self) -> String {
        format!("{BEARER_PREFIX}{}", self.expose_text())
    }
}

impl FromStr for SessionToken {
    type Err = SessionTokenError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() != 64 {
            return Err(SessionTokenError);
        }
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| SessionTokenError)?;
        let (id, secret) = bytes.split_first_chunk().ok_or(SessionTokenError)?;
        let secret = secret.try_into().map_err(|_| SessionTokenError)?;
        Ok(Self { id: SessionId::from_bytes(*id), secret: SessionSecret(secret) })
    }
}

impl fmt::Debug for SessionSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionSecret([redacted])")
    }
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sessions({})", self.recipient)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_reads_back_in_both_forms() {
        let token = SessionToken::new(SessionId::from_bytes([1; 16]), SessionSecret([0xfe; 32]));
        let text = token.expose_text();
        assert_eq!(text.len(), 64);
        assert_eq!(text.parse::<SessionToken>().unwrap().expose_text(), text);
        assert_eq!(SessionToken::from_bearer(&token.expose_bearer()).unwrap().expose_text(), text);
        assert_eq!(SessionToken::from_bearer(&text).unwrap_err(), SessionTokenError);
        assert_eq!(token.id().to_string().parse(), Ok(token.id()));
    }

    #[test]
    fn debug_shows_no_secret() {
        let token = SessionToken::new(SessionId::from_bytes([0; 16]), SessionSecret([7; 32]));
        assert_eq!(
            format!("{token:?}"),
            "SessionToken { id: SessionId(AAAAAAAAAAAAAAAAAAAAAA), secret: SessionSecret([redacted]) }"
        );
    }
}
