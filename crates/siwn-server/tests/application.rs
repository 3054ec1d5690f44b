//! The library inside of somebody's application: merged routes, both extractors, the tools for his tests.

#![expect(clippy::unwrap_used, reason = "these are tests")]

use axum::Router;
use axum::body::Body;
use axum::extract::FromRef;
use axum::routing::{get, post};
use http::{Method, Request, StatusCode};
use http_body_util::BodyExt as _;
use siwn::{AccountRules, KeySigner, KeyType, Nonce, PrivateKey, TokenRequest, UnixMillis};
use siwn_server::test_util::{TestClock, test_site};
use siwn_server::{BearerToken, SignedIn, Siwn};
use tower::ServiceExt as _;

const NOW: UnixMillis = UnixMillis::new(1_790_000_000_000);

/// An application's own state, of which ours is a part.
#[derive(Clone)]
struct AppState {
    siwn: Siwn,
    greeting: &'static str,
}

impl FromRef<AppState> for Siwn {
    fn from_ref(state: &AppState) -> Self {
        state.siwn.clone()
    }
}

async fn me(axum::extract::State(state): axum::extract::State<AppState>, user: SignedIn) -> String {
    format!("{}, {} ({})", state.greeting, user.account(), user.key().unwrap().key_type())
}

async fn order(BearerToken(token): BearerToken) -> String {
    format!("{}: {}", token.account.account(), token.message)
}

fn application() -> (Router, Siwn, TestClock) {
    let clock = TestClock::at(NOW);
    let siwn = test_site("app.example", &clock);
    let router = Router::new()
        .route("/me", get(me).post(me))
        .route("/order", get(order))
        .route("/own", post(async || "own"))
        .merge(siwn.routes())
        .fallback(async || (StatusCode::NOT_FOUND, "the application's own words"))
        .with_state(AppState { siwn: siwn.clone(), greeting: "Hello" });
    (router, siwn, clock)
}

async fn send(router: &Router, method: Method, path: &str, headers: &[(&str, &str)]) -> (StatusCode, String) {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn a_protected_route_knows_who_is_signed_in() {
    let (router, siwn, _) = application();
    let bearer = format!("Bearer {}", siwn.sign_in_as("alice.near").await);
    let cookie = siwn.cookie_as("bob.near").await;
    let answer = send(&router, Method::GET, "/me", &[("authorization", &bearer)]).await;
    assert_eq!(answer, (StatusCode::OK, "Hello, alice.near (ed25519)".into()));
    let answer = send(&router, Method::GET, "/me", &[("cookie", &cookie)]).await;
    assert_eq!(answer, (StatusCode::OK, "Hello, bob.near (ed25519)".into()));
    let (status, body) = send(&router, Method::GET, "/me", &[]).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert!(body.contains("\"error\":\"not_signed_in\""), "{body}");
}

#[tokio::test]
async fn a_foreign_page_cannot_act_for_somebody_who_is_signed_in() {
    let (router, siwn, _) = application();
    let cookie = siwn.cookie_as("bob.near").await;
    let foreign = [("cookie", cookie.as_str()), ("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")];
    let (status, body) = send(&router, Method::POST, "/me", &foreign).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert!(body.contains("origin_not_allowed"), "{body}");
    let own = [("cookie", cookie.as_str()), ("sec-fetch-site", "same-origin"), ("origin", "https://app.example")];
    assert_eq!(send(&router, Method::POST, "/me", &own).await.0, StatusCode::OK);
}

#[tokio::test]
async fn the_applications_own_routes_and_fallback_stay_as_they_are() {
    let (router, _, _) = application();
    assert_eq!(send(&router, Method::GET, "/nothing", &[]).await, (StatusCode::NOT_FOUND, "the application's own words".into()));
    let foreign = [("origin", "https://evil.example")];
    assert_eq!(send(&router, Method::POST, "/own", &foreign).await, (StatusCode::OK, "own".into()));
}

fn basic_token(recipient: &str, made_at: UnixMillis) -> String {
    let signer = KeySigner::new("alice.near".parse().unwrap(), PrivateKey::from_seed(KeyType::Ed25519, [7; 32]).unwrap());
    let request = TokenRequest {
        message: "ship it".into(),
        recipient: recipient.into(),
        nonce: Nonce::timestamp(made_at, [1; 16]),
        callback_url: None,
        state: None,
    };
    let answer = signer.sign(request.payload());
    request.into_token(answer).unwrap().encode()
}

#[tokio::test]
async fn a_token_of_near_sign_verify_is_taken_as_a_bearer_token() {
    let (router, siwn, clock) = application();
    let good = format!("Bearer {}", basic_token("app.example", NOW));
    assert_eq!(
        send(&router, Method::GET, "/order", &[("authorization", &good)]).await,
        (StatusCode::OK, "alice.near: ship it".into())
    );
    for bad in [
        format!("Bearer {}", basic_token("evil.example", NOW)),
        format!("Bearer {}", basic_token("app.example", UnixMillis::new(NOW.get() - 300_001))),
        format!("Bearer {}", siwn.sign_in_as("alice.near").await),
        "Bearer junk".into(),
    ] {
        let (status, body) = send(&router, Method::GET, "/order", &[("authorization", &bad)]).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
        assert!(body.contains("token_refused"), "{body}");
    }
    assert_eq!(
        send(&router, Method::GET, "/me", &[("authorization", &good)]).await.0,
        StatusCode::UNAUTHORIZED,
        "it is no session"
    );
    clock.set(UnixMillis::new(NOW.get() + 300_001));
    assert_eq!(
        send(&router, Method::GET, "/order", &[("authorization", &good)]).await.0,
        StatusCode::UNAUTHORIZED,
        "too old by now"
    );
}

#[tokio::test]
async fn rules_hold_in_an_applications_own_routes_too() {
    let (router, siwn, _) = application();
    let session = format!("Bearer {}", siwn.sign_in_as("alice.near").await);
    let token = format!("Bearer {}", basic_token("app.example", NOW));
    let rules = |denied: &str| AccountRules { allow: Vec::new(), deny: vec![denied.parse().unwrap()] };
    for (denied, status) in [("alice.near", StatusCode::UNAUTHORIZED), ("bob.near", StatusCode::OK)] {
        siwn.set_account_rules(rules(denied));
        for (path, bearer) in [("/me", &session), ("/order", &token)] {
            let answer = send(&router, Method::GET, path, &[("authorization", bearer)]).await;
            assert_eq!(answer.0, status, "{denied} {path}");
            assert_eq!(answer.1.contains("account_not_allowed"), status != StatusCode::OK, "{}", answer.1);
        }
    }
}

#[test]
fn the_readme_shows_the_examples_as_they_are_compiled() {
    let readme = include_str!("../../../README.md");
    for example in [include_str!("../examples/protect_a_route.rs"), include_str!("../examples/verify_a_bearer_token.rs")] {
        let (_, code) = example.split_once("\n\n").unwrap();
        // The README leaves `main` out where it was shown before.
        let shown = if readme.contains(code) { code } else { code.split("#[tokio::main]").next().unwrap() };
        assert!(readme.contains(shown.trim_end()), "the README does not show:\n{shown}");
    }
}
