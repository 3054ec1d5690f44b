//! The audit log, line by line.

use axum::Router;
use axum::routing::get;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use siwn::{Access, AccountRules, KeyType, PrivateKey};
use siwn_server::{Rates, SignedIn, TrustedProxies};
use tower::ServiceExt as _;

use crate::support::{Audited, key, own_page, request, sign, sign_as};
use crate::{INITIATE, SESSION, VERIFY, bearer, request_from, sign_in, verify_from};

const CLIENT: &str = "192.0.2.1:5000";

/// Event and reason of each line.
fn told(lines: &[Value]) -> Vec<(&str, Option<&str>)> {
    lines.iter().map(|line| (line["event"].as_str().unwrap(), line["reason"].as_str())).collect()
}

/// The text without what is new every time.
fn fixed(text: &str) -> String {
    let hide = |line: &str| {
        let mut line: String = line.into();
        for (name, length) in [("\"requestId\":\"", 16), ("\"session\":\"", 22)] {
            if let Some(at) = line.find(name) {
                line.replace_range(at + name.len()..at + name.len() + length, "[random]");
            }
        }
        line
    };
    text.lines().map(|line| hide(line) + "\n").collect()
}

/// The line of a login.
pub(crate) async fn a_line() -> String {
    let audited = Audited::new();
    sign_in(&audited.server, "alice.near").await;
    audited.text().trim_end().to_owned()
}

#[tokio::test]
async fn a_day_as_it_is_written_down() {
    let audited = Audited::with(|builder| builder.trusted_proxies(TrustedProxies::parse(["192.0.2.1"]).unwrap()));
    let server = &audited.server;
    let body = |token: String| json!({ "authToken": token, "session": "bearer" });
    let token = server.token().await;
    let signed_in = verify_from(server, CLIENT, &body(token.clone())).await;
    assert_eq!(signed_in.status, StatusCode::OK);
    verify_from(server, CLIENT, &body(token)).await;

    let secp256k1 = PrivateKey::from_seed(KeyType::Secp256k1, [7; 32]).unwrap();
    let forwarded = [("x-forwarded-for", "2001:db8::7")];
    let request = body(sign(&server.challenge(&[]).await.json(), &secp256k1)).to_string();
    server.send(request_from(CLIENT, Method::POST, VERIFY, &forwarded, &request)).await;

    server.set_access(Some(Access::NoKey));
    server.post(VERIFY, &[], &body(sign_as("bob.near", &server.challenge(&[]).await.json(), &key()))).await;
    server.post(VERIFY, &own_page(""), &body(server.token().await)).await;

    server.siwn.set_account_rules(AccountRules { deny: vec!["alice.near".parse().unwrap()], allow: Vec::new() });
    server.get(SESSION, &[("authorization", &bearer(&signed_in))]).await;
    server.siwn.set_account_rules(AccountRules::default());
    server.send(crate::request(Method::POST, "/api/auth/logout", &[("authorization", &bearer(&signed_in))], "")).await;
    insta::assert_snapshot!(fixed(&audited.text()));
}

#[tokio::test]
async fn what_is_no_login_and_what_nobody_could_answer_is_no_line() {
    let audited = Audited::with(|builder| builder.rates(Rates { verify: Some("3/1m".parse().unwrap()), ..Rates::default() }));
    let server = &audited.server;
    let token = server.token().await;
    server.set_access(None);
    assert_eq!(server.post(VERIFY, &[], &json!({ "authToken": token })).await.error(), "chain_unavailable");
    for body in [json!({}), json!({ "authToken": "x" })] {
        verify_from(server, CLIENT, &body).await;
    }
    verify_from(server, CLIENT, &json!([])).await;
    assert_eq!(verify_from(server, CLIENT, &json!({})).await.error(), "rate_limited");
    server.get(SESSION, &[]).await;
    server.send(request(Method::POST, "/api/auth/logout", &[], "")).await;
    server.challenge(&[]).await;
    assert_eq!(audited.text(), "");
}

#[tokio::test]
async fn an_account_that_signs_in_too_often_is_a_line() {
    let account = Some("1/1m".parse().unwrap());
    let audited = Audited::with(|builder| builder.rates(Rates { account, ..Rates::default() }));
    for _ in 0..2 {
        sign_in(&audited.server, "alice.near").await;
    }
    let lines = audited.lines();
    assert_eq!(told(&lines), [("login", None), ("refusal", Some("rate_limited"))]);
    assert_eq!(lines[1]["verified"], true, "the key stood");
}

#[tokio::test]
async fn the_answer_and_the_line_have_one_request_id_and_no_secret_is_in_any() {
    let audited = Audited::new();
    let challenge = audited.server.challenge(&own_page("")).await;
    let browser = challenge.cookies().concat();
    let token = sign(&challenge.json(), &key());
    let answer = audited.server.post(VERIFY, &own_page(&browser), &json!({ "authToken": token })).await;
    let session = answer.cookies().concat();
    let text = audited.text();
    let line: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(line["requestId"], answer.headers["x-request-id"].to_str().unwrap());
    let session = session.split_once('=').unwrap().1;
    for secret in [&token, browser.split_once('=').unwrap().1, &session[22..]] {
        assert!(!text.contains(secret), "{text}");
    }
    let prefix = line["session"].as_str().unwrap();
    assert_eq!(&session[..20], &prefix[..20], "the public half of the token");
}

#[tokio::test]
async fn text_from_outside_is_in_no_line_as_it_came() {
    let audited = Audited::with(|builder| builder.trusted_proxies(TrustedProxies::parse(["0.0.0.0/0"]).unwrap()));
    let server = &audited.server;
    let forged = "x\",\"event\":\"login\"} \u{2028}{\"";
    let challenge = server.challenge(&[]).await.json();
    for member in ["message", "recipient", "callbackUrl", "state"] {
        let mut other = challenge.clone();
        other[member] = json!(forged);
        let body = json!({ "authToken": sign(&other, &key()) }).to_string();
        let headers = [("x-forwarded-for", "forged, 203.0.113.9"), ("user-agent", "forged"), ("x-request-id", "forged")];
        assert_eq!(server.send(request_from(CLIENT, Method::POST, VERIFY, &headers, &body)).await.status, StatusCode::UNAUTHORIZED);
    }
    for account in ["alice.near\n", "ALICE.near", forged] {
        let body = json!({ "accountId": account, "publicKey": key().public_key().to_string(), "signature": "A".repeat(86) + "==",
            "nonce": challenge["nonce"] });
        assert_eq!(server.post(VERIFY, &[], &body).await.status, StatusCode::BAD_REQUEST);
    }
    let lines = audited.lines();
    assert_eq!(lines.len(), 4);
    for line in lines {
        assert_eq!(line["client"], "203.0.113.9");
        assert_eq!(line["event"], "refusal");
        assert!(!line.to_string().contains("forged"), "{line}");
    }
}

#[tokio::test]
async fn an_applications_own_routes_have_lines_without_a_request_id() {
    let audited = Audited::new();
    let siwn = audited.server.siwn.clone();
    let bearer = bearer(&sign_in(&audited.server, "alice.near").await);
    siwn.set_account_rules(AccountRules { allow: vec!["bob.near".parse().unwrap()], deny: Vec::new() });
    let route = get(async |user: SignedIn| user.account().to_string());
    let application = Router::new().route("/me", route).with_state(siwn);
    let request = request_from(CLIENT, Method::GET, "/me", &[("authorization", &bearer)], "");
    assert_eq!(application.oneshot(request).await.unwrap().status(), StatusCode::UNAUTHORIZED);
    let lines = audited.lines();
    assert_eq!(told(&lines), [("login", None), ("refusal", Some("account_not_allowed"))]);
    let line = &lines[1];
    assert_eq!((&line["client"], &line["requestId"], &line["account"]), (&json!("192.0.2.1"), &Value::Null, &json!("alice.near")));
    assert_eq!(line["session"], lines[0]["session"]);
}

#[tokio::test]
async fn foreign_pages_are_lines_without_an_account() {
    let audited = Audited::new();
    let evil = [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")];
    audited.server.post(VERIFY, &evil, &json!({ "authToken": "x" })).await;
    audited.server.post(INITIATE, &evil, &json!({})).await;
    let lines = audited.lines();
    assert_eq!(told(&lines), [("refusal", Some("origin_not_allowed"))]);
    assert_eq!((&lines[0]["account"], &lines[0]["verified"]), (&Value::Null, &json!(false)));
}

#[tokio::test]
async fn an_account_that_is_denied_cannot_fill_the_log_with_its_session() {
    let audited = Audited::new();
    let bearer = bearer(&sign_in(&audited.server, "alice.near").await);
    audited.server.siwn.set_account_rules(AccountRules { allow: Vec::new(), deny: vec!["alice.near".parse().unwrap()] });
    for _ in 0..50 {
        let answer = audited.server.get("/api/auth/session", &[("authorization", &bearer)]).await;
        assert_eq!(answer.error(), "account_not_allowed");
    }
    let refusals = told(&audited.lines()).into_iter().filter(|(event, _)| *event == "refusal").count();
    assert_eq!(refusals, 10);
}
