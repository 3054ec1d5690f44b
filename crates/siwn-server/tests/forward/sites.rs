//! Each protected host is a site of its own.

use http::StatusCode;
use siwn::AccountRules;
use siwn_server::SiteBuilder;

use crate::support::Server;
use crate::{FORWARD, PROXY, ask, ask_at, assert_refused, cookie, server, token};

/// app.example, where alice.near is signed in; a shop that does not let her in; a wiki under a path of app.example's host.
async fn sites() -> (Server, String) {
    let deny = AccountRules { allow: Vec::new(), deny: vec!["alice.near".parse().unwrap()] };
    let server = server(|builder| {
        builder
            .site(SiteBuilder::new("shop.example").account_rules(deny))
            .site(SiteBuilder::new("wiki").public_url("https://app.example/wiki"))
    });
    let token = token(&server, "alice.near").await;
    (server, format!("Bearer {token}"))
}

#[tokio::test]
async fn a_session_passes_at_its_own_host_and_path_only() {
    let (server, alice) = sites().await;
    let at = async |host, path| {
        let path = format!("{path}{FORWARD}");
        ask_at(&server, &path, PROXY, &[("host", host), ("authorization", &alice)]).await
    };
    assert_eq!(at("app.example", "").await.status, StatusCode::OK);
    assert_eq!(at("APP.example:443", "").await.status, StatusCode::OK);
    assert_refused(&at("shop.example", "").await, StatusCode::UNAUTHORIZED, "not_signed_in");
    assert_refused(&at("app.example", "/wiki").await, StatusCode::UNAUTHORIZED, "not_signed_in");
    assert_refused(&at("shop.example", "/wiki").await, StatusCode::NOT_FOUND, "not_found");
    for host in ["evil.example", "app.example:8443", "app.example.evil.example"] {
        assert_refused(&at(host, "").await, StatusCode::MISDIRECTED_REQUEST, "site_unknown");
    }
}

#[tokio::test]
async fn a_proxy_that_has_no_host_of_a_site_to_ask_at_names_the_one_it_was_asked_for() {
    let (server, alice) = sites().await;
    for (host, forwarded, passes) in [
        ("siwn:8080", "app.example", true),
        ("siwn:8080", "app.example:443", true),
        ("app.example", "app.example", true),
        ("siwn:8080", "evil.example", false),
        ("siwn:8080", "app.example, shop.example", false),
        ("siwn:8080", "", false),
        // A host of ours, and a client that would rather be at another.
        ("shop.example", "app.example", false),
        ("app.example", "shop.example", false),
        ("app.example", "evil.example", false),
    ] {
        let answer = ask(&server, &[("host", host), ("x-forwarded-host", forwarded), ("authorization", &alice)]).await;
        if passes {
            assert_eq!(answer.status, StatusCode::OK, "{host} {forwarded}");
        } else {
            assert_refused(&answer, StatusCode::MISDIRECTED_REQUEST, "site_unknown");
        }
    }
    let twice = [("x-forwarded-host", "app.example"), ("x-forwarded-host", "shop.example"), ("authorization", alice.as_str())];
    assert_refused(&ask(&server, &twice).await, StatusCode::MISDIRECTED_REQUEST, "site_unknown");
}

#[tokio::test]
async fn a_server_with_one_site_answers_for_that_sites_host_only() {
    let server = server(|builder| builder);
    let alice = cookie(&token(&server, "alice.near").await);
    assert_refused(
        &ask(&server, &[("host", "grafana.example"), ("cookie", &alice)]).await,
        StatusCode::MISDIRECTED_REQUEST,
        "site_unknown",
    );
    assert_eq!(ask(&server, &[("cookie", &alice)]).await.status, StatusCode::OK);
}
