//! The way of a browser to the login page, and back.

use axum::extract::OriginalUri;
use axum::response::{IntoResponse as _, Response};
use http::header::{ACCEPT, CACHE_CONTROL, LOCATION};
use http::request::Parts;
use http::{HeaderMap, HeaderName, Method, StatusCode, Uri};

use crate::site::Served;

const SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");

/// Sends whoever asked for `uri` to the site's login page, and from there back to the path of it.
///
/// The login page decides which addresses it leads back to; what is handed to it is a path and a query, whatever host was asked.
pub(crate) fn to_login(site: &Served, uri: &Uri) -> Response {
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("return_to", path).finish();
    let login = format!("{}/login?{query}", site.public_url);
    (StatusCode::SEE_OTHER, [(LOCATION, login.as_str()), (CACHE_CONTROL, "no-store")]).into_response()
}

/// The address that a client asked for; a router that is nested sees the rest of it only.
pub(crate) fn asked_for(parts: &Parts) -> &Uri {
    parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |OriginalUri(uri)| uri)
}

/// Whether a request is a browser's on its way to a page, for somebody who will see what comes.
pub(crate) fn is_navigation(method: &Method, headers: &HeaderMap) -> bool {
    if method != Method::GET && method != Method::HEAD {
        return false;
    }
    match headers.get(SEC_FETCH_MODE) {
        Some(mode) => mode == "navigate",
        None => prefers_html(headers),
    }
}

/// Whether HTML is wanted more than JSON. Programs that take whatever there is get JSON.
fn prefers_html(headers: &HeaderMap) -> bool {
    let ranges = || {
        let values = headers.get_all(ACCEPT).into_iter().filter_map(|value| value.to_str().ok());
        values.flat_map(|value| value.split(',')).map(range)
    };
    quality(ranges(), "text/html") > quality(ranges(), "application/json")
}

/// How much a type is wanted, from 0 to 1000: the word of the closest range counts (RFC 9110, section 12.5.1).
fn quality<'a>(ranges: impl Iterator<Item = (&'a str, u16)>, wanted: &str) -> u16 {
    let (group, _) = wanted.split_once('/').expect("a type has two parts");
    let closeness = |range: &str| match range.split_once('/') {
        _ if range.eq_ignore_ascii_case(wanted) => Some(2),
        Some((other, "*")) if other.eq_ignore_ascii_case(group) => Some(1),
        Some(("*", "*")) => Some(0),
        _ => None,
    };
    let matches = ranges.filter_map(|(range, quality)| Some((closeness(range)?, quality)));
    matches.max().map_or(0, |(_, quality)| quality)
}

/// A range of types, and its quality in thousandths. One that cannot be read is not wanted.
fn range(text: &str) -> (&str, u16) {
    let mut parts = text.split(';').map(str::trim);
    let range = parts.next().unwrap_or_default();
    let quality = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
    (range, quality.map_or(1000, thousandths))
}

fn thousandths(text: &str) -> u16 {
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    let digits = rest.len() <= 3 && rest.bytes().all(|digit| digit.is_ascii_digit());
    match whole {
        "0" if digits => format!("{rest:0<3}").parse().unwrap_or(0),
        "1" if digits => 1000,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn goes_to_a_page(method: &Method, lines: &[(HeaderName, &'static str)]) -> bool {
        let headers = lines.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect();
        is_navigation(method, &headers)
    }

    #[test]
    fn a_browser_says_itself_whether_it_goes_to_a_page() {
        for (method, mode, is_one) in [
            (Method::GET, "navigate", true),
            (Method::HEAD, "navigate", true),
            (Method::POST, "navigate", false),
            (Method::GET, "cors", false),
            (Method::GET, "same-origin", false),
            (Method::GET, "websocket", false),
        ] {
            let lines = [(SEC_FETCH_MODE, mode), (ACCEPT, "text/html")];
            assert_eq!(goes_to_a_page(&method, &lines), is_one, "{method} {mode}");
        }
    }

    #[test]
    fn of_others_whoever_wants_html_more_than_json_goes_to_a_page() {
        for (accept, is_one) in [
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", true),
            ("text/html", true),
            ("text/*", true),
            ("TEXT/HTML;level=1 ; q=0.5, application/json;q=0.499", true),
            ("*/*", false),
            ("application/json", false),
            ("application/json, text/html", false),
            ("text/html;q=0.5, */*", false),
            ("text/html;q=0", false),
            ("text/html;q=2", false),
            ("text/html;q=0.5555", false),
            ("image/avif,image/webp,*/*;q=0.8", false),
            ("", false),
        ] {
            assert_eq!(goes_to_a_page(&Method::GET, &[(ACCEPT, accept)]), is_one, "{accept}");
        }
        assert!(!goes_to_a_page(&Method::GET, &[]));
        assert!(!goes_to_a_page(&Method::POST, &[(ACCEPT, "text/html")]));
    }
}
