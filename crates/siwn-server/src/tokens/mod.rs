//! Tokens that others verify without asking: JWTs (RFC 7519), signed with ES256 by keys that the server makes itself.
//!
//! Two kinds, and neither passes for the other: access tokens, which a client takes to an API, and identity tokens, which a reverse proxy
//! hands to the application behind it. Nobody who verifies one asks the store or the chain, so that both are short-lived.

mod audience;
mod claims;
mod identities;
mod jws;
mod key;
mod keyring;
mod ring;
mod seal;
#[cfg(test)]
mod tests;
mod verifier;
mod verify;

use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use siwn::{PublicKey, PublicUrl, Recipient, Session, Store, UnixMillis};

use self::claims::{Claims, Kind};
use self::keyring::Keyring;
use self::ring::Schedule;
use self::seal::Seals;
use self::verify::{Expected, Unverified};
use crate::problem::{Code, Problem};
use crate::random::random;
use crate::secrets::Secrets;

pub use self::audience::{Audience, AudienceError};
pub(crate) use self::identities::Identities;
#[cfg(test)]
pub(crate) use self::ring::Jwks;
pub use self::verifier::{AccessTokens, IdentityTokens, JwksError};
pub use self::verify::{TokenClaims, TokenError};

/// How long a key signs, where nobody says otherwise.
pub(crate) const KEY_LIFETIME: Duration = Duration::from_hours(30 * 24);
/// How long others may keep the public keys. A key that is taken back is believed for so long.
pub(crate) const JWKS_LIFETIME: Duration = Duration::from_mins(5);

/// Makes tokens, for all sites of a server.
pub(crate) struct Tokens {
    keyring: Keyring,
    network: String,
}

/// The site that a token is made at, or for.
#[derive(Clone, Copy)]
pub(crate) struct Issuer<'a> {
    pub(crate) url: &'a PublicUrl,
    pub(crate) recipient: &'a Recipient,
}

/// An access token.
pub(crate) struct Access {
    /// Whoever has it is let in.
    pub(crate) token: String,
    pub(crate) expires_at: UnixMillis,
}

impl Tokens {
    /// Keys are kept in `store`, sealed with what is derived of `secrets`.
    pub(crate) fn new(store: Arc<dyn Store>, secrets: &Secrets, key_lifetime: Duration, network: String) -> Self {
        Self { keyring: Keyring::new(store, Seals::new(secrets), Schedule::new(key_lifetime)), network }
    }

    /// Seals keys with what is derived of these secrets from now on.
    pub(crate) fn set_secrets(&self, secrets: &Secrets) {
        self.keyring.set_seals(Seals::new(secrets));
    }

    /// A token for whoever takes `audience` for his own name. It never outlives the session.
    pub(crate) async fn access(
        &self,
        issuer: Issuer<'_>,
        session: &Session,
        audience: &str,
        now: UnixMillis,
    ) -> Result<Access, Problem> {
        let (token, expires_at) = self.token(Kind::Access, issuer, session, audience, now).await?;
        Ok(Access { token, expires_at })
    }

    /// A token that tells the application at `protected_origin` who is signed in. It never outlives the session.
    pub(crate) async fn identity(
        &self,
        issuer: Issuer<'_>,
        session: &Session,
        protected_origin: &str,
        now: UnixMillis,
    ) -> Result<String, Problem> {
        self.token(Kind::Identity, issuer, session, protected_origin, now).await.map(|(token, _)| token)
    }

    /// Whom an access token speaks of that the site made for itself.
    pub(crate) async fn verify(&self, issuer: Issuer<'_>, token: &str, now: UnixMillis) -> Result<TokenClaims, Problem> {
        let refused = |error: TokenError| Problem::new(Code::TokenRefused).because(&error);
        let unverified = Unverified::read(token, Kind::Access).map_err(refused)?;
        let ring = self.keyring.knowing(unverified.key_id(), now).await?;
        let key = ring.find(unverified.key_id()).ok_or_else(|| refused(TokenError::UnknownKey))?;
        let expected = Expected { issuer: &issuer.url.to_string(), audience: issuer.recipient.as_str() };
        unverified.verify(key.verifying(), expected, now).map_err(refused)
    }

    /// The public keys, as JSON (RFC 7517, section 5).
    pub(crate) async fn jwks(&self, now: UnixMillis) -> Result<String, Problem> {
        Ok(self.keyring.published(now).await?.jwks())
    }

    async fn token(
        &self,
        kind: Kind,
        issuer: Issuer<'_>,
        session: &Session,
        audience: &str,
        now: UnixMillis,
    ) -> Result<(String, UnixMillis), Problem> {
        // Whole seconds, rounded down: a token is never good for longer than what it stands for.
        let issued_at = now.get() / 1000;
        let expires_at = (issued_at + kind.lifetime().as_secs()).min(session.ends_at().get() / 1000);
        if expires_at <= issued_at {
            return Err(Problem::new(Code::NotSignedIn));
        }
        let url = issuer.url.to_string();
        let key = session.key.as_ref().map(PublicKey::handle);
        let claims = Claims {
            iss: &url,
            aud: audience,
            sub: session.account.as_str(),
            client_id: (kind == Kind::Access).then(|| issuer.recipient.as_str()),
            exp: expires_at,
            iat: issued_at,
            jti: &claims::id(random()?),
            key: key.as_deref(),
            network: &self.network,
        };
        let ring = self.keyring.signing(now).await?;
        let token = jws::sign(ring.signing(now), kind, &claims)?;
        Ok((token, UnixMillis::new(expires_at * 1000)))
    }
}

/// What says how long the public keys may be kept.
pub(crate) fn jwks_cache_control() -> HeaderValue {
    HeaderValue::try_from(format!("public, max-age={}", JWKS_LIFETIME.as_secs())).expect("ASCII")
}
