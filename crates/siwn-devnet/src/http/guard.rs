//! Who may talk to the devnet: programs and pages of this machine.

use axum::body::HttpBody as _;
use axum::extract::Request;
use axum::http::header::{CONTENT_TYPE, HOST, ORIGIN};
use axum::http::{HeaderMap, Method, uri::Authority};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use crate::http::error::ControlError;

pub(crate) async fn check(request: Request, next: Next) -> Response {
    match judge(&request) {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    }
}

fn judge(request: &Request) -> Result<(), ControlError> {
    let headers = request.headers();
    // A name that points here from elsewhere (DNS rebinding) shows in the host. HTTP/2 has it in the address.
    let host = match only(headers, HOST.as_str())? {
        Some(host) => host,
        None => request.uri().authority().map(Authority::as_str).ok_or(ControlError::Host)?,
    };
    if !is_loopback(host) {
        return Err(ControlError::Host);
    }
    if !matches!(only(headers, "sec-fetch-site")?, None | Some("same-origin" | "none")) {
        return Err(ControlError::CrossSite);
    }
    if only(headers, ORIGIN.as_str())?.is_some_and(|origin| !is_loopback_origin(origin)) {
        return Err(ControlError::CrossSite);
    }
    // Pages elsewhere can post forms without being asked, but no JSON.
    let has_body = request.method() == Method::POST || !request.body().is_end_stream();
    if has_body && !only(headers, CONTENT_TYPE.as_str())?.is_some_and(is_json) {
        return Err(ControlError::NotJson);
    }
    Ok(())
}

/// The header's value, if it is there once; what is there twice means one thing to one reader and another to the next.
fn only<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, ControlError> {
    let refusal = match name {
        "host" => ControlError::Host,
        "content-type" => ControlError::NotJson,
        _ => ControlError::CrossSite,
    };
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| refusal),
        (Some(_), Some(_)) => Err(refusal),
    }
}

/// Whether `authority` is this machine's: a loopback name, perhaps with a port.
fn is_loopback(authority: &str) -> bool {
    ["localhost", "127.0.0.1", "[::1]"].iter().any(|name| {
        let port = authority.strip_prefix(name);
        port.is_some_and(|port| port.is_empty() || port.strip_prefix(':').is_some_and(|digits| digits.parse::<u16>().is_ok()))
    })
}

fn is_loopback_origin(origin: &str) -> bool {
    ["http://", "https://"].iter().any(|scheme| origin.strip_prefix(scheme).is_some_and(is_loopback))
}

fn is_json(content_type: &str) -> bool {
    let essence = content_type.split_once(';').map_or(content_type, |(essence, _)| essence);
    essence.trim().eq_ignore_ascii_case("application/json")
}
