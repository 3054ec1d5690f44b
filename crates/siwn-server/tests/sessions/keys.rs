//! A session lives no longer than its key. The clock stands; the chain says what it is told.

use std::time::Duration;

use http::StatusCode;
use siwn::{Access, KeyType, PrivateKey, UnfundedAccounts, UnixMillis};
use siwn_server::KeyChecks;

use crate::support::{Server, sign_as};
use crate::{Audited, VERIFY, after, asked_since, bearer, chain_says, line, session};

const RECHECK: Duration = Duration::from_mins(10);
const STALE: Duration = Duration::from_mins(20);
const BOUND: Duration = Duration::from_hours(1);

/// A millisecond before an age is reached.
fn just_before(age: Duration) -> UnixMillis {
    UnixMillis::new(after(age).get() - 1)
}

/// Waits until the chain has been asked so often, and what came of it is written down. Whatever runs in the background runs meanwhile.
async fn asked(server: &Server, times: usize) {
    while server.asked() < times || server.siwn.keys_being_checked() > 0 {
        tokio::task::yield_now().await;
    }
}

#[test]
fn the_documented_bound_is_the_sum() {
    let checks = KeyChecks::default();
    assert_eq!((checks.recheck, checks.stale, checks.bound()), (RECHECK, STALE, BOUND));
    let documents = [include_str!("../../../../docs/configuration.md"), include_str!("../../../../SECURITY.md")];
    assert!(documents.iter().all(|text| text.contains("20 minutes") && text.contains("an hour")));
}

#[tokio::test]
async fn a_young_session_asks_nobody() {
    let server = Server::new();
    let token = bearer(&server, "alice.near").await;
    let before = server.asked();
    chain_says(&server, None);
    server.clock.set(just_before(RECHECK));
    assert_eq!(session(&server, ("authorization", &token)).await.status, StatusCode::OK);
    assert_eq!(asked_since(&server, before), 0);
}

#[tokio::test]
async fn past_recheck_the_answer_comes_first_and_the_question_after_it() {
    let audited = Audited::with(|builder| builder);
    let server = &audited.server;
    let token = bearer(server, "alice.near").await;
    chain_says(server, Some(Access::NoKey));
    server.clock.set(after(RECHECK));
    assert_eq!(session(server, ("authorization", &token)).await.status, StatusCode::OK);
    asked(server, 2).await;
    assert_eq!(session(server, ("authorization", &token)).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(audited.told(1), [line("revocation", "key_not_found", "alice.near")]);
}

#[tokio::test]
async fn a_key_that_stands_is_taken_for_granted_anew() {
    let server = Server::new();
    let token = bearer(&server, "alice.near").await;
    server.clock.set(after(RECHECK));
    session(&server, ("authorization", &token)).await;
    asked(&server, 2).await;
    chain_says(&server, None);
    server.clock.set(just_before(RECHECK + RECHECK));
    session(&server, ("authorization", &token)).await;
    assert_eq!(server.asked(), 2, "it was asked for ten minutes ago");
    server.clock.set(just_before(RECHECK + BOUND));
    assert_eq!(session(&server, ("authorization", &token)).await.status, StatusCode::OK, "and so the bound counts from there");
    server.clock.set(after(RECHECK + BOUND));
    assert_eq!(session(&server, ("authorization", &token)).await.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn past_stale_the_question_comes_before_the_answer() {
    for (access, reason) in
        [(Access::NoKey, "key_not_found"), (Access::FunctionCall, "key_not_full_access"), (Access::NoAccount, "account_not_found")]
    {
        let audited = Audited::with(|builder| builder);
        let token = bearer(&audited.server, "alice.near").await;
        chain_says(&audited.server, Some(access));
        audited.server.clock.set(after(STALE));
        let answer = session(&audited.server, ("authorization", &token)).await;
        assert_eq!((answer.status, answer.error().as_str()), (StatusCode::UNAUTHORIZED, "not_signed_in"), "{access:?}");
        // A key that comes back does not bring the session back.
        chain_says(&audited.server, Some(Access::Full));
        assert_eq!(session(&audited.server, ("authorization", &token)).await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(audited.told(1), [line("revocation", reason, "alice.near")]);
    }
}

#[tokio::test]
async fn while_nobody_can_be_asked_there_is_a_grace_and_then_503_until_somebody_can() {
    let server = Server::new();
    let token = bearer(&server, "alice.near").await;
    chain_says(&server, None);
    for time in [after(STALE), just_before(BOUND)] {
        server.clock.set(time);
        assert_eq!(session(&server, ("authorization", &token)).await.status, StatusCode::OK, "{time:?}");
    }
    server.clock.set(after(BOUND));
    let answer = session(&server, ("authorization", &token)).await;
    assert_eq!((answer.status, answer.error().as_str()), (StatusCode::SERVICE_UNAVAILABLE, "chain_unavailable"));
    assert_eq!(answer.headers["retry-after"], "7", "as the chain said");
    chain_says(&server, Some(Access::Full));
    assert_eq!(session(&server, ("authorization", &token)).await.status, StatusCode::OK, "back again");
    chain_says(&server, None);
    server.clock.set(just_before(BOUND + BOUND));
    assert_eq!(session(&server, ("authorization", &token)).await.status, StatusCode::OK, "good for the bound anew");
}

#[tokio::test]
async fn during_an_outage_one_question_is_tried_every_five_seconds() {
    let server = Server::new();
    let mut tokens = Vec::new();
    for number in 0..20 {
        tokens.push(bearer(&server, &format!("a{number}.near")).await);
    }
    let logins = server.asked();
    chain_says(&server, None);
    server.clock.set(after(STALE));
    for token in &tokens {
        assert_eq!(session(&server, ("authorization", token)).await.status, StatusCode::OK);
    }
    assert_eq!(asked_since(&server, logins), 1);
    server.clock.set(after(STALE + Duration::from_secs(5)));
    for token in &tokens {
        assert_eq!(session(&server, ("authorization", token)).await.status, StatusCode::OK);
    }
    asked(&server, logins + 2).await;
    assert_eq!(asked_since(&server, logins), 2);
}

#[tokio::test]
async fn of_many_uses_at_once_one_asks() {
    let server = Server::new();
    let token = bearer(&server, "alice.near").await;
    let before = server.asked();
    server.clock.set(after(STALE));
    let uses = (0..50).map(|_| session(&server, ("authorization", &token)));
    for answer in futures_util::future::join_all(uses).await {
        assert_eq!(answer.status, StatusCode::OK);
    }
    assert_eq!(asked_since(&server, before), 1);
}

/// The implicit account of a key: its name, and how it signs in.
fn implicit() -> (String, PrivateKey) {
    let key = PrivateKey::from_seed(KeyType::Ed25519, [7; 32]).unwrap();
    (key.public_key().implicit_account().unwrap().to_string(), key)
}

#[tokio::test]
async fn an_account_that_does_not_exist_yet_may_come_to_be_and_not_cease_to_be() {
    let (account, _) = implicit();
    let server = Server::with(|builder| builder.unfunded_accounts(UnfundedAccounts::Accept));
    chain_says(&server, Some(Access::NoAccount));
    let token = bearer(&server, &account).await;
    server.clock.set(after(STALE));
    assert_eq!(session(&server, ("authorization", &token)).await.status, StatusCode::OK, "it still does not exist");
    let before = server.asked();
    assert_eq!(session(&server, ("authorization", &token)).await.status, StatusCode::OK);
    assert_eq!(asked_since(&server, before), 0, "and is not asked for at every use");
    chain_says(&server, Some(Access::Full));
    server.clock.set(after(STALE + STALE));
    assert_eq!(session(&server, ("authorization", &token)).await.status, StatusCode::OK, "it exists by now");
    chain_says(&server, Some(Access::NoAccount));
    server.clock.set(after(STALE + STALE + STALE));
    assert_eq!(session(&server, ("authorization", &token)).await.status, StatusCode::UNAUTHORIZED, "it is gone");
}

#[tokio::test]
async fn an_account_that_existed_at_the_login_and_is_missing_now_ends_its_sessions_whatever_is_let_in() {
    let (account, key) = implicit();
    let server = Server::with(|builder| builder.unfunded_accounts(UnfundedAccounts::Accept));
    let token = bearer(&server, &account).await;
    chain_says(&server, Some(Access::NoAccount));
    server.clock.set(after(STALE));
    assert_eq!(session(&server, ("authorization", &token)).await.status, StatusCode::UNAUTHORIZED);
    let again = sign_as(&account, &server.challenge(&[]).await.json(), &key);
    let answer = server.post(VERIFY, &[], &serde_json::json!({ "authToken": again })).await;
    assert_eq!(answer.status, StatusCode::OK, "a login anew is another matter");
}
