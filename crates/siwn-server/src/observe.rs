//! What operators see of a request: an id, a line in the log, a count.

use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderValue, Method};

use crate::answered::Answered;
use crate::problem::Problem;
use crate::request_id::RequestId;
use crate::requester::Requester;
use crate::siwn::Siwn;

/// What proxies ask for each request.
const FORWARD: &str = "/api/auth/forward";
/// What machines ask for every few seconds.
const PROBES: [&str; 3] = ["/healthz", "/readyz", "/metrics"];
const ROUTES: [&str; 16] = [
    "/api/auth/initiate-login",
    "/api/auth/verify-login",
    "/api/auth/session",
    "/api/auth/sessions",
    "/api/auth/sessions/{id}",
    "/api/auth/token",
    "/api/auth/logout",
    FORWARD,
    "/api/auth/jwks.json",
    "/.well-known/jwks.json",
    "/api/auth/callback",
    "/api/auth/client.js",
    "/api/auth/page/{name}",
    "/api/auth/wallets/{name}",
    "/api/openapi.json",
    "/login",
];

/// Gives the request an id, logs what became of it, and puts the id into the answer.
pub(crate) async fn request(State(siwn): State<Siwn>, mut request: Request, next: Next) -> Response {
    let id = RequestId::random();
    let began = Instant::now();
    let method = known_method(request.method());
    let mut requester = Requester::of(&siwn.0.trusted_proxies, request.extensions(), request.headers());
    requester.id = Some(id.clone());
    let client = requester.client.map(|client| client.to_string());
    request.extensions_mut().insert(requester);
    let route = request.extensions().get::<MatchedPath>().map_or("other", |path| known(path.as_str()));

    let mut response = next.run(request).await;
    let mut reason = None;
    let outcome = match response.extensions_mut().remove::<Problem>() {
        None if method == "OPTIONS" => "preflight",
        None if response.status().is_redirection() => "redirect",
        None => "ok",
        Some(problem) => {
            let code = problem.code.as_str();
            log(&problem, &id, route);
            reason.clone_from(&problem.cause);
            response = with_body_of(&response, problem, &id);
            code
        }
    };
    let took = began.elapsed();
    siwn.0.metrics.count(route, outcome, took);
    let (status, micros) = (response.status().as_u16(), u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
    // The proxy logs each request itself; what is worth a line is an answer that it could do nothing with.
    let is_said_to_proxy = route == FORWARD && [200, 303, 401].contains(&status);
    if is_said_to_proxy || PROBES.contains(&route) {
        tracing::debug!(request_id = id.as_str(), client, method, route, status, outcome, micros, "request");
    } else {
        tracing::info!(request_id = id.as_str(), client, method, route, status, outcome, micros, "request");
    }
    if let Some(tell) = &siwn.0.on_answer {
        tell(&Answered { request_id: id.as_str(), method, route, status, outcome, reason: reason.as_deref() });
    }
    let value = HeaderValue::try_from(id.as_str()).expect("an id is base64url");
    response.headers_mut().insert("x-request-id", value);
    response
}

/// The problem's answer anew, with this request's id, and the headers that layers have put on the first one.
fn with_body_of(first: &Response, problem: Problem, id: &RequestId) -> Response {
    let mut anew = problem.into_response_of(id);
    anew.extensions_mut().remove::<Problem>();
    for (name, value) in first.headers() {
        if !anew.headers().contains_key(name) {
            anew.headers_mut().append(name, value.clone());
        }
    }
    anew
}

/// Causes can hold words of nodes and callers: on one line, in ASCII.
fn log(problem: &Problem, id: &RequestId, route: &'static str) {
    let Some(cause) = &problem.cause else { return };
    let cause = cause.escape_default().to_string();
    if problem.code.status().is_server_error() {
        tracing::warn!(request_id = id.as_str(), route, code = problem.code.as_str(), cause, "could not answer");
    } else {
        tracing::debug!(request_id = id.as_str(), route, code = problem.code.as_str(), cause, "refused");
    }
}

/// The method, if it is one of HTTP's own: a method can be any word of any length.
fn known_method(method: &Method) -> &'static str {
    const METHODS: [&str; 7] = ["GET", "POST", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"];
    METHODS.into_iter().find(|known| method.as_str() == *known).unwrap_or("other")
}

/// The route as a text that lives on: one of ours.
fn known(path: &str) -> &'static str {
    if path.starts_with("/admin/") {
        return "/admin";
    }
    ROUTES.into_iter().chain(PROBES).find(|route| path.ends_with(route)).unwrap_or("other")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_has_a_name_of_its_own_in_log_and_metrics() {
        let openapi: serde_json::Value = serde_json::from_str(include_str!("openapi.json")).unwrap();
        let paths = openapi["paths"].as_object().unwrap();
        assert!(paths.len() > ROUTES.len(), "{}", paths.len());
        for path in paths.keys() {
            let name = if path.starts_with("/admin/") { "/admin" } else { path };
            assert_eq!(known(path), name);
        }
        assert_eq!(known("/wiki/api/auth/token"), "/api/auth/token", "of a site under a path");
        assert_eq!(known("/of/an/application"), "other");
    }
}
