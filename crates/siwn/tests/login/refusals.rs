//! What is refused before anybody outside is asked.

use siwn::{Binding, Login, Nonce};

use crate::support::{LIFETIME, NOW, Stage, TestStore, site, tampered};

#[tokio::test]
async fn an_expired_challenge_is_refused_before_the_chain_is_asked() {
    let stage = Stage::new();
    let token = stage.token(&stage.begin());
    stage.clock.set(NOW + LIFETIME);
    assert_eq!(stage.refused_at_once(token).await, "challenge_expired");
}

#[tokio::test]
async fn a_challenge_from_too_far_ahead_is_refused_before_the_chain_is_asked() {
    let stage = Stage::new();
    let token = stage.token(&stage.begin());
    stage.clock.set(siwn::UnixMillis::new(NOW.get() - 10_001));
    assert_eq!(stage.refused_at_once(token).await, "challenge_unknown");
}

#[tokio::test]
async fn a_challenge_of_another_site_is_refused_before_the_chain_is_asked() {
    let stage = Stage::new();
    let recipient: siwn::Recipient = "other.example".parse().unwrap();
    let message = siwn::Message::default_for(&recipient);
    let issue = siwn::Issue::new(&siwn::Secret::from_bytes([7; 32]), message, LIFETIME).unwrap();
    let other = Login::new(siwn::Site::new(recipient, issue), stage.chain.clone(), stage.store.clone());
    let challenge = other.begin(&Binding::unbound(), NOW, [1; 8]).unwrap();
    assert_eq!(stage.refused_at_once(stage.token(&challenge)).await, "challenge_unknown");
}

#[tokio::test]
async fn a_challenge_of_another_secret_is_refused_before_the_chain_is_asked() {
    let stage = Stage::new();
    let other = Login::new(site([8; 32]), stage.chain.clone(), stage.store.clone());
    let challenge = other.begin(&Binding::unbound(), NOW, [1; 8]).unwrap();
    assert_eq!(stage.refused_at_once(stage.token(&challenge)).await, "challenge_unknown");
}

#[tokio::test]
async fn a_challenge_of_another_generation_is_refused_before_the_chain_is_asked() {
    let stage = Stage::new();
    let token = stage.token(&stage.begin());
    stage.store.restarts();
    assert_eq!(stage.refused_at_once(token).await, "challenge_unknown");

    let elsewhere = std::sync::Arc::new(TestStore::new(stage.clock.clone()));
    let other = Login::new(site([7; 32]), stage.chain.clone(), elsewhere);
    let challenge = other.begin(&Binding::unbound(), NOW, [1; 8]).unwrap();
    assert_eq!(stage.refused_at_once(stage.token(&challenge)).await, "challenge_unknown", "two stores under one secret");
}

#[tokio::test]
async fn a_challenge_of_another_browser_is_refused_before_the_chain_is_asked() {
    let stage = Stage::new();
    let origin = Binding::origin(&"https://app.example".parse().unwrap());
    let bindings = [Binding::unbound(), Binding::browser(&[1; 32]), Binding::browser(&[2; 32]), origin];
    for (issued, issued_to) in bindings.iter().enumerate() {
        let token = stage.token(&stage.begin_for(issued_to));
        for (presented, presented_by) in bindings.iter().enumerate() {
            if issued != presented {
                let error = stage.finish_for(presented_by, token.clone()).await.unwrap_err();
                assert_eq!((error.code(), stage.chain.calls()), ("challenge_unknown", issued), "{issued} by {presented}");
            }
        }
        stage.finish_for(issued_to, token).await.expect("the one who began it ends it, after all who tried");
    }
}

#[tokio::test]
async fn a_forged_tag_is_refused_before_the_chain_is_asked() {
    let stage = Stage::new();
    let mut challenge = stage.begin();
    for at in [0, 7, 8, 15, 16, 31] {
        let mut bytes = *challenge.nonce.as_bytes();
        bytes[at] ^= 1;
        challenge.nonce = Nonce::from_bytes(bytes);
        // Alice signs it honestly: it is not a challenge of ours all the same.
        assert_eq!(stage.refused_at_once(stage.token(&challenge)).await, "challenge_unknown", "byte {at}");
    }
}

#[tokio::test]
async fn a_tampered_token_is_refused_before_the_chain_is_asked() {
    let stage = Stage::new();
    let challenge = stage.begin();
    let token = stage.token(&challenge);
    let other = stage.token(&stage.begin()).to_fields();

    let key = tampered(&token, |fields| fields.public_key = "ed25519:11111111111111111111111111111111".into());
    assert_eq!(stage.refused_at_once(key).await, "signature_invalid");
    let signature = tampered(&token, |fields| fields.signature.clone_from(&other.signature));
    assert_eq!(stage.refused_at_once(signature).await, "signature_invalid");
    let nonce = tampered(&token, |fields| fields.nonce = other.nonce);
    assert_eq!(stage.refused_at_once(nonce).await, "signature_invalid", "another challenge of ours");
    let message = tampered(&token, |fields| fields.message.push('!'));
    assert_eq!(stage.refused_at_once(message).await, "message_mismatch");
    let recipient = tampered(&token, |fields| fields.recipient = "other.example".into());
    assert_eq!(stage.refused_at_once(recipient).await, "recipient_mismatch");
    let callback = tampered(&token, |fields| fields.callback_url = Some("https://app.example".into()));
    assert_eq!(stage.refused_at_once(callback).await, "callback_url_not_allowed");
    let with_state = tampered(&token, |fields| fields.state = Some("x".into()));
    assert_eq!(stage.refused_at_once(with_state).await, "state_mismatch");

    assert_eq!(stage.store.inserts(), 0);
    stage.finish(token).await.expect("none of these burnt the challenge");
}

#[tokio::test]
async fn a_signature_of_another_message_is_refused_before_the_chain_is_asked() {
    let stage = Stage::new();
    let challenge = stage.begin();
    let request = siwn::TokenRequest {
        message: "Send 100 NEAR to app.example".into(),
        recipient: challenge.recipient.to_string(),
        nonce: challenge.nonce,
        callback_url: None,
        state: None,
    };
    let token = stage.sign(request);
    assert_eq!(stage.refused_at_once(token.clone()).await, "message_mismatch");
    let disguised = tampered(&token, |fields| fields.message = challenge.message.to_string());
    assert_eq!(stage.refused_at_once(disguised).await, "signature_invalid", "the payload is rebuilt from the site's own parts");
}
