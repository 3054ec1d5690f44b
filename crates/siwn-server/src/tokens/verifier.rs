//! Tokens, verified by whoever has the public keys: without a server, a store or a chain.

use serde::Deserialize;
use siwn::UnixMillis;
use thiserror::Error;

use super::claims::Kind;
use super::key::{ALGORITHM, VerifyingKey};
use super::verify::{Expected, TokenClaims, TokenError, Unverified};

/// Verifies access tokens of one issuer for one audience, by the keys that the issuer publishes at `/.well-known/jwks.json`.
///
/// Whoever keeps the keys asks for them again at the latest every five minutes, and once for a token with an
/// [unknown](TokenError::UnknownKey) key.
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
pub struct AccessTokens(Verifier);

/// Verifies the identity tokens that a reverse proxy hands to the application behind it, like [`AccessTokens`]. Neither takes what is the
/// other's.
#[derive(Clone, Debug)]
pub struct IdentityTokens(Verifier);

/// The text is no list of public keys.
#[derive(Debug, Error)]
#[error("it is no JSON Web Key Set")]
pub struct JwksError(#[source] serde_json::Error);

impl AccessTokens {
    /// Of `issuer`, the public URL of the site that people sign in to, and for `audience`: the site's recipient, or what the site was
    /// told to make tokens for. Both are compared byte for byte. Keys of other types in the list are left out.
    pub fn from_jwks(jwks: &str, issuer: impl Into<String>, audience: impl Into<String>) -> Result<Self, JwksError> {
        Verifier::new(jwks, Kind::Access, issuer.into(), audience.into()).map(Self)
    }

    /// Whom a token speaks of. A session's bearer token and one of near-sign-verify are none.
    pub fn verify(&self, token: &str, now: UnixMillis) -> Result<TokenClaims, TokenError> {
        self.0.verify(token, now)
    }
}

impl IdentityTokens {
    /// Of `issuer`, the public URL of the site that people sign in to, and for the application at `origin`, as in `https://app.example`.
    pub fn from_jwks(jwks: &str, issuer: impl Into<String>, origin: impl Into<String>) -> Result<Self, JwksError> {
        Verifier::new(jwks, Kind::Identity, issuer.into(), origin.into()).map(Self)
    }

    /// Whom a token speaks of.
    pub fn verify(&self, token: &str, now: UnixMillis) -> Result<TokenClaims, TokenError> {
        self.0.verify(token, now)
    }
}

#[derive(Clone, Debug)]
struct Verifier {
    keys: Vec<(String, VerifyingKey)>,
    kind: Kind,
    issuer: String,
    audience: String,
}

impl Verifier {
    fn new(jwks: &str, kind: Kind, issuer: String, audience: String) -> Result<Self, JwksError> {
        let Jwks { keys } = serde_json::from_str(jwks).map_err(JwksError)?;
        Ok(Self { keys: keys.into_iter().filter_map(Jwk::into_key).collect(), kind, issuer, audience })
    }

    fn verify(&self, token: &str, now: UnixMillis) -> Result<TokenClaims, TokenError> {
        let unverified = Unverified::read(token, self.kind)?;
        let key = self.keys.iter().find(|(id, _)| id == unverified.key_id());
        let (_, key) = key.ok_or(TokenError::UnknownKey)?;
        unverified.verify(key, Expected { issuer: &self.issuer, audience: &self.audience }, now)
    }
}

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

impl Jwk {
    fn into_key(self) -> Option<(String, VerifyingKey)> {
        let is_ours = self.kty.as_deref() == Some("EC") && self.crv.as_deref() == Some("P-256");
        let is_used = self.alg.is_none_or(|alg| alg == ALGORITHM);
        (is_ours && is_used).then(|| Some((self.kid?, VerifyingKey::from_coordinates(&self.x?, &self.y?)?)))?
    }
}
