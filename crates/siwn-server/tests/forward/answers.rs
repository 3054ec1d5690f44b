//! Who passes, and what is said of him.

use std::time::Duration;

use http::{Method, StatusCode};
use siwn::{Access, AccountRules, KeyType, PrivateKey};
use siwn_server::KeyChecks;

use crate::support::{NOW, key, request};
use crate::{FORWARD, PROXY, ask, ask_at, ask_just, assert_refused, cookie, header, server, token, token_by};

#[tokio::test]
async fn somebody_who_is_signed_in_passes_and_is_named() {
    let server = server(|builder| builder);
    let token = token(&server, "alice.near").await;
    for credential in [("cookie", cookie(&token)), ("authorization", format!("Bearer {token}"))] {
        let answer = ask(&server, &[(credential.0, &credential.1)]).await;
        assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, ""));
        assert_eq!(header(&answer, "remote-user"), "alice.near");
        assert_eq!(header(&answer, "x-siwn-account"), "alice.near");
        assert_eq!(header(&answer, "x-siwn-key"), key().public_key().to_string());
        assert_eq!(header(&answer, "x-siwn-network"), "mainnet");
        assert_eq!(header(&answer, "x-siwn-login"), "");
    }
}

#[tokio::test]
async fn a_long_key_is_named_by_its_handle() {
    let server = server(|builder| builder);
    let key = PrivateKey::from_seed(KeyType::MlDsa65, [7; 32]).unwrap();
    let token = token_by(&server, "alice.near", &key).await;
    let answer = ask(&server, &[("cookie", &cookie(&token))]).await;
    assert_eq!(header(&answer, "x-siwn-key"), key.public_key().handle());
    assert!(header(&answer, "x-siwn-key").starts_with("ml-dsa-65-hash:"));
}

#[tokio::test]
async fn what_a_client_says_of_itself_is_not_repeated() {
    let server = server(|builder| builder);
    let forged =
        [("remote-user", "root"), ("x-siwn-account", "root.near"), ("x-siwn-key", "ed25519:x"), ("x-siwn-network", "mainnet")];
    assert_refused(&ask(&server, &forged).await, StatusCode::UNAUTHORIZED, "not_signed_in");
    let cookie = cookie(&token(&server, "alice.near").await);
    let answer = ask(&server, &[&forged[..], &[("cookie", &cookie)]].concat()).await;
    assert_eq!((answer.status, header(&answer, "remote-user")), (StatusCode::OK, "alice.near"));
}

#[tokio::test]
async fn whoever_is_not_signed_in_any_more_is_refused_at_once() {
    let server = server(|builder| builder);
    let own_page = [("host", "app.example"), ("sec-fetch-site", "same-origin")];
    let logged_out = cookie(&token(&server, "alice.near").await);
    assert_eq!(ask(&server, &[("cookie", &logged_out)]).await.status, StatusCode::OK);
    let answer =
        server.send(request(Method::POST, "/api/auth/logout", &[&own_page[..], &[("cookie", &logged_out)]].concat(), "")).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    assert_refused(&ask(&server, &[("cookie", &logged_out)]).await, StatusCode::UNAUTHORIZED, "not_signed_in");

    let denied = cookie(&token(&server, "alice.near").await);
    assert_eq!(ask(&server, &[("cookie", &denied)]).await.status, StatusCode::OK);
    server.siwn.set_account_rules(AccountRules { allow: Vec::new(), deny: vec!["alice.near".parse().unwrap()] });
    assert_refused(&ask(&server, &[("cookie", &denied)]).await, StatusCode::UNAUTHORIZED, "account_not_allowed");

    for junk in ["__Host-siwn=", "__Host-siwn=junk", "__Host-siwn=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"]
    {
        assert_refused(&ask(&server, &[("cookie", junk)]).await, StatusCode::UNAUTHORIZED, "not_signed_in");
    }
    let twice = format!("{denied}; {denied}");
    assert_refused(&ask(&server, &[("cookie", &twice)]).await, StatusCode::BAD_REQUEST, "cookie_twice");
}

#[tokio::test]
async fn a_key_that_is_gone_opens_nothing_and_one_that_cannot_be_asked_for_is_no_pass() {
    let second = Duration::from_secs(1);
    let checks = KeyChecks { recheck: second, stale: 10 * second, grace: 10 * second };
    let server = server(|builder| builder.key_checks(checks));
    let alice = cookie(&token(&server, "alice.near").await);
    server.set_access(None);
    server.clock.set(NOW + 20 * second);
    assert_refused(&ask(&server, &[("cookie", &alice)]).await, StatusCode::SERVICE_UNAVAILABLE, "chain_unavailable");

    server.set_access(Some(Access::NoKey));
    server.clock.set(NOW + 30 * second);
    assert_refused(&ask(&server, &[("cookie", &alice)]).await, StatusCode::UNAUTHORIZED, "not_signed_in");
    server.set_access(Some(Access::Full));
    assert_refused(&ask(&server, &[("cookie", &alice)]).await, StatusCode::UNAUTHORIZED, "not_signed_in");
}

#[tokio::test]
async fn a_key_is_asked_for_in_the_background_while_it_may_be_taken_for_granted() {
    let second = Duration::from_secs(1);
    let checks = KeyChecks { recheck: second, stale: 600 * second, grace: second };
    let server = server(|builder| builder.key_checks(checks));
    let alice = cookie(&token(&server, "alice.near").await);
    server.set_access(Some(Access::NoKey));
    server.clock.set(NOW + 2 * second);
    assert_eq!(ask(&server, &[("cookie", &alice)]).await.status, StatusCode::OK);
    while server.siwn.keys_being_checked() > 0 {
        tokio::task::yield_now().await;
    }
    assert_refused(&ask(&server, &[("cookie", &alice)]).await, StatusCode::UNAUTHORIZED, "not_signed_in");
}

#[tokio::test]
async fn only_proxies_that_are_trusted_are_answered() {
    let server = server(|builder| builder);
    let alice = cookie(&token(&server, "alice.near").await);
    for peer in ["192.0.2.1:5000", "127.0.0.1:5000", "[::1]:5000"] {
        let answer = ask_at(&server, FORWARD, peer, &[("cookie", &alice), ("x-forwarded-for", "10.0.0.1")]).await;
        assert_refused(&answer, StatusCode::FORBIDDEN, "proxy_unknown");
    }
    assert_eq!(ask_at(&server, FORWARD, "[::ffff:10.0.0.1]:5000", &[("cookie", &alice)]).await.status, StatusCode::OK);
    let unknown = server.get(FORWARD, &[("host", "app.example"), ("cookie", &alice)]).await;
    assert_refused(&unknown, StatusCode::FORBIDDEN, "proxy_unknown");
}

#[tokio::test]
async fn a_proxy_that_does_not_say_which_request_it_is_learns_nothing() {
    let server = server(|builder| builder);
    let alice = cookie(&token(&server, "alice.near").await);
    for headers in [
        &[][..],
        &[("x-forwarded-method", "GET")],
        &[("x-forwarded-uri", "/")],
        &[("x-forwarded-method", "GET"), ("x-forwarded-method", "POST"), ("x-forwarded-uri", "/")],
        &[("x-forwarded-method", "GET"), ("x-forwarded-uri", "/"), ("x-original-uri", "/b")],
    ] {
        let headers = [headers, &[("host", "app.example"), ("cookie", &alice)]].concat();
        let answer = ask_just(&server, FORWARD, PROXY, &headers).await;
        assert_refused(&answer, StatusCode::BAD_REQUEST, "original_missing");
    }
    let nginx = [("x-original-method", "GET"), ("x-original-uri", "/"), ("host", "app.example"), ("cookie", &alice)];
    assert_eq!(ask_just(&server, FORWARD, PROXY, &nginx).await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_address_takes_no_other_method() {
    let server = server(|builder| builder);
    for method in [Method::POST, Method::PUT, Method::DELETE] {
        assert_eq!(server.send(request(method, FORWARD, &[], "")).await.error(), "method_not_allowed");
    }
}
