//! Extractors: who is signed in, for the routes of an application, and at which site.

mod access_token;
mod at_site;
mod bearer_token;
mod layer;
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
pub(crate) use self::at_site::AtSite;
pub use self::bearer_token::{BearerToken, ReusableToken, TokenUse};
pub use self::layer::{SignedInLayer, SignedInOnly};
pub use self::signed_in::SignedIn;
pub(crate) use self::signed_in::look;
pub(crate) use self::to_login::{asked_for, is_navigation, to_login};

/// Why an extractor says no. It answers in the shape of every other problem, or shows a browser the way to the login page.
#[derive(Debug)]
pub struct Rejection(Box<Response>);

impl Rejection {
    /// For a browser on its way to a page, where all that is missing is somebody who signs in: the way there.
    fn for_browsers(problem: Problem, site: &Served, parts: &Parts) -> Self {
        if problem.code == Code::NotSignedIn && is_navigation(&parts.method, &parts.headers) {
            return Self(Box::new(to_login(site, asked_for(parts))));
        }
        problem.into()
    }
}

impl From<Problem> for Rejection {
    fn from(problem: Problem) -> Self {
        Self(Box::new(problem.into_response()))
    }
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        *self.0
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
pub(crate) async fn check_rules(siwn: &Siwn, site: &Served, requester: &Requester, person: Person) -> Result<(), Problem> {
    if site.door.allows(person.account()) {
        return Ok(());
    }
    let is_told = site.door.is_told(person.account(), siwn.now()).await;
    let problem = Problem::new(Code::AccountNotAllowed).about(person);
    if is_told {
        siwn.audit_refusal(site, &problem, requester);
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
