//! A request, as far as it says who asks.

use http::HeaderMap;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, COOKIE, HOST, ORIGIN, REFERER};
use http::request::Parts;

const PREFIX: &str = "/api/auth/";
/// Scripts and styles are nobody's visit.
const FILES: [&str; 2] = ["/api/auth/client.js", "/api/auth/page/"];

/// Who asks for what.
#[derive(Clone, Debug)]
pub(super) struct Visit {
    pub(super) method: String,
    pub(super) route: String,
    pub(super) host: String,
    pub(super) origin: Option<String>,
    pub(super) referrer: Option<String>,
    pub(super) fetch_site: Option<String>,
    pub(super) content_type: Option<String>,
    pub(super) length: Option<usize>,
    pub(super) has_browser_cookie: bool,
    pub(super) has_session_cookie: bool,
    pub(super) has_bearer: bool,
}

/// Whether a path is one of those that logins go by.
pub(super) fn is_watched(path: &str) -> bool {
    path == "/login" || (path.starts_with(PREFIX) && !FILES.iter().any(|file| path.starts_with(file)))
}

impl Visit {
    pub(super) fn of(parts: &Parts) -> Self {
        let headers = &parts.headers;
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        Self {
            method: parts.method.as_str().chars().take(16).collect(),
            route: parts.uri.path().chars().take(100).collect(),
            host: text(HOST.as_str()).unwrap_or_default(),
            origin: text(ORIGIN.as_str()),
            referrer: text(REFERER.as_str()),
            fetch_site: text("sec-fetch-site"),
            content_type: text(CONTENT_TYPE.as_str()),
            length: text(CONTENT_LENGTH.as_str()).and_then(|length| length.parse().ok()),
            has_browser_cookie: has_cookie(headers, "siwn-browser"),
            has_session_cookie: has_session_cookie(headers),
            has_bearer: headers.contains_key("authorization"),
        }
    }

    /// Who asks, in words.
    pub(super) fn from(&self) -> String {
        let origin = self.origin.as_deref().unwrap_or("no origin");
        match (self.fetch_site.as_deref(), &self.origin) {
            (Some("same-origin"), _) => "a page of this server".to_owned(),
            (Some("same-site"), _) => format!("a page at {origin}: same site, its cookies come along"),
            (Some("cross-site"), Some(_)) => format!("a page at {origin}: another site, without cookies"),
            (Some("cross-site"), None) => "a link on another site".to_owned(),
            (Some("none"), _) => "the address bar".to_owned(),
            (_, Some(origin)) => format!("a page or program that says it is at {origin}"),
            (_, None) => "a program, no browser".to_owned(),
        }
    }

    /// Addresses of pages that may have had themselves signed as a callback URL.
    pub(super) fn pages(&self) -> Vec<String> {
        let origin = self.origin.clone().unwrap_or_else(|| format!("http://{}", self.host));
        let pages = ["", "/", "/login", "/api/auth/callback"].into_iter().map(|path| format!("{origin}{path}"));
        pages.chain(self.referrer.clone()).collect()
    }
}

/// Whether a session's cookie came.
pub(in crate::command::dev) fn has_session_cookie(headers: &HeaderMap) -> bool {
    has_cookie(headers, "siwn")
}

fn has_cookie(headers: &HeaderMap, name: &str) -> bool {
    let texts = headers.get_all(COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    texts.flat_map(|text| text.split(';')).any(|cookie| cookie.trim().split_once('=').is_some_and(|(known, _)| known == name))
}
