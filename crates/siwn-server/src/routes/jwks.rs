//! The public keys of tokens, for everybody.

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method};
use tower_http::cors::{Any, CorsLayer};

use super::only;
use crate::problem::Problem;
use crate::siwn::Siwn;
use crate::tokens;

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// The keys at `path`. What stands in them is for everybody, wherever his page came from.
pub(super) fn route(path: &str) -> Router<Siwn> {
    let everybody = CorsLayer::new().allow_origin(Any).allow_methods([Method::GET, Method::HEAD]);
    Router::new().route(path, only(get(handle))).layer(everybody)
}

async fn handle(State(siwn): State<Siwn>, headers: HeaderMap) -> Result<Response, Problem> {
    siwn.0.sites.check_host(&headers)?;
    let jwks = siwn.0.tokens.jwks(siwn.now()).await?;
    Ok(([(CONTENT_TYPE, JSON), (CACHE_CONTROL, tokens::jwks_cache_control())], jwks).into_response())
}
