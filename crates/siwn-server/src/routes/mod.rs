//! The routes of the documentation, one file each.

mod initiate;
mod logout;
mod session;
mod verify;

use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, get, post};
use http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderName, HeaderValue, Method};
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::problem::{Code, Problem};
use crate::siwn::Siwn;
use crate::{caller, observe};

/// How long a browser remembers what other sites' pages may do.
const PREFLIGHT_LIFETIME: Duration = Duration::from_mins(10);
const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

impl Siwn {
    /// The routes under `/api/auth/` and `/login`, to be merged into an application's router.
    ///
    /// They bring no fallback and put no layer on anything else.
    pub fn routes<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        self.unobserved_routes().layer(from_fn_with_state(self.clone(), observe::request))
    }

    pub(crate) fn unobserved_routes<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        // The published client example begins a login with GET; nothing is stored, so that both are safe.
        Router::new()
            .route("/api/auth/initiate-login", only(post(initiate::handle).get(initiate::handle)))
            .route("/api/auth/verify-login", only(post(verify::handle)))
            .route("/api/auth/session", only(get(session::handle)))
            .route("/api/auth/logout", only(post(logout::handle)))
            .layer(from_fn_with_state(self.clone(), guard))
            .layer(self.cors())
            .merge(self.pages())
            .with_state(self.clone())
    }

    fn cors(&self) -> CorsLayer {
        let siwn = self.clone();
        let allowed =
            move |origin: &HeaderValue, _: &_| origin.to_str().is_ok_and(|origin| siwn.0.login.site().allows_origin(origin));
        CorsLayer::new()
            .allow_origin(AllowOrigin::predicate(allowed))
            .allow_credentials(true)
            .allow_methods([Method::GET, Method::POST])
            .allow_headers([CONTENT_TYPE, AUTHORIZATION])
            .max_age(PREFLIGHT_LIFETIME)
            .expose_headers([RETRY_AFTER, X_REQUEST_ID])
    }
}

fn only(methods: MethodRouter<Siwn>) -> MethodRouter<Siwn> {
    methods.fallback(async || Problem::new(Code::MethodNotAllowed))
}

/// What holds for every answer of these routes: on plain http the host is this machine, and nothing is kept on the way.
async fn guard(State(siwn): State<Siwn>, request: Request, next: Next) -> Response {
    let mut response = match siwn.check_host(request.headers()) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    };
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

impl Siwn {
    pub(crate) fn check_host(&self, headers: &http::HeaderMap) -> Result<(), Problem> {
        match self.0.login.site().plain_origin() {
            Some(own) => caller::check_plain_host(headers, own),
            None => Ok(()),
        }
    }
}
