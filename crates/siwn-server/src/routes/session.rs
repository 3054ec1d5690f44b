//! `GET /api/auth/session`: who is signed in.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;

use crate::extract::SignedIn;
use crate::siwn::Siwn;
use crate::time::Rfc3339;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    account_id: &'a str,
    public_key: Option<String>,
    network: &'a str,
    created_at: Rfc3339,
    expires_at: Rfc3339,
}

pub(super) async fn handle(State(siwn): State<Siwn>, SignedIn { session, .. }: SignedIn) -> Response {
    Json(Answer {
        account_id: session.account.as_str(),
        public_key: session.key.as_ref().map(ToString::to_string),
        network: &siwn.0.network,
        created_at: Rfc3339(session.created_at),
        expires_at: Rfc3339(session.expires_at),
    })
    .into_response()
}
