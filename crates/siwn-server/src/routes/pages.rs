//! `GET /login`, the page that wallets' websites send people back to, and the scripts of both and of everybody else's pages.

use std::sync::Arc;

use axum::extract::{Path, Request};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Extension, Router};
use http::{HeaderMap, Uri};

use crate::problem::{Code, Problem};
use crate::site::Served;
use crate::siwn::Siwn;

/// The site that the request is for: it was found on the way here.
type Here = Extension<Arc<Served>>;

pub(super) fn routes(path: &str) -> Router<Siwn> {
    let only_get = async || Problem::new(Code::MethodNotAllowed);
    let at = |route: &str| format!("{path}{route}");
    Router::new()
        .route(&at("/login"), get(login).fallback(only_get))
        .route(&at("/api/auth/callback"), get(callback).fallback(only_get))
        .route(&at("/api/auth/client.js"), get(client).fallback(only_get))
        .route(&at("/api/auth/page/{name}"), get(of_page).fallback(only_get))
        .route(&at("/api/auth/wallets/{name}"), get(of_wallet).fallback(only_get))
        .layer(from_fn(guard))
}

async fn login(Extension(site): Here, uri: Uri, headers: HeaderMap) -> Result<Response, Problem> {
    site.pages.login(&uri, &headers, site.cookies)
}

async fn callback(Extension(site): Here, headers: HeaderMap) -> Result<Response, Problem> {
    site.pages.callback(&headers)
}

async fn client(Extension(site): Here, headers: HeaderMap) -> Response {
    site.pages.assets().client(&headers)
}

async fn of_page(Extension(site): Here, Path(name): Path<String>, headers: HeaderMap) -> Response {
    site.pages.assets().of_page(&name, &headers)
}

async fn of_wallet(Extension(site): Here, Path(name): Path<String>, headers: HeaderMap) -> Response {
    site.pages.assets().of_wallet(&name, &headers)
}

/// On plain http the pages are for names of this machine only.
async fn guard(Extension(site): Here, request: Request, next: Next) -> Response {
    match site.check_host(request.headers()) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}
