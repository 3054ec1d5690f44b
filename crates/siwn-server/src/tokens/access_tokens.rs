//! Access tokens, verified by whoever has the public keys: without a server, a store or a chain.

use serde::Deserialize;
use siwn::UnixMillis;
use thiserror::Error;

use super::claims::Kind;
use super::jws::ALGORITHM;
use super::key::VerifyingKey;
use super::verify::{AccessTokenError, Expected, TokenClaims, Unverified};

/// Verifies access tokens of one issuer for one audience, by the keys that the issuer publishes at `/.well-known/jwks.json`.
///
/// Whoever keeps the keys asks for them again at the latest every five minutes, and once for a token with an
/// [unknown](AccessTokenError::UnknownKey) key.
///
/// ```no_run
/// use std::time::SystemTime;
/// use siwn_server::AccessTokens;
///
/// # let (jwks, token) = ("", "");
/// let tokens = AccessTokens::from_jwks(jwks, "https://app.example", "app.example")?;
/// let claims = tokens.verify(token, SystemTime::now().into())?;
/// println!("{} is signed in", claims.account);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct AccessTokens {
    keys: Vec<(String, VerifyingKey)>,
    issuer: String,
    audience: String,
}

/// The text is no list of public keys.
#[derive(Debug, Error)]
#[error("it is no JSON Web Key Set")]
pub struct JwksError(#[source] serde_json::Error);

#[derive(Deserialize)]
struct Jwks {
    keys: Vec<Jwk>,
}

/// A key of any type. What is missing is missing of a key that is none of ours.
#[derive(Deserialize)]
struct Jwk {
    kty: Option<String>,
    crv: Option<String>,
    alg: Option<String>,
    kid: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl AccessTokens {
    /// Of `issuer`, the public URL of the site that people sign in to, and for `audience`: the site's recipient, or what the site was
    /// told to make tokens for. Both are compared byte for byte. Keys of other types in the list are left out.
    pub fn from_jwks(jwks: &str, issuer: impl Into<String>, audience: impl Into<String>) -> Result<Self, JwksError> {
        let Jwks { keys } = serde_json::from_str(jwks).map_err(JwksError)?;
        let keys = keys.into_iter().filter_map(Jwk::into_key).collect();
        Ok(Self { keys, issuer: issuer.into(), audience: audience.into() })
    }

    /// Whom a token speaks of. A session's bearer token and one of near-sign-verify are none.
    pub fn verify(&self, token: &str, now: UnixMillis) -> Result<TokenClaims, AccessTokenError> {
        let unverified = Unverified::read(token, Kind::Access)?;
        let key = self.keys.iter().find(|(id, _)| id == unverified.key_id());
        let (_, key) = key.ok_or(AccessTokenError::UnknownKey)?;
        unverified.verify(key, Expected { issuer: &self.issuer, audience: &self.audience }, now)
    }
}

impl Jwk {
    fn into_key(self) -> Option<(String, VerifyingKey)> {
        let is_ours = self.kty.as_deref() == Some("EC") && self.crv.as_deref() == Some("P-256");
        let is_used = self.alg.is_none_or(|alg| alg == ALGORITHM);
        (is_ours && is_used).then(|| Some((self.kid?, VerifyingKey::from_coordinates(&self.x?, &self.y?)?)))?
    }
}
