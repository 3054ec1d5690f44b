//! The two cookies: which browser, and which session.

use std::time::Duration;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};
use sha2::{Digest as _, Sha256};
use siwn::{Recipient, SessionToken};

use crate::problem::{Code, Problem};

/// A browser is known for a day after its last challenge.
const BROWSER_LIFETIME: Duration = Duration::from_hours(24);

/// Names and attributes of the cookies: `__Host-` and `Secure`, except on plain http to this machine.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cookies {
    pub(crate) is_secure: bool,
    /// Whose they are, where an earlier site of the same host has the plain names.
    pub(crate) of: Option<CookieMark>,
}

/// Tells the cookies of sites that share a host apart: the first 8 bytes of the recipient's SHA-256.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CookieMark([u8; 8]);

impl CookieMark {
    pub(crate) fn of(recipient: &Recipient) -> Self {
        let hash: [u8; 32] = Sha256::digest(recipient.as_str()).into();
        let (head, _) = hash.split_first_chunk().expect("32 bytes");
        Self(*head)
    }
}

impl Cookies {
    fn browser_name(self) -> String {
        self.name("siwn-browser")
    }

    fn session_name(self) -> String {
        self.name("siwn")
    }

    fn name(self, plain: &str) -> String {
        let prefix = if self.is_secure { "__Host-" } else { "" };
        let mark = self.of.map(|CookieMark(bytes)| format!("-{:016x}", u64::from_be_bytes(bytes))).unwrap_or_default();
        format!("{prefix}{plain}{mark}")
    }

    /// The 32 bytes of the browser's cookie. One that cannot be read counts as none.
    pub(crate) fn browser(self, headers: &HeaderMap) -> Result<Option<[u8; 32]>, Problem> {
        let value = find(headers, &self.browser_name())?;
        // 43 characters stand for 32 bytes; a longer text is not decoded.
        let decode = |text: &str| if text.len() == 43 { BASE64_URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok() } else { None };
        Ok(value.and_then(decode))
    }

    /// The session that the browser says it has.
    pub(crate) fn session(self, headers: &HeaderMap) -> Result<Option<SessionToken>, Problem> {
        Ok(find(headers, &self.session_name())?.and_then(|text| text.parse().ok()))
    }

    pub(crate) fn set_browser(self, cookie: &[u8; 32]) -> HeaderValue {
        self.set(&self.browser_name(), &BASE64_URL_SAFE_NO_PAD.encode(cookie), BROWSER_LIFETIME)
    }

    pub(crate) fn set_session(self, token: &SessionToken, lifetime: Duration) -> HeaderValue {
        self.set(&self.session_name(), &token.expose_text(), lifetime)
    }

    pub(crate) fn clear_session(self) -> HeaderValue {
        self.set(&self.session_name(), "", Duration::ZERO)
    }

    fn set(self, name: &str, value: &str, lifetime: Duration) -> HeaderValue {
        let secure = if self.is_secure { "; Secure" } else { "" };
        let text = format!("{name}={value}; Path=/; Max-Age={}; HttpOnly; SameSite=Lax{secure}", lifetime.as_secs());
        let mut header = HeaderValue::try_from(text).expect("names and values are base64url");
        header.set_sensitive(true);
        header
    }
}

/// Whether `name=value` is a cookie of one of our sites, of whichever and over whatever it is reached.
pub(crate) fn is_ours(pair: &[u8]) -> bool {
    let name = pair.split(|byte| *byte == b'=').next().unwrap_or_default().trim_ascii();
    let name = name.strip_prefix(b"__Host-").unwrap_or(name);
    let is_mark = |mark: &[u8]| mark.len() == 16 && mark.iter().all(u8::is_ascii_hexdigit);
    // The longer name first: what stands behind it is no mark of the shorter one.
    let rest = name.strip_prefix(b"siwn-browser").or_else(|| name.strip_prefix(b"siwn"));
    rest.is_some_and(|rest| rest.is_empty() || rest.strip_prefix(b"-").is_some_and(is_mark))
}

/// The value of the cookie `name`. Two of one name come from two sources, and one of them is not to be trusted.
fn find<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, Problem> {
    // In bytes: what another cookie holds, and in which encoding, is no affair of ours.
    let mut values = headers
        .get_all(COOKIE)
        .into_iter()
        .flat_map(|header| header.as_bytes().split(|byte| *byte == b';'))
        .map(<[u8]>::trim_ascii)
        .filter_map(|pair| pair.strip_prefix(name.as_bytes())?.strip_prefix(b"="));
    let first = values.next();
    if values.next().is_some() {
        return Err(Problem::new(Code::CookieTwice));
    }
    Ok(first.and_then(|value| std::str::from_utf8(value).ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[&'static str]) -> HeaderMap {
        lines.iter().map(|line| (COOKIE, HeaderValue::from_static(line))).collect()
    }

    #[test]
    fn a_cookie_is_found_among_others_and_over_several_headers() {
        let headers = headers(&["a=1; siwn-browser=x", "b=2;siwn=y=z"]);
        assert_eq!(find(&headers, "siwn-browser").unwrap(), Some("x"));
        assert_eq!(find(&headers, "siwn").unwrap(), Some("y=z"));
        assert_eq!(find(&headers, "sqwn").unwrap(), None);
    }

    #[test]
    fn a_cookie_of_somebody_else_in_another_encoding_hides_none_of_ours() {
        let header = |bytes: &[u8]| [(COOKIE, HeaderValue::from_bytes(bytes).unwrap())].into_iter().collect::<HeaderMap>();
        assert_eq!(find(&header(b"n=Jos\xe9; siwn=x"), "siwn").unwrap(), Some("x"));
        assert_eq!(find(&header(b"siwn=x; siwn=\xe9"), "siwn").unwrap_err().code, Code::CookieTwice);
        assert_eq!(find(&header(b"siwn=\xe9"), "siwn").unwrap(), None);
    }

    #[test]
    fn a_cookie_that_comes_twice_is_refused() {
        for lines in [&["siwn=a; siwn=b"][..], &["siwn=a", "siwn=a"]] {
            assert_eq!(find(&headers(lines), "siwn").unwrap_err().code, Code::CookieTwice);
        }
    }

    #[test]
    fn a_browser_reads_back_and_junk_counts_as_none() {
        let cookies = Cookies { is_secure: true, of: None };
        let set = cookies.set_browser(&[7; 32]);
        let set = set.to_str().unwrap();
        assert!(set.ends_with("; Path=/; Max-Age=86400; HttpOnly; SameSite=Lax; Secure"), "{set}");
        let pair = set.split(';').next().unwrap().to_owned();
        let headers: HeaderMap = [(COOKIE, HeaderValue::try_from(pair).unwrap())].into_iter().collect();
        assert_eq!(cookies.browser(&headers).unwrap(), Some([7; 32]));
        assert_eq!(cookies.browser(&self::headers(&["__Host-siwn-browser=abc"])).unwrap(), None);
    }
}
