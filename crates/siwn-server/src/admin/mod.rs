//! Administration: sessions and accounts, for whoever has the token. On a listener of its own, and nowhere unless it is asked for.

pub(crate) mod accounts;
mod sessions;
mod token;

use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, delete, get, put};
use axum::{Json, Router};
use http::HeaderValue;
use http::header::{AUTHORIZATION, CACHE_CONTROL, WWW_AUTHENTICATE};
use serde::Serialize;

pub use token::{AdminToken, AdminTokenError};

use crate::observe;
use crate::problem::{Code, Problem};
use crate::siwn::Siwn;

/// The administration as one router, for a listener of its own that only operators reach. Every request needs the token.
///
/// ```
/// use siwn_server::{AdminToken, Siwn, admin};
///
/// let siwn = Siwn::builder("app.example").build()?;
/// let token: AdminToken = "a text of 32 or more characters".repeat(2).replace(' ', "-").parse()?;
/// let router = admin(&siwn, token); // siwn_server::serve(vec![listener], router, stop)
/// # let _ = router;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn admin(siwn: &Siwn, token: AdminToken) -> Router {
    Router::new()
        .route("/admin/counts", only(get(counts)))
        .route("/admin/accounts/{account}", only(get(accounts::show)))
        .route("/admin/accounts/{account}/sessions", only(delete(accounts::end_all)))
        .route("/admin/accounts/{account}/block", only(put(accounts::block).delete(accounts::unblock)))
        .route("/admin/accounts/{account}/keys/{key}", only(put(accounts::accept_key)))
        .route("/admin/sessions/{id}", only(delete(sessions::end)))
        .fallback(async || Problem::new(Code::NotFound))
        .layer(from_fn_with_state(token, guard))
        .layer(from_fn_with_state(siwn.clone(), observe::request))
        .with_state(siwn.clone())
}

fn only(methods: MethodRouter<Siwn>) -> MethodRouter<Siwn> {
    methods.fallback(async || Problem::new(Code::MethodNotAllowed))
}

/// Nobody without the token learns anything, not even which addresses there are.
async fn guard(State(token): State<AdminToken>, request: Request, next: Next) -> Response {
    let mut values = request.headers().get_all(AUTHORIZATION).into_iter();
    let is_known = match (values.next(), values.next()) {
        (Some(value), None) => value.as_bytes().strip_prefix(b"Bearer ").is_some_and(|sent| token.is(sent)),
        _ => false,
    };
    let mut response = if is_known {
        next.run(request).await
    } else {
        let mut response = Problem::new(Code::AdminTokenRefused).into_response();
        response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        response
    };
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Counts {
    /// Sessions that are alive.
    sessions: u64,
    /// Accounts that have one.
    accounts: u64,
}

async fn counts(State(siwn): State<Siwn>) -> Result<Response, Problem> {
    let siwn::Counts { sessions, accounts } = siwn.0.store.counts().await?;
    Ok(Json(Counts { sessions, accounts }).into_response())
}
