//! The cookie and the bearer token, and never both.

use http::header::SET_COOKIE;
use http::{Method, StatusCode};
use serde_json::json;

use crate::support::{Server, own_page};
use crate::{Audited, SESSION, bearer, browser, browser_wishing, line, send, session};

#[tokio::test]
async fn a_bearer_token_is_answered_once_and_no_cookie_with_it() {
    let server = Server::new();
    let token = bearer(&server, "alice.near").await;
    let answer = session(&server, ("authorization", &token)).await;
    assert_eq!(answer.json()["accountId"], "alice.near");
    assert!(!answer.body.contains("siwn_") && !answer.headers.contains_key(SET_COOKIE));
    let text = token.strip_prefix("Bearer siwn_").unwrap();
    let as_cookie = format!("__Host-siwn={text}");
    assert_eq!(session(&server, ("authorization", &format!("Bearer {text}"))).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(session(&server, ("cookie", &as_cookie)).await.status, StatusCode::OK, "one and the same session");
}

#[tokio::test]
async fn of_a_cookie_and_a_bearer_token_the_bearer_token_alone_counts() {
    let server = Server::new();
    let (_, alice) = browser(&server, "alice.near", "").await;
    let bob = bearer(&server, "bob.near").await;
    let both = |authorization: String| [("cookie", alice.clone()), ("authorization", authorization)];
    let ask = async |headers: [(&str, String); 2]| {
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        server.get(SESSION, &headers).await
    };
    assert_eq!(ask(both(bob.clone())).await.json()["accountId"], "bob.near");
    for none in ["Bearer siwn_junk", "Bearer", "Bearer ", "bearer  "] {
        assert_eq!(ask(both(none.into())).await.status, StatusCode::UNAUTHORIZED, "nobody falls back to the cookie: {none:?}");
    }
    assert_eq!(ask(both("Basic YTpi".into())).await.json()["accountId"], "alice.near", "another scheme is none of ours");
    let out = send(&server, Method::POST, "/api/auth/logout", &[("cookie", &alice), ("authorization", &bob)]).await;
    assert_eq!(out.status, StatusCode::NO_CONTENT);
    assert_eq!(session(&server, ("authorization", &bob)).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(session(&server, ("cookie", &alice)).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_new_login_is_a_new_session_and_ends_the_one_that_the_browser_had() {
    let audited = Audited::with(|builder| builder);
    let server = &audited.server;
    let (_, first) = browser(server, "alice.near", "").await;
    let (second_answer, second) = browser(server, "bob.near", &first).await;
    assert_eq!(second_answer.status, StatusCode::OK, "{}", second_answer.body);
    assert_ne!(first, second);
    assert_eq!(session(server, ("cookie", &first)).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(session(server, ("cookie", &second)).await.json()["accountId"], "bob.near");
    assert_eq!(audited.told(2), [line("revocation", "signed_in_anew", "alice.near")]);
}

#[tokio::test]
async fn a_browser_that_asks_for_a_bearer_token_has_no_cookie_session_beside_it() {
    let server = Server::new();
    let (_, cookies) = browser(&server, "alice.near", "").await;
    let (answer, _) = browser_wishing(&server, "alice.near", &cookies, json!({ "session": "bearer" })).await;
    let token = format!("Bearer {}", answer.json()["token"].as_str().unwrap());
    assert!(answer.headers[SET_COOKIE].to_str().unwrap().starts_with("__Host-siwn=; "), "the cookie is cleared");
    assert_eq!(session(&server, ("cookie", &cookies)).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(session(&server, ("authorization", &token)).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_login_that_fails_ends_nothing() {
    let server = Server::new();
    let (_, cookies) = browser(&server, "alice.near", "").await;
    let answer = server.post(crate::VERIFY, &own_page(&cookies), &json!({ "authToken": "junk" })).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(session(&server, ("cookie", &cookies)).await.status, StatusCode::OK);
}
