//! Logins with an authorization of NEP-641 in place of a signature, over HTTP.

mod support;

use http::StatusCode;
use serde_json::{Value, json};
use siwn::{Access, KeyType, Nonce, PrivateKey};
use support::{Answer, Server, authorize, key, nonce_of, own_page, sign};

const VERIFY: &str = "/api/auth/verify-login";

fn refusal(answer: &Answer) -> (StatusCode, String) {
    (answer.status, answer.error())
}

fn refused(code: &str) -> (StatusCode, String) {
    (StatusCode::UNAUTHORIZED, code.to_owned())
}

fn malformed(code: &str) -> (StatusCode, String) {
    (StatusCode::BAD_REQUEST, code.to_owned())
}

/// A program's challenge, and what alice authorizes for it.
async fn authorized(server: &Server) -> Value {
    authorize("alice.near", &server.challenge(&[]).await.json(), &key())
}

/// The same body with another member.
fn with(body: &Value, member: &str, value: Value) -> Value {
    let mut body = body.clone();
    body[member] = value;
    body
}

#[tokio::test]
async fn an_access_keys_authorization_signs_in() {
    let server = Server::new();
    let answer = server.post(VERIFY, &[], &authorized(&server).await).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert_eq!(answer.json()["publicKey"], key().public_key().to_string());
    let session = server.get("/api/auth/session", &[("cookie", &answer.cookies().concat())]).await;
    assert_eq!(session.json()["accountId"], "alice.near");
}

#[tokio::test]
async fn the_payload_names_the_site_and_the_nonce() {
    let server = Server::new();
    let challenge = server.challenge(&[]).await.json();
    let payload: Value = serde_json::from_str(challenge["payload"].as_str().unwrap()).unwrap();
    let msg = format!("Sign in to app.example\n\nNonce: {}", nonce_of(&challenge));
    assert_eq!(payload, json!({ "domain": "app.example", "action": "Login", "msg": msg }));
}

#[tokio::test]
async fn a_challenge_is_used_up_by_either_kind_of_proof() {
    let server = Server::new();
    let challenge = server.challenge(&[]).await.json();
    let (authorization, token) = (authorize("alice.near", &challenge, &key()), json!({ "authToken": sign(&challenge, &key()) }));
    assert_eq!(server.post(VERIFY, &[], &authorization).await.status, StatusCode::OK);
    for body in [&authorization, &token] {
        assert_eq!(refusal(&server.post(VERIFY, &[], body).await), refused("challenge_used"));
    }
    let challenge = server.challenge(&[]).await.json();
    let (authorization, token) = (authorize("alice.near", &challenge, &key()), json!({ "authToken": sign(&challenge, &key()) }));
    assert_eq!(server.post(VERIFY, &[], &token).await.status, StatusCode::OK);
    assert_eq!(refusal(&server.post(VERIFY, &[], &authorization).await), refused("challenge_used"));
}

#[tokio::test]
async fn the_nonce_stands_in_either_form_and_the_state_may_be_left_out() {
    let server = Server::new();
    let body = authorized(&server).await;
    let base64 = nonce_of(&body).to_string();
    assert_eq!(server.post(VERIFY, &[], &with(&body, "nonce", json!(base64))).await.status, StatusCode::OK);
    let mut body = authorized(&server).await;
    body.as_object_mut().unwrap().remove("state");
    assert_eq!(server.post(VERIFY, &[], &body).await.status, StatusCode::OK);
    let body = authorized(&server).await;
    for state in ["", "another"] {
        let answer = server.post(VERIFY, &[], &with(&body, "state", json!(state))).await;
        assert_eq!(refusal(&answer), refused("state_mismatch"), "{state:?}");
    }
}

#[tokio::test]
async fn the_nonce_is_judged_before_anybody_is_asked() {
    let server = Server::new();
    let body = authorized(&server).await;
    let foreign = Nonce::from_bytes([7; 32]).to_string();
    assert_eq!(refusal(&server.post(VERIFY, &[], &with(&body, "nonce", json!(foreign))).await), refused("challenge_unknown"));
    server.clock.set(server.clock.now() + std::time::Duration::from_mins(5));
    assert_eq!(refusal(&server.post(VERIFY, &[], &body).await), refused("challenge_expired"));
    assert_eq!(server.asked(), 0);
}

#[tokio::test]
async fn an_authorization_of_something_else_is_refused() {
    let server = Server::new();
    let challenge = server.challenge(&[]).await.json();
    let earlier = server.challenge(&[]).await.json();
    let other_site = challenge["payload"].as_str().unwrap().replace("app.example", "evil.example");
    let reformatted = challenge["payload"].as_str().unwrap().replace("\n  ", "\n    ");
    let cases = [
        ("payload", challenge["payload"].as_str().unwrap().to_owned() + " "),
        ("payload", other_site),
        ("payload", reformatted),
        ("payload", earlier["payload"].as_str().unwrap().to_owned()),
        ("network", "testnet".to_owned()),
    ];
    for (member, value) in cases {
        let authorized = authorize("alice.near", &with(&challenge, member, json!(value)), &key());
        let answer = server.post(VERIFY, &[], &authorized).await;
        assert_eq!(refusal(&answer), refused("authorization_invalid"), "{member} {value}");
    }
    // Alice's, said to be Bob's.
    let body = with(&authorize("alice.near", &challenge, &key()), "accountId", json!("bob.near"));
    assert_eq!(refusal(&server.post(VERIFY, &[], &body).await), refused("authorization_invalid"));
    // Nothing of that burnt the challenge.
    assert_eq!(server.post(VERIFY, &[], &authorize("alice.near", &challenge, &key())).await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_token_wins_over_the_authorization_and_that_over_the_fields() {
    let server = Server::new();
    let challenge = server.challenge(&[]).await.json();
    let body = with(&authorize("alice.near", &challenge, &key()), "authToken", json!(sign(&challenge, &key())));
    for authorization in [json!("junk"), json!(""), json!([7])] {
        let mut junk = with(&body, "authorization", authorization);
        junk["authToken"] = json!("junk");
        assert_eq!(refusal(&server.post(VERIFY, &[], &junk).await), malformed("proof_malformed"), "the token counts");
    }
    assert_eq!(server.post(VERIFY, &[], &with(&body, "authorization", json!([7]))).await.status, StatusCode::OK);

    let body = authorized(&server).await;
    let body = with(&with(&body, "publicKey", json!(5)), "signature", json!("junk"));
    assert_eq!(server.post(VERIFY, &[], &body).await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_authorization_is_a_text_that_is_not_empty() {
    let server = Server::new();
    let body = authorized(&server).await;
    let as_object: Value = serde_json::from_str(body["authorization"].as_str().unwrap()).unwrap();
    for authorization in [json!(""), json!(5), json!(true), json!([]), as_object] {
        let answer = server.post(VERIFY, &[], &with(&body, "authorization", authorization.clone())).await;
        assert_eq!(refusal(&answer), malformed("proof_malformed"), "{authorization}");
    }
    // Null is how some say that there is none: then the fields are missing.
    assert_eq!(refusal(&server.post(VERIFY, &[], &with(&body, "authorization", Value::Null)).await), malformed("malformed"));
    for (member, value) in [("nonce", Value::Null), ("nonce", json!({})), ("accountId", json!(5)), ("state", json!(5))] {
        let answer = server.post(VERIFY, &[], &with(&body, member, value.clone())).await;
        assert_eq!(refusal(&answer), malformed("malformed"), "{member} {value}");
    }
    for (member, value) in [("nonce", json!([1, 2])), ("nonce", json!("AAAA")), ("accountId", json!("Alice.near"))] {
        let answer = server.post(VERIFY, &[], &with(&body, member, value.clone())).await;
        assert_eq!(refusal(&answer), malformed("proof_malformed"), "{member} {value}");
    }
    assert_eq!(server.asked(), 0);
}

#[tokio::test]
async fn an_authorization_is_bound_to_the_browser_that_began() {
    let server = Server::new();
    let challenge = server.challenge(&own_page("")).await;
    let browser = challenge.cookies().concat();
    let body = authorize("alice.near", &challenge.json(), &key());
    let other = server.challenge(&own_page("")).await.cookies().concat();
    assert_eq!(refusal(&server.post(VERIFY, &own_page(&other), &body).await), refused("challenge_unknown"));
    assert_eq!(refusal(&server.post(VERIFY, &[], &body).await), refused("challenge_unknown"));
    assert_eq!(server.post(VERIFY, &own_page(&browser), &body).await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_outage_is_no_refusal_and_burns_nothing() {
    let server = Server::new();
    let body = authorized(&server).await;
    server.set_access(None);
    let answer = server.post(VERIFY, &[], &body).await;
    assert_eq!((answer.status, answer.error().as_str()), (StatusCode::SERVICE_UNAVAILABLE, "chain_unavailable"));
    assert_eq!(answer.headers["retry-after"], "7");
    server.set_access(Some(Access::Full));
    assert_eq!(server.post(VERIFY, &[], &body).await.status, StatusCode::OK);
}

#[tokio::test]
async fn keys_are_judged_as_those_of_signatures_are() {
    let server = Server::new();
    for (access, code) in
        [(Access::NoKey, "key_not_found"), (Access::FunctionCall, "key_not_full_access"), (Access::NoAccount, "account_not_found")]
    {
        server.set_access(Some(access));
        assert_eq!(refusal(&server.post(VERIFY, &[], &authorized(&server).await).await), refused(code), "{access:?}");
    }
}

#[tokio::test]
async fn what_no_key_signed_and_no_contract_knows_is_refused() {
    let server = Server::new();
    let body = with(&authorized(&server).await, "authorization", json!("junk"));
    assert_eq!(refusal(&server.post(VERIFY, &[], &body).await), refused("authorization_invalid"));
}

#[tokio::test]
async fn a_site_that_asks_no_contracts_says_so() {
    let server = Server::with(|builder| builder.contract_accounts(siwn::ContractAccounts::Refuse));
    assert_eq!(server.post(VERIFY, &[], &authorized(&server).await).await.status, StatusCode::OK, "keys are still good");
    let asked = server.asked();
    let body = with(&authorized(&server).await, "authorization", json!("a contract's own"));
    assert_eq!(refusal(&server.post(VERIFY, &[], &body).await), malformed("proof_unsupported"));
    assert_eq!(server.asked(), asked);
}

#[tokio::test]
async fn the_bodies_limit_leaves_room_for_post_quantum_keys_and_long_authorizations() {
    let server = Server::new();
    let quantum = PrivateKey::from_seed(KeyType::MlDsa65, [7; 32]).unwrap();
    let challenge = server.challenge(&[]).await.json();
    let answer = server.post(VERIFY, &[], &authorize("alice.near", &challenge, &quantum)).await;
    assert_eq!((answer.status, answer.json()["publicKey"].clone()), (StatusCode::OK, json!(quantum.public_key().to_string())));

    let body = authorized(&server).await;
    let long = server.post(VERIFY, &[], &with(&body, "authorization", json!("x".repeat(60 * 1024)))).await;
    assert_eq!(refusal(&long), refused("authorization_invalid"), "it was read");
    let longer = server.post(VERIFY, &[], &with(&body, "authorization", json!("x".repeat(64 * 1024)))).await;
    assert_eq!(refusal(&longer), (StatusCode::PAYLOAD_TOO_LARGE, "too_large".to_owned()));
}
