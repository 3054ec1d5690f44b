//! The id that joins a client's answer and the operator's log.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};

/// 12 random bytes, 16 characters of base64url. It is ours, never the caller's.
#[derive(Clone, Debug)]
pub(crate) struct RequestId(String);

impl RequestId {
    pub(crate) fn random() -> Self {
        let mut bytes = [0; 12];
        // Without randomness the id is no longer unique, and nothing else about a request depends on it.
        let _ = getrandom::fill(&mut bytes);
        Self(BASE64_URL_SAFE_NO_PAD.encode(bytes))
    }

    #[cfg(test)]
    pub(crate) fn fixed() -> Self {
        Self("AAAAAAAAAAAAAAAA".into())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}
