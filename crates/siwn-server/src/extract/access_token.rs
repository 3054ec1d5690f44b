//! Who sends an access token of this server with each request.

use axum::extract::{FromRef, FromRequestParts};
use http::request::Parts;

use super::{Rejection, bearer, check_rules};
use crate::audit::Person;
use crate::problem::{Code, Problem};
use crate::requester::Requester;
use crate::siwn::Siwn;
use crate::tokens::TokenClaims;

/// Somebody whose access token came as `Authorization: Bearer <token>`: one that `POST /api/auth/token` made for this site itself.
///
/// Neither the session nor the key is asked for: whoever logs out, or loses his key, is let in until the token expires, five minutes
/// after it was made at the latest. A session's token and one of near-sign-verify are refused, and so is a token for another audience.
/// Applications that have no [`Siwn`] verify with [`AccessTokens`](crate::AccessTokens).
#[derive(Clone, Debug)]
pub struct AccessToken(pub TokenClaims);

impl<S: Send + Sync> FromRequestParts<S> for AccessToken
where
    Siwn: FromRef<S>,
{
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let siwn = Siwn::from_ref(state);
        access_token(&siwn, parts).await.map(Self).map_err(Rejection::from)
    }
}

async fn access_token(siwn: &Siwn, parts: &Parts) -> Result<TokenClaims, Problem> {
    let site = siwn.site_of(parts)?;
    site.check_host(&parts.headers)?;
    let text = bearer(&parts.headers)?.ok_or(Problem::new(Code::NotSignedIn))?;
    let claims = siwn.0.tokens.verify(site.issuer(), text, siwn.now()).await?;
    let key = claims.key.as_deref().and_then(|key| key.parse().ok());
    let requester = Requester::of(&siwn.0.trusted_proxies, &parts.extensions, &parts.headers);
    check_rules(siwn, &site, &requester, Person::claimed(claims.account.clone(), key).verified()).await?;
    Ok(claims)
}
