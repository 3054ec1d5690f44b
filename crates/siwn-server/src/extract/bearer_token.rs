//! Who sends a token of near-sign-verify: the basic flow, without a session.

use std::net::IpAddr;
use std::time::Duration;

use axum::extract::{FromRef, FromRequestParts};
use http::request::Parts;
use siwn::{Asker, AuthToken, LoginError, NonceRule, Policy, SessionSecret, SpendError, SpendRefusal, VerifiedToken, VerifyError};

use super::{Rejection, bearer, check_rules};
use crate::audit::Person;
use crate::client::rationed;
use crate::problem::{Code, Problem};
use crate::random::random;
use crate::requester::Requester;
use crate::site::Served;
use crate::siwn::Siwn;

/// How old a token of near-sign-verify may be.
const OLDEST: Duration = Duration::from_mins(5);

/// Somebody whose near-sign-verify token came as `Authorization: Bearer <token>`, for the first time: each token is let in once.
///
/// The token must be for this site, at most five minutes old by the time in its nonce, and signed by a full-access key of the account. It is
/// spent in the store of the sessions, by one atomic insert: of any number of copies, at any number of processes that share the store, one
/// is let in. A store in memory forgets with its process, so that tokens which were made before its start are refused.
///
/// A token that was refused, or that could not be judged, is not spent.
#[derive(Clone, Debug)]
pub struct BearerToken(pub VerifiedToken);

/// The same where a token is let in as often as somebody sends it, for the five minutes that it is good: whoever has a copy of it, too.
///
/// Costs the store nothing.
#[derive(Clone, Debug)]
pub struct ReusableToken(pub VerifiedToken);

/// How often a token is let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenUse {
    /// Once, by the store.
    Once,
    /// As often as somebody sends it, while it is good.
    WhileGood,
}

impl<S: Send + Sync> FromRequestParts<S> for BearerToken
where
    Siwn: FromRef<S>,
{
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(of_request(&Siwn::from_ref(state), parts, TokenUse::Once).await?))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for ReusableToken
where
    Siwn: FromRef<S>,
{
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(of_request(&Siwn::from_ref(state), parts, TokenUse::WhileGood).await?))
    }
}

impl Siwn {
    /// Judges a near-sign-verify token that came otherwise than in a header, as [`BearerToken`] and [`ReusableToken`] do: in the first
    /// message of a WebSocket, say. It is for the site that the handle was begun with.
    ///
    /// `client` is who sent it, so that questions to the chain can be rationed; none is not rationed.
    pub async fn verify_token(&self, text: &str, uses: TokenUse, client: Option<IpAddr>) -> Result<VerifiedToken, Rejection> {
        let requester = Requester { id: None, client };
        Ok(verify(self, &self.0.sites.first, text, uses, Asker::client_at(client.and_then(rationed)), &requester).await?)
    }
}

async fn of_request(siwn: &Siwn, parts: &Parts, uses: TokenUse) -> Result<VerifiedToken, Problem> {
    let (headers, proxies) = (&parts.headers, &siwn.0.trusted_proxies);
    let site = siwn.site_of(parts)?;
    site.check_host(headers)?;
    let text = bearer(headers)?.ok_or(Problem::new(Code::NotSignedIn))?;
    let asker = Asker::client_at(proxies.rationed(&parts.extensions, headers));
    verify(siwn, &site, text, uses, asker, &Requester::of(proxies, &parts.extensions, headers)).await
}

async fn verify(
    siwn: &Siwn,
    site: &Served,
    text: &str,
    uses: TokenUse,
    asker: Asker,
    requester: &Requester,
) -> Result<VerifiedToken, Problem> {
    let token: AuthToken = text.parse().map_err(|error| refused(&error))?;
    let policy = Policy::new(site.site().recipient().as_str(), NonceRule::timestamp(OLDEST));
    let signed = policy.check(token, siwn.now()).map_err(|error| refused(&error))?;
    let token = signed.asked_by(asker).confirm(&*siwn.0.chain, site.access).await.map_err(|error| match error {
        VerifyError::Refused(error) => refused(&error),
        VerifyError::Unavailable(error) => LoginError::from(error).into(),
    })?;
    let person = Person::claimed(token.account.account().clone(), token.account.key().cloned()).verified();
    check_rules(siwn, site, requester, person).await?;
    match uses {
        TokenUse::Once => spend(siwn, site, &token).await?,
        TokenUse::WhileGood => {}
    }
    Ok(token)
}

/// The irreversible step, and the last one.
async fn spend(siwn: &Siwn, site: &Served, token: &VerifiedToken) -> Result<(), Problem> {
    let now = siwn.now();
    site.door.token(token.account.account(), now).await?;
    let spent = site.tokens.spend(token, SessionSecret::from_bytes(random()?), now).await;
    spent.map_err(|error| match error {
        SpendError::Refused(SpendRefusal::Blocked(_)) => Problem::new(Code::AccountBlocked),
        SpendError::Refused(refusal) => refused(&refusal),
        SpendError::Unavailable(error) => error.into(),
    })
}

fn refused(error: &dyn std::error::Error) -> Problem {
    Problem::new(Code::TokenRefused).because(error)
}
