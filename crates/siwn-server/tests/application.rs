//! The library inside of somebody's application: merged routes, extractors, the layer, the tools for his tests.

#![expect(clippy::unwrap_used, reason = "these are tests")]

mod support;

use std::time::Duration;

use axum::body::Body;
use axum::extract::FromRef;
use axum::response::IntoResponse as _;
use axum::routing::{get, post};
use axum::{Extension, Router};
use http::{Method, Request, StatusCode};
use http_body_util::BodyExt as _;
use siwn::{Access, AccountRules, KeySigner, KeyType, Nonce, PrivateKey, TokenRequest, UnixMillis};
use siwn_server::test_util::{TestBrowser, TestClock, TestNear, test_site};
use siwn_server::{BearerToken, Rates, ReusableToken, SignedIn, Siwn, TokenUse, app};
use support::Server;
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

async fn greet(user: Option<SignedIn>) -> String {
    user.map_or_else(|| "Hello, stranger".into(), |user| format!("Hello, {}", user.account()))
}

async fn order(BearerToken(token): BearerToken) -> String {
    format!("{}: {}", token.account.account(), token.message)
}

async fn look(ReusableToken(token): ReusableToken) -> String {
    token.account.account().to_string()
}

fn application() -> (Router, Siwn, TestClock) {
    let clock = TestClock::at(NOW);
    let siwn = test_site("app.example", &clock);
    let router = Router::new()
        .route("/me", get(me).post(me))
        .route("/", get(greet).post(greet))
        .route("/order", get(order))
        .route("/look", get(look))
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
    let send = async |path, bearer: &str| send(&router, Method::GET, path, &[("authorization", bearer)]).await;
    for (path, said) in [("/look", "alice.near"), ("/order", "alice.near: ship it")] {
        assert_eq!(send(path, &good).await, (StatusCode::OK, said.into()));
        for bad in [
            format!("Bearer {}", basic_token("evil.example", NOW)),
            format!("Bearer {}", basic_token("app.example", UnixMillis::new(NOW.get() - 300_001))),
            format!("Bearer {}", siwn.sign_in_as("alice.near").await),
            "Bearer junk".into(),
        ] {
            let (status, body) = send(path, &bad).await;
            assert_eq!(status, StatusCode::UNAUTHORIZED);
            assert!(body.contains("token_refused"), "{body}");
        }
    }
    assert_eq!(send("/me", &good).await.0, StatusCode::UNAUTHORIZED, "it is no session");
    clock.set(UnixMillis::new(NOW.get() + 300_001));
    assert_eq!(send("/look", &good).await.0, StatusCode::UNAUTHORIZED, "too old by now");
}

#[tokio::test]
async fn a_token_is_let_in_once_and_a_reusable_one_while_it_is_good() {
    let (router, siwn, _) = application();
    let token = basic_token("app.example", NOW);
    let bearer = format!("Bearer {token}");
    let send = async |path| send(&router, Method::GET, path, &[("authorization", bearer.as_str())]).await;
    for _ in 0..3 {
        assert_eq!(send("/look").await.0, StatusCode::OK);
    }
    let copies = futures_util::future::join_all((0..20).map(|_| send("/order"))).await;
    assert_eq!(copies.iter().filter(|(status, _)| *status == StatusCode::OK).count(), 1);
    assert!(copies.iter().all(|(status, body)| *status == StatusCode::OK || body.contains("token_refused")));
    assert!(siwn.verify_token(&token, TokenUse::Once, None).await.is_err(), "it is spent for the function too");
    assert_eq!(siwn.verify_token(&token, TokenUse::WhileGood, None).await.unwrap().message, "ship it");
}

#[tokio::test]
async fn a_token_that_was_refused_is_not_spent() {
    let (router, siwn, _) = application();
    let bearer = format!("Bearer {}", basic_token("app.example", NOW));
    let send = async || send(&router, Method::GET, "/order", &[("authorization", bearer.as_str())]).await.0;
    siwn.set_account_rules(AccountRules { allow: Vec::new(), deny: vec!["alice.near".parse().unwrap()] });
    assert_eq!(send().await, StatusCode::UNAUTHORIZED);
    siwn.set_account_rules(AccountRules::default());
    assert_eq!((send().await, send().await), (StatusCode::OK, StatusCode::UNAUTHORIZED));
}

#[tokio::test]
async fn an_account_has_so_many_tokens_spent_and_uses_up_nobody_elses() {
    let near = TestNear::start().await;
    let rates = Rates { tokens: Some("2/1m".parse().unwrap()), ..Rates::default() };
    let siwn = near.builder("app.example").rates(rates).build().unwrap();
    let spend = async |account| {
        let token = near.token(account, "app.example", "ship it");
        let refused = siwn.verify_token(&token, TokenUse::Once, None).await.err();
        refused.map_or(StatusCode::OK, |refused| refused.into_response().status())
    };
    let statuses = [spend(&near.alice).await, spend(&near.alice).await, spend(&near.alice).await, spend(&near.bob).await];
    assert_eq!(statuses, [StatusCode::OK, StatusCode::OK, StatusCode::TOO_MANY_REQUESTS, StatusCode::OK]);
}

#[tokio::test]
async fn a_spent_token_is_no_session() {
    let (router, siwn, _) = application();
    let token = basic_token("app.example", NOW);
    siwn.verify_token(&token, TokenUse::Once, None).await.unwrap();
    let session = format!("Bearer {}", siwn.sign_in_as("alice.near").await);
    let (_, listed) = send(&router, Method::GET, "/api/auth/sessions", &[("authorization", &session)]).await;
    assert_eq!(listed.matches("createdAt").count(), 1, "{listed}");
}

#[tokio::test]
async fn a_route_for_everybody_knows_who_is_signed_in_and_takes_an_outage_for_no_answer() {
    let server = Server::new();
    let router: Router = Router::new().route("/", get(greet).post(greet)).with_state(server.siwn.clone());
    let session = server.siwn.sign_in_as("alice.near").await;
    let bearer = format!("Bearer {session}");
    let foreign = [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")];
    let stranger = (StatusCode::OK, "Hello, stranger".to_owned());
    assert_eq!(send(&router, Method::GET, "/", &[]).await, stranger);
    assert_eq!(send(&router, Method::POST, "/", &foreign).await, stranger, "in nobody's name");
    assert_eq!(send(&router, Method::GET, "/", &[("authorization", "Bearer siwn_junk")]).await, stranger);
    let signed_in = [("authorization", bearer.as_str())];
    assert_eq!(send(&router, Method::GET, "/", &signed_in).await, (StatusCode::OK, "Hello, alice.near".into()));
    let in_her_name = [signed_in[0], foreign[0], foreign[1]];
    assert_eq!(send(&router, Method::POST, "/", &in_her_name).await.0, StatusCode::FORBIDDEN);
    // Past all that a key is taken for granted for.
    server.clock.set(UnixMillis::new(support::NOW.get() + 2 * 60 * 60 * 1000));
    server.set_access(None);
    assert_eq!(send(&router, Method::GET, "/", &signed_in).await.0, StatusCode::SERVICE_UNAVAILABLE);
    server.clock.set(UnixMillis::new(support::NOW.get() + 2 * 60 * 60 * 1000 + 10_000));
    server.set_access(Some(Access::NoKey));
    assert_eq!(send(&router, Method::GET, "/", &signed_in).await, stranger, "her key is gone");
}

#[tokio::test]
async fn a_browser_on_its_way_to_a_page_is_shown_to_the_login_and_a_script_is_told() {
    let (router, siwn, _) = application();
    let nested = Router::new().nest("/app", router.clone());
    let answer = async |router: &Router, path: &str, headers: &[(&str, &str)]| {
        let mut request = Request::get(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let location = response.headers().get("location").map(|location| location.to_str().unwrap().to_owned());
        (response.status().as_u16(), location, response.headers()["cache-control"].to_str().unwrap().to_owned())
    };
    let to = |path: &str| (303, Some(format!("https://app.example/login?return_to={path}")), "no-store".to_owned());
    let told = (401, None, "no-store".to_owned());
    let navigation = [("sec-fetch-mode", "navigate")];
    assert_eq!(answer(&router, "/me?a=b&c=%26", &navigation).await, to("%2Fme%3Fa%3Db%26c%3D%2526"));
    assert_eq!(answer(&nested, "/app/me", &[("accept", "text/html")]).await, to("%2Fapp%2Fme"));
    assert_eq!(answer(&router, "https://evil.example/me", &navigation).await, to("%2Fme"));
    assert_eq!(answer(&router, "/me", &[("sec-fetch-mode", "cors"), ("accept", "text/html")]).await, told);
    assert_eq!(answer(&router, "/me", &[]).await, told);
    let cookie = siwn.cookie_as("alice.near").await;
    siwn.set_account_rules(AccountRules { allow: Vec::new(), deny: vec!["alice.near".parse().unwrap()] });
    assert_eq!(answer(&router, "/me", &[navigation[0], ("cookie", &cookie)]).await, told, "signing in again would not help her");
}

#[tokio::test]
async fn a_websocket_is_opened_from_own_pages_only() {
    let (router, siwn, _) = application();
    let cookie = siwn.cookie_as("bob.near").await;
    let opened_by = async |origin: &str| {
        let headers = [("cookie", cookie.as_str()), ("connection", "upgrade"), ("upgrade", "websocket"), ("origin", origin)];
        send(&router, Method::GET, "/me", &headers).await.0
    };
    assert_eq!(opened_by("https://app.example").await, StatusCode::OK);
    assert_eq!(opened_by("https://evil.app.example").await, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_layer_protects_all_routes_under_it_and_nothing_beside_them() {
    let clock = TestClock::at(NOW);
    let siwn = test_site("app.example", &clock);
    let members = Router::new()
        .route("/extension", get(async |Extension(user): Extension<SignedIn>| user.account().to_string()))
        .route("/extractor", get(async |user: SignedIn| user.account().to_string()).post(async || "changed"))
        .route_layer(siwn.signed_in_layer());
    let hidden = Router::new().route("/page", get(async || "page")).fallback(async || "nothing").layer(siwn.signed_in_layer());
    let router: Router = Router::new()
        .route("/", get(async || "everybody"))
        .nest("/members", members)
        .nest("/hidden", hidden)
        .merge(siwn.routes())
        .with_state(siwn.clone());
    let cookie = siwn.cookie_as("alice.near").await;
    let alice = [("cookie", cookie.as_str())];
    for path in ["/members/extension", "/members/extractor"] {
        assert_eq!(send(&router, Method::GET, path, &alice).await, (StatusCode::OK, "alice.near".into()));
        assert_eq!(send(&router, Method::GET, path, &[]).await.0, StatusCode::UNAUTHORIZED);
        assert_eq!(send(&router, Method::GET, path, &[("sec-fetch-mode", "navigate")]).await.0, StatusCode::SEE_OTHER);
    }
    let foreign = [alice[0], ("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")];
    assert_eq!(send(&router, Method::POST, "/members/extractor", &foreign).await.0, StatusCode::FORBIDDEN);
    assert_eq!(send(&router, Method::POST, "/members/extractor", &alice).await, (StatusCode::OK, "changed".into()));
    assert_eq!(send(&router, Method::GET, "/members/nothing", &[]).await.0, StatusCode::NOT_FOUND);
    assert_eq!(send(&router, Method::GET, "/hidden/nothing", &[]).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(send(&router, Method::GET, "/", &[]).await, (StatusCode::OK, "everybody".into()));
    assert_eq!(send(&router, Method::POST, "/api/auth/initiate-login", &[]).await.0, StatusCode::OK);
}

#[tokio::test]
async fn who_a_layer_let_pass_is_not_asked_about_again() {
    let server = Server::new();
    let session = format!("Bearer {}", server.siwn.sign_in_as("alice.near").await);
    let finds = || {
        let metrics = server.siwn.clone();
        async move {
            let answer = send(&app(&metrics), Method::GET, "/metrics", &[]).await.1;
            let line = answer.lines().find(|line| line.starts_with("siwn_store_calls_total{call=\"find\"")).map(str::to_owned);
            line.map_or(0, |line| line.rsplit_once(' ').unwrap().1.parse::<u64>().unwrap())
        }
    };
    let router: Router = Router::new()
        .route("/", get(greet))
        .route("/me", get(async |user: SignedIn| user.account().to_string()))
        .route_layer(server.siwn.signed_in_layer())
        .with_state(server.siwn.clone());
    for path in ["/", "/me"] {
        let before = finds().await;
        assert_eq!(send(&router, Method::GET, path, &[("authorization", &session)]).await.0, StatusCode::OK);
        assert_eq!(finds().await - before, 1, "{path}");
    }
}

#[tokio::test]
async fn a_test_has_a_near_of_its_own_on_which_keys_come_and_go() {
    let near = TestNear::start().await;
    let siwn = near.builder("app.example").build().unwrap();
    let router: Router = Router::new().route("/", get(greet)).merge(siwn.routes()).with_state(siwn);
    let (mut browser, mut other) = (TestBrowser::new(router.clone()), TestBrowser::new(router));
    browser.sign_in(&near.alice).await;
    assert_eq!(browser.get("/").await.body(), "Hello, alice.test.near");
    assert_eq!(other.get("/").await.body(), "Hello, stranger");
    near.devnet.remove_key(&near.alice.name, &near.alice.public_key()).unwrap();
    near.pass(Duration::from_mins(30));
    assert_eq!(browser.get("/").await.body(), "Hello, stranger");
    let refused = other.try_sign_in(&near.alice).await;
    assert!(refused.status() == 401 && refused.body().contains("key_not_found"), "{refused:?}");
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
    let (_, minimal) = include_str!("../../../examples/minimal/src/main.rs").split_once("\n\n").unwrap();
    let (_, tokens) = include_str!("../../../examples/bearer-tokens/src/main.rs").split_once("/// Each token").unwrap();
    for shown in [minimal.split_once("\n#[cfg(test)]").unwrap().0, tokens.split_once("fn app").unwrap().0] {
        assert!(readme.contains(shown.trim_end()), "the README does not show:\n{shown}");
    }
}
