//! A wallet that is installed: what an extension does to a page, this server does to its own login page, in browsers that ask for it.

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::header::{CONTENT_LENGTH, CONTENT_SECURITY_POLICY, COOKIE};
use http::{HeaderMap, StatusCode};

/// Set by the page of `siwn dev`: no secret, and nothing but a wish.
const COOKIE_OF_WISH: &str = "siwn-dev-wallet=installed";
const LONGEST_PAGE: usize = 1024 * 1024;
const SCRIPTS: &str = "<script type=\"module\"";

/// Puts the wallet in front of the login page's own scripts.
pub(super) async fn install(request: Request, next: Next) -> Response {
    let is_wanted = request.uri().path() == "/login" && is_wish(request.headers());
    let response = next.run(request).await;
    if !is_wanted || response.status() != StatusCode::OK {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let page = to_bytes(body, LONGEST_PAGE).await.unwrap_or_default();
    let page = String::from_utf8_lossy(&page);
    let page = match nonce(&parts.headers) {
        Some(nonce) => {
            page.replacen(SCRIPTS, &format!("<script nonce=\"{nonce}\" src=\"/_dev/installed.js\"></script>\n{SCRIPTS}"), 1)
        }
        None => page.into_owned(),
    };
    parts.headers.remove(CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(page))
}

fn is_wish(headers: &HeaderMap) -> bool {
    let texts = headers.get_all(COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    texts.flat_map(|text| text.split(';')).any(|cookie| cookie.trim() == COOKIE_OF_WISH)
}

/// What the page's policy allows scripts by.
fn nonce(headers: &HeaderMap) -> Option<&str> {
    let policy = headers.get(CONTENT_SECURITY_POLICY)?.to_str().ok()?;
    let (_, rest) = policy.split_once("'nonce-")?;
    rest.split_once('\'').map(|(nonce, _)| nonce)
}
