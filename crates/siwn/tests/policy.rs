//! The basic flow: a token judged by rules and by functions of the application.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use siwn::{
    AuthToken, KeySigner, KeyType, Nonce, NonceRule, Policy, PolicyError, PrivateKey, TextRule, TimestampError, TokenRequest,
    UnixMillis,
};

const NOW: UnixMillis = UnixMillis::new(1_760_000_000_000);
const AGE: Duration = Duration::from_mins(5);

fn token(state: Option<&str>) -> AuthToken {
    let key = PrivateKey::from_seed(KeyType::Ed25519, [1; 32]).expect("a seed");
    let request = TokenRequest {
        message: "login".into(),
        recipient: "app.example".into(),
        nonce: Nonce::timestamp(NOW, [9; 16]),
        callback_url: None,
        state: state.map(Into::into),
    };
    let signed = KeySigner::new("alice.near".parse().expect("an account"), key).sign(request.payload());
    request.into_token(signed).expect("an honest signature")
}

fn forged() -> AuthToken {
    let mut fields = token(Some("s")).to_fields();
    fields.nonce = Nonce::timestamp(NOW, [8; 16]);
    fields.encode().parse().expect("a token")
}

fn policy() -> Policy {
    Policy::new("app.example", NonceRule::timestamp(AGE))
}

fn verdict(policy: &Policy, state: Option<&str>) -> Result<(), PolicyError> {
    policy.check(token(state), NOW).map(|_| ())
}

#[test]
fn the_texts_are_compared_byte_for_byte() {
    assert_eq!(verdict(&policy().message("login").state("s"), Some("s")), Ok(()));
    assert!(matches!(verdict(&Policy::new("App.example", NonceRule::timestamp(AGE)), None), Err(PolicyError::Recipient { .. })));
    assert!(matches!(verdict(&policy().message("login "), None), Err(PolicyError::Message { .. })));
    for state in [None, Some(""), Some("S")] {
        assert_eq!(verdict(&policy().state("s"), state), Err(PolicyError::State), "{state:?}");
    }
}

#[test]
fn a_token_is_good_for_its_age_and_five_seconds_ahead() {
    let at = |millis| policy().check(token(None), UnixMillis::new(millis)).map(|_| ());
    assert_eq!(at(NOW.get() + 300_000), Ok(()));
    assert!(matches!(at(NOW.get() + 300_001), Err(PolicyError::Timestamp(TimestampError::TooOld { .. }))));
    assert_eq!(at(NOW.get() - 5_000), Ok(()));
    assert!(matches!(at(NOW.get() - 5_001), Err(PolicyError::Timestamp(TimestampError::Ahead { .. }))));
}

#[test]
fn one_nonce_may_be_demanded() {
    let demanding = |nonce| Policy::new("app.example", NonceRule::exactly(nonce));
    assert_eq!(verdict(&demanding(Nonce::timestamp(NOW, [9; 16])), None), Ok(()));
    assert_eq!(verdict(&demanding(Nonce::timestamp(NOW, [8; 16])), None), Err(PolicyError::Nonce));
}

#[test]
fn functions_judge_what_they_are_given() {
    let by = |expected: &'static str| TextRule::by(move |text| text == expected);
    let nonces = || NonceRule::by(|nonce| nonce.timestamp_millis() == Some(NOW));
    let all = Policy::new(by("app.example"), nonces()).message(by("login")).state(by("s"));
    assert_eq!(verdict(&all, Some("s")), Ok(()));

    for (policy, field) in [
        (Policy::new(by("other.example"), nonces()), "recipient"),
        (Policy::new(by("app.example"), NonceRule::by(|_| false)), "nonce"),
        (policy().message(by("other")), "message"),
        (policy().state(by("other")), "state"),
    ] {
        assert_eq!(verdict(&policy, Some("s")), Err(PolicyError::Validator { field }));
    }
    assert_eq!(verdict(&policy().state(TextRule::by(|_| true)), None), Err(PolicyError::State), "a state is demanded");
}

#[test]
fn a_function_is_asked_only_after_the_signature_held() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = || {
        let asked = Arc::clone(&asked);
        move || asked.fetch_add(1, Ordering::SeqCst) < usize::MAX
    };
    let (recipient, nonce, message, state) = (count(), count(), count(), count());
    let policy = Policy::new(TextRule::by(move |_| recipient()), NonceRule::by(move |_| nonce()))
        .message(TextRule::by(move |_| message()))
        .state(TextRule::by(move |_| state()));
    assert!(matches!(policy.check(forged(), NOW), Err(PolicyError::Signature(_))));
    assert_eq!(asked.load(Ordering::SeqCst), 0);
    assert_eq!(verdict(&policy, Some("s")), Ok(()));
    assert_eq!(asked.load(Ordering::SeqCst), 4);
}
