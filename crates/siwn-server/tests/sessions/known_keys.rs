//! Keys that are known, and the application's own word on a login.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};
use siwn::{KeyMemory, PrivateKey};
use siwn_server::{LoginDenied, NewLogin};

use crate::support::{Answer, Server, key, other_key, sign_as};
use crate::{Audited, VERIFY, bearer, line, session};

async fn sign_in(server: &Server, account: &str, key: &PrivateKey) -> Answer {
    let token = sign_as(account, &server.challenge(&[]).await.json(), key);
    server.post(VERIFY, &[], &json!({ "authToken": token, "session": "bearer" })).await
}

#[tokio::test]
async fn the_audit_log_says_whether_a_key_is_known() {
    let audited = Audited::with(|builder| builder);
    for (account, key) in [
        ("alice.near", key()),
        ("alice.near", key()),
        ("alice.near", other_key()),
        ("alice.near", other_key()),
        ("bob.near", key()),
    ] {
        assert_eq!(sign_in(&audited.server, account, &key).await.status, StatusCode::OK);
    }
    let known: Vec<_> = audited.lines().iter().map(|line| line["knownKey"].clone()).collect();
    assert_eq!(known, [Value::Null, json!(true), json!(false), json!(true), Value::Null]);
}

#[tokio::test]
async fn new_keys_of_known_accounts_are_refused_where_that_is_wanted() {
    let audited = Audited::with(siwn_server::Builder::refuse_new_keys);
    let server = &audited.server;
    assert_eq!(sign_in(server, "alice.near", &key()).await.status, StatusCode::OK);
    for _ in 0..2 {
        let answer = sign_in(server, "alice.near", &other_key()).await;
        assert_eq!((answer.status, answer.error().as_str()), (StatusCode::UNAUTHORIZED, "key_new"), "also the second time");
    }
    assert_eq!(sign_in(server, "alice.near", &key()).await.status, StatusCode::OK);
    assert_eq!(sign_in(server, "bob.near", &other_key()).await.status, StatusCode::OK, "an account's first key is let in");
    let lines = audited.lines();
    let told: Vec<_> = lines.iter().map(|line| (&line["event"], &line["reason"], &line["knownKey"], &line["verified"])).collect();
    assert_eq!(told[1], (&json!("refusal"), &json!("key_new"), &json!(false), &json!(true)));
}

#[tokio::test]
async fn the_application_hears_who_signs_in_before_a_session_is_opened() {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&heard);
    let server = Server::with(|builder| {
        builder.on_login(move |login: NewLogin| {
            told.lock().unwrap().push((
                login.account.to_string(),
                login.key_memory,
                login.known_key(),
                login.recipient.to_string(),
            ));
            async { Ok(()) }
        })
    });
    for key in [key(), key(), other_key()] {
        assert_eq!(sign_in(&server, "alice.near", &key).await.status, StatusCode::OK);
    }
    let alice = |memory, known| ("alice.near".to_owned(), Some(memory), known, "app.example".to_owned());
    let expected =
        [alice(KeyMemory::FirstOfAccount, None), alice(KeyMemory::Known, Some(true)), alice(KeyMemory::New, Some(false))];
    assert_eq!(*heard.lock().unwrap(), expected);
}

#[tokio::test]
async fn the_application_refuses_in_its_own_words_and_nothing_is_remembered() {
    let audited = Audited::with(|builder| {
        let calls = AtomicUsize::new(0);
        builder.on_login(move |login: NewLogin| {
            let is_first = calls.fetch_add(1, Ordering::SeqCst) == 0;
            assert_eq!(login.key_memory, Some(KeyMemory::FirstOfAccount));
            async move {
                let reason = "your membership has ended".to_owned();
                if is_first { Err(LoginDenied::Refused { reason }) } else { Ok(()) }
            }
        })
    });
    let token = sign_as("alice.near", &audited.server.challenge(&[]).await.json(), &key());
    let body = json!({ "authToken": token });
    let answer = audited.server.post(VERIFY, &[], &body).await;
    assert_eq!((answer.status, answer.error().as_str()), (StatusCode::UNAUTHORIZED, "login_refused"));
    assert_eq!(answer.json()["reason"], "your membership has ended");
    assert_eq!(audited.server.post(VERIFY, &[], &body).await.status, StatusCode::OK, "the challenge was not spent");
    let lines = audited.lines();
    assert_eq!((&lines[0]["reason"], &lines[0]["account"]), (&json!("login_refused"), &json!("alice.near")));
}

#[tokio::test]
async fn the_application_ends_the_sessions_of_an_account_at_once_and_of_nobody_else() {
    let audited = Audited::with(|builder| builder.session_cache(Duration::from_secs(5)));
    let server = &audited.server;
    let (alice, another, bob) =
        (bearer(server, "alice.near").await, bearer(server, "alice.near").await, bearer(server, "bob.near").await);
    for token in [&alice, &another, &bob] {
        assert_eq!(session(server, ("authorization", token)).await.status, StatusCode::OK);
    }
    server.siwn.end_sessions(&"alice.near".parse().unwrap()).await.unwrap();
    let mut statuses = Vec::new();
    for token in [&alice, &another, &bob] {
        statuses.push(session(server, ("authorization", token)).await.status);
    }
    assert_eq!(statuses, [StatusCode::UNAUTHORIZED, StatusCode::UNAUTHORIZED, StatusCode::OK]);
    assert_eq!(sign_in(server, "alice.near", &key()).await.status, StatusCode::OK, "the hook and the rules say who may sign in");
    let told = audited.told(3);
    assert_eq!(told[0], line("revocation", "ended_by_operator", "alice.near"));
}

#[tokio::test]
async fn an_application_that_cannot_say_is_no_refusal() {
    let audited = Audited::with(|builder| builder.on_login(|_| async { Err(LoginDenied::Unavailable("its database".into())) }));
    let answer = sign_in(&audited.server, "alice.near", &key()).await;
    assert_eq!((answer.status, answer.error().as_str()), (StatusCode::SERVICE_UNAVAILABLE, "admission_unavailable"));
    assert!(answer.headers.contains_key("retry-after") && !answer.body.contains("database"), "{}", answer.body);
    assert_eq!(audited.lines(), Vec::<Value>::new(), "an outage is no refusal");
}

#[tokio::test]
async fn nobody_reaches_the_application_whose_key_does_not_stand() {
    let server = Server::with(|builder| builder.on_login(|_| async { unreachable!("nobody is let in so far") }));
    crate::chain_says(&server, Some(siwn::Access::NoKey));
    assert_eq!(sign_in(&server, "alice.near", &key()).await.error(), "key_not_found");
}
