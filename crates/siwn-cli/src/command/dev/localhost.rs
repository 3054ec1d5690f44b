//! One name for this machine: cookies of `127.0.0.1` never reach a page on `localhost`.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Redirect, Response};
use http::header::HOST;
use http::{HeaderMap, Method};

/// Sends whoever opens a page by an address to the same page by name. Requests of programs are answered where they arrive.
pub(super) async fn by_name(State(public_url): State<Arc<str>>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    let is_page = ["/", "/login"].contains(&request.uri().path()) && request.method() == Method::GET;
    // A front end that hands these pages on has a name of its own.
    if is_page && is_by_address(headers) && is_navigation(headers) && !headers.contains_key("x-forwarded-host") {
        let rest = request.uri().path_and_query().map_or("/", |rest| rest.as_str());
        return Redirect::temporary(&format!("{public_url}{rest}")).into_response();
    }
    next.run(request).await
}

fn is_by_address(headers: &HeaderMap) -> bool {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    ["127.0.0.1", "[::1]"]
        .iter()
        .any(|address| host.strip_prefix(address).is_some_and(|port| port.is_empty() || port.starts_with(':')))
}

fn is_navigation(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-mode").is_some_and(|mode| mode == "navigate")
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn addresses_of_this_machine_are_told_from_names() {
        let by_address = |host: &'static str| is_by_address(&[(HOST, HeaderValue::from_static(host))].into_iter().collect());
        assert!(["127.0.0.1", "127.0.0.1:8080", "[::1]:8080"].into_iter().all(by_address));
        assert!(!["localhost:8080", "127.0.0.10:8080", "127.0.0.1.app.example", ""].into_iter().any(by_address));
    }
}
