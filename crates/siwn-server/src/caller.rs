//! Who asks: this site's own pages, a page of another site that may, or a program. Told by what browsers say and pages cannot forge.

use http::header::{HOST, ORIGIN};
use http::{HeaderMap, HeaderName};
use siwn::{Binding, Origin, Site};

use crate::cookie::Cookies;
use crate::problem::{Code, Problem};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Caller {
    /// A page of this site, or an allowed page of a neighbour: it has our cookies.
    OwnBrowser,
    /// An allowed page of another site: browsers send it no cookies of ours.
    OtherSite(Origin),
    /// No browser: a command line, a mobile application, a server.
    Program,
}

impl Caller {
    /// Tells who asks, or refuses him. For every request that changes something.
    pub(crate) fn of(headers: &HeaderMap, site: &Site) -> Result<Self, Problem> {
        let refused = || Problem::new(Code::OriginNotAllowed);
        let fetch_site = single(headers, &SEC_FETCH_SITE).map_err(|Repeated| refused())?;
        let origin = single(headers, &ORIGIN).map_err(|Repeated| refused())?;
        let allowed = || {
            let origin = origin.filter(|origin| site.allows_origin(origin))?;
            origin.parse::<Origin>().ok()
        };
        match (fetch_site, origin) {
            (Some("same-origin"), _) => Ok(Self::OwnBrowser),
            (Some("same-site"), _) => allowed().map(|_| Self::OwnBrowser).ok_or_else(refused),
            (Some("cross-site"), _) => allowed().map(Self::OtherSite).ok_or_else(refused),
            (Some(_), _) => Err(refused()),
            (None, Some(_)) => {
                let origin = allowed().ok_or_else(refused)?;
                Ok(if site.is_own_origin(&origin) { Self::OwnBrowser } else { Self::OtherSite(origin) })
            }
            (None, None) => Ok(Self::Program),
        }
    }

    /// What a login of this caller is bound to; for a browser, by the cookie that it brought.
    pub(crate) fn binding(&self, cookies: Cookies, headers: &HeaderMap) -> Result<Binding, Problem> {
        match self {
            Self::OwnBrowser => {
                let browser = cookies.browser(headers)?.ok_or(Problem::new(Code::BrowserUnknown))?;
                Ok(Binding::browser(&browser))
            }
            Self::OtherSite(origin) => Ok(Binding::origin(origin)),
            Self::Program => Ok(Binding::unbound()),
        }
    }
}

/// Refuses a name that is neither this machine's nor a site's: on plain http a page of another name could be pointed here.
pub(crate) fn check_plain_host(headers: &HeaderMap, own: &[&Origin]) -> Result<(), Problem> {
    let Some(host) = single(headers, &HOST).ok().flatten() else { return Err(Problem::new(Code::HostNotAllowed)) };
    let is_own = own.iter().filter_map(|own| own.as_str().split_once("://")).any(|(_, own)| own == host);
    if is_own || is_this_machine(host) { Ok(()) } else { Err(Problem::new(Code::HostNotAllowed)) }
}

/// Whether a host, with or without a port, is this machine by name.
pub(crate) fn is_this_machine(host: &str) -> bool {
    LOOPBACK.contains(&without_port(host))
}

/// The name in a host, without its port.
pub(crate) fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') => name,
        _ => host,
    }
}

/// The header came twice, or is no text.
pub(crate) struct Repeated;

/// The one value of a header. A header that comes twice, or that is no text, says nothing that can be relied on.
pub(crate) fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, Repeated> {
    let mut values = headers.get_all(name).into_iter();
    let Some(first) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(Repeated);
    }
    first.to_str().map(Some).map_err(|_| Repeated)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::HeaderValue;
    use siwn::{Issue, Message, Recipient, Secret};

    use super::*;

    fn site() -> Site {
        let recipient: Recipient = "app.example".parse().unwrap();
        let issue = Issue::new(&Secret::from_bytes([1; 32]), Message::default_for(&recipient), Duration::from_mins(1)).unwrap();
        Site::new(recipient, issue)
            .public_url("https://app.example".parse().unwrap())
            .origins(vec!["https://shop.example".parse().unwrap()])
    }

    fn caller(lines: &[(HeaderName, &'static str)]) -> Result<Caller, Code> {
        let headers = lines.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect();
        Caller::of(&headers, &site()).map_err(|problem| problem.code)
    }

    #[test]
    fn every_caller_is_told_apart() {
        let shop = || Caller::OtherSite("https://shop.example".parse().unwrap());
        let refused = Err(Code::OriginNotAllowed);
        for (fetch_site, origin, expected) in [
            (Some("same-origin"), None, Ok(Caller::OwnBrowser)),
            (Some("same-origin"), Some("null"), Ok(Caller::OwnBrowser)),
            (Some("same-origin"), Some("https://app.example"), Ok(Caller::OwnBrowser)),
            (Some("same-site"), Some("https://shop.example"), Ok(Caller::OwnBrowser)),
            (Some("same-site"), Some("https://evil.app.example"), refused.clone()),
            (Some("same-site"), Some("null"), refused.clone()),
            (Some("same-site"), None, refused.clone()),
            (Some("cross-site"), Some("https://shop.example"), Ok(shop())),
            (Some("cross-site"), Some("https://evil.example"), refused.clone()),
            (Some("cross-site"), Some("null"), refused.clone()),
            (Some("cross-site"), None, refused.clone()),
            (Some("none"), None, refused.clone()),
            (Some("same-origin, same-origin"), None, refused.clone()),
            (None, Some("https://app.example"), Ok(Caller::OwnBrowser)),
            (None, Some("https://shop.example"), Ok(shop())),
            (None, Some("https://shop.example/"), refused.clone()),
            (None, Some("HTTPS://app.example"), refused.clone()),
            (None, Some("null"), refused.clone()),
            (None, Some(""), refused.clone()),
            (None, None, Ok(Caller::Program)),
        ] {
            let lines: Vec<_> =
                fetch_site.map(|value| (SEC_FETCH_SITE, value)).into_iter().chain(origin.map(|value| (ORIGIN, value))).collect();
            assert_eq!(caller(&lines), expected, "{fetch_site:?} {origin:?}");
        }
        assert_eq!(caller(&[(ORIGIN, "https://app.example"), (ORIGIN, "https://app.example")]), refused);
    }

    #[test]
    fn on_plain_http_only_names_of_this_machine_and_of_the_site_are_answered() {
        let own = Origin::dangerous_plain_http("http://dev.example:8080").unwrap();
        let check = |host: &'static str| {
            let headers = [(HOST, HeaderValue::from_static(host))].into_iter().collect();
            check_plain_host(&headers, &[&own]).is_ok()
        };
        for good in ["dev.example:8080", "localhost", "localhost:8080", "127.0.0.1:1", "[::1]", "[::1]:8080"] {
            assert!(check(good), "{good}");
        }
        for bad in [
            "",
            "dev.example",
            "evil.example",
            "localhost.evil.example:8080",
            "127.0.0.1.evil.example",
            "[::2]",
            "localhost:80:80",
            "::1",
        ] {
            assert!(!check(bad), "{bad}");
        }
        assert!(check_plain_host(&HeaderMap::new(), &[&own]).is_err());
    }
}
