//! A challenge opens one session, however often and however concurrently it comes back.

use std::sync::Arc;

use siwn::{Binding, SessionSecret};

use crate::support::{LIFETIME, NOW, RECIPIENT, SESSION_LIFETIME, Stage};

#[tokio::test]
async fn a_login_opens_a_session() {
    let stage = Stage::new();
    let challenge = stage.begin();
    assert_eq!(challenge.message.as_str(), "Sign in to app.example");
    assert_eq!(challenge.expires_at, NOW + LIFETIME);

    let signed_in = stage.finish(stage.token(&challenge)).await.unwrap();
    assert_eq!(signed_in.session.account, stage.account);
    assert_eq!(signed_in.session.key, Some(stage.key.public_key()));
    assert_eq!(signed_in.session.recipient.as_str(), RECIPIENT);
    assert_eq!((signed_in.session.created_at, signed_in.session.expires_at), (NOW, NOW + SESSION_LIFETIME));
    assert_eq!(&signed_in.session.id.as_bytes()[..], &challenge.nonce.as_bytes()[..16], "the challenge's id is the session's");
    assert_eq!((stage.chain.calls(), stage.store.inserts()), (1, 1));
}

#[tokio::test]
async fn a_used_challenge_stays_refused() {
    let stage = Stage::new();
    let token = stage.token(&stage.begin());
    let first = stage.finish(token.clone()).await.unwrap();
    for _ in 0..3 {
        assert_eq!(stage.finish(token.clone()).await.unwrap_err().code(), "challenge_used");
    }
    stage.sessions().close(&first.token, NOW).await.unwrap();
    assert_eq!(stage.finish(token).await.unwrap_err().code(), "challenge_used", "after logging out, too");
}

#[tokio::test]
async fn another_challenge_opens_another_session() {
    let stage = Stage::new();
    let one = stage.finish(stage.token(&stage.begin())).await.unwrap();
    let other = stage.finish(stage.token(&stage.begin())).await.unwrap();
    assert_ne!(one.session.id, other.session.id);
    assert_ne!(one.token.expose_text(), other.token.expose_text());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_64_concurrent_copies_one_opens_a_session() {
    const COPIES: u8 = 64;
    let stage = Arc::new(Stage::new());
    // All of them have passed every other step before any reaches the store.
    stage.chain.gathers(usize::from(COPIES));
    let token = stage.token(&stage.begin());

    let tasks: Vec<_> = (0..COPIES)
        .map(|copy| {
            let (stage, token) = (Arc::clone(&stage), token.clone());
            tokio::spawn(async move {
                let secret = SessionSecret::from_bytes([copy; 32]);
                stage.login.finish(token.into(), &Binding::unbound().into(), NOW, secret).await
            })
        })
        .collect();
    let mut winners = Vec::new();
    for task in tasks {
        match task.await.unwrap() {
            Ok(signed_in) => winners.push(signed_in),
            Err(error) => assert_eq!(error.code(), "challenge_used"),
        }
    }
    let [winner] = &winners[..] else { panic!("{} sessions", winners.len()) };
    let session = stage.sessions().find(&winner.token, NOW).await.unwrap();
    assert_eq!(session, Some(winner.session.clone()), "the winner's token is the one that works");
}
