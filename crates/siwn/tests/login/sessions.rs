//! What a session's token opens, until when, and where.

use siwn::{SessionToken, Sessions, UnixMillis};

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
