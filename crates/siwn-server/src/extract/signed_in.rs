//! Who is signed in by a session.

use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts};
use http::request::Parts;
use siwn::{AccountId, PublicKey, Session, SessionToken, Sessions};

use super::{Rejection, check_rules, session_token};
use crate::audit::Person;
use crate::caller::Caller;
use crate::problem::{Code, Problem};
use crate::site::Served;
use crate::siwn::Siwn;

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
    let token = session_token(&site, &parts.headers)?.ok_or(Problem::new(Code::NotSignedIn))?;
    look(siwn, &site, &site.sessions, &token, parts).await.map(|session| SignedIn { session })
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
    check_rules(siwn, site, parts, Person::of(&session)).await?;
    siwn.check_key(site, &session).await?;
    if let Err(error) = sessions.seen(&session, siwn.now()).await {
        // Whoever is signed in is not turned away for it; an idle session that is used ends too early at worst.
        let cause = Problem::from(error).cause;
        tracing::warn!(cause, "the use of a session could not be written down");
    }
    Ok(session)
}
