//! `GET /api/auth/forward`: whether a reverse proxy may let a request pass, and whose it is.
//!
//! Every identity header is in every answer, empty where there is nothing to say, so that a proxy which copies them leaves nothing that
//! a client has sent in their place.

mod credentials;
mod original;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use http::header::{AUTHORIZATION, CACHE_CONTROL, COOKIE, LOCATION};
use http::request::Parts;
use http::{HeaderName, HeaderValue, StatusCode};
use siwn::Session;

use self::original::Original;
use super::only;
use crate::extract::{is_navigation, look, to_login};
use crate::problem::{Code, Problem};
use crate::site::Served;
use crate::siwn::Siwn;

const REMOTE_USER: HeaderName = HeaderName::from_static("remote-user");
const X_SIWN_ACCOUNT: HeaderName = HeaderName::from_static("x-siwn-account");
const X_SIWN_KEY: HeaderName = HeaderName::from_static("x-siwn-key");
const X_SIWN_NETWORK: HeaderName = HeaderName::from_static("x-siwn-network");
const X_SIWN_IDENTITY: HeaderName = HeaderName::from_static("x-siwn-identity");
/// Where a browser signs in, for a proxy that cannot hand a redirect on.
const X_SIWN_LOGIN: HeaderName = HeaderName::from_static("x-siwn-login");
const ALWAYS: [HeaderName; 6] = [REMOTE_USER, X_SIWN_ACCOUNT, X_SIWN_KEY, X_SIWN_NETWORK, X_SIWN_IDENTITY, X_SIWN_LOGIN];

/// What a browser is answered that is not signed in, said in the address that the proxy asks.
const REDIRECT: &str = "redirect=true";

pub(super) fn routes(path: &str) -> Router<Siwn> {
    let own: Arc<str> = path.into();
    let handle = get(async move |State(siwn): State<Siwn>, request: Request| handle(&siwn, &own, request).await);
    Router::new().route(&format!("{path}/api/auth/forward"), only(handle))
}

async fn handle(siwn: &Siwn, path: &str, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let mut response = match may_ask(siwn, path, &parts) {
        Ok((site, original)) => match visitor(siwn, &site, &original, &parts).await {
            Ok(visitor) => visitor,
            Err(problem) => refusal(problem, &site, &original, &parts),
        },
        Err(problem) => problem.into_response(),
    };
    let headers = response.headers_mut();
    for name in ALWAYS {
        headers.entry(name).or_insert(HeaderValue::from_static(""));
    }
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Only proxies that are trusted: what they say of the request decides.
fn may_ask(siwn: &Siwn, path: &str, parts: &Parts) -> Result<(Arc<Served>, Original), Problem> {
    if !siwn.0.trusted_proxies.sent(&parts.extensions) {
        return Err(Problem::new(Code::ProxyUnknown));
    }
    let site = siwn.0.sites.behind_proxy(path, &parts.uri, &parts.headers)?;
    let original = Original::of(&parts.headers).ok_or(Problem::new(Code::OriginalMissing))?;
    Ok((Arc::clone(site), original))
}

/// Who sent the request, as the application is told.
async fn visitor(siwn: &Siwn, site: &Arc<Served>, original: &Original, parts: &Parts) -> Result<Response, Problem> {
    original.check_caller(&parts.headers, site.site())?;
    let token = credentials::session(site.cookies, &parts.headers)?.ok_or(Problem::new(Code::NotSignedIn))?;
    let session = look(siwn, site, &site.forwarded, &token, parts).await?;
    let identity = siwn.0.identities.token(&siwn.0.tokens, site.issuer(), &session, siwn.now()).await?;
    let mut response = StatusCode::OK.into_response();
    let headers = response.headers_mut();
    headers.insert(REMOTE_USER, text(session.account.as_str()));
    headers.insert(X_SIWN_ACCOUNT, text(session.account.as_str()));
    headers.insert(X_SIWN_KEY, text(&key(&session)));
    headers.insert(X_SIWN_NETWORK, text(&siwn.0.network));
    headers.insert(X_SIWN_IDENTITY, identity);
    if credentials::are_to_be_stripped(&parts.headers) {
        headers.insert(COOKIE, credentials::cookies_of_others(&parts.headers));
        headers.insert(AUTHORIZATION, credentials::authorization_of_others(&parts.headers));
    }
    Ok(response)
}

/// A browser that is on its way to a page is shown the way to the login page, and back.
fn refusal(problem: Problem, site: &Served, original: &Original, parts: &Parts) -> Response {
    if problem.code.status() != StatusCode::UNAUTHORIZED || !is_navigation(&original.method, &parts.headers) {
        return problem.into_response();
    }
    let login = to_login(site, &original.return_to(site));
    if parts.uri.query() == Some(REDIRECT) {
        return login;
    }
    let mut response = problem.into_response();
    if let Some(address) = login.headers().get(LOCATION) {
        response.headers_mut().insert(X_SIWN_LOGIN, address.clone());
    }
    response
}

/// None where a contract answered for the account; a key that is too long for a header by its handle.
fn key(session: &Session) -> String {
    session.key.as_ref().map(siwn::PublicKey::handle).unwrap_or_default()
}

/// What is written from parsed accounts, keys and networks is printable.
fn text(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static(""))
}
