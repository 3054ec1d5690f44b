//! The extractor `AccessToken`, beside the other two: each takes one kind of bearer.

use std::time::Duration;

use axum::Router;
use axum::routing::get;
use http::StatusCode;
use siwn::{AccountRules, AuthToken, KeySigner, Nonce, TokenRequest};
use siwn_server::{AccessToken, BearerToken, SignedIn};

use crate::support::{Server, key};
use crate::{access_token, after, bearer};

/// An application with a route for each kind.
fn application() -> Server {
    let mut server = Server::new();
    let routes = Router::new()
        .route("/jwt", get(async |AccessToken(claims): AccessToken| claims.account.to_string()))
        .route("/session", get(async |user: SignedIn| user.account().to_string()))
        .route("/near", get(async |BearerToken(token): BearerToken| token.account.account().to_string()))
        .with_state(server.siwn.clone());
    server.router = server.router.merge(routes);
    server
}

/// A token of near-sign-verify for this site.
fn near_token() -> String {
    let request = TokenRequest {
        message: "Sign in to app.example".into(),
        recipient: "app.example".into(),
        nonce: Nonce::timestamp(crate::NOW, [7; 16]),
        callback_url: None,
        state: None,
    };
    let signer = KeySigner::new("alice.near".parse().unwrap(), key().expose_text().parse().unwrap());
    let answer = signer.sign(request.payload());
    let token: AuthToken = request.into_token(answer).unwrap();
    token.encode()
}

#[tokio::test]
async fn each_extractor_takes_one_kind_of_bearer() {
    let server = application();
    let session = bearer(&server, "alice.near").await;
    let jwt = format!("Bearer {}", access_token(&server, &session).await);
    let near = format!("Bearer {}", near_token());
    for (path, own) in [("/jwt", &jwt), ("/session", &session), ("/near", &near)] {
        for kind in [&jwt, &session, &near] {
            let answer = server.get(path, &[("authorization", kind)]).await;
            if kind == own {
                assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, "alice.near"), "{path}");
            } else {
                assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{path} {kind}");
            }
        }
        assert_eq!(server.get(path, &[]).await.status, StatusCode::UNAUTHORIZED, "{path}");
    }
}

#[tokio::test]
async fn a_token_is_good_without_its_session_until_it_expires() {
    let server = application();
    let session = bearer(&server, "alice.near").await;
    let jwt = format!("Bearer {}", access_token(&server, &session).await);
    server.post("/api/auth/logout", &[("authorization", &session)], &serde_json::json!({})).await;
    let status = async || server.get("/jwt", &[("authorization", &jwt)]).await.status;
    server.clock.set(siwn::UnixMillis::new(after(Duration::from_mins(5)).get() - 1));
    assert_eq!(status().await, StatusCode::OK);
    server.clock.set(after(Duration::from_mins(5)));
    assert_eq!(status().await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_token_for_another_audience_is_refused() {
    let mut server = Server::with(|builder| builder.token_audience("reports"));
    let routes = Router::new().route("/jwt", get(async |_: AccessToken| "in")).with_state(server.siwn.clone());
    server.router = server.router.merge(routes);
    let session = bearer(&server, "alice.near").await;
    let answer = crate::ask(&server, &session, &serde_json::json!({ "audience": "reports" })).await.json();
    let jwt = format!("Bearer {}", answer["token"].as_str().unwrap());
    let refused = server.get("/jwt", &[("authorization", &jwt)]).await;
    assert_eq!((refused.status, refused.error().as_str()), (StatusCode::UNAUTHORIZED, "token_refused"));
}

#[tokio::test]
async fn the_account_rules_hold_for_tokens() {
    let server = application();
    let session = bearer(&server, "alice.near").await;
    let jwt = format!("Bearer {}", access_token(&server, &session).await);
    server.siwn.set_account_rules(AccountRules { allow: Vec::new(), deny: vec!["alice.near".parse().unwrap()] });
    let refused = server.get("/jwt", &[("authorization", &jwt)]).await;
    assert_eq!((refused.status, refused.error().as_str()), (StatusCode::UNAUTHORIZED, "account_not_allowed"));
}
