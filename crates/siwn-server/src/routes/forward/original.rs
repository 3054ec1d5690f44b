//! The request that a proxy asks about, as the proxy tells of it.

use http::{HeaderMap, HeaderName, Method, Uri};
use siwn::Site;

use crate::caller::{self, Caller};
use crate::pages::return_to;
use crate::problem::Problem;
use crate::site::Served;

const METHOD: [HeaderName; 2] = [HeaderName::from_static("x-forwarded-method"), HeaderName::from_static("x-original-method")];
const URI: [HeaderName; 2] = [HeaderName::from_static("x-forwarded-uri"), HeaderName::from_static("x-original-uri")];
/// In every handshake of a WebSocket, and handed on where `Upgrade` is not (RFC 6455, section 4.1).
const SEC_WEBSOCKET_VERSION: HeaderName = HeaderName::from_static("sec-websocket-version");

/// What somebody asks the application for.
pub(super) struct Original {
    pub(super) method: Method,
    /// As the proxy wrote it; not every text that comes this way is an address.
    uri: String,
}

impl Original {
    /// None where the proxy does not say which request it is, or says two things.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let method = said(headers, &METHOD)?.parse().ok()?;
        Some(Self { method, uri: said(headers, &URI)?.to_owned() })
    }

    /// Refuses what a page of another origin sends in a browser's name: what changes something, and a `WebSocket`.
    ///
    /// A browser shows no page the answer of another origin, but it lets every page send, and read from a `WebSocket`.
    pub(super) fn check_caller(&self, headers: &HeaderMap, site: &Site) -> Result<(), Problem> {
        if self.method.is_safe() && !headers.contains_key(SEC_WEBSOCKET_VERSION) {
            return Ok(());
        }
        Caller::of(headers, site).map(drop)
    }

    /// Where a browser goes on to after a login: back to where it was, if that is a path, or else to where the site begins.
    pub(super) fn return_to(&self, site: &Served) -> Uri {
        let own = return_to::allowed(&self.uri, &[]).and_then(|path| path.parse().ok());
        own.or_else(|| site.public_url.path().parse().ok()).unwrap_or_else(|| Uri::from_static("/"))
    }
}

/// What all of these headers say that are there.
fn said<'a>(headers: &'a HeaderMap, names: &[HeaderName]) -> Option<&'a str> {
    let mut texts = Vec::new();
    for name in names {
        texts.extend(caller::single(headers, name).ok()?);
    }
    let first = *texts.first()?;
    texts.iter().all(|text| *text == first).then_some(first)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn of(lines: &[(&'static str, &'static str)]) -> Option<(String, String)> {
        let header = |(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value));
        let headers = lines.iter().copied().map(header).collect();
        Original::of(&headers).map(|original| (original.method.to_string(), original.uri))
    }

    #[test]
    fn a_proxy_says_which_request_it_is() {
        let expected = Some(("POST".to_owned(), "/a?b".to_owned()));
        assert_eq!(of(&[("x-forwarded-method", "POST"), ("x-forwarded-uri", "/a?b")]), expected);
        assert_eq!(of(&[("x-original-method", "POST"), ("x-original-uri", "/a?b")]), expected);
        assert_eq!(of(&[("x-forwarded-method", "POST"), ("x-original-method", "POST"), ("x-original-uri", "/a?b")]), expected);
    }

    #[test]
    fn a_proxy_that_says_nothing_or_two_things_has_not_said_it() {
        for lines in [
            &[][..],
            &[("x-forwarded-method", "GET")],
            &[("x-forwarded-uri", "/")],
            &[("x-forwarded-method", ""), ("x-forwarded-uri", "/")],
            &[("x-forwarded-method", "G T"), ("x-forwarded-uri", "/")],
            &[("x-forwarded-method", "GET"), ("x-forwarded-method", "GET"), ("x-forwarded-uri", "/")],
            &[("x-forwarded-method", "GET"), ("x-original-method", "POST"), ("x-forwarded-uri", "/")],
            &[("x-forwarded-method", "GET"), ("x-forwarded-uri", "/"), ("x-original-uri", "/b")],
            &[("x-forwarded-method", "GET, POST"), ("x-forwarded-uri", "/")],
        ] {
            assert_eq!(of(lines), None, "{lines:?}");
        }
    }
}
