//! Whom an access token is for.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

const LONGEST: usize = 256;

/// Whom an access token is for, beside the site itself: the name that an API goes by, as in `api.example` or `https://api.example`.
///
/// 1 to 256 characters of printable ASCII, without spaces, quotation marks and backslashes. Compared byte for byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audience(Box<str>);

/// The text names no audience.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("an audience is 1 to 256 characters of printable ASCII, without spaces, quotation marks and backslashes")]
pub struct AudienceError;

impl Audience {
    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Audience {
    type Err = AudienceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_plain = |byte: u8| byte.is_ascii_graphic() && !b"\"\\".contains(&byte);
        let is_good = (1..=LONGEST).contains(&text.len()) && text.bytes().all(is_plain);
        is_good.then(|| Self(text.into())).ok_or(AudienceError)
    }
}

impl fmt::Display for Audience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_audience_is_plain_text() {
        for good in ["a", "api.example", "https://api.example/v1", &"x".repeat(256)] {
            assert_eq!(good.parse::<Audience>().unwrap().to_string(), good);
        }
        for bad in ["", " ", "a b", "a\"", "\\", "é", "a\n", &"x".repeat(257)] {
            assert_eq!(bad.parse::<Audience>(), Err(AudienceError), "{bad:?}");
        }
    }
}
