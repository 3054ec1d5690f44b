//! What a client says that it signed is compared, and never used: callback URL, state, message, recipient.

use siwn::{CallbackUrl, ProofFields, Site};

use crate::support::{Stage, fields, tampered};

const CONFIGURED: &str = "https://app.example/signed-in";

fn url(text: &str) -> CallbackUrl {
    text.parse().expect("a callback URL")
}

fn with_public_url() -> Stage {
    Stage::with(|site: Site| {
        site.public_url("https://app.example/auth".parse().expect("a URL"))
            .callback_urls(vec![url(CONFIGURED), url("my-app://done")])
    })
}

#[tokio::test]
async fn a_token_without_a_callback_signs_in() {
    let stage = with_public_url();
    stage.finish(stage.token(&stage.begin())).await.unwrap();
}

#[tokio::test]
async fn a_token_with_the_challenges_own_callback_signs_in() {
    let stage = with_public_url();
    let challenge = stage.begin();
    let own = challenge.callback_url.clone().unwrap();
    assert!(own.as_str().starts_with("https://app.example/auth/api/auth/callback?tx="), "{own}");
    assert_eq!(own.as_str().rsplit_once('=').unwrap().1.len(), 43, "the nonce in base64url");
    stage.finish(stage.token_with(&challenge, Some(&own))).await.unwrap();
}

#[tokio::test]
async fn a_site_without_a_public_url_has_no_callback_of_its_own() {
    assert_eq!(Stage::new().begin().callback_url, None);
}

#[tokio::test]
async fn the_own_callback_of_another_challenge_is_refused() {
    let stage = with_public_url();
    let (challenge, other) = (stage.begin(), stage.begin());
    let token = stage.token_with(&challenge, other.callback_url.as_ref());
    assert_eq!(stage.refused_at_once(token).await, "callback_url_not_allowed");
}

#[tokio::test]
async fn a_configured_callback_is_compared_as_bytes() {
    let stage = with_public_url();
    for allowed in [CONFIGURED, "my-app://done"] {
        stage.finish(stage.token_with(&stage.begin(), Some(&url(allowed)))).await.unwrap();
    }
    for near in ["https://app.example/signed-in/", "https://app.example/signed-in?", "https://app.example/Signed-in", "my-app://"] {
        let token = stage.token_with(&stage.begin(), Some(&url(near)));
        assert_eq!(stage.refused_at_once(token).await, "callback_url_not_allowed", "{near}");
    }
    let empty = tampered(&stage.token(&stage.begin()), |fields| fields.callback_url = Some(String::new()));
    assert_eq!(stage.refused_at_once(empty).await, "callback_url_not_allowed", "an empty one is one");
}

#[tokio::test]
async fn a_token_says_exactly_what_was_signed() {
    let stage = with_public_url();
    let challenge = stage.begin();
    let own = challenge.callback_url.clone().unwrap();
    // Signed with it, said without; signed without it, said with; signed with one, said with the other.
    let hidden = tampered(&stage.token_with(&challenge, Some(&own)), |fields| fields.callback_url = None);
    let added = tampered(&stage.token(&challenge), |fields| fields.callback_url = Some(own.to_string()));
    let swapped = tampered(&stage.token_with(&challenge, Some(&own)), |fields| fields.callback_url = Some(CONFIGURED.into()));
    for token in [hidden, added, swapped] {
        assert_eq!(stage.refused_at_once(token).await, "signature_invalid");
    }
}

#[tokio::test]
async fn fields_without_a_callback_are_tried_with_none_and_the_own() {
    let stage = with_public_url();
    let challenge = stage.begin();
    stage.finish(fields(&stage.token(&challenge), |fields| fields)).await.expect("signed without one");
    let challenge = stage.begin();
    let own = stage.token_with(&challenge, challenge.callback_url.as_ref());
    stage.finish(fields(&own, |fields| fields)).await.expect("signed with the challenge's own");
    let configured = stage.token_with(&stage.begin(), Some(&url(CONFIGURED)));
    assert_eq!(stage.refused_at_once(fields(&configured, |fields| fields)).await, "signature_invalid", "which has to be said");
}

#[tokio::test]
async fn fields_with_a_callback_say_exactly_what_was_signed() {
    fn say(fields: ProofFields<'_>) -> ProofFields<'_> {
        ProofFields { callback_url: Some(CONFIGURED), ..fields }
    }
    let stage = with_public_url();
    let configured = stage.token_with(&stage.begin(), Some(&url(CONFIGURED)));
    stage.finish(fields(&configured, say)).await.unwrap();
    let without = stage.token(&stage.begin());
    assert_eq!(stage.refused_at_once(fields(&without, say)).await, "signature_invalid");
    let foreign = fields(&without, |fields| ProofFields { callback_url: Some("https://evil.example"), ..fields });
    assert_eq!(stage.refused_at_once(foreign).await, "callback_url_not_allowed");
}

#[tokio::test]
async fn a_state_that_is_present_must_be_the_challenges() {
    let stage = Stage::new();
    let (challenge, other) = (stage.begin(), stage.begin());
    let token = stage.token(&challenge);
    for state in ["", " ", "state", &other.state] {
        let said = tampered(&token, |fields| fields.state = Some(state.into()));
        assert_eq!(stage.refused_at_once(said).await, "state_mismatch", "{state:?}");
    }
    let empty = fields(&token, |fields| ProofFields { state: Some(""), ..fields });
    assert_eq!(stage.refused_at_once(empty).await, "state_mismatch");
    let right = tampered(&token, |fields| fields.state = Some(challenge.state));
    stage.finish(right).await.expect("its own state");
}

#[tokio::test]
async fn an_absent_state_is_no_fault() {
    let stage = Stage::new();
    let token = stage.token(&stage.begin());
    assert_eq!(token.state(), None);
    stage.finish(token).await.unwrap();
}

#[tokio::test]
async fn fields_may_say_the_message_and_the_recipient_and_must_say_them_right() {
    let stage = Stage::new();
    let token = stage.token(&stage.begin());
    for (message, recipient, code) in [
        ("Sign in to other.example", "app.example", "message_mismatch"),
        ("", "app.example", "message_mismatch"),
        ("Sign in to app.example", "other.example", "recipient_mismatch"),
        ("Sign in to app.example", "", "recipient_mismatch"),
    ] {
        let say = fields(&token, |fields| ProofFields { message: Some(message), recipient: Some(recipient), ..fields });
        assert_eq!(stage.refused_at_once(say).await, code, "{message:?} for {recipient:?}");
    }
    let right =
        fields(&token, |fields| ProofFields { message: Some("Sign in to app.example"), recipient: Some("app.example"), ..fields });
    stage.finish(right).await.unwrap();
}
