//! The hash that a script is held to.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256, Sha384, Sha512};

/// `sha256-`, `sha384-` or `sha512-` and base64, as browsers take it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String")]
pub(super) struct Integrity(String);

type HashOf = fn(&[u8]) -> Vec<u8>;

const KINDS: [(&str, usize, HashOf); 3] = [
    ("sha256-", 32, |bytes| Sha256::digest(bytes).to_vec()),
    ("sha384-", 48, |bytes| Sha384::digest(bytes).to_vec()),
    ("sha512-", 64, |bytes| Sha512::digest(bytes).to_vec()),
];

impl TryFrom<String> for Integrity {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let is_hash = KINDS.iter().any(|(kind, length, _)| {
            let hash = text.strip_prefix(kind).and_then(|hash| BASE64_STANDARD.decode(hash).ok());
            hash.is_some_and(|hash| hash.len() == *length)
        });
        if is_hash { Ok(Self(text)) } else { Err("an integrity is sha256-, sha384- or sha512- and the hash in base64") }
    }
}

impl Integrity {
    /// Whether these bytes have the hash.
    pub(super) fn holds(&self, bytes: &[u8]) -> bool {
        KINDS.iter().any(|(kind, _, hash)| self.0.strip_prefix(kind) == Some(BASE64_STANDARD.encode(hash(bytes)).as_str()))
    }

    /// As it stands in a Content-Security-Policy, without the quotes.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_holds_for_just_its_bytes() {
        // RFC 6234: SHA-256 of "abc".
        let abc = Integrity::try_from("sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=".to_owned()).unwrap();
        assert!(abc.holds(b"abc") && !abc.holds(b"abd") && !abc.holds(b""));
    }

    #[test]
    fn what_is_no_hash_is_refused() {
        for bad in [
            "",
            "sha256-",
            "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=",
            "md5-kAFQmDzST7DWlj99KOF/cg==",
            "sha384-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=",
            "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=; script-src *",
            "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0=",
        ] {
            assert!(Integrity::try_from(bad.to_owned()).is_err(), "{bad}");
        }
    }
}
