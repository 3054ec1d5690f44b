//! Logins over HTTP: who may, how often, and what stays.

#![expect(clippy::unwrap_used, reason = "these are tests")]

mod support;

use std::sync::Arc;

use http::{Method, StatusCode};
use serde_json::{Value, json};
use siwn::{Access, UnixMillis};
use support::{NOW, Server, key, nonce_of, own_page, request, sign, sign_as};

const VERIFY: &str = "/api/auth/verify-login";

#[tokio::test]
async fn a_program_signs_in_asks_who_it_is_and_signs_out() {
    let server = Server::new();
    let token = server.token().await;
    let answer = server.post(VERIFY, &[], &json!({ "authToken": token })).await;
    assert_eq!((answer.status, answer.json()["accountId"].clone()), (StatusCode::OK, json!("alice.near")));

    let cookie = answer.cookies().concat();
    let session = server.get("/api/auth/session", &[("cookie", &cookie)]).await;
    assert_eq!((session.status, session.json()["accountId"].clone()), (StatusCode::OK, json!("alice.near")));

    let out = server.send(request(Method::POST, "/api/auth/logout", &[("cookie", &cookie)], "")).await;
    assert_eq!((out.status, out.cookies()), (StatusCode::NO_CONTENT, vec!["__Host-siwn=".to_owned()]));
    assert_eq!(server.get("/api/auth/session", &[("cookie", &cookie)]).await.error(), "not_signed_in");
    // Again, and without a session: no fault.
    let again = server.send(request(Method::POST, "/api/auth/logout", &[("cookie", &cookie)], "")).await;
    assert_eq!(again.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_browser_signs_in_with_the_cookie_that_it_was_given() {
    let server = Server::new();
    let challenge = server.challenge(&own_page("")).await;
    let browser = challenge.cookies().concat();
    assert!(browser.starts_with("__Host-siwn-browser="), "{browser}");
    let answer = server.post(VERIFY, &own_page(&browser), &json!({ "authToken": sign(&challenge.json(), &key()) })).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert!(answer.cookies().iter().all(|cookie| cookie.starts_with("__Host-siwn=")), "the browser's cookie stays as it is");
}

#[tokio::test]
async fn two_tabs_of_one_browser_both_sign_in() {
    let server = Server::new();
    let first = server.challenge(&own_page("")).await;
    let browser = first.cookies().concat();
    let second = server.challenge(&own_page(&browser)).await;
    assert_eq!(second.cookies().concat(), browser, "prolonged, never changed");
    for challenge in [second, first] {
        let answer = server.post(VERIFY, &own_page(&browser), &json!({ "authToken": sign(&challenge.json(), &key()) })).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    }
}

#[tokio::test]
async fn a_browser_without_its_cookie_or_with_anothers_is_refused() {
    let server = Server::new();
    let challenge = server.challenge(&own_page("")).await;
    let other = server.challenge(&own_page("")).await.cookies().concat();
    let body = json!({ "authToken": sign(&challenge.json(), &key()) });

    let without = server.post(VERIFY, &own_page(""), &body).await;
    assert_eq!((without.status, without.error().as_str()), (StatusCode::FORBIDDEN, "browser_unknown"));
    let anothers = server.post(VERIFY, &own_page(&other), &body).await;
    assert_eq!((anothers.status, anothers.error().as_str()), (StatusCode::UNAUTHORIZED, "challenge_unknown"));
    let program = server.post(VERIFY, &[], &body).await;
    assert_eq!(program.error(), "challenge_unknown", "a browser's challenge is no program's");
    let twice = format!("{other}; {other}");
    assert_eq!(server.post(VERIFY, &own_page(&twice), &body).await.error(), "cookie_twice");
    assert_eq!(server.asked(), 0);
}

#[tokio::test]
async fn a_programs_challenge_is_no_browsers() {
    let server = Server::new();
    let token = server.token().await;
    let browser = server.challenge(&own_page("")).await.cookies().concat();
    assert_eq!(server.post(VERIFY, &own_page(&browser), &json!({ "authToken": token })).await.error(), "challenge_unknown");
}

#[tokio::test]
async fn pages_of_foreign_origins_change_nothing() {
    let server = Server::new();
    let challenge = server.challenge(&own_page("")).await;
    let browser = challenge.cookies().concat();
    let body = json!({ "authToken": sign(&challenge.json(), &key()) });
    for (site, origin) in
        [("cross-site", "https://evil.example"), ("cross-site", "null"), ("same-site", "https://evil.app.example")]
    {
        let headers = [("sec-fetch-site", site), ("origin", origin), ("cookie", browser.as_str())];
        for path in ["/api/auth/initiate-login", VERIFY, "/api/auth/logout"] {
            let answer = server.post(path, &headers, &body).await;
            assert_eq!((answer.status, answer.error().as_str()), (StatusCode::FORBIDDEN, "origin_not_allowed"), "{path} {origin}");
            assert!(answer.headers.get("access-control-allow-origin").is_none());
        }
    }
    // The honest browser is not disturbed.
    assert_eq!(server.post(VERIFY, &own_page(&browser), &body).await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_allowed_page_of_another_site_gets_a_bearer_token_and_no_cookie() {
    let server = Server::new();
    let shop = [("sec-fetch-site", "cross-site"), ("origin", "https://shop.example")];
    let challenge = server.challenge(&shop).await;
    assert!(challenge.cookies().is_empty());
    assert_eq!(challenge.headers["access-control-allow-origin"], "https://shop.example");
    assert_eq!(challenge.headers["access-control-allow-credentials"], "true");

    let body = json!({ "authToken": sign(&challenge.json(), &key()) });
    assert_eq!(server.post(VERIFY, &[], &body).await.error(), "challenge_unknown", "bound to its origin");
    let answer = server.post(VERIFY, &shop, &body).await;
    assert!(answer.cookies().is_empty());
    let bearer = format!("Bearer {}", answer.json()["token"].as_str().unwrap());
    let session = server.get("/api/auth/session", &[("authorization", &bearer)]).await;
    assert_eq!(session.json()["accountId"], "alice.near");
}

#[tokio::test]
async fn a_bearer_session_is_given_where_it_is_asked_for_and_never_beside_a_cookie() {
    let server = Server::new();
    let answer = server.post(VERIFY, &[], &json!({ "authToken": server.token().await, "session": "bearer" })).await;
    assert!(answer.json()["token"].as_str().unwrap().starts_with("siwn_"));
    assert!(answer.cookies().is_empty());
    let answer = server.post(VERIFY, &[], &json!({ "authToken": server.token().await })).await;
    assert!(answer.json().get("token").is_none());
    assert_eq!(answer.cookies().len(), 1);
    let answer = server.post(VERIFY, &[], &json!({ "authToken": server.token().await, "session": "both" })).await;
    assert_eq!(answer.error(), "malformed");
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_copies_of_one_token_open_one_session() {
    let server = Arc::new(Server::new());
    let token = server.token().await;
    let copies: Vec<_> = (0..50)
        .map(|_| {
            let (server, token) = (Arc::clone(&server), token.clone());
            tokio::spawn(async move { server.post(VERIFY, &[], &json!({ "authToken": token })).await })
        })
        .collect();
    let mut good = 0;
    for copy in copies {
        let answer = copy.await.unwrap();
        if answer.status == StatusCode::OK {
            good += 1;
        } else {
            assert_eq!(answer.error(), "challenge_used");
        }
    }
    assert_eq!(good, 1);
}

#[tokio::test]
async fn a_bad_signature_asks_nobody() {
    let server = Server::new();
    let challenge = server.challenge(&[]).await.json();
    let foreign =
        sign(&json!({ "message": "Sign in to evil.example", "recipient": "evil.example", "nonce": challenge["nonce"] }), &key());
    assert_eq!(server.post(VERIFY, &[], &json!({ "authToken": foreign })).await.error(), "recipient_mismatch");
    let mut fields = fields(&challenge);
    fields["signature"] = json!("A".repeat(86) + "==");
    assert_eq!(server.post(VERIFY, &[], &fields).await.error(), "signature_invalid");
    assert_eq!(server.asked(), 0);
}

#[tokio::test]
async fn an_outage_of_the_chain_burns_nothing() {
    let server = Server::new();
    let token = server.token().await;
    server.set_access(None);
    let answer = server.post(VERIFY, &[], &json!({ "authToken": token })).await;
    assert_eq!((answer.status, answer.error().as_str()), (StatusCode::SERVICE_UNAVAILABLE, "chain_unavailable"));
    assert_eq!(answer.headers["retry-after"], "7");
    server.set_access(Some(Access::Full));
    assert_eq!(server.post(VERIFY, &[], &json!({ "authToken": token })).await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_the_chain_denies_is_denied() {
    let server = Server::new();
    for (access, code) in
        [(Access::FunctionCall, "key_not_full_access"), (Access::NoKey, "key_not_found"), (Access::NoAccount, "account_not_found")]
    {
        server.set_access(Some(access));
        let answer = server.post(VERIFY, &[], &json!({ "authToken": server.token().await })).await;
        assert_eq!((answer.status, answer.error().as_str()), (StatusCode::UNAUTHORIZED, code));
    }
}

#[tokio::test]
async fn an_implicit_account_that_does_not_exist_is_let_in_where_that_is_allowed() {
    let implicit = key().public_key().implicit_account().unwrap();
    for (policy, expected) in
        [(siwn::UnfundedAccounts::Refuse, StatusCode::UNAUTHORIZED), (siwn::UnfundedAccounts::Accept, StatusCode::OK)]
    {
        let server = Server::with(|builder| builder.unfunded_accounts(policy));
        server.set_access(Some(Access::NoAccount));
        let token = sign_as(implicit.as_str(), &server.challenge(&[]).await.json(), &key());
        assert_eq!(server.post(VERIFY, &[], &json!({ "authToken": token })).await.status, expected);
    }
}

/// The fields of the general flow, signed without a callback URL.
fn fields(challenge: &Value) -> Value {
    let message = challenge["message"].as_str().unwrap();
    let payload = siwn::Payload { message, nonce: &nonce_of(challenge), recipient: "app.example", callback_url: None };
    json!({
        "accountId": "alice.near",
        "publicKey": key().public_key().to_string(),
        "signature": key().sign(&payload).to_string(),
        "nonce": challenge["nonce"],
    })
}

#[tokio::test]
async fn a_member_that_comes_twice_says_nothing_that_can_be_relied_on() {
    let server = Server::new();
    let challenge = server.challenge(&[]).await.json();
    let mut good = fields(&challenge);
    for name in ["message", "recipient", "state"] {
        good[name] = challenge[name].clone();
    }
    good["callbackUrl"] = Value::Null;
    let twice = |name: &str, value: &Value| format!("{{\"{name}\":{value},{}", &good.to_string()[1..]);
    for (name, value) in good.as_object().unwrap() {
        let answer = server.send(request(Method::POST, VERIFY, &[], &twice(name, value))).await;
        assert_eq!(answer.error(), "malformed", "{name}");
    }
    assert_eq!(server.asked(), 0);
    let unread = twice("x", &json!(1)).replacen('{', "{\"x\":2,", 1);
    assert_eq!(server.send(request(Method::POST, VERIFY, &[], &unread)).await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_fields_sign_in_with_either_text_of_nonce_and_signature() {
    let server = Server::new();
    let challenge = server.challenge(&[]).await.json();
    assert_eq!(server.post(VERIFY, &[], &fields(&challenge)).await.status, StatusCode::OK);

    let challenge = server.challenge(&[]).await.json();
    let mut other = fields(&challenge);
    other["nonce"] = json!(nonce_of(&challenge).to_string());
    let payload = siwn::Payload {
        message: "Sign in to app.example",
        nonce: &nonce_of(&challenge),
        recipient: "app.example",
        callback_url: None,
    };
    let signature = bs58_text(key().sign(&payload).as_bytes());
    other["signature"] = json!(format!("ed25519:{signature}"));
    other["recipient"] = json!("app.example");
    other["state"] = challenge["state"].clone();
    other["something"] = json!({ "else": [1, 2, 3] });
    assert_eq!(server.post(VERIFY, &[], &other).await.status, StatusCode::OK);
}

fn bs58_text(bytes: &[u8]) -> String {
    const ALPHABET: &[u8] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    let mut digits = vec![0u8];
    for byte in bytes {
        let mut carry = u32::from(*byte);
        for digit in &mut digits {
            carry += u32::from(*digit) << 8;
            *digit = u8::try_from(carry % 58).unwrap();
            carry /= 58;
        }
        while carry > 0 {
            digits.push(u8::try_from(carry % 58).unwrap());
            carry /= 58;
        }
    }
    digits.iter().rev().map(|digit| char::from(ALPHABET[usize::from(*digit)])).collect()
}

#[tokio::test]
async fn a_token_wins_over_whatever_stands_beside_it() {
    let server = Server::new();
    let body = json!({ "authToken": server.token().await, "accountId": 5, "nonce": { "0": 1 }, "authorization": [7] });
    assert_eq!(server.post(VERIFY, &[], &body).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_state_that_is_present_is_the_challenges() {
    let server = Server::new();
    for (state, expected) in [(json!("other"), "state_mismatch"), (json!(""), "state_mismatch"), (json!(7), "malformed")] {
        let mut fields = fields(&server.challenge(&[]).await.json());
        fields["state"] = state;
        assert_eq!(server.post(VERIFY, &[], &fields).await.error(), expected);
    }
    let mut fields = fields(&server.challenge(&[]).await.json());
    fields["state"] = Value::Null;
    assert_eq!(server.post(VERIFY, &[], &fields).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_redirect_wallet_signs_the_sites_own_callback_url_or_none() {
    let server = Server::new();
    let challenge = server.post("/api/auth/initiate-login", &[], &json!({ "redirect": true })).await.json();
    let url = challenge["callbackUrl"].as_str().unwrap();
    assert!(url.starts_with("https://app.example/api/auth/callback?tx="), "{url}");
    assert_eq!(server.post(VERIFY, &[], &json!({ "authToken": sign(&challenge, &key()) })).await.status, StatusCode::OK);

    // The fields without a URL: both ways of signing are tried.
    let challenge = server.post("/api/auth/initiate-login", &[], &json!({ "redirect": true })).await.json();
    let payload = siwn::Payload {
        message: "Sign in to app.example",
        nonce: &nonce_of(&challenge),
        recipient: "app.example",
        callback_url: challenge["callbackUrl"].as_str(),
    };
    let mut with_url = fields(&challenge);
    with_url["signature"] = json!(key().sign(&payload).to_string());
    assert_eq!(server.post(VERIFY, &[], &with_url).await.status, StatusCode::OK);
}

#[tokio::test]
async fn callback_urls_are_the_configured_ones_byte_for_byte() {
    let server = Server::new();
    let ask = async |url: &str| server.post("/api/auth/initiate-login", &[], &json!({ "callbackUrl": url })).await;
    let configured = ask("my-app://signed-in").await.json();
    assert_eq!(server.post(VERIFY, &[], &json!({ "authToken": sign(&configured, &key()) })).await.status, StatusCode::OK);
    for other in ["my-app://signed-in/", "MY-APP://signed-in", "https://evil.example", ""] {
        let answer = ask(other).await;
        assert_eq!((answer.status, answer.error().as_str()), (StatusCode::BAD_REQUEST, "callback_url_unknown"), "{other:?}");
    }
    let mut challenge = server.challenge(&[]).await.json();
    challenge["callbackUrl"] = json!("https://evil.example");
    let answer = server.post(VERIFY, &[], &json!({ "authToken": sign(&challenge, &key()) })).await;
    assert_eq!((answer.status, answer.error().as_str()), (StatusCode::UNAUTHORIZED, "callback_url_not_allowed"));
}

#[tokio::test]
async fn an_expired_challenge_is_refused_and_one_in_time_is_not() {
    let server = Server::new();
    let (late, in_time) = (server.token().await, server.token().await);
    server.clock.set(UnixMillis::new(NOW.get() + 299_999));
    assert_eq!(server.post(VERIFY, &[], &json!({ "authToken": in_time })).await.status, StatusCode::OK);
    server.clock.set(UnixMillis::new(NOW.get() + 300_000));
    assert_eq!(server.post(VERIFY, &[], &json!({ "authToken": late })).await.error(), "challenge_expired");
}

#[tokio::test]
async fn a_session_ends_after_its_lifetime() {
    let server = Server::new();
    let answer = server.post(VERIFY, &[], &json!({ "authToken": server.token().await })).await;
    let cookie = answer.cookies().concat();
    let week = 7 * 24 * 3600 * 1000;
    server.clock.set(UnixMillis::new(NOW.get() + week - 1));
    assert_eq!(server.get("/api/auth/session", &[("cookie", &cookie)]).await.status, StatusCode::OK);
    server.clock.set(UnixMillis::new(NOW.get() + week));
    assert_eq!(server.get("/api/auth/session", &[("cookie", &cookie)]).await.error(), "not_signed_in");
}

#[tokio::test]
async fn a_published_client_that_begins_with_get_works_too() {
    let server = Server::new();
    let challenge = server.get("/api/auth/initiate-login", &[]).await.json();
    assert_eq!(server.post(VERIFY, &[], &json!({ "authToken": sign(&challenge, &key()) })).await.status, StatusCode::OK);
}

#[tokio::test]
async fn plain_http_answers_to_names_of_this_machine_only() {
    let server = Server::with(|builder| builder.public_url("http://localhost:8080"));
    for host in ["localhost:8080", "127.0.0.1:8080", "[::1]:8080"] {
        let answer = server.get("/api/auth/session", &[("host", host)]).await;
        assert_eq!(answer.error(), "not_signed_in", "{host}");
    }
    for headers in [&[("host", "evil.example:8080")][..], &[("host", "localhost.evil.example")], &[]] {
        for path in ["/api/auth/session", "/healthz", "/metrics", "/nothing"] {
            let answer = server.get(path, headers).await;
            assert_eq!((answer.status, answer.error().as_str()), (StatusCode::FORBIDDEN, "host_not_allowed"), "{path}");
        }
    }
    let challenge = server.challenge(&[("host", "localhost:8080"), ("sec-fetch-site", "same-origin")]).await;
    let cookie = challenge.headers["set-cookie"].to_str().unwrap();
    assert!(cookie.starts_with("siwn-browser=") && !cookie.contains("Secure"), "{cookie}");
}
