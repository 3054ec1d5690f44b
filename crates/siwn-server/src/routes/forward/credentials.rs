//! Which credentials of a request are ours, and what is left of them for the application.

use http::header::{AUTHORIZATION, COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue};
use siwn::SessionToken;

use crate::cookie::{self, Cookies};
use crate::extract::bearer;
use crate::problem::Problem;

/// In front of a session's token that is sent as a bearer token.
const OURS: &str = "siwn_";
/// How a proxy asks for the headers without what is ours in them. No page can send a header of such a name: what comes back holds cookies
/// of the application that its own scripts may not be able to read.
const SEC_SIWN_CREDENTIALS: HeaderName = HeaderName::from_static("sec-siwn-credentials");
const STRIP: &str = "strip";

/// The session that a request names: by a bearer token if it has one of ours, or else by the cookie. Any other token is the application's.
pub(super) fn session(cookies: Cookies, headers: &HeaderMap) -> Result<Option<SessionToken>, Problem> {
    match bearer(headers)? {
        Some(text) if text.starts_with(OURS) => Ok(SessionToken::from_bearer(text).ok()),
        _ => cookies.session(headers),
    }
}

pub(super) fn are_to_be_stripped(headers: &HeaderMap) -> bool {
    headers.get(SEC_SIWN_CREDENTIALS).is_some_and(|value| value == STRIP)
}

/// All cookies that are not ours, byte for byte.
pub(super) fn cookies_of_others(headers: &HeaderMap) -> HeaderValue {
    let pairs = headers.get_all(COOKIE).into_iter().flat_map(|header| header.as_bytes().split(|byte| *byte == b';'));
    let others: Vec<&[u8]> = pairs.map(<[u8]>::trim_ascii).filter(|pair| !pair.is_empty() && !cookie::is_ours(pair)).collect();
    sensitive(&others.join(&b"; "[..]))
}

/// The `Authorization` header, unless it is a session's.
pub(super) fn authorization_of_others(headers: &HeaderMap) -> HeaderValue {
    let is_ours = bearer(headers).is_ok_and(|token| token.is_some_and(|text| text.starts_with(OURS)));
    let other = headers.get(AUTHORIZATION).filter(|_| !is_ours);
    sensitive(other.map_or(&[], HeaderValue::as_bytes))
}

fn sensitive(bytes: &[u8]) -> HeaderValue {
    // They come from headers, and what joins them is printable.
    let mut value = HeaderValue::from_bytes(bytes).unwrap_or(HeaderValue::from_static(""));
    value.set_sensitive(true);
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(HeaderName, &'static [u8])]) -> HeaderMap {
        lines.iter().map(|(name, value)| (name.clone(), HeaderValue::from_bytes(value).unwrap())).collect()
    }

    #[test]
    fn our_cookies_are_taken_out_and_others_stay_as_they_are() {
        let left = |lines: &[&'static [u8]]| {
            let lines: Vec<_> = lines.iter().map(|line| (COOKIE, *line)).collect();
            cookies_of_others(&headers(&lines)).as_bytes().to_vec()
        };
        for (lines, expected) in [
            (&[&b"__Host-siwn=x"[..]][..], &b""[..]),
            (&[], b""),
            (&[b"a=1; __Host-siwn=x; b=2"], b"a=1; b=2"),
            (&[b"__Host-siwn=x; __Host-siwn-browser=y; a=1"], b"a=1"),
            (&[b"a=1;__Host-siwn=x;b=2"], b"a=1; b=2"),
            (&[b"a=1", b"__Host-siwn=x", b"b=2"], b"a=1; b=2"),
            (&[b"siwn=x; siwn-browser=y; a=1"], b"a=1"),
            (&[b"__Host-siwn-00112233445566ff=x; __Host-siwn-browser-00112233445566ff=y; a=1"], b"a=1"),
            (&[b"__Host-siwn=x; __Host-siwn=y; __Host-siwn ; \t__Host-siwn = z; a=1"], b"a=1"),
            (
                &[b"siwn-theme=dark; my__Host-siwn=1; siwn-0011=2; xsiwn=3"],
                b"siwn-theme=dark; my__Host-siwn=1; siwn-0011=2; xsiwn=3",
            ),
            (&[b"n=Jos\xe9; __Host-siwn=x; q=\"a=b\"; flag"], b"n=Jos\xe9; q=\"a=b\"; flag"),
        ] {
            assert_eq!(left(lines), expected, "{:?}", lines.iter().map(|line| line.escape_ascii().to_string()).collect::<Vec<_>>());
        }
    }

    #[test]
    fn an_applications_own_authorization_stays() {
        let left = |value: &'static [u8]| authorization_of_others(&headers(&[(AUTHORIZATION, value)])).as_bytes().to_vec();
        for own in [&b"Basic YTpi"[..], b"Bearer eyJ", b"Bearer", b"Bearer xsiwn_", b"Digest a, b"] {
            assert_eq!(left(own), own);
        }
        for ours in [&b"Bearer siwn_abc"[..], b"bearer  siwn_", b"BEARER siwn_x y"] {
            assert_eq!(left(ours), b"");
        }
        assert_eq!(authorization_of_others(&HeaderMap::new()), "");
    }
}
