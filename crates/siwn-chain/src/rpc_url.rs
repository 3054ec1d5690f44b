//! Addresses of endpoints.

use std::fmt;
use std::str::FromStr;

use reqwest::Url;
use thiserror::Error;

/// The address of an endpoint: `https`, or `http` to this machine (`localhost`, `127.0.0.1`, `[::1]`).
///
/// User, path and query may hold secrets: they are sent and never shown. `Display` and `Debug` show scheme, host and port.
///
/// ```
/// use siwn_chain::RpcUrl;
///
/// let url: RpcUrl = "https://rpc.example/v1/secret?apiKey=secret".parse()?;
/// assert_eq!(url.to_string(), "https://rpc.example");
/// # Ok::<(), siwn_chain::RpcUrlError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct RpcUrl(Url);

/// Why a text is no address of an endpoint. Never shows the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RpcUrlError {
    /// Not an absolute URL.
    #[error("an endpoint is a URL, as in \"https://rpc.example\"")]
    NoUrl,
    /// Neither `https` nor `http`.
    #[error("an endpoint begins with https://, or with http:// for localhost")]
    Scheme,
    /// Plain http to another machine.
    #[error("plain http is for localhost, 127.0.0.1 and [::1] only")]
    PlainHttp,
    /// A part behind a `#`, which is never sent.
    #[error("an endpoint has no fragment")]
    Fragment,
}

impl RpcUrl {
    /// Host and, where it is not the scheme's own, port. Holds no secret.
    #[must_use]
    pub fn host(&self) -> String {
        let host = self.0.host_str().unwrap_or_default();
        self.0.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    /// The whole address, with its secrets.
    pub(crate) const fn whole(&self) -> &Url {
        &self.0
    }
}

impl FromStr for RpcUrl {
    type Err = RpcUrlError;

    fn from_str(text: &str) -> Result<Self, RpcUrlError> {
        let url = Url::parse(text).map_err(|_| RpcUrlError::NoUrl)?;
        match url.scheme() {
            "https" => {}
            "http" if ["localhost", "127.0.0.1", "[::1]"].contains(&url.host_str().unwrap_or_default()) => {}
            "http" => return Err(RpcUrlError::PlainHttp),
            _ => return Err(RpcUrlError::Scheme),
        }
        if url.fragment().is_some() { Err(RpcUrlError::Fragment) } else { Ok(Self(url)) }
    }
}

impl fmt::Display for RpcUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.0.scheme(), self.host())
    }
}

impl fmt::Debug for RpcUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RpcUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_stays_on_this_machine() {
        for (text, expected) in [
            ("http://localhost:3030", Ok("http://localhost:3030")),
            ("http://127.0.0.1:3030/_devnet/rpc", Ok("http://127.0.0.1:3030")),
            ("http://[::1]:3030", Ok("http://[::1]:3030")),
            ("https://rpc.example:8443/x", Ok("https://rpc.example:8443")),
            ("https://rpc.example:443", Ok("https://rpc.example")),
            ("http://rpc.example", Err(RpcUrlError::PlainHttp)),
            ("http://127.0.0.1.evil.example", Err(RpcUrlError::PlainHttp)),
            ("http://localhost.evil.example", Err(RpcUrlError::PlainHttp)),
            ("http://localhost@rpc.example", Err(RpcUrlError::PlainHttp)),
            ("http://127.0.0.2", Err(RpcUrlError::PlainHttp)),
            ("http://0.0.0.0", Err(RpcUrlError::PlainHttp)),
            ("ws://localhost", Err(RpcUrlError::Scheme)),
            ("file:///etc/passwd", Err(RpcUrlError::Scheme)),
            ("localhost:3030", Err(RpcUrlError::Scheme)),
            ("rpc.example", Err(RpcUrlError::NoUrl)),
            ("https://", Err(RpcUrlError::NoUrl)),
            ("", Err(RpcUrlError::NoUrl)),
            ("https://rpc.example/#x", Err(RpcUrlError::Fragment)),
        ] {
            let url = text.parse::<RpcUrl>();
            assert_eq!(url.map(|url| url.to_string()), expected.map(str::to_owned), "{text}");
        }
    }

    #[test]
    fn secrets_are_not_shown() {
        let url: RpcUrl = "https://user:secret@rpc.example/secret/?apiKey=secret".parse().unwrap();
        assert_eq!(format!("{url} {url:?} {}", url.host()), "https://rpc.example RpcUrl(https://rpc.example) rpc.example");
        assert!(url.whole().as_str().contains("apiKey=secret"));
    }
}
