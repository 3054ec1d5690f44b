//! The address of a server that keeps sessions, with what nobody should read.

use std::fmt;

/// The URL of a store's server. Neither `Debug` nor `Display` shows its password or its parameters.
#[derive(Clone, PartialEq, Eq)]
pub struct ServerUrl(String);

impl ServerUrl {
    /// Takes `scheme://…`, in printable ASCII; what else is wrong with it, the store says.
    pub(super) fn new(text: &str) -> Option<Self> {
        let rest = text.split_once("://")?.1;
        let is_printable = text.bytes().all(|byte| byte.is_ascii_graphic());
        (is_printable && !rest.is_empty()).then(|| Self(text.to_owned()))
    }

    /// The whole URL, with its secrets.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = self.0.split(['?', '#']).next().unwrap_or_default();
        let (scheme, rest) = whole.split_once("://").unwrap_or_default();
        // A password may hold what should have been encoded: the last of them ends it.
        match rest.rsplit_once('@') {
            None => write!(f, "{scheme}://{rest}"),
            Some((login, place)) => match login.split(':').next() {
                None | Some("") => write!(f, "{scheme}://{place}"),
                Some(user) => write!(f, "{scheme}://{user}@{place}"),
            },
        }
    }
}

impl fmt::Debug for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ServerUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_secret_is_shown() {
        let cases = [
            ("postgres://me:hidden@db.example:5432/app?sslmode=require&password=hidden", "postgres://me@db.example:5432/app"),
            ("postgres://me:hid/den@hidden@db.example/app", "postgres://me@db.example/app"),
            ("rediss://:hidden@cache.example:6380/0#hidden", "rediss://cache.example:6380/0"),
            ("redis://cache.example", "redis://cache.example"),
        ];
        for (text, shown) in cases {
            let url = ServerUrl::new(text).unwrap();
            assert_eq!(url.to_string(), shown);
            assert_eq!(format!("{url:?}"), format!("ServerUrl({shown})"));
            assert_eq!(url.expose(), text);
        }
    }

    #[test]
    fn what_is_no_url_is_none() {
        for text in ["", "postgres:", "postgres://", "postgres://a b", "postgres://a\u{e9}"] {
            assert_eq!(ServerUrl::new(text), None, "{text}");
        }
    }
}
