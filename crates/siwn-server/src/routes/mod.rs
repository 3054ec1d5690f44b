//! The routes of the documentation, one file each.

pub(crate) mod forward;
pub(crate) mod initiate;
mod jwks;
mod logout;
mod pages;
pub(crate) mod session;
pub(crate) mod sessions;
pub(crate) mod token;
pub(crate) mod verify;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, delete, get, post};
use axum::{Extension, Router};
use http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use http::request::Parts;
use http::{HeaderName, HeaderValue, Method};
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::observe;
use crate::problem::{Code, Problem};
use crate::site::Served;
use crate::siwn::Siwn;

/// How long a browser remembers what other sites' pages may do.
const PREFLIGHT_LIFETIME: Duration = Duration::from_mins(10);
const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

impl Siwn {
    /// The routes under `/api/auth/`, to be merged into an application's router.
    ///
    /// They bring no fallback and put no layer on anything else.
    pub fn routes<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        self.unobserved_routes().layer(from_fn_with_state(self.clone(), observe::request))
    }

    /// `/.well-known/jwks.json`, the public keys of tokens, for an application that publishes none of its own there.
    ///
    /// They are at `/api/auth/jwks.json` too, which [`routes`](Self::routes) brings.
    pub fn well_known<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        self.unobserved_well_known().layer(from_fn_with_state(self.clone(), observe::request))
    }

    pub(crate) fn unobserved_well_known<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        jwks::route("/.well-known/jwks.json").with_state(self.clone())
    }

    pub(crate) fn unobserved_routes<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        self.0.sites.paths().into_iter().map(|path| self.routes_under(path)).fold(Router::new(), Router::merge)
    }

    /// The routes of the sites that stand under just this path.
    fn routes_under<S: Clone + Send + Sync + 'static>(&self, path: &str) -> Router<S> {
        let at = |route: &str| format!("{path}{route}");
        // The published client example begins a login with GET; nothing is stored, so that both are safe.
        Router::new()
            .route(&at("/api/auth/initiate-login"), only(post(initiate::handle).get(initiate::handle)))
            .route(&at("/api/auth/verify-login"), only(post(verify::handle)))
            .route(&at("/api/auth/session"), only(get(session::handle)))
            .route(&at("/api/auth/sessions"), only(get(sessions::list).delete(sessions::end_others)))
            .route(&at("/api/auth/sessions/{id}"), only(delete(sessions::end)))
            .route(&at("/api/auth/token"), only(post(token::handle)))
            .route(&at("/api/auth/logout"), only(post(logout::handle)))
            .layer(from_fn(guard))
            .layer(cors())
            .merge(pages::routes(path))
            .layer(from_fn_with_state((self.clone(), Arc::from(path)), select))
            .merge(forward::routes(path))
            .merge(jwks::route(&at("/api/auth/jwks.json")))
            .with_state(self.clone())
    }
}

/// Finds the site that a request is for. Whatever comes after knows it.
async fn select(State((siwn, path)): State<(Siwn, Arc<str>)>, mut request: Request, next: Next) -> Response {
    match siwn.0.sites.at(&path, request.uri(), request.headers()).cloned() {
        Ok(site) => {
            request.extensions_mut().insert(site);
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    }
}

fn cors() -> CorsLayer {
    let allowed = |origin: &HeaderValue, parts: &Parts| {
        let site = parts.extensions.get::<Arc<Served>>();
        site.zip(origin.to_str().ok()).is_some_and(|(site, origin)| site.site().allows_origin(origin))
    };
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(allowed))
        .allow_credentials(true)
        .allow_methods([Method::GET, Method::POST, Method::DELETE])
        .allow_headers([CONTENT_TYPE, AUTHORIZATION])
        .max_age(PREFLIGHT_LIFETIME)
        .expose_headers([RETRY_AFTER, X_REQUEST_ID])
}

fn only(methods: MethodRouter<Siwn>) -> MethodRouter<Siwn> {
    methods.fallback(async || Problem::new(Code::MethodNotAllowed))
}

/// What holds for every answer of these routes: on plain http the host is this machine, and nothing is kept on the way.
async fn guard(Extension(site): Extension<Arc<Served>>, request: Request, next: Next) -> Response {
    let mut response = match site.check_host(request.headers()) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    };
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
