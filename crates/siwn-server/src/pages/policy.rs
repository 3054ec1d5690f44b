//! What browsers may do on the pages.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use axum::response::{Html, IntoResponse as _, Response};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS};
use http::{HeaderName, HeaderValue};

use super::wallets::Reach;
use crate::problem::Problem;
use crate::random::random;

/// What allows the scripts of one answer, and of no other.
pub(super) struct Nonce(pub(super) String);

impl Nonce {
    pub(super) fn random() -> Result<Self, Problem> {
        Ok(Self(BASE64_STANDARD.encode(random::<16>()?)))
    }
}

/// What else a page shows than its own texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pictures {
    /// None but those that stand in it.
    InPlace,
    /// Pictures and fonts of the own origin, too: a logo, or what a template names.
    OfOrigin,
}

/// The page, with everything forbidden that it does not do. `reach` is what wallets in its sandbox may do, if it has one.
pub(super) fn page(html: String, nonce: &Nonce, pictures: Pictures, reach: Option<&Reach>) -> Response {
    let mut response = Html(html).into_response();
    for (name, value) in [
        (CACHE_CONTROL, "no-store"),
        (REFERRER_POLICY, "no-referrer"),
        (VARY, "accept-language"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        // Wallets open windows, which answer to this one. Whoever opened this one is cut off.
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin-allow-popups"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    let policy =
        HeaderValue::try_from(policy(nonce, pictures, reach)).expect("a nonce and hashes are base64, and origins are ASCII");
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    response
}

fn policy(nonce: &Nonce, pictures: Pictures, reach: Option<&Reach>) -> String {
    let list = |texts: Option<&BTreeSet<String>>, quote: &str| {
        texts.into_iter().flatten().fold(String::new(), |list, text| format!("{list} {quote}{text}{quote}"))
    };
    let (connect, image) = (list(reach.map(|reach| &reach.connect), ""), list(reach.map(|reach| &reach.image), ""));
    let frame = match list(reach.map(|reach| &reach.frame), "") {
        frame if frame.is_empty() => " 'none'".to_owned(),
        frame => frame,
    };
    // The connector draws what surrounds a sandbox with styles of its own.
    let style = if reach.is_some() { "'self' 'unsafe-inline'" } else { "'self'" };
    let own = if pictures == Pictures::OfOrigin { " 'self'" } else { "" };
    let mut policy = format!("default-src 'none'; script-src 'nonce-{}'; ", nonce.0);
    let handlers = list(reach.map(|reach| &reach.handlers), "'");
    if !handlers.is_empty() {
        let _ = write!(policy, "script-src-attr 'unsafe-hashes'{handlers}; ");
    }
    let _ = write!(policy, "style-src {style}; connect-src 'self'{connect}; img-src data:{own}{image}; ");
    // Wallets bring fonts within their scripts.
    let fonts = [(pictures == Pictures::OfOrigin, " 'self'"), (reach.is_some(), " data:")];
    if fonts.iter().any(|(is_allowed, _)| *is_allowed) {
        let _ = write!(
            policy,
            "font-src{}; ",
            fonts.iter().filter(|(is_allowed, _)| *is_allowed).fold(String::new(), |list, (_, from)| list + from)
        );
    }
    let _ = write!(policy, "frame-src{frame}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
    policy
}
