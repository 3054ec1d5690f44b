//! The administration over HTTP: nobody without the token, and what whoever has it can do.

#![expect(clippy::unwrap_used, reason = "these are tests")]

mod support;

use axum::Router;
use axum::body::Body;
use http::{Method, Request, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use siwn::PrivateKey;
use siwn_server::{SiteBuilder, admin, app};
use support::{Answer, Server, key, other_key, request, sign_as};
use tower::ServiceExt as _;

const TOKEN: &str = "0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f";
const VERIFY: &str = "/api/auth/verify-login";

struct Administered {
    server: Server,
    administration: Router,
}

impl Administered {
    fn new() -> Self {
        Self::of(Server::with(|builder| builder.refuse_new_keys().site(SiteBuilder::new("shop.example"))))
    }

    fn of(server: Server) -> Self {
        let administration = admin(&server.siwn, TOKEN.parse().unwrap());
        Self { server, administration }
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.administration.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Answer { status: parts.status, headers: parts.headers, body: String::from_utf8(body.to_vec()).unwrap() }
    }

    async fn ask(&self, method: Method, path: &str) -> Answer {
        self.send(request(method, path, &[("authorization", &format!("Bearer {TOKEN}"))], "")).await
    }

    async fn sign_in(&self, host: &str, account: &str, key: &PrivateKey) -> Answer {
        let challenge = self.server.challenge(&[("host", host)]).await.json();
        let body = json!({ "authToken": sign_as(account, &challenge, key), "session": "bearer" });
        self.server.post(VERIFY, &[("host", host), ("user-agent", "a browser")], &body).await
    }

    /// The bearer token of a session that is opened.
    async fn session(&self, host: &str, account: &str) -> String {
        let answer = self.sign_in(host, account, &key()).await.json();
        format!("Bearer {}", answer["token"].as_str().unwrap())
    }

    async fn is_alive(&self, host: &str, bearer: &str) -> bool {
        let answer = self.server.get("/api/auth/session", &[("host", host), ("authorization", bearer)]).await;
        answer.status == StatusCode::OK
    }
}

#[tokio::test]
async fn nobody_without_the_token_learns_anything() {
    let here = Administered::new();
    let wrong = [
        vec![],
        vec![("authorization", "Bearer 0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0e")],
        vec![("authorization", TOKEN)],
        vec![("authorization", "Bearer ")],
        vec![("authorization", "Bearer 0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f"), ("authorization", "Bearer x")],
        vec![("cookie", "admin_token=0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f")],
    ];
    for headers in wrong {
        for path in
            ["/admin/counts", "/admin/nothing", "/admin/accounts/Alice", "/admin/counts?token=0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f"]
        {
            let answer = here.send(request(Method::GET, path, &headers, "")).await;
            assert_eq!((answer.status, answer.error().as_str()), (StatusCode::UNAUTHORIZED, "admin_token_refused"), "{headers:?}");
        }
    }
}

#[tokio::test]
async fn the_server_itself_has_no_administration() {
    let here = Administered::new();
    let app = app(&here.server.siwn);
    let headers = [("authorization", "Bearer 0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f"), ("host", "app.example")];
    let response = app.oneshot(request(Method::GET, "/admin/counts", &headers, "")).await.unwrap();
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_account_is_shown_with_its_sessions_at_all_sites_and_they_are_counted() {
    let here = Administered::new();
    here.session("app.example", "alice.near").await;
    here.session("shop.example", "alice.near").await;
    here.session("app.example", "bob.near").await;
    let shown = here.ask(Method::GET, "/admin/accounts/alice.near").await.json();
    assert_eq!((&shown["accountId"], &shown["blocked"]), (&json!("alice.near"), &json!(false)));
    let mut sites: Vec<_> = shown["sessions"].as_array().unwrap().iter().map(|session| session["recipient"].to_string()).collect();
    sites.sort();
    assert_eq!(sites, ["\"app.example\"", "\"shop.example\""]);
    let session = &shown["sessions"][0];
    assert_eq!((&session["client"], &session["lastSeenAt"]), (&json!("a browser"), &json!("2025-10-09T08:53:20.000Z")));
    assert_eq!(here.ask(Method::GET, "/admin/counts").await.json(), json!({ "sessions": 3, "accounts": 2 }));
    let nobody = here.ask(Method::GET, "/admin/accounts/nobody.near").await.json();
    assert_eq!(nobody["sessions"], Value::Array(Vec::new()));
}

#[tokio::test]
async fn one_session_or_all_of_an_account_are_ended() {
    let here = Administered::new();
    let (app, shop) = (here.session("app.example", "alice.near").await, here.session("shop.example", "alice.near").await);
    let bob = here.session("app.example", "bob.near").await;
    let shown = here.ask(Method::GET, "/admin/accounts/alice.near").await.json();
    let at_shop = shown["sessions"].as_array().unwrap().iter().find(|session| session["recipient"] == "shop.example").unwrap();
    let path = format!("/admin/sessions/{}", at_shop["id"].as_str().unwrap());
    assert_eq!(here.ask(Method::DELETE, &path).await.status, StatusCode::NO_CONTENT);
    assert!(!here.is_alive("shop.example", &shop).await && here.is_alive("app.example", &app).await);
    assert_eq!(here.ask(Method::DELETE, &path).await.error(), "session_unknown", "it is over");
    assert_eq!(here.ask(Method::DELETE, "/admin/accounts/alice.near/sessions").await.status, StatusCode::NO_CONTENT);
    assert!(!here.is_alive("app.example", &app).await && here.is_alive("app.example", &bob).await);
    assert!(here.is_alive("app.example", &here.session("app.example", "alice.near").await).await, "it may sign in again");
}

#[tokio::test]
async fn a_blocked_account_has_no_sessions_until_it_is_let_in_again() {
    let here = Administered::new();
    let before = here.session("app.example", "alice.near").await;
    for _ in 0..2 {
        assert_eq!(here.ask(Method::PUT, "/admin/accounts/alice.near/block").await.status, StatusCode::NO_CONTENT);
    }
    assert!(!here.is_alive("app.example", &before).await);
    assert_eq!(here.ask(Method::GET, "/admin/accounts/alice.near").await.json()["blocked"], true);
    for host in ["app.example", "shop.example"] {
        assert_eq!(here.sign_in(host, "alice.near", &key()).await.error(), "account_blocked");
    }
    assert_eq!(here.ask(Method::DELETE, "/admin/accounts/alice.near/block").await.status, StatusCode::NO_CONTENT);
    assert!(!here.is_alive("app.example", &before).await, "what was ended stays ended");
    assert!(here.is_alive("app.example", &here.session("app.example", "alice.near").await).await);
}

#[tokio::test]
async fn a_new_key_is_let_in_once_the_operator_accepts_it() {
    let here = Administered::new();
    here.session("app.example", "alice.near").await;
    let new = other_key();
    assert_eq!(here.sign_in("app.example", "alice.near", &new).await.error(), "key_new");
    let path = format!("/admin/accounts/alice.near/keys/{}", new.public_key());
    assert_eq!(here.ask(Method::PUT, &path).await.status, StatusCode::NO_CONTENT);
    assert_eq!(here.sign_in("app.example", "alice.near", &new).await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_cannot_be_is_told_in_the_shape_of_every_problem() {
    let here = Administered::new();
    for (method, path, code) in [
        (Method::GET, "/admin/accounts/Alice", "account_malformed"),
        (Method::PUT, "/admin/accounts/a%ff/block", "account_malformed"),
        (Method::PUT, "/admin/accounts/alice.near/keys/junk", "account_malformed"),
        (Method::DELETE, "/admin/sessions/junk", "session_unknown"),
        (Method::POST, "/admin/counts", "method_not_allowed"),
        (Method::GET, "/api/auth/session", "not_found"),
    ] {
        assert_eq!(here.ask(method.clone(), path).await.error(), code, "{method} {path}");
    }
}
