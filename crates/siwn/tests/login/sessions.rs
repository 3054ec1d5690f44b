//! What a session's token opens, until when, and where.

use std::time::Duration;

use siwn::{Binding, Client, ClientLabel, Session, SessionSecret, SessionToken, Sessions, Store as _, UnixMillis};

use crate::support::{NOW, SESSION_LIFETIME, Stage};

#[tokio::test]
async fn a_token_finds_its_session() {
    let stage = Stage::new();
    let signed_in = stage.finish(stage.token(&stage.begin())).await.unwrap();
    let as_kept: SessionToken = signed_in.token.expose_text().parse().unwrap();
    assert_eq!(stage.sessions().find(&as_kept, NOW).await.unwrap(), Some(signed_in.session));
}

#[tokio::test]
async fn a_wrong_secret_finds_and_closes_nothing() {
    let stage = Stage::new();
    let signed_in = stage.finish(stage.token(&stage.begin())).await.unwrap();
    let mut text = signed_in.token.expose_text();
    let last = text.pop().unwrap();
    text.push(if last == 'A' { 'B' } else { 'A' });
    let wrong: SessionToken = text.parse().unwrap();
    assert_eq!(wrong.id(), signed_in.token.id());
    assert_eq!(stage.sessions().find(&wrong, NOW).await.unwrap(), None);
    stage.sessions().close(&wrong, NOW).await.unwrap();
    assert!(stage.sessions().find(&signed_in.token, NOW).await.unwrap().is_some(), "the session stands");
}

#[tokio::test]
async fn a_session_of_one_site_is_none_of_another() {
    let stage = Stage::new();
    let signed_in = stage.finish(stage.token(&stage.begin())).await.unwrap();
    let other = Sessions::new(stage.store.clone(), "other.example".parse().unwrap());
    assert_eq!(other.find(&signed_in.token, NOW).await.unwrap(), None);
    other.close(&signed_in.token, NOW).await.unwrap();
    assert!(stage.sessions().find(&signed_in.token, NOW).await.unwrap().is_some(), "and it cannot end it");
}

#[tokio::test]
async fn a_session_ends_at_its_end_by_either_clock() {
    let stage = Stage::new();
    let signed_in = stage.finish(stage.token(&stage.begin())).await.unwrap();
    let end = NOW + SESSION_LIFETIME;
    let last = UnixMillis::new(end.get() - 1);
    stage.clock.set(last);
    assert!(stage.sessions().find(&signed_in.token, last).await.unwrap().is_some());
    assert_eq!(stage.sessions().find(&signed_in.token, end).await.unwrap(), None, "by the caller's clock");
    stage.clock.set(end);
    assert_eq!(stage.sessions().find(&signed_in.token, last).await.unwrap(), None, "by the store's");
}

#[tokio::test]
async fn a_closed_session_stays_closed() {
    let stage = Stage::new();
    let signed_in = stage.finish(stage.token(&stage.begin())).await.unwrap();
    for _ in 0..2 {
        stage.sessions().close(&signed_in.token, NOW).await.unwrap();
        assert_eq!(stage.sessions().find(&signed_in.token, NOW).await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_session_that_is_not_used_ends_by_either_clock() {
    let idle = Duration::from_mins(10);
    let stage = Stage::with(|site| site.idle_lifetime(idle));
    let signed_in = stage.finish(stage.token(&stage.begin())).await.unwrap();
    let last = UnixMillis::new((NOW + idle).get() - 1);
    assert!(stage.sessions().find(&signed_in.token, last).await.unwrap().is_some());
    assert_eq!(stage.sessions().find(&signed_in.token, NOW + idle).await.unwrap(), None, "by the caller's clock");
    stage.clock.set(NOW + idle);
    assert_eq!(stage.sessions().find(&signed_in.token, last).await.unwrap(), None, "by the store's");
}

#[tokio::test]
async fn use_is_written_down_now_and_then() {
    let stage = Stage::with(|site| site.idle_lifetime(Duration::from_mins(5)));
    let signed_in = stage.finish(stage.token(&stage.begin())).await.unwrap();
    let mut session = signed_in.session;
    for (seconds, expected) in [(29, 0), (30, 30), (59, 30), (60, 60), (400, 400)] {
        let now = NOW + Duration::from_secs(seconds);
        stage.sessions().seen(&session, now).await.unwrap();
        session = stage.sessions().find(&signed_in.token, now).await.unwrap().unwrap();
        assert_eq!(session.seen_at, NOW + Duration::from_secs(expected), "a tenth of the idle lifetime, after {seconds} s");
    }
    let checked = NOW + Duration::from_secs(7);
    stage.sessions().checked(&session, checked).await.unwrap();
    let session = stage.sessions().find(&signed_in.token, NOW).await.unwrap().unwrap();
    assert_eq!(session.checked_at, checked);
}

#[tokio::test]
async fn a_list_is_one_sites_and_one_accounts() {
    let stage = Stage::new();
    let here = stage.sessions();
    let there = Sessions::new(stage.store.clone(), "other.example".parse().unwrap());
    let (first, second) = (signed_in(&stage).await, signed_in(&stage).await);
    let ids: Vec<_> = here.list(&stage.account, NOW).await.unwrap().iter().map(|session| session.id).collect();
    assert!(ids.len() == 2 && ids.contains(&first.id) && ids.contains(&second.id), "{ids:?}");
    assert_eq!(there.list(&stage.account, NOW).await.unwrap(), []);
    assert_eq!(here.list(&"bob.near".parse().unwrap(), NOW).await.unwrap(), []);
    assert_eq!(here.list(&stage.account, NOW + SESSION_LIFETIME).await.unwrap(), [], "by the caller's clock, too");
}

#[tokio::test]
async fn nobody_ends_a_session_of_another_account_or_site() {
    let stage = Stage::new();
    let session = signed_in(&stage).await;
    let bob = "bob.near".parse().unwrap();
    let there = Sessions::new(stage.store.clone(), "other.example".parse().unwrap());
    assert!(stage.sessions().close_one(&bob, session.id, NOW).await.unwrap().is_none());
    assert!(there.close_one(&stage.account, session.id, NOW).await.unwrap().is_none());
    stage.sessions().close_all(&bob, None).await.unwrap();
    there.close_all(&stage.account, None).await.unwrap();
    assert_eq!(stage.sessions().list(&stage.account, NOW).await.unwrap(), std::slice::from_ref(&session));

    assert!(stage.sessions().close_one(&stage.account, session.id, NOW).await.unwrap().is_some());
    assert!(stage.sessions().close_one(&stage.account, session.id, NOW).await.unwrap().is_none(), "it is over");
}

#[tokio::test]
async fn all_others_end_and_ones_own_goes_on() {
    let stage = Stage::new();
    let (own, other) = (signed_in(&stage).await, signed_in(&stage).await);
    stage.sessions().close_all(&stage.account, Some(own.id)).await.unwrap();
    assert_eq!(stage.sessions().list(&stage.account, NOW).await.unwrap(), [own]);
    assert!(stage.sessions().close_one(&stage.account, other.id, NOW).await.unwrap().is_none());
}

#[tokio::test]
async fn a_blocked_account_is_refused_and_nothing_is_spent() {
    let stage = Stage::new();
    let token = stage.token(&stage.begin());
    stage.store.block(&stage.account).await.unwrap();
    assert_eq!(stage.finish(token.clone()).await.unwrap_err().code(), "account_blocked");
    stage.store.unblock(&stage.account).await.unwrap();
    stage.finish(token).await.unwrap();
}

async fn signed_in(stage: &Stage) -> Session {
    stage.finish(stage.token(&stage.begin())).await.expect("the login succeeds").session
}

#[tokio::test]
async fn a_session_knows_what_its_client_called_itself() {
    let stage = Stage::new();
    let client = Client { label: ClientLabel::new(b"curl/8.14.1"), ..Binding::unbound().into() };
    let proof = stage.token(&stage.begin()).into();
    let signed_in = stage.login.finish(proof, &client, NOW, SessionSecret::from_bytes([1; 32])).await.unwrap();
    let listed = stage.sessions().list(&stage.account, NOW).await.unwrap();
    assert_eq!((signed_in.session.client.as_str(), listed[0].client.as_str()), ("curl/8.14.1", "curl/8.14.1"));
}
