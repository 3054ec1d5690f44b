//! `GET /api/auth/session`: who is signed in.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;

use crate::extract::SignedIn;
use crate::siwn::Siwn;
use crate::time::Rfc3339;

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer<'a> {
    /// Who is signed in.
    account_id: &'a str,
    /// With which key; null where the account's contract spoke for it.
    public_key: Option<String>,
    /// On which network.
    network: &'a str,
    /// Since when.
    created_at: Rfc3339,
    /// Until when.
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
