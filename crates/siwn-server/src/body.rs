//! Request bodies: JSON or nothing, at most 64 KiB, within ten seconds.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, Request};
use http_body_util::LengthLimitError;
use serde::de::DeserializeOwned;

use crate::problem::{Code, Problem};

/// The largest body, in bytes.
const LARGEST: usize = 64 * 1024;
/// How long a body may take to arrive.
const SLOWEST: Duration = Duration::from_secs(10);

/// The JSON object in the body, or `None` where the body is empty.
pub(crate) async fn json<T: DeserializeOwned>(request: Request<Body>) -> Result<Option<T>, Problem> {
    let (parts, body) = request.into_parts();
    // Refused by its announced size before any of it is read.
    let announced = parts.headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > LARGEST as u64) {
        return Err(Problem::new(Code::TooLarge));
    }
    let read = tokio::time::timeout(SLOWEST, to_bytes(body, LARGEST)).await.map_err(|_| Problem::new(Code::TimedOut))?;
    let bytes = read.map_err(|error| {
        let is_too_large = std::error::Error::source(&error).is_some_and(<dyn std::error::Error>::is::<LengthLimitError>);
        Problem::new(if is_too_large { Code::TooLarge } else { Code::Malformed })
    })?;
    if bytes.is_empty() {
        return Ok(None);
    }
    if !is_json(&parts.headers) {
        return Err(Problem::new(Code::NotJson));
    }
    // An array would be read as a structure's members in their order.
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        return Err(Problem::new(Code::Malformed));
    }
    // The parser's own words quote the body; they are not repeated.
    serde_json::from_slice(&bytes).map(Some).map_err(|_| Problem::new(Code::Malformed))
}

/// `application/json`, with or without parameters. Types that a form can send, or that no preflight asks for, are not it.
fn is_json(headers: &HeaderMap) -> bool {
    let mut types = headers.get_all(CONTENT_TYPE).into_iter();
    let (Some(one), None) = (types.next(), types.next()) else { return false };
    let essence = one.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
    essence.trim_matches([' ', '\t']).eq_ignore_ascii_case("application/json")
}
