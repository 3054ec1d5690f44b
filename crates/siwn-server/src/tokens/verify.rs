//! Whether a token holds. Nothing in it chooses how it is judged: there is one algorithm, and each caller takes one kind.

use std::str::FromStr;
use std::time::Duration;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use serde::Deserialize;
use siwn::{AccountId, UnixMillis};
use thiserror::Error;

use super::claims::Kind;
use super::key::{ALGORITHM, VerifyingKey};

/// The longest token that is read, in bytes.
const LONGEST: usize = 4096;
/// How far another machine's clock may be ahead.
const SKEW: Duration = Duration::from_secs(10);

/// Whom a token speaks of. That it is good, was established before.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TokenClaims {
    /// Who signed in.
    pub account: AccountId,
    /// The key that signed, as text; its handle where it is long. None where a contract answered for the account.
    pub key: Option<String>,
    /// The network of the account: `mainnet`, `testnet` or a chain id.
    pub network: String,
    /// When the token was made, to the second.
    pub issued_at: UnixMillis,
    /// From then on it is no good, to the second.
    pub expires_at: UnixMillis,
    /// The token's own name.
    pub id: String,
}

/// Why a token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TokenError {
    /// It is no JWT of three parts, or too long for one of ours.
    #[error("it is no signed JWT")]
    Malformed,
    /// Its header cannot be read, or asks for more than is known here.
    #[error("its header is none of ours")]
    Header,
    /// It names another algorithm.
    #[error("it is not signed with {ALGORITHM}")]
    Algorithm,
    /// It is of another kind.
    #[error("it is of another kind")]
    Kind,
    /// It names a key that is not known. There may be a newer list of keys.
    #[error("it is signed with a key that is not known")]
    UnknownKey,
    /// The signature does not hold.
    #[error("the signature does not hold")]
    Signature,
    /// What it says cannot be read.
    #[error("its claims cannot be read")]
    Claims,
    /// It was made by somebody else.
    #[error("it is of another issuer")]
    Issuer,
    /// It is for somebody else.
    #[error("it is for another audience")]
    Audience,
    /// Its end has come.
    #[error("it has expired")]
    Expired,
    /// It was made in the future.
    #[error("it is from the future")]
    Ahead,
}

/// What a token must be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) audience: &'a str,
}

/// A token that is in order, but for what only a key can tell.
pub(super) struct Unverified<'a> {
    /// Header and claims, as they were signed.
    signed: &'a str,
    key_id: String,
    claims: &'a str,
    signature: Vec<u8>,
}

/// A header of ours has these members, and no others: an extension that must be understood is not.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    typ: String,
    kid: String,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    exp: u64,
    iat: u64,
    jti: String,
    key: Option<String>,
    network: String,
}

impl<'a> Unverified<'a> {
    /// Reads a token of `kind`.
    pub(super) fn read(text: &'a str, kind: Kind) -> Result<Self, TokenError> {
        if text.len() > LONGEST {
            return Err(TokenError::Malformed);
        }
        let (signed, signature) = text.rsplit_once('.').ok_or(TokenError::Malformed)?;
        let (header, claims) = signed.split_once('.').ok_or(TokenError::Malformed)?;
        let decode = |part: &str| BASE64_URL_SAFE_NO_PAD.decode(part).map_err(|_| TokenError::Malformed);
        let Header { alg, typ, kid } = object(&decode(header)?).ok_or(TokenError::Header)?;
        if alg != ALGORITHM {
            return Err(TokenError::Algorithm);
        }
        if typ != kind.name() {
            return Err(TokenError::Kind);
        }
        Ok(Self { signed, key_id: kid, claims, signature: decode(signature)? })
    }

    /// Which key is said to have signed it.
    pub(super) fn key_id(&self) -> &str {
        &self.key_id
    }

    /// Judges all that is left.
    pub(super) fn verify(&self, key: &VerifyingKey, expected: Expected<'_>, now: UnixMillis) -> Result<TokenClaims, TokenError> {
        if !key.verifies(self.signed.as_bytes(), &self.signature) {
            return Err(TokenError::Signature);
        }
        let claims = BASE64_URL_SAFE_NO_PAD.decode(self.claims).map_err(|_| TokenError::Malformed)?;
        let claims: Claims = object(&claims).ok_or(TokenError::Claims)?;
        if claims.iss != expected.issuer {
            return Err(TokenError::Issuer);
        }
        if claims.aud != expected.audience {
            return Err(TokenError::Audience);
        }
        let [issued_at, expires_at] = [claims.iat, claims.exp].map(|seconds| UnixMillis::new(seconds.saturating_mul(1000)));
        if now >= expires_at {
            return Err(TokenError::Expired);
        }
        if issued_at > now + SKEW {
            return Err(TokenError::Ahead);
        }
        let account = AccountId::from_str(&claims.sub).map_err(|_| TokenError::Claims)?;
        let Claims { key, network, jti: id, .. } = claims;
        Ok(TokenClaims { account, key, network, issued_at, expires_at, id })
    }
}

/// An object: an array would be read as a structure's members in their order. A member that comes twice is refused.
fn object<'a, T: Deserialize<'a>>(json: &'a [u8]) -> Option<T> {
    let is_object = json.first() == Some(&b'{');
    is_object.then(|| serde_json::from_slice(json).ok())?
}
