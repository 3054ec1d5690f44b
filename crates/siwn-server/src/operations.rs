//! For operators: is it alive, is it ready, what did it do. And the whole application.

use std::collections::BTreeMap;

use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde::Serialize;

use crate::observe;
use crate::problem::{Code, Problem};
use crate::siwn::Siwn;

const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The whole login server as one router: the routes, the operations, and an answer for every other address.
pub fn app(siwn: &Siwn) -> Router {
    app_with(siwn, Router::new())
}

/// The same with further routes, which are guarded as the server's own: on plain http for names of this machine only.
pub fn app_with(siwn: &Siwn, further: Router) -> Router {
    siwn.unobserved_routes()
        .merge(siwn.unobserved_well_known())
        .merge(siwn.operations())
        .merge(further)
        .fallback(async || Problem::new(Code::NotFound))
        .method_not_allowed_fallback(async || Problem::new(Code::MethodNotAllowed))
        .layer(from_fn_with_state(siwn.clone(), check_host))
        .layer(from_fn_with_state(siwn.clone(), observe::request))
}

/// On plain http every address of this server is for names of this machine only.
async fn check_host(State(siwn): State<Siwn>, request: Request, next: Next) -> Response {
    match siwn.0.sites.check_host(request.headers()) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

impl Siwn {
    /// `/healthz`, `/readyz`, `/metrics` and `/api/openapi.json`, for an application that wants them.
    pub fn operations<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        Router::new()
            .route("/healthz", get(async || "ok\n"))
            .route("/readyz", get(ready))
            .route("/metrics", get(metrics))
            .route("/api/openapi.json", get(openapi))
            .with_state(self.clone())
    }

    /// Finds out whether sessions could be opened now, within five seconds, and remembers it for `/readyz`.
    ///
    /// Costs one write. Whoever runs a server calls it every few seconds.
    pub async fn check_store(&self) {
        self.0.store_state.look(&*self.0.store).await;
    }

    /// Everything that must work before requests are sent here, and what is to be said of it, or what is wrong with it.
    fn readiness(&self) -> BTreeMap<&str, Result<String, String>> {
        let store = ("store", self.0.store_state.said(&*self.0.store));
        let stopping = self.is_stopping().then(|| ("server", Err("stopping".into())));
        let parts = self.0.ready.iter().map(|part| (part.name, (part.check)()));
        [store].into_iter().chain(parts).chain(stopping).collect()
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Readiness<'a> {
    /// Whether all checks are good.
    ready: bool,
    /// What each check found, in words.
    checks: BTreeMap<&'a str, String>,
}

async fn ready(State(siwn): State<Siwn>) -> Response {
    let checks = siwn.readiness();
    let ready = checks.values().all(Result::is_ok);
    let checks = checks.into_iter().map(|(name, check)| (name, check.unwrap_or_else(|reason| reason))).collect();
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(Readiness { ready, checks })).into_response()
}

async fn metrics(State(siwn): State<Siwn>) -> Response {
    ([(CONTENT_TYPE, OPENMETRICS)], siwn.0.metrics.render()).into_response()
}

async fn openapi() -> Response {
    ([(CONTENT_TYPE, "application/json")], include_str!("openapi.json")).into_response()
}
