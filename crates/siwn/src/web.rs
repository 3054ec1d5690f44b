//! Addresses of the web, as far as a login needs them: exact texts, compared as bytes and never normalised.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// The longest address that is read, in bytes.
const LONGEST: usize = 2048;

/// A web origin as a browser writes it: `https://app.example`, `http://localhost:3000`.
///
/// Lower case, no path, no trailing slash; plain http for loopback names only. Source: RFC 6454, section 6.2.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Origin(Box<str>);

/// The address under which a site is reached from outside: an origin and perhaps a path, without a trailing slash.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicUrl {
    origin: Origin,
    path: Box<str>,
}

/// An address that a web wallet may send its answer to, and that is part of what it signs: an exact text, compared as bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct CallbackUrl(Box<str>);

/// Why a text is no address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum UrlError {
    /// Longer than 2,048 bytes, or empty.
    #[error("an address has 1 to {LONGEST} characters")]
    Length,
    /// A character that addresses have only in escaped form.
    #[error("an address has printable ASCII characters only, and neither spaces, quotes, angle brackets nor backslashes")]
    Character,
    /// No scheme, or one that is not for this.
    #[error("an address begins with https://, or with http:// for localhost")]
    Scheme,
    /// Plain http to another machine.
    #[error("plain http is for localhost, 127.0.0.1 and [::1] only")]
    PlainHttp,
    /// No host, or one that a browser would write differently.
    #[error("the host is missing or not written as a browser writes it: lower case, and no user, no default port")]
    Host,
    /// A path, query or fragment where none belongs.
    #[error("the address has a path, query or fragment where none belongs")]
    TooMuch,
}

impl Origin {
    /// The origin, as in an `Origin` header.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is plain http: to this machine, unless it was made by [`dangerous_plain_http`](Self::dangerous_plain_http).
    #[must_use]
    pub fn is_plain_http(&self) -> bool {
        self.0.starts_with("http://")
    }

    /// Reads an origin that may be plain http to another machine. Whoever is on the way can read and change everything.
    pub fn dangerous_plain_http(text: &str) -> Result<Self, UrlError> {
        Self::parse(text, |_| true)
    }

    fn parse(text: &str, allows_plain_http: impl Fn(&str) -> bool) -> Result<Self, UrlError> {
        check_characters(text)?;
        let (scheme, authority) = text.split_once("://").ok_or(UrlError::Scheme)?;
        if authority.contains(['/', '?', '#']) {
            return Err(UrlError::TooMuch);
        }
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
            _ => (authority, None),
        };
        let plain_host = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-._".contains(&byte);
        let is_address = host
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
            .is_some_and(|address| address.parse::<std::net::Ipv6Addr>().is_ok_and(|parsed| parsed.to_string() == address));
        if host.is_empty() || !(is_address || host.bytes().all(plain_host)) {
            return Err(UrlError::Host);
        }
        let default_port = match scheme {
            "https" => "443",
            "http" if allows_plain_http(host) => "80",
            "http" => return Err(UrlError::PlainHttp),
            _ => return Err(UrlError::Scheme),
        };
        let canonical = |port: &str| port != default_port && port.parse::<u16>().is_ok_and(|number| number.to_string() == port);
        if !port.is_none_or(canonical) {
            return Err(UrlError::Host);
        }
        Ok(Self(text.into()))
    }
}

impl FromStr for Origin {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text, is_loopback)
    }
}

impl PublicUrl {
    /// Its origin.
    #[must_use]
    pub const fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Its path, empty or beginning with a slash, without one at the end.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Reads an address that may be plain http to another machine. Whoever is on the way can read and change everything.
    pub fn dangerous_plain_http(text: &str) -> Result<Self, UrlError> {
        Self::parse(text, Origin::dangerous_plain_http)
    }

    fn parse(text: &str, origin: impl Fn(&str) -> Result<Origin, UrlError>) -> Result<Self, UrlError> {
        check_characters(text)?;
        let authority = text.find("://").ok_or(UrlError::Scheme)? + 3;
        let path = text[authority..].find('/').map_or(text.len(), |slash| authority + slash);
        let (own, path) = text.split_at(path);
        if path.contains(['?', '#']) {
            return Err(UrlError::TooMuch);
        }
        Ok(Self { origin: origin(own)?, path: path.trim_end_matches('/').into() })
    }

    /// The site's own callback for one challenge. The wallet's refusal carries no state, so the address itself says which login it is.
    pub(crate) fn callback(&self, transaction: &str) -> CallbackUrl {
        CallbackUrl(format!("{self}/api/auth/callback?tx={transaction}").into())
    }
}

impl FromStr for PublicUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text, str::parse)
    }
}

impl CallbackUrl {
    /// The exact text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for CallbackUrl {
    type Err = UrlError;

    /// Any `https` address, `http` to this machine, and an application's own scheme, as in `my-app://signed-in`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        check_characters(text)?;
        let (scheme, rest) = text.split_once("://").ok_or(UrlError::Scheme)?;
        let is_scheme = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"+-.".contains(&byte);
        if !scheme.starts_with(|first: char| first.is_ascii_lowercase())
            || !scheme.bytes().all(is_scheme)
            || ["javascript", "data", "file", "blob"].contains(&scheme)
        {
            return Err(UrlError::Scheme);
        }
        if ["https", "http"].contains(&scheme) {
            let authority = rest.find(['/', '?', '#']).unwrap_or(rest.len());
            format!("{scheme}://{}", &rest[..authority]).parse::<Origin>()?;
        }
        Ok(Self(text.into()))
    }
}

fn check_characters(text: &str) -> Result<(), UrlError> {
    if text.is_empty() || text.len() > LONGEST {
        return Err(UrlError::Length);
    }
    let allowed = |byte: u8| byte.is_ascii_graphic() && !b"\"'<>\\`{}|^".contains(&byte);
    if text.bytes().all(allowed) { Ok(()) } else { Err(UrlError::Character) }
}

fn is_loopback(host: &str) -> bool {
    ["localhost", "127.0.0.1", "[::1]"].contains(&host)
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.origin, self.path)
    }
}

impl fmt::Display for CallbackUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Origin({self})")
    }
}

impl fmt::Debug for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicUrl({self})")
    }
}

impl fmt::Debug for CallbackUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CallbackUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_what_a_browser_writes() {
        for good in
            ["https://app.example", "https://app.example:8443", "http://localhost", "http://localhost:3000", "http://[::1]:80800"]
        {
            let expected = if good.ends_with("80800") { Err(UrlError::Host) } else { Ok(good.to_owned()) };
            assert_eq!(good.parse::<Origin>().map(|origin| origin.to_string()), expected);
        }
        for (bad, why) in [
            ("", UrlError::Length),
            ("null", UrlError::Scheme),
            ("ftp://app.example", UrlError::Scheme),
            ("http://app.example", UrlError::PlainHttp),
            ("http://127.0.0.1.evil.example", UrlError::PlainHttp),
            ("https://App.example", UrlError::Host),
            ("https://app.example:443", UrlError::Host),
            ("https://app.example:08443", UrlError::Host),
            ("https://user@app.example", UrlError::Host),
            ("https://", UrlError::Host),
            ("https://[::0:1]", UrlError::Host),
            ("https://app.example/", UrlError::TooMuch),
            ("https://app.example\n", UrlError::Character),
            ("https://äpp.example", UrlError::Character),
        ] {
            assert_eq!(bad.parse::<Origin>(), Err(why), "{bad}");
        }
    }

    #[test]
    fn a_public_url_may_have_a_path() {
        let url: PublicUrl = "https://app.example/login/".parse().unwrap();
        assert_eq!((url.origin().as_str(), url.path()), ("https://app.example", "/login"));
        assert_eq!(url.callback("abc").as_str(), "https://app.example/login/api/auth/callback?tx=abc");
        assert_eq!("https://app.example/?a".parse::<PublicUrl>(), Err(UrlError::TooMuch));
    }

    #[test]
    fn a_callback_keeps_its_exact_text() {
        for good in ["https://app.example/a?b=c#d", "https://app.example", "my-app://signed-in", "http://127.0.0.1:1/x"] {
            assert_eq!(good.parse::<CallbackUrl>().unwrap().as_str(), good);
        }
        for bad in ["javascript://x/%0aalert(1)", "data://x", "app.example/cb", "://x", "http://app.example/", "https:///x"] {
            assert!(bad.parse::<CallbackUrl>().is_err(), "{bad}");
        }
    }
}
