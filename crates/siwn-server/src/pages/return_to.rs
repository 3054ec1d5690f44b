//! Where people go on to after a login: never where a request alone wants them to go.

use siwn::{CallbackUrl, Origin};

/// The longest path, in bytes.
const LONGEST: usize = 2048;

/// The text, if it is a path of this origin or, to the byte, one of the configured addresses.
pub(crate) fn allowed<'a>(text: &'a str, configured: &[CallbackUrl]) -> Option<&'a str> {
    let is_allowed = is_own_path(text) || configured.iter().any(|url| url.as_str() == text);
    is_allowed.then_some(text)
}

/// Whether it is an address of a page on this machine: for development, where that is allowed.
pub(super) fn is_local(text: &str) -> bool {
    let authority = text.strip_prefix("http://").map(|rest| rest.find(['/', '?', '#']).map_or(rest, |end| &rest[..end]));
    let is_plain = |byte: u8| byte.is_ascii_graphic() && byte != b'\\';
    // Plain http is parsed for names of this machine only.
    authority.is_some_and(|authority| format!("http://{authority}").parse::<Origin>().is_ok())
        && text.len() <= LONGEST
        && text.bytes().all(is_plain)
}

/// Whether a browser takes it for a path, and for nothing else: it reads a second slash, a backslash and what it drops (tabs, line
/// feeds) as the beginning of a host.
fn is_own_path(text: &str) -> bool {
    let rest = text.strip_prefix('/');
    let is_plain = |byte: u8| byte.is_ascii_graphic() && byte != b'\\';
    rest.is_some_and(|rest| !rest.starts_with('/')) && text.len() <= LONGEST && text.bytes().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_paths_and_configured_addresses_are_allowed() {
        let configured = ["https://app.example/in".parse().unwrap()];
        for good in ["/", "/a", "/a/b?c=d&e=%2F#f", "/login", "/a//b", "/?u=https://evil.example", "https://app.example/in"] {
            assert_eq!(allowed(good, &configured), Some(good));
        }
    }

    #[test]
    fn an_address_of_this_machine_is_one_by_its_host() {
        for good in ["http://localhost:5173", "http://localhost:5173/", "http://127.0.0.1:3000/a?b=c#d", "http://[::1]/"] {
            assert!(is_local(good), "{good}");
        }
        for bad in [
            "localhost:5173",
            "//localhost:5173",
            "https://localhost:5173",
            "http://localhost.app.example",
            "http://localhost@app.example/",
            "http://localhost\\@app.example/",
            "http://app.example?http://localhost",
            "http://localhost:5173/\n",
            "HTTP://localhost",
            "javascript://localhost/%0aalert(1)",
        ] {
            assert!(!is_local(bad), "{bad}");
        }
    }

    #[test]
    fn everything_else_is_not() {
        let configured = ["https://app.example/in".parse().unwrap()];
        let long = format!("/{}", "a".repeat(LONGEST));
        for bad in [
            "",
            "a",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\/evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            "/a\\b",
            "/a b",
            "/ä",
            "https://evil.example",
            "https:evil.example",
            "https://app.example/in/",
            "https://app.example/in?a",
            "HTTPS://app.example/in",
            "javascript:alert(1)",
            "data:text/html,",
            " /a",
            &long,
        ] {
            assert_eq!(allowed(bad, &configured), None, "{bad:?}");
        }
    }
}
