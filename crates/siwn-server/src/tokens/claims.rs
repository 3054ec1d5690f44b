//! What tokens say.

use std::time::Duration;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use serde::Serialize;

/// Which kind a token is of. Its header says so (RFC 8725, section 3.11), and whoever takes one kind takes no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// For an API (RFC 9068).
    Access,
    /// For the application behind a reverse proxy.
    Identity,
}

impl Kind {
    /// Its name, the `typ` of a header.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Access => "at+jwt",
            Self::Identity => "siwn-id+jwt",
        }
    }

    /// How long one is good; an access token the longest.
    pub(super) const fn lifetime(self) -> Duration {
        match self {
            Self::Access => Duration::from_mins(5),
            Self::Identity => Duration::from_mins(1),
        }
    }
}

/// The claims of a token that is being made.
#[derive(Debug, Serialize)]
pub(super) struct Claims<'a> {
    /// The site's public URL.
    pub(super) iss: &'a str,
    pub(super) aud: &'a str,
    /// The account.
    pub(super) sub: &'a str,
    /// RFC 9068 demands it: the client is the site that was signed in to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) client_id: Option<&'a str>,
    /// Unix seconds, like every time in a token.
    pub(super) exp: u64,
    pub(super) iat: u64,
    pub(super) jti: &'a str,
    /// The key that signed in, by its handle; absent where a contract answered for the account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) key: Option<&'a str>,
    pub(super) network: &'a str,
}

/// The name of a token, of 16 random bytes.
pub(super) fn id(random: [u8; 16]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(random)
}
