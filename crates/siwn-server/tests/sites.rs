//! Several sites in one server: told apart by host and path, and nothing to each other.

#![expect(clippy::unwrap_used, reason = "these are tests")]

mod support;

use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use http::header::ACCESS_CONTROL_ALLOW_ORIGIN;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use siwn::AccountRules;
use siwn_server::{BearerToken, BuildError, SignedIn, SiteBuilder, Siwn};
use support::{Answer, Server, key, request, sign};

const APP: &str = "app.example";
const SHOP: &str = "shop.example";

/// app.example, shop.example at a host of its own, and a wiki under a path of app.example's host.
fn sites() -> Server {
    Server::with(|builder| {
        builder
            .site(SiteBuilder::new(SHOP).message("Enter shop.example").session_lifetime(std::time::Duration::from_hours(1)))
            .site(SiteBuilder::new("wiki").public_url("https://app.example/wiki").allow_origin("https://reader.example"))
    })
}

/// A whole login of alice.near at a host and a path, by these headers beside the host's.
async fn sign_in(server: &Server, host: &str, path: &str, headers: &[(&str, &str)], body: Value) -> Answer {
    let mut all = vec![("host", host)];
    all.extend_from_slice(headers);
    let challenge = server.post(&format!("{path}/api/auth/initiate-login"), &all, &json!({})).await;
    let cookies = challenge.cookies().join("; ");
    if !cookies.is_empty() {
        all.push(("cookie", &cookies));
    }
    let mut body = body;
    body["authToken"] = sign(&challenge.json(), &key()).into();
    server.post(&format!("{path}/api/auth/verify-login"), &all, &body).await
}

/// A bearer token of alice.near at a site.
async fn bearer(server: &Server, host: &str, path: &str) -> String {
    let answer = sign_in(server, host, path, &[], json!({ "session": "bearer" })).await;
    format!("Bearer {}", answer.json()["token"].as_str().unwrap())
}

async fn session(server: &Server, host: &str, path: &str, credential: (&str, &str)) -> Answer {
    server.get(&format!("{path}/api/auth/session"), &[("host", host), credential]).await
}

#[tokio::test]
async fn host_and_path_say_which_site_a_challenge_is_of() {
    let server = sites();
    for (host, path, recipient, message) in [
        (APP, "", APP, "Sign in to app.example"),
        (SHOP, "", SHOP, "Enter shop.example"),
        (APP, "/wiki", "wiki", "Sign in to wiki"),
        ("APP.example:443", "", APP, "Sign in to app.example"),
    ] {
        let answer = server.post(&format!("{path}/api/auth/initiate-login"), &[("host", host)], &json!({})).await.json();
        assert_eq!((&answer["recipient"], &answer["message"]), (&json!(recipient), &json!(message)), "{host}{path}");
    }
    let line = "http://shop.example/api/auth/initiate-login";
    let answer = server.post(line, &[("host", APP)], &json!({})).await.json();
    assert_eq!(answer["recipient"], SHOP, "an address in the request's line counts before the header");
}

#[tokio::test]
async fn a_challenge_of_one_site_is_nothing_to_another() {
    let server = sites();
    let challenge = server.post("/api/auth/initiate-login", &[("host", SHOP)], &json!({})).await.json();
    let body = json!({ "authToken": sign(&challenge, &key()) });
    for (host, path) in [(APP, ""), (APP, "/wiki")] {
        let answer = server.post(&format!("{path}/api/auth/verify-login"), &[("host", host)], &body).await;
        assert_eq!((answer.status, answer.error().as_str()), (StatusCode::UNAUTHORIZED, "challenge_unknown"), "{host}{path}");
    }
    assert_eq!(server.post("/api/auth/verify-login", &[("host", SHOP)], &body).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_session_of_one_site_is_nothing_to_another() {
    let server = sites();
    let places = [(APP, ""), (SHOP, ""), (APP, "/wiki")];
    for at in places {
        let bearer = bearer(&server, at.0, at.1).await;
        for there in places {
            let answer = session(&server, there.0, there.1, ("authorization", &bearer)).await;
            let expected = if at == there { StatusCode::OK } else { StatusCode::UNAUTHORIZED };
            assert_eq!(answer.status, expected, "of {at:?} at {there:?}");
        }
        for there in places.into_iter().filter(|there| *there != at) {
            let headers = [("host", there.0), ("authorization", bearer.as_str())];
            server.post(&format!("{}/api/auth/logout", there.1), &headers, &json!({})).await;
        }
        assert_eq!(session(&server, at.0, at.1, ("authorization", &bearer)).await.status, StatusCode::OK, "nobody else ends it");
    }
}

#[tokio::test]
async fn each_site_has_its_own_lifetimes() {
    let server = sites();
    let lifetime = async |host, path| sign_in(&server, host, path, &[], json!({})).await.json()["expiresAt"].clone();
    assert_eq!(lifetime(APP, "").await, "2025-10-16T08:53:20.000Z");
    assert_eq!(lifetime(SHOP, "").await, "2025-10-09T09:53:20.000Z");
}

#[tokio::test]
async fn each_site_has_its_own_rules_and_they_change_for_one_or_for_all() {
    let deny = || AccountRules { allow: Vec::new(), deny: vec!["alice.near".parse().unwrap()] };
    let server = Server::with(|builder| builder.site(SiteBuilder::new(SHOP).account_rules(deny())));
    let is_let_in = async |host| sign_in(&server, host, "", &[], json!({})).await.status == StatusCode::OK;
    assert!(is_let_in(APP).await && !is_let_in(SHOP).await);
    assert!(server.siwn.set_account_rules_at(&APP.parse().unwrap(), deny()));
    assert!(server.siwn.set_account_rules_at(&SHOP.parse().unwrap(), AccountRules::default()));
    assert!(!server.siwn.set_account_rules_at(&"wiki".parse().unwrap(), deny()), "there is no such site");
    assert!(!is_let_in(APP).await && is_let_in(SHOP).await);
    server.siwn.set_account_rules(deny());
    assert!(!is_let_in(APP).await && !is_let_in(SHOP).await);
}

#[tokio::test]
async fn sites_that_share_a_host_have_cookies_of_their_own() {
    let server = sites();
    let own_page = [("sec-fetch-site", "same-origin"), ("origin", "https://app.example")];
    let app = sign_in(&server, APP, "", &own_page, json!({})).await.cookies();
    let wiki = sign_in(&server, APP, "/wiki", &own_page, json!({})).await.cookies();
    let name = |cookies: &[String]| cookies[0].split('=').next().unwrap().to_owned();
    assert_eq!(name(&app), "__Host-siwn");
    assert!(name(&wiki).starts_with("__Host-siwn-") && name(&wiki).len() == "__Host-siwn-".len() + 16, "{wiki:?}");
    let both = format!("{}; {}", app[0], wiki[0]);
    for path in ["", "/wiki"] {
        assert_eq!(session(&server, APP, path, ("cookie", &both)).await.status, StatusCode::OK, "{path}");
    }
    let headers = [("host", APP), ("cookie", both.as_str()), own_page[0], own_page[1]];
    let out = server.post("/wiki/api/auth/logout", &headers, &json!({})).await;
    assert_eq!(name(&out.cookies()), name(&wiki));
    assert_eq!(session(&server, APP, "", ("cookie", &both)).await.status, StatusCode::OK);
    assert_eq!(session(&server, APP, "/wiki", ("cookie", &both)).await.status, StatusCode::UNAUTHORIZED);
    let shop =
        sign_in(&server, SHOP, "", &[("sec-fetch-site", "same-origin"), ("origin", "https://shop.example")], json!({})).await;
    assert_eq!(name(&shop.cookies()), "__Host-siwn", "a host of its own has the plain names");
}

#[tokio::test]
async fn each_site_has_its_own_origins() {
    let server = sites();
    let reader = [("host", APP), ("origin", "https://reader.example")];
    for (path, allowed) in [("/wiki", true), ("", false)] {
        let answer = server.post(&format!("{path}/api/auth/initiate-login"), &reader, &json!({})).await;
        assert_eq!(answer.status == StatusCode::OK, allowed, "{path}: {}", answer.body);
        assert_eq!(answer.headers.contains_key(ACCESS_CONTROL_ALLOW_ORIGIN), allowed, "{path}");
    }
}

#[tokio::test]
async fn a_request_for_no_site_is_told_so() {
    let server = sites();
    for host in ["evil.example", "wiki", "app.example:8443", "app.example.evil.example", ""] {
        let answer = server.post("/api/auth/initiate-login", &[("host", host)], &json!({})).await;
        assert_eq!((answer.status, answer.error().as_str()), (StatusCode::MISDIRECTED_REQUEST, "site_unknown"), "{host}");
        assert!(answer.cookies().is_empty());
    }
    let twice = [("host", APP), ("host", SHOP)];
    assert_eq!(server.post("/api/auth/initiate-login", &twice, &json!({})).await.error(), "site_unknown");
    let answer = server.post("/wiki/api/auth/initiate-login", &[("host", SHOP)], &json!({})).await;
    assert_eq!((answer.status, answer.error().as_str()), (StatusCode::NOT_FOUND, "not_found"), "no site of this path at this host");
}

#[tokio::test]
async fn machines_need_no_name_to_ask_for_health() {
    assert_eq!(sites().get("/healthz", &[("host", "10.0.0.1:8080")]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_applications_routes_are_of_the_site_that_their_path_is_of() {
    async fn me(user: SignedIn) -> String {
        format!("{} at {}", user.account(), user.session.recipient)
    }
    async fn order(BearerToken(token): BearerToken) -> String {
        token.account.account().to_string()
    }
    let mut server = sites();
    let own = Router::new().route("/me", get(me)).route("/order", get(order));
    server.router = own.clone().nest("/wiki", own).merge(server.siwn.routes()).with_state(server.siwn.clone());
    let (app, wiki) = (bearer(&server, APP, "").await, bearer(&server, APP, "/wiki").await);
    let ask = async |path, token: &str| {
        let answer = server.get(path, &[("host", APP), ("authorization", token)]).await;
        (answer.status, answer.body)
    };
    assert_eq!(ask("/me", &app).await, (StatusCode::OK, "alice.near at app.example".into()));
    assert_eq!(ask("/wiki/me", &wiki).await, (StatusCode::OK, "alice.near at wiki".into()));
    assert_eq!(ask("/me", &wiki).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(ask("/wiki/me", &app).await.0, StatusCode::UNAUTHORIZED);
    let answer = server.get("/me", &[("host", "evil.example"), ("authorization", &app)]).await;
    assert_eq!(answer.status, StatusCode::MISDIRECTED_REQUEST);
}

#[tokio::test]
async fn another_way_of_writing_a_path_is_of_the_same_site() {
    async fn page(Path(part): Path<String>, user: SignedIn) -> String {
        format!("{} at {} sees {part}", user.account(), user.session.recipient)
    }
    let mut server = sites();
    let own = Router::new().route("/{part}/page", get(page));
    server.router = own.merge(server.siwn.routes()).with_state(server.siwn.clone());
    let (app, wiki) = (bearer(&server, APP, "").await, bearer(&server, APP, "/wiki").await);
    let ask = async |path, token: &str| {
        let answer = server.get(path, &[("host", APP), ("authorization", token)]).await;
        (answer.status, answer.body)
    };
    for path in ["/wiki/page", "/wik%69/page", "/%77%69%6B%69/page"] {
        assert_eq!(ask(path, &wiki).await, (StatusCode::OK, "alice.near at wiki sees wiki".into()), "{path}");
        assert_eq!(ask(path, &app).await.0, StatusCode::UNAUTHORIZED, "{path}");
    }
    let others =
        [("/wiki%2Fx/page", "wiki/x"), ("/wik%2569/page", "wik%69"), ("/Wiki/page", "Wiki"), ("/wik%C3%AD/page", "wik\u{ed}")];
    for (path, part) in others {
        assert_eq!(ask(path, &app).await, (StatusCode::OK, format!("alice.near at app.example sees {part}")), "{path}");
    }
}

#[tokio::test]
async fn sites_over_plain_http_share_this_machines_name_and_nothing_else() {
    let server = Server::with(|builder| {
        let further = SiteBuilder::new("two").public_url("http://localhost:8080/two");
        builder.public_url("http://localhost:8080/one").site(further)
    });
    let host = ("host", "localhost:8080");
    let begin =
        async |path: &str, host| server.send(request(Method::POST, &format!("{path}/api/auth/initiate-login"), &[host], "")).await;
    assert_eq!(begin("/one", host).await.json()["recipient"], APP);
    assert_eq!(begin("/two", host).await.json()["recipient"], "two");
    assert_eq!(begin("", host).await.status, StatusCode::NOT_FOUND);
    assert_eq!(begin("/one", ("host", "evil.example")).await.error(), "host_not_allowed", "also for names that are no site's");
    assert_eq!(server.get("/metrics", &[("host", "evil.example")]).await.error(), "host_not_allowed");
}

#[test]
fn sites_that_nothing_would_tell_apart_are_not_built() {
    let build = |further: SiteBuilder| Siwn::builder(APP).site(further).build().unwrap_err();
    assert!(matches!(build(SiteBuilder::new(APP).public_url("https://x.example")), BuildError::SameSite { what: "recipient", .. }));
    assert!(matches!(
        build(SiteBuilder::new("x").public_url("https://app.example/")),
        BuildError::SameSite { what: "address", .. }
    ));
    for path in ["a//b", "a/../b", "./a", ":a", "*", "a%2fb", "a;b"] {
        let further = SiteBuilder::new("x").public_url(format!("https://app.example/{path}"));
        assert!(matches!(build(further), BuildError::SitePath(_)), "{path}");
    }
}
