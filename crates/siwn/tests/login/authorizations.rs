//! Logins by authorizations (NEP-641): the same path, the same rules.

use std::time::Duration;

use siwn::{
    AccessKeyAuthorization, AuthorizationPolicy, Binding, CallbackUrl, ChainAnswer, ChainError, ChainId, Challenge, LoginError,
    Nonce, OffchainMessage, Proof, Quoted, Refusal, Site, Timestamp,
};

use crate::support::{LIFETIME, NOW, SESSION_LIFETIME, Stage, site};

const HOUR: Duration = Duration::from_hours(1);

fn taking(site: Site) -> Site {
    site.authorizations(AuthorizationPolicy::new(ChainId::new("testnet")))
}

fn stage() -> Stage {
    Stage::with(taking)
}

/// What Alice's wallet makes of a challenge: a message that her key signed.
fn message(challenge: &Challenge) -> OffchainMessage {
    OffchainMessage {
        chain_id: ChainId::new("testnet"),
        signer_id: "alice.near".parse().expect("an account"),
        path: Vec::new(),
        timestamp: Timestamp::from_unix_nanos((NOW.get() - 60_000) * 1_000_000),
        payload: challenge.payload(),
    }
}

fn signed(stage: &Stage, message: OffchainMessage) -> String {
    AccessKeyAuthorization::sign(message, None, &stage.key).to_string()
}

fn proof(authorization: &str, nonce: Nonce) -> Proof {
    Proof::from_authorization("alice.near", authorization.into(), nonce).expect("an account")
}

fn by_key(stage: &Stage, challenge: &Challenge) -> Proof {
    proof(&signed(stage, message(challenge)), challenge.nonce)
}

/// A stage whose accounts are contracts that authorize the payload of `challenge`.
fn with_contract(stage: &Stage, challenge: &Challenge) -> Proof {
    let payload = challenge.payload();
    stage.chain.contracts_say(move |_| {
        let answer = serde_json::json!({ "payload": payload });
        ChainAnswer::Returned(answer.to_string().into_bytes())
    });
    proof("a blob of the wallet's own", challenge.nonce)
}

#[test]
fn the_payload_names_the_site_and_holds_the_nonce() {
    let challenge = stage().begin();
    let expected = format!(
        "{{\n  \"domain\": \"app.example\",\n  \"action\": \"Login\",\n  \"msg\": \"Sign in to app.example\\n\\nNonce: {}\"\n}}",
        challenge.nonce
    );
    assert_eq!(challenge.payload(), expected);
}

#[tokio::test]
async fn a_key_signs_in_by_an_authorization() {
    let stage = stage();
    let challenge = stage.begin();
    let opened = stage.finish(by_key(&stage, &challenge)).await.unwrap();
    assert_eq!(opened.session.account.as_str(), "alice.near");
    assert_eq!(opened.session.key, Some(stage.key.public_key()));
    assert_eq!(opened.session.expires_at, NOW + SESSION_LIFETIME);
    assert_eq!(stage.chain.calls(), 1);
}

#[tokio::test]
async fn a_contract_signs_in_without_a_key_and_for_an_hour_at_most() {
    let stage = Stage::with(|site| taking(site).session_lifetime(24 * HOUR));
    let challenge = stage.begin();
    let opened = stage.finish(with_contract(&stage, &challenge)).await.unwrap();
    assert_eq!((opened.session.account.as_str(), opened.session.key), ("alice.near", None));
    assert_eq!(opened.session.expires_at, NOW + HOUR);

    let minutes = Duration::from_mins(10);
    let stage = Stage::with(|site| taking(site).session_lifetime(minutes));
    let challenge = stage.begin();
    let opened = stage.finish(with_contract(&stage, &challenge)).await.unwrap();
    assert_eq!(opened.session.expires_at, NOW + minutes);
}

#[tokio::test]
async fn an_authorization_signs_in_once() {
    let stage = stage();
    let challenge = stage.begin();
    stage.finish(by_key(&stage, &challenge)).await.unwrap();
    assert_eq!(stage.finish(by_key(&stage, &challenge)).await.unwrap_err().code(), "challenge_used");
    let token = stage.token(&challenge);
    assert_eq!(stage.finish(token).await.unwrap_err().code(), "challenge_used", "in the other form, too");
    let contract = with_contract(&stage, &challenge);
    assert_eq!(stage.finish(contract).await.unwrap_err().code(), "challenge_used");
}

#[tokio::test]
async fn the_challenge_is_judged_before_anybody_is_asked() {
    let stage = stage();
    let challenge = stage.begin();
    let blob = signed(&stage, message(&challenge));
    assert_eq!(stage.refused_at_once(proof(&blob, Nonce::from_bytes([7; 32]))).await, "challenge_unknown");
    assert_eq!(stage.refused_at_once(proof("junk", Nonce::from_bytes([7; 32]))).await, "challenge_unknown");
    let with = |state: &str| proof(&blob, challenge.nonce).with_state(Some(state.into()));
    assert_eq!(stage.refused_at_once(with("")).await, "state_mismatch");
    let browsers = stage.begin_for(&Binding::browser(&[1; 32]));
    assert_eq!(stage.refused_at_once(by_key(&stage, &browsers)).await, "challenge_unknown", "another browser's");
    stage.clock.set(NOW + LIFETIME);
    assert_eq!(stage.refused_at_once(with(&challenge.state)).await, "challenge_expired");
}

#[tokio::test]
async fn another_challenges_payload_signs_in_nobody() {
    let stage = stage();
    let (one, other) = (stage.begin(), stage.begin());
    let mixed = proof(&signed(&stage, message(&one)), other.nonce);
    assert_eq!(stage.finish(mixed).await.unwrap_err().code(), "authorization_invalid");
    with_contract(&stage, &one);
    let mixed = proof("a blob of the wallet's own", other.nonce);
    assert_eq!(stage.finish(mixed).await.unwrap_err().code(), "authorization_invalid");
    assert_eq!(stage.store.inserts(), 0);
}

#[tokio::test]
async fn a_payload_that_only_means_the_same_signs_in_nobody() {
    let stage = stage();
    let challenge = stage.begin();
    for change in [
        |payload: String| payload.replace("\n  ", " "),
        |payload: String| payload + "\n",
        |payload: String| payload.replace("Login", "login"),
    ] {
        let message = OffchainMessage { payload: change(challenge.payload()), ..message(&challenge) };
        let error = stage.finish(proof(&signed(&stage, message), challenge.nonce)).await.unwrap_err();
        assert_eq!(error.code(), "authorization_invalid");
    }
}

#[tokio::test]
async fn every_refusal_has_its_code_and_burns_nothing() {
    let stage = stage();
    let challenge = stage.begin();
    let right = message(&challenge);
    let forged = signed(&stage, right.clone()).replace("alice.near", "malice.near");
    let cases = [
        ("{}".into(), "authorization_invalid"),
        (signed(&stage, OffchainMessage { chain_id: ChainId::new("mainnet"), ..right.clone() }), "authorization_invalid"),
        (signed(&stage, OffchainMessage { path: vec!["wallet.near".parse().unwrap()], ..right.clone() }), "authorization_invalid"),
        (
            signed(&stage, OffchainMessage { timestamp: Timestamp::from_unix_nanos(u64::MAX), ..right.clone() }),
            "authorization_invalid",
        ),
        (forged, "authorization_invalid"),
        (signed(&stage, right.clone()).replace("2025-", "2024-"), "signature_invalid"),
    ];
    for (authorization, code) in cases {
        let error = stage.finish(proof(&authorization, challenge.nonce)).await.unwrap_err();
        assert!(matches!(error, LoginError::Refused(Refusal::Account(_))), "{error:?}");
        assert_eq!(error.code(), code, "{authorization}");
    }
    stage.chain.contracts_say(|_| ChainAnswer::Failed(Quoted::reason("no")));
    assert_eq!(stage.finish(proof("{}", challenge.nonce)).await.unwrap_err().code(), "contract_refused");
    assert_eq!(stage.store.inserts(), 0);
    stage.finish(by_key(&stage, &challenge)).await.expect("nothing was spent");
}

#[tokio::test]
async fn an_authorization_that_is_too_long_asks_nobody() {
    let stage = stage();
    let challenge = stage.begin();
    let long = " ".repeat(64 * 1024 + 1);
    assert_eq!(stage.refused_at_once(proof(&long, challenge.nonce)).await, "authorization_invalid");
}

#[tokio::test]
async fn a_site_that_takes_no_authorizations_says_so() {
    let stage = Stage::new();
    let challenge = stage.begin();
    assert_eq!(stage.refused_at_once(by_key(&stage, &challenge)).await, "proof_unsupported");
}

#[tokio::test]
async fn keys_only_is_a_policy() {
    let stage = Stage::with(|site| {
        let policy = AuthorizationPolicy::new(ChainId::new("testnet"));
        site.authorizations(AuthorizationPolicy { contract_accounts: siwn::ContractAccounts::Refuse, ..policy })
    });
    let challenge = stage.begin();
    assert_eq!(stage.refused_at_once(proof("{}", challenge.nonce)).await, "proof_unsupported");
    let bad = OffchainMessage { chain_id: ChainId::new("mainnet"), ..message(&challenge) };
    assert_eq!(stage.refused_at_once(proof(&signed(&stage, bad), challenge.nonce)).await, "authorization_invalid");
    stage.finish(by_key(&stage, &challenge)).await.unwrap();
}

#[tokio::test]
async fn a_chain_that_cannot_answer_is_no_refusal() {
    let stage = stage();
    let challenge = stage.begin();
    stage.chain.resolves(|_| Err(ChainError::new("no node answers", None)));
    assert_eq!(stage.finish(by_key(&stage, &challenge)).await.unwrap_err().code(), "chain_unavailable");
    stage.chain.resolves(|_| Err(ChainError::limited(Duration::from_secs(1))));
    assert_eq!(stage.finish(by_key(&stage, &challenge)).await.unwrap_err().code(), "too_many_questions");
    stage.chain.contracts_say(|_| ChainAnswer::NoContract);
    stage.finish(by_key(&stage, &challenge)).await.expect("nothing was spent");
}

#[tokio::test]
async fn an_answer_to_another_question_is_none() {
    let stage = stage();
    let (mine, others) = (stage.begin(), stage.begin());
    let answers = std::sync::Mutex::new(None);
    stage.chain.resolves(move |resolution| {
        let block =
            siwn::PinnedBlock { block: siwn::Block { height: 1, hash: [1; 32] }, timestamp: Timestamp::from_unix_nanos(u64::MAX) };
        let own = resolution.ask_all(block, |_| Ok(ChainAnswer::Access(siwn::Access::Full)))?;
        Ok(answers.lock().unwrap().get_or_insert(own).clone())
    });
    stage.finish(by_key(&stage, &mine)).await.unwrap();
    assert_eq!(stage.finish(by_key(&stage, &others)).await.unwrap_err().code(), "chain_unavailable");
}

#[tokio::test]
async fn only_callback_urls_that_are_allowed_may_be_signed_along() {
    let allowed: CallbackUrl = "https://app.example/signed-in".parse().unwrap();
    let stage =
        Stage::with(|site| taking(site).callback_urls(vec![allowed.clone()]).public_url("https://app.example".parse().unwrap()));
    let challenge = stage.begin();
    let with = |url: &str| {
        let signed = AccessKeyAuthorization::sign(message(&challenge), Some(url.into()), &stage.key);
        proof(&signed.to_string(), challenge.nonce)
    };
    for other in ["https://evil.example", "", "https://app.example/signed-in/"] {
        assert_eq!(stage.refused_at_once(with(other)).await, "callback_url_not_allowed", "{other}");
    }
    let own = challenge.callback_url.clone().unwrap();
    stage.finish(with(own.as_str())).await.expect("the challenge's own");
    let challenge = stage.begin();
    let signed = AccessKeyAuthorization::sign(message(&challenge), Some(allowed.to_string()), &stage.key);
    stage.finish(proof(&signed.to_string(), challenge.nonce)).await.expect("a configured one");
}

#[tokio::test]
async fn an_authorization_made_for_another_site_signs_in_nobody() {
    let stage = stage();
    let challenge = stage.begin();
    let other = challenge.payload().replace("app.example", "evil.example");
    let message = OffchainMessage { payload: other, ..message(&challenge) };
    assert_eq!(stage.finish(proof(&signed(&stage, message), challenge.nonce)).await.unwrap_err().code(), "authorization_invalid");
}

#[test]
fn nobody_signs_for_system() {
    assert!(Proof::from_authorization("system", "{}".into(), Nonce::from_bytes([0; 32])).is_err());
    assert!(Proof::from_authorization("Alice.near", "{}".into(), Nonce::from_bytes([0; 32])).is_err());
}

#[tokio::test]
async fn a_default_chain_resolves_nothing() {
    struct KeysOnly;
    impl siwn::Chain for KeysOnly {
        fn standing<'a>(&'a self, question: siwn::Question<'a>) -> siwn::BoxFuture<'a, Result<siwn::Standing, ChainError>> {
            Box::pin(std::future::ready(Ok(crate::support::standing(question, siwn::Access::Full))))
        }
    }
    let stage = stage();
    let login = siwn::Login::new(taking(site([7; 32])), std::sync::Arc::new(KeysOnly), stage.store.clone());
    let challenge = stage.begin();
    let secret = siwn::SessionSecret::from_bytes([1; 32]);
    let error = login.finish(by_key(&stage, &challenge), &Binding::unbound().into(), NOW, secret).await.unwrap_err();
    assert_eq!(error.code(), "chain_unavailable");
}
