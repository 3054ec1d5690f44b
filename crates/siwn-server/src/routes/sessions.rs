//! `/api/auth/sessions`: one's own sessions at this site, and their end.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use http::header::SET_COOKIE;
use serde::Serialize;
use siwn::{Session, SessionId};

use crate::audit::EndReason;
use crate::extract::{AtSite, SignedIn};
use crate::problem::{Code, Problem};
use crate::requester::Requester;
use crate::siwn::Siwn;
use crate::time::Rfc3339;

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Answer<'a> {
    sessions: Vec<Listed<'a>>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct Listed<'a> {
    /// Its id. It opens nothing.
    id: String,
    /// Whether it is the one that asks.
    current: bool,
    /// What the client called itself at the login: at most 128 characters of printable ASCII, and not to be trusted.
    client: &'a str,
    /// The key that opened it, or its handle where the key is long; null where a contract answered.
    public_key: Option<String>,
    /// Since when.
    created_at: Rfc3339,
    /// When it was last used, to the minute.
    last_seen_at: Rfc3339,
    /// When it ends if it is not used any more.
    expires_at: Rfc3339,
}

impl<'a> Listed<'a> {
    fn of(session: &'a Session, current: SessionId) -> Self {
        Self {
            id: session.id.to_string(),
            current: session.id == current,
            client: session.client.as_str(),
            public_key: session.key.as_ref().map(siwn::PublicKey::handle),
            created_at: Rfc3339(session.created_at),
            last_seen_at: Rfc3339(session.seen_at),
            expires_at: Rfc3339(session.ends_at()),
        }
    }
}

pub(super) async fn list(
    State(siwn): State<Siwn>,
    AtSite(site): AtSite,
    SignedIn { session, .. }: SignedIn,
) -> Result<Response, Problem> {
    site.door.sessions(&session.account, siwn.now()).await?;
    let sessions = site.sessions.list(&session.account, siwn.now()).await?;
    let sessions = sessions.iter().map(|one| Listed::of(one, session.id)).collect();
    Ok(Json(Answer { sessions }).into_response())
}

/// Ends one of one's own. Another's is none.
pub(super) async fn end(
    State(siwn): State<Siwn>,
    AtSite(site): AtSite,
    SignedIn { session, .. }: SignedIn,
    id: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, Problem> {
    site.door.sessions(&session.account, siwn.now()).await?;
    let unknown = || Problem::new(Code::SessionUnknown);
    let Path(id) = id.map_err(|_| unknown())?;
    let id: SessionId = id.parse().map_err(|_| unknown())?;
    let ended = site.sessions.close_one(&session.account, id, siwn.now()).await?.ok_or_else(unknown)?;
    let requester = Requester::of(&siwn.0.trusted_proxies, request.extensions(), request.headers());
    site.audit.end(&ended, EndReason::ByOwner, &requester, siwn.now());
    let mut response = StatusCode::NO_CONTENT.into_response();
    if id == session.id {
        response.headers_mut().append(SET_COOKIE, site.cookies.clear_session());
    }
    Ok(response)
}

/// Ends all others.
pub(super) async fn end_others(
    State(siwn): State<Siwn>,
    AtSite(site): AtSite,
    SignedIn { session, .. }: SignedIn,
    request: Request,
) -> Result<Response, Problem> {
    site.door.sessions(&session.account, siwn.now()).await?;
    site.sessions.close_all(&session.account, Some(session.id)).await?;
    let requester = Requester::of(&siwn.0.trusted_proxies, request.extensions(), request.headers());
    site.audit.end(&session, EndReason::OthersByOwner, &requester, siwn.now());
    Ok(StatusCode::NO_CONTENT.into_response())
}
