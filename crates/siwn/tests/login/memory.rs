//! The memory store is bounded, and forgets nothing that lives.

use std::time::Duration;

use siwn::{LoginError, Store as _, StoreError, Unavailable, UnixMillis};

use crate::support::{LIFETIME, NOW, SESSION_LIFETIME, Stage};

const ROOM: usize = 3;

async fn full() -> Stage {
    let stage = Stage::with_room_for(ROOM);
    for _ in 0..ROOM {
        stage.finish(stage.token(&stage.begin())).await.expect("there is room");
    }
    stage
}

async fn is_full(stage: &Stage) -> bool {
    let answer = stage.finish(stage.token(&stage.begin())).await;
    matches!(answer, Err(LoginError::Unavailable(Unavailable::Store(StoreError::Full))))
}

#[tokio::test]
async fn a_full_store_says_so_and_forgets_no_live_row() {
    let stage = Stage::with_room_for(ROOM);
    let mut tokens = Vec::new();
    for _ in 0..ROOM {
        let token = stage.token(&stage.begin());
        tokens.push((token.clone(), stage.finish(token).await.unwrap()));
    }
    for _ in 0..10 {
        assert!(is_full(&stage).await);
    }
    for (token, signed_in) in tokens {
        assert_eq!(stage.sessions().find(&signed_in.token, NOW).await.unwrap(), Some(signed_in.session));
        assert_eq!(stage.finish(token).await.unwrap_err().code(), "challenge_used");
    }
}

#[tokio::test]
async fn there_is_room_again_when_sessions_have_ended_by_the_stores_clock() {
    let stage = full().await;
    stage.clock.set(UnixMillis::new((NOW + SESSION_LIFETIME).get() - 1));
    assert!(is_full(&stage).await, "a millisecond before the first ends");
    stage.clock.set(NOW + SESSION_LIFETIME);
    for _ in 0..ROOM {
        stage.finish(stage.token(&stage.begin())).await.expect("there is room");
    }
    assert!(is_full(&stage).await);
}

#[tokio::test]
async fn a_closed_session_takes_room_until_its_challenge_can_no_longer_return() {
    let stage = Stage::with_room_for(1);
    let signed_in = stage.finish(stage.token(&stage.begin())).await.unwrap();
    stage.sessions().close(&signed_in.token, NOW).await.unwrap();
    let forgotten = NOW + LIFETIME + Duration::from_secs(10);
    stage.clock.set(UnixMillis::new(forgotten.get() - 1));
    assert!(is_full(&stage).await);
    stage.clock.set(forgotten);
    assert!(!is_full(&stage).await);
}

#[tokio::test]
async fn a_full_store_still_gives_out_challenges() {
    let stage = Stage::with_room_for(0);
    let before = stage.store.generation().unwrap();
    assert!(is_full(&stage).await);
    assert_eq!(stage.store.generation().unwrap(), before, "those that are out stay good");
}
