//! `POST /api/auth/token`: an access token for whoever is signed in.

use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};

use crate::body;
use crate::extract::{AtSite, SignedIn};
use crate::problem::{Code, Problem};
use crate::siwn::Siwn;
use crate::time::Rfc3339;
use crate::tokens::Access;

#[derive(Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Wish {
    /// Whom the token is for: the recipient, which it is for without this, or a configured audience.
    audience: Option<String>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer<'a> {
    /// The JWT. Whoever has it is let in.
    token: &'a str,
    /// Bearer: how it is sent.
    token_type: &'static str,
    /// Whom it is for.
    audience: &'a str,
    /// From then on it is no good.
    expires_at: Rfc3339,
}

pub(super) async fn handle(
    State(siwn): State<Siwn>,
    AtSite(site): AtSite,
    SignedIn { session, .. }: SignedIn,
    request: Request,
) -> Result<Response, Problem> {
    site.door.sessions(&session.account, siwn.now()).await?;
    let wish: Wish = body::json(request).await?.unwrap_or_default();
    let audience = match &wish.audience {
        None => site.site().recipient().as_str(),
        Some(wanted) => site.audience(wanted).ok_or(Problem::new(Code::AudienceUnknown))?,
    };
    siwn.0.key_checker.check_is_fresh(&site, &session).await?;
    let Access { token, expires_at } = siwn.0.tokens.access(site.issuer(), &session, audience, siwn.now()).await?;
    Ok(Json(Answer { token: &token, token_type: "Bearer", audience, expires_at: Rfc3339(expires_at) }).into_response())
}
