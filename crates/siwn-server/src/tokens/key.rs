//! A key pair that tokens are signed with.

use std::fmt;

use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, ParsedPublicKey};
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::problem::{Code, Problem};

/// The algorithm: ECDSA over P-256 with SHA-256 (RFC 7518, section 3.4).
pub(super) const ALGORITHM: &str = "ES256";
/// In front of a point whose two coordinates follow (SEC 1, section 2.3.3).
const UNCOMPRESSED: u8 = 4;

/// A key pair on P-256. Never printed.
pub(super) struct SigningKey {
    pair: EcdsaKeyPair,
    public: Jwk,
    verifying: VerifyingKey,
}

/// The public half of a key pair.
#[derive(Clone)]
pub(super) struct VerifyingKey(ParsedPublicKey);

/// A public key, as others read it (RFC 7517; RFC 7518, section 6.2.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Jwk {
    /// EC.
    kty: &'static str,
    /// P-256.
    crv: &'static str,
    /// 32 bytes in base64url.
    x: String,
    /// 32 bytes in base64url.
    y: String,
    /// sig.
    #[serde(rename = "use")]
    usage: &'static str,
    /// ES256.
    alg: &'static str,
    /// Its name in a token's header: its thumbprint (RFC 7638).
    kid: String,
}

impl SigningKey {
    /// A new one.
    pub(super) fn generate() -> Result<Self, Problem> {
        EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map(Self::of).map_err(failed)
    }

    /// From the text of its private half; none where that is no key.
    pub(super) fn from_pkcs8(pkcs8: &[u8]) -> Option<Self> {
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8).ok().map(Self::of)
    }

    fn of(pair: EcdsaKeyPair) -> Self {
        let point = pair.public_key().as_ref();
        let verifying = VerifyingKey::of(point).expect("the public half of a key pair is a public key");
        let (x, y) = point[1..].split_at(32);
        let (x, y) = (BASE64_URL_SAFE_NO_PAD.encode(x), BASE64_URL_SAFE_NO_PAD.encode(y));
        let kid = thumbprint(&x, &y);
        let public = Jwk { kty: "EC", crv: "P-256", x, y, usage: "sig", alg: ALGORITHM, kid };
        Self { pair, public, verifying }
    }

    /// The private half (PKCS #8).
    pub(super) fn expose_pkcs8(&self) -> Result<Zeroizing<Vec<u8>>, Problem> {
        let pkcs8 = self.pair.to_pkcs8v1().map_err(failed)?;
        Ok(Zeroizing::new(pkcs8.as_ref().to_vec()))
    }

    /// Its name: the thumbprint of its public half (RFC 7638).
    pub(super) fn id(&self) -> &str {
        &self.public.kid
    }

    pub(super) const fn public(&self) -> &Jwk {
        &self.public
    }

    pub(super) const fn verifying(&self) -> &VerifyingKey {
        &self.verifying
    }

    /// 64 bytes, r and s.
    pub(super) fn sign(&self, message: &[u8]) -> Result<impl AsRef<[u8]> + use<>, Problem> {
        self.pair.sign(&SystemRandom::new(), message).map_err(failed)
    }
}

impl VerifyingKey {
    /// From the members of a JWK; none where they are no point of the curve.
    pub(super) fn from_coordinates(x: &str, y: &str) -> Option<Self> {
        let decode = |text: &str| BASE64_URL_SAFE_NO_PAD.decode(text).ok().filter(|bytes| bytes.len() == 32);
        Self::of(&[&[UNCOMPRESSED][..], &decode(x)?, &decode(y)?].concat())
    }

    fn of(point: &[u8]) -> Option<Self> {
        ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).ok().map(Self)
    }

    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.0.verify_sig(message, signature).is_ok()
    }
}

/// RFC 7638, section 3.2: the members that make the key what it is, in the order of their names.
fn thumbprint(x: &str, y: &str) -> String {
    let members = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
    BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(members))
}

/// What fails where the machine has no randomness, and nowhere else.
fn failed(error: Unspecified) -> Problem {
    Problem::new(Code::Internal).because(&error)
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VerifyingKey")
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({} [redacted])", self.id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_key_is_its_thumbprint() {
        // Computed by hand with Python's hashlib and base64.
        let (x, y) = ("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0");
        assert_eq!(thumbprint(x, y), "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U");
    }

    #[test]
    fn a_key_reads_back_and_shows_nothing() {
        let key = SigningKey::generate().unwrap();
        let read = SigningKey::from_pkcs8(&key.expose_pkcs8().unwrap()).unwrap();
        assert_eq!(read.public(), key.public());
        assert_eq!(format!("{key:?}"), format!("SigningKey({} [redacted])", key.id()));
        assert!(SigningKey::from_pkcs8(b"no key").is_none());
    }
}
