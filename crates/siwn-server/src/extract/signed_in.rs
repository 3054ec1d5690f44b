//! Who is signed in by a session.

use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts, OptionalFromRequestParts};
use http::StatusCode;
use http::header::UPGRADE;
use http::request::Parts;
use siwn::{AccountId, PublicKey, Session, SessionToken, Sessions};

use super::{Rejection, check_rules, session_token};
use crate::audit::Person;
use crate::caller::Caller;
use crate::problem::{Code, Problem};
use crate::requester::Requester;
use crate::site::Served;
use crate::siwn::Siwn;

/// Somebody who is signed in: by the session's cookie, or by `Authorization: Bearer siwn_…`.
///
/// Where a request has both, the `Authorization` header alone counts: a browser sends its cookies without being told to. Under a
/// [`SignedInLayer`](crate::SignedInLayer) it is who the layer let pass, and nobody is asked again.
///
/// Refuses with 401 where nobody is, where the rules do not let the account in any more, and where its key is gone; with 403 where a
/// browser's request that changes something, or that opens a WebSocket, comes from a page that may not; with 503 where the store cannot
/// be asked, or the chain for so long that the key cannot be taken for granted any more.
///
/// A browser that goes to a page (`GET`, and `Sec-Fetch-Mode: navigate` or `Accept: text/html`) where nobody is signed in is sent to the
/// login page, and comes back from there.
///
/// `Option<SignedIn>` is for routes that are for everybody: none where the answer would be 401 otherwise. Every other refusal stays one;
/// an outage is not an answer to who somebody is.
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

    /// Who is signed in, or an answer for whoever is not.
    pub(crate) async fn or_answer(siwn: &Siwn, parts: &Parts) -> Result<Self, Rejection> {
        let site = siwn.site_of(parts).map_err(Rejection::from)?;
        signed_in(siwn, &site, parts).await.map_err(|problem| Rejection::for_browsers(problem, &site, parts))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for SignedIn
where
    Siwn: FromRef<S>,
{
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        if let Some(signed_in) = parts.extensions.get::<Self>() {
            return Ok(signed_in.clone());
        }
        Self::or_answer(&Siwn::from_ref(state), parts).await
    }
}

impl<S: Send + Sync> OptionalFromRequestParts<S> for SignedIn
where
    Siwn: FromRef<S>,
{
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Option<Self>, Self::Rejection> {
        if let Some(signed_in) = parts.extensions.get::<Self>() {
            return Ok(Some(signed_in.clone()));
        }
        let siwn = Siwn::from_ref(state);
        let site = siwn.site_of(parts)?;
        site.check_host(&parts.headers)?;
        // Where nothing says who it is, nothing can be done in somebody's name: whose page it came from is all the same.
        let Some(token) = session_token(&site, &parts.headers)? else { return Ok(None) };
        check_caller(&site, parts)?;
        match look(&siwn, &site, &site.sessions, &token, parts).await {
            Ok(session) => Ok(Some(Self { session })),
            Err(problem) if problem.code.status() == StatusCode::UNAUTHORIZED => Ok(None),
            Err(problem) => Err(problem.into()),
        }
    }
}

async fn signed_in(siwn: &Siwn, site: &Arc<Served>, parts: &Parts) -> Result<SignedIn, Problem> {
    site.check_host(&parts.headers)?;
    check_caller(site, parts)?;
    let token = session_token(site, &parts.headers)?.ok_or(Problem::new(Code::NotSignedIn))?;
    look(siwn, site, &site.sessions, &token, parts).await.map(|session| SignedIn { session })
}

/// Whether the page that a request comes from may do what it does. A WebSocket is a `GET`, and no browser asks a page's origin before it.
fn check_caller(site: &Served, parts: &Parts) -> Result<(), Problem> {
    if parts.method.is_safe() && !parts.headers.contains_key(UPGRADE) {
        return Ok(());
    }
    Caller::of(&parts.headers, site.site()).map(drop)
}

/// The session that `token` opens among the site's, if it may be used now. Its use is written down.
pub(crate) async fn look(
    siwn: &Siwn,
    site: &Arc<Served>,
    sessions: &Sessions,
    token: &SessionToken,
    parts: &Parts,
) -> Result<Session, Problem> {
    let session = sessions.find(token, siwn.now()).await?.ok_or(Problem::new(Code::NotSignedIn))?;
    let requester = Requester::of(&siwn.0.trusted_proxies, &parts.extensions, &parts.headers);
    check_rules(siwn, site, &requester, Person::of(&session)).await?;
    siwn.0.key_checker.check(site, &session).await?;
    if let Err(error) = sessions.seen(&session, siwn.now()).await {
        // Whoever is signed in is not turned away for it; an idle session that is used ends too early at worst.
        let cause = Problem::from(error).cause;
        tracing::warn!(cause, "the use of a session could not be written down");
    }
    Ok(session)
}
