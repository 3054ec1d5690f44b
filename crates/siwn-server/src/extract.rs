//! Extractors: who is signed in, for the routes of an application.

use std::time::Duration;

use axum::extract::{FromRef, FromRequestParts};
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use http::request::Parts;
use siwn::{AccountId, Asker, AuthToken, NonceRule, Policy, PublicKey, Session, SessionToken, VerifiedToken, VerifyError};

use crate::audit::Person;
use crate::caller::Caller;
use crate::problem::{Code, Problem};
use crate::requester::Requester;
use crate::site::Served;
use crate::siwn::Siwn;

/// How old a bearer token of near-sign-verify may be.
const BEARER_AGE: Duration = Duration::from_mins(5);

/// Somebody who is signed in: by the session's cookie, or by `Authorization: Bearer siwn_…`.
///
/// Where a request has both, the `Authorization` header alone counts: a browser sends its cookies without being told to.
///
/// Refuses with 401 where nobody is, where the rules do not let the account in any more, and where its key is gone; with 403 where a
/// browser's request that changes something comes from a page that may not; with 503 where the store cannot be asked, or the chain for
/// so long that the key cannot be taken for granted any more.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SignedIn {
    /// The session.
    pub session: Session,
}

impl SignedIn {
    /// The account.
    #[must_use]
    pub const fn account(&self) -> &AccountId {
        &self.session.account
    }

    /// The key that signed; none where a contract answered for the account.
    #[must_use]
    pub const fn key(&self) -> Option<&PublicKey> {
        self.session.key.as_ref()
    }
}

/// Somebody whose near-sign-verify token came as `Authorization: Bearer <token>`: the basic flow, without a session.
///
/// The token must be for this site, at most five minutes old by the time in its nonce, and signed by a full-access key of the account.
/// Whoever has a copy of it is let in for as long as it is good: it is not used up.
#[derive(Clone, Debug)]
pub struct BearerToken(pub VerifiedToken);

/// Why an extractor says no. It answers in the shape of every other problem.
#[derive(Debug)]
pub struct Rejection(Problem);

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        self.0.into_response()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for SignedIn
where
    Siwn: FromRef<S>,
{
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let siwn = Siwn::from_ref(state);
        signed_in(&siwn, parts).await.map_err(Rejection)
    }
}

async fn signed_in(siwn: &Siwn, parts: &Parts) -> Result<SignedIn, Problem> {
    let site = siwn.site_of(parts)?;
    site.check_host(&parts.headers)?;
    if !parts.method.is_safe() {
        Caller::of(&parts.headers, site.site())?;
    }
    let nobody = || Problem::new(Code::NotSignedIn);
    let token = session_token(&site, &parts.headers)?.ok_or_else(nobody)?;
    let session = site.sessions.find(&token, siwn.now()).await?.ok_or_else(nobody)?;
    check_rules(siwn, &site, parts, Person::of(&session)).await?;
    siwn.check_key(&site, &session).await?;
    if let Err(error) = site.sessions.seen(&session, siwn.now()).await {
        // Whoever is signed in is not turned away for it; an idle session that is used ends too early at worst.
        let cause = Problem::from(error).cause;
        tracing::warn!(cause, "the use of a session could not be written down");
    }
    Ok(SignedIn { session })
}

/// The session that a request names: by an `Authorization` header if there is one, else by the cookie.
pub(crate) fn session_token(site: &Served, headers: &HeaderMap) -> Result<Option<SessionToken>, Problem> {
    match bearer(headers)? {
        Some(text) => Ok(SessionToken::from_bearer(text).ok()),
        None => site.cookies.session(headers),
    }
}

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

/// Refuses an account that the rules do not let in, now.
async fn check_rules(siwn: &Siwn, site: &Served, parts: &Parts, person: Person) -> Result<(), Problem> {
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
fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
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
