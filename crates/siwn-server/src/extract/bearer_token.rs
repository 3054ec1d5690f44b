//! Who sends a token of near-sign-verify with each request.

use std::time::Duration;

use axum::extract::{FromRef, FromRequestParts};
use http::request::Parts;
use siwn::{Asker, AuthToken, NonceRule, Policy, VerifiedToken, VerifyError};

use super::{Rejection, bearer, check_rules};
use crate::audit::Person;
use crate::problem::{Code, Problem};
use crate::siwn::Siwn;

/// How old a bearer token of near-sign-verify may be.
const BEARER_AGE: Duration = Duration::from_mins(5);

/// Somebody whose near-sign-verify token came as `Authorization: Bearer <token>`: the basic flow, without a session.
///
/// The token must be for this site, at most five minutes old by the time in its nonce, and signed by a full-access key of the account.
/// Whoever has a copy of it is let in for as long as it is good: it is not used up.
#[derive(Clone, Debug)]
pub struct BearerToken(pub VerifiedToken);

impl<S: Send + Sync> FromRequestParts<S> for BearerToken
where
    Siwn: FromRef<S>,
{
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let siwn = Siwn::from_ref(state);
        bearer_token(&siwn, parts).await.map(Self).map_err(Rejection)
    }
}

async fn bearer_token(siwn: &Siwn, parts: &Parts) -> Result<VerifiedToken, Problem> {
    let headers = &parts.headers;
    let site = siwn.site_of(parts)?;
    site.check_host(headers)?;
    let refused = |error: &dyn std::error::Error| Problem::new(Code::TokenRefused).because(error);
    let text = bearer(headers)?.ok_or(Problem::new(Code::NotSignedIn))?;
    let token: AuthToken = text.parse().map_err(|error| refused(&error))?;
    let policy = Policy::new(site.site().recipient().as_str(), NonceRule::timestamp(BEARER_AGE));
    let signed = policy.check(token, siwn.now()).map_err(|error| refused(&error))?;
    let asker = Asker::client_at(siwn.0.trusted_proxies.rationed(&parts.extensions, headers));
    let token = signed.asked_by(asker).confirm(&*siwn.0.chain, site.access).await.map_err(|error| match error {
        VerifyError::Refused(error) => refused(&error),
        VerifyError::Unavailable(error) => siwn::LoginError::from(error).into(),
    })?;
    let person = Person::claimed(token.account.account().clone(), token.account.key().cloned()).verified();
    check_rules(siwn, &site, parts, person).await?;
    Ok(token)
}
