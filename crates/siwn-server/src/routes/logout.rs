//! `POST /api/auth/logout`: the session ends. Ending none is no fault.

use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use http::header::SET_COOKIE;
use serde::de::IgnoredAny;

use crate::audit::{Event, Person, Record};
use crate::body;
use crate::caller::Caller;
use crate::extract::{self, AtSite};
use crate::problem::Problem;
use crate::requester::Requester;
use crate::siwn::Siwn;

pub(super) async fn handle(State(siwn): State<Siwn>, AtSite(site): AtSite, request: Request) -> Result<Response, Problem> {
    Caller::of(request.headers(), site.site())?;
    let token = extract::session_token(&site, request.headers())?;
    let requester = Requester::of(&siwn.0.trusted_proxies, request.extensions(), request.headers());
    body::json::<IgnoredAny>(request).await?;
    if let Some(token) = token
        && let Some(session) = site.sessions.close(&token, siwn.now()).await?
    {
        let person = Some(Person::of(&session));
        siwn.audit(&site, &Record { event: Event::Logout, reason: None, person }, &requester);
    }
    let mut response = StatusCode::NO_CONTENT.into_response();
    response.headers_mut().append(SET_COOKIE, site.cookies.clear_session());
    Ok(response)
}
