//! A browser without a window, in front of an application's router.

use std::collections::BTreeMap;

use axum::Router;
use axum::body::Body;
use http::header::{CONTENT_TYPE, COOKIE, HOST, SET_COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use siwn::{Nonce, TokenRequest};
use siwn_devnet::TestAccount;
use tower::ServiceExt as _;

/// Somebody's browser: it goes to pages, keeps cookies, follows no redirect, and signs in by the application's own routes.
#[derive(Clone, Debug)]
pub struct TestBrowser {
    app: Router,
    host: String,
    cookies: BTreeMap<String, String>,
}

impl TestBrowser {
    /// A browser that knows nobody yet, at `localhost`.
    #[must_use]
    pub fn new(app: Router) -> Self {
        Self::at("localhost", app)
    }

    /// A browser that knows nobody yet, at a host: where there are several sites, its name says which one it is.
    #[must_use]
    pub fn at(host: &str, app: Router) -> Self {
        Self { app, host: host.to_owned(), cookies: BTreeMap::new() }
    }

    /// Goes to a page, as somebody does who follows a link of the same site.
    pub async fn get(&mut self, path: &str) -> Response<String> {
        let request = Request::get(path).header("sec-fetch-mode", "navigate");
        self.send(request.body(Body::empty()).expect("a path")).await
    }

    /// Posts JSON, as a script of the same site's page does.
    pub async fn post(&mut self, path: &str, body: &Value) -> Response<String> {
        let request = Request::post(path).header("sec-fetch-mode", "same-origin").header(CONTENT_TYPE, "application/json");
        self.send(request.body(body.to_string().into()).expect("a path")).await
    }

    /// Sends any request, with the cookies. What it does not say of where it comes from is said for a page of the same site.
    ///
    /// # Panics
    ///
    /// Where the answer's body is no text.
    pub async fn send(&mut self, mut request: Request<Body>) -> Response<String> {
        let headers = request.headers_mut();
        complete(headers, HOST, &self.host);
        complete(headers, HeaderName::from_static("sec-fetch-site"), "same-origin");
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() {
            complete(headers, COOKIE, &cookies.join("; "));
        }
        let Ok(response) = self.app.clone().oneshot(request).await;
        let (parts, body) = response.into_parts();
        self.keep(&parts.headers);
        let body = body.collect().await.expect("the answer's body comes to its end").to_bytes();
        Response::from_parts(parts, String::from_utf8(body.to_vec()).expect("the answer's body is text"))
    }

    /// Signs in by a whole login: a challenge, the wallet's signature, a session in a cookie.
    ///
    /// # Panics
    ///
    /// With the server's answer, where it lets the account not in; [`try_sign_in`](Self::try_sign_in) answers it.
    pub async fn sign_in(&mut self, account: &TestAccount) {
        let answer = self.try_sign_in(account).await;
        assert!(answer.status().is_success(), "{} is not let in: {} {}", account.name, answer.status(), answer.body());
    }

    /// The same, and what the server says to it.
    pub async fn try_sign_in(&mut self, account: &TestAccount) -> Response<String> {
        let challenge = self.post("/api/auth/initiate-login", &json!({})).await;
        if !challenge.status().is_success() {
            return challenge;
        }
        let token = signed(challenge.body(), account).expect("a challenge has message, recipient, nonce and state");
        self.post("/api/auth/verify-login", &json!({ "authToken": token })).await
    }

    /// Keeps the cookies that an answer sets, and drops those that it takes back.
    fn keep(&mut self, headers: &HeaderMap) {
        for value in headers.get_all(SET_COOKIE).into_iter().filter_map(|value| value.to_str().ok()) {
            let (pair, attributes) = value.split_once(';').unwrap_or((value, ""));
            let Some((name, value)) = pair.split_once('=') else { continue };
            if attributes.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}

fn complete(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    let value = HeaderValue::from_str(value).expect("hosts and cookies are printable");
    headers.entry(name).or_insert(value);
}

/// What the wallet makes of a challenge.
fn signed(challenge: &str, account: &TestAccount) -> Option<String> {
    let challenge: Value = serde_json::from_str(challenge).ok()?;
    let text = |member: &str| challenge[member].as_str().map(str::to_owned);
    let numbers: Vec<u64> = serde_json::from_value(challenge["nonce"].clone()).ok()?;
    let request = TokenRequest {
        message: text("message")?,
        recipient: text("recipient")?,
        nonce: Nonce::from_numbers(&numbers).ok()?,
        callback_url: None,
        state: text("state"),
    };
    let answer = account.sign(&request.payload());
    Some(request.into_token(answer).ok()?.encode())
}
