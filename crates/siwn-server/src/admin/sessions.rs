//! One session, by its id.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use siwn::{Session, SessionId};

use crate::audit::EndReason;
use crate::problem::{Code, Problem};
use crate::requester::Requester;
use crate::siwn::Siwn;

pub(super) async fn end(
    State(siwn): State<Siwn>,
    id: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, Problem> {
    let unknown = || Problem::new(Code::SessionUnknown);
    let Path(id) = id.map_err(|_| unknown())?;
    let id: SessionId = id.parse().map_err(|_| unknown())?;
    let row = siwn.0.store.find(id).await?.ok_or_else(unknown)?;
    siwn.0.store.close(id).await?;
    // A store may be shared with servers of other sites.
    let site = siwn.0.sites.iter().find(|site| *site.site().recipient() == row.recipient);
    let requester = Requester::of(&siwn.0.trusted_proxies, request.extensions(), request.headers());
    let audit = &site.unwrap_or(&siwn.0.sites.first).audit;
    audit.end(&Session::from(row), EndReason::ByOperator, &requester, siwn.now());
    Ok(StatusCode::NO_CONTENT.into_response())
}
