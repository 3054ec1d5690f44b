//! The token of the administration: compared by its hash, in constant time.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use thiserror::Error;

/// What opens the administration: 32 to 256 printable ASCII characters without spaces, of which only the hash is kept.
///
/// `openssl rand -hex 32` makes a good one.
#[derive(Clone, PartialEq, Eq)]
pub struct AdminToken([u8; 32]);

/// The text is no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a token has 32 to 256 printable ASCII characters and no spaces; `openssl rand -hex 32` makes one")]
pub struct AdminTokenError;

impl AdminToken {
    pub(super) fn is(&self, sent: &[u8]) -> bool {
        let sent: [u8; 32] = Sha256::digest(sent).into();
        sent.ct_eq(&self.0).into()
    }
}

impl FromStr for AdminToken {
    type Err = AdminTokenError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let good = (32..=256).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        if good { Ok(Self(Sha256::digest(text).into())) } else { Err(AdminTokenError) }
    }
}

impl fmt::Debug for AdminToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AdminToken([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_long_printable_and_never_shown() {
        let token: AdminToken = "x".repeat(32).parse().unwrap();
        assert_eq!(format!("{token:?}"), "AdminToken([redacted])");
        assert!(token.is("x".repeat(32).as_bytes()) && !token.is("x".repeat(33).as_bytes()) && !token.is(b""));
        for bad in ["x".repeat(31), "x".repeat(257), format!("{} x", "x".repeat(40)), "ä".repeat(40)] {
            assert_eq!(bad.parse::<AdminToken>(), Err(AdminTokenError));
        }
    }
}
