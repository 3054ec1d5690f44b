//! Extractors: who is signed in, for the routes of an application.

mod access_token;
mod bearer_token;
mod signed_in;
mod to_login;

use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use http::request::Parts;
use siwn::SessionToken;

use crate::audit::Person;
use crate::problem::{Code, Problem};
use crate::requester::Requester;
use crate::site::Served;
use crate::siwn::Siwn;

pub use self::access_token::AccessToken;
pub use self::bearer_token::BearerToken;
pub use self::signed_in::SignedIn;
pub(crate) use self::signed_in::look;
pub(crate) use self::to_login::{is_navigation, to_login};

/// Why an extractor says no. It answers in the shape of every other problem.
#[derive(Debug)]
pub struct Rejection(Problem);

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        self.0.into_response()
    }
}

/// The session that a request names: by an `Authorization` header if there is one, else by the cookie.
pub(crate) fn session_token(site: &Served, headers: &HeaderMap) -> Result<Option<SessionToken>, Problem> {
    match bearer(headers)? {
        Some(text) => Ok(SessionToken::from_bearer(text).ok()),
        None => site.cookies.session(headers),
    }
}

/// Refuses an account that the rules do not let in, now.
pub(crate) async fn check_rules(siwn: &Siwn, site: &Served, parts: &Parts, person: Person) -> Result<(), Problem> {
    if site.door.allows(person.account()) {
        return Ok(());
    }
    let is_told = site.door.is_told(person.account(), siwn.now()).await;
    let problem = Problem::new(Code::AccountNotAllowed).about(person);
    if is_told {
        siwn.audit_refusal(site, &problem, &Requester::of(&siwn.0.trusted_proxies, &parts.extensions, &parts.headers));
    }
    Err(problem)
}

/// What stands behind `Bearer` in the one `Authorization` header. Another scheme is none of ours.
pub(crate) fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let mut values = headers.get_all(AUTHORIZATION).into_iter();
    let Some(value) = values.next() else { return Ok(None) };
    let text = value.to_str().map_err(|_| Problem::new(Code::Malformed))?;
    if values.next().is_some() {
        return Err(Problem::new(Code::Malformed));
    }
    // A scheme alone names an empty token: it is not for a cookie to stand in for it.
    let (scheme, token) = text.split_once(' ').unwrap_or((text, ""));
    Ok(scheme.eq_ignore_ascii_case("bearer").then(|| token.trim_matches(' ')))
}
