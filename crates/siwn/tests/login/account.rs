//! Which standings open the door.

use siwn::{Access, AccessPolicy, ChainError, FunctionCallKeys, KeyType, LoginError, PrivateKey, Unavailable, UnfundedAccounts};

use crate::support::{Stage, standing, tampered};

fn accepting_unfunded() -> Stage {
    let policy = AccessPolicy { unfunded_accounts: UnfundedAccounts::Accept, ..AccessPolicy::default() };
    Stage::with(|site| site.access(policy))
}

#[tokio::test]
async fn only_a_full_access_key_signs_in() {
    for (access, code) in
        [(Access::FunctionCall, "key_not_full_access"), (Access::NoKey, "key_not_found"), (Access::NoAccount, "account_not_found")]
    {
        let stage = Stage::new();
        stage.chain.says(access);
        let token = stage.token(&stage.begin());
        let error = stage.finish(token.clone()).await.unwrap_err();
        assert!(matches!(error, LoginError::Refused(_)));
        assert_eq!((error.code(), stage.store.inserts()), (code, 0), "{access:?}");

        stage.chain.says(Access::Full);
        stage.finish(token).await.expect("a no of the chain burns nothing");
    }
}

#[tokio::test]
async fn the_chain_is_asked_about_the_claimed_account_and_the_key_that_signed() {
    let stage = Stage::new();
    let key = stage.key.public_key();
    stage.chain.answers(move |question| {
        assert_eq!(question.key, &key);
        let owned = question.account.as_str() == "alice.near";
        Ok(standing(question, if owned { Access::Full } else { Access::NoKey }))
    });
    let token = stage.token(&stage.begin());
    // The account is outside of the signature: only the chain can tell.
    let claimed = tampered(&token, |fields| fields.account_id = "bob.near".into());
    assert_eq!(stage.finish(claimed).await.unwrap_err().code(), "key_not_found");
    assert_eq!(stage.finish(token).await.unwrap().session.account.as_str(), "alice.near");
}

#[tokio::test]
async fn an_answer_about_another_account_or_key_is_no_answer() {
    let stage = Stage::new();
    let token = stage.token(&stage.begin());
    let other_key = PrivateKey::from_seed(KeyType::Ed25519, [9; 32]).unwrap().public_key();
    stage.chain.answers(|question| {
        Ok(siwn::Standing { account: "bob.near".parse().expect("an account"), ..standing(question, Access::Full) })
    });
    let error = stage.finish(token.clone()).await.unwrap_err();
    assert!(matches!(error, LoginError::Unavailable(Unavailable::Chain(_))), "{error:?}");
    stage.chain.answers(move |question| Ok(siwn::Standing { key: other_key.clone(), ..standing(question, Access::Full) }));
    let error = stage.finish(token.clone()).await.unwrap_err();
    assert!(matches!(error, LoginError::Unavailable(Unavailable::Chain(_))), "{error:?}");

    stage.chain.says(Access::Full);
    stage.finish(token).await.expect("nothing was spent");
}

#[tokio::test]
async fn a_function_call_key_signs_in_where_that_danger_is_chosen() {
    let policy = AccessPolicy { function_call_keys: FunctionCallKeys::DangerouslyAccept, ..AccessPolicy::default() };
    let stage = Stage::with(|site| site.access(policy));
    stage.chain.says(Access::FunctionCall);
    stage.finish(stage.token(&stage.begin())).await.unwrap();
    for access in [Access::NoKey, Access::NoAccount] {
        stage.chain.says(access);
        assert!(matches!(stage.finish(stage.token(&stage.begin())).await, Err(LoginError::Refused(_))), "{access:?}");
    }
}

#[tokio::test]
async fn an_unfunded_implicit_account_signs_in_with_its_own_key_where_allowed() {
    for key_type in [KeyType::Ed25519, KeyType::Secp256k1] {
        for (mut stage, verdict) in [(Stage::new(), Some("account_not_found")), (accepting_unfunded(), None)] {
            stage.key = PrivateKey::from_seed(key_type, [3; 32]).unwrap();
            stage.account = stage.key.public_key().implicit_account().unwrap();
            stage.chain.says(Access::NoAccount);
            let answer = stage.finish(stage.token(&stage.begin())).await;
            assert_eq!(answer.err().map(|error| error.code()), verdict, "{key_type}");
        }
    }
}

#[tokio::test]
async fn an_unfunded_account_of_another_key_is_refused() {
    let other =
        |key_type| PrivateKey::from_seed(key_type, [4; 32]).expect("a key").public_key().implicit_account().expect("a name");
    let names = [other(KeyType::Ed25519), other(KeyType::Secp256k1), "alice.near".parse().unwrap()];
    for account in names {
        let mut stage = accepting_unfunded();
        stage.account = account;
        stage.chain.says(Access::NoAccount);
        let error = stage.finish(stage.token(&stage.begin())).await.unwrap_err();
        assert_eq!(error.code(), "account_not_found", "{}", stage.account);
    }
}

#[tokio::test]
async fn an_implicit_account_that_exists_needs_its_key_like_any_other() {
    let mut stage = accepting_unfunded();
    stage.account = stage.key.public_key().implicit_account().unwrap();
    stage.chain.says(Access::NoKey);
    assert_eq!(stage.finish(stage.token(&stage.begin())).await.unwrap_err().code(), "key_not_found");
}

#[tokio::test]
async fn a_dead_chain_burns_nothing() {
    let stage = Stage::new();
    let token = stage.token(&stage.begin());
    stage.chain.dies();
    for _ in 0..3 {
        let error = stage.finish(token.clone()).await.unwrap_err();
        assert!(matches!(error, LoginError::Unavailable(Unavailable::Chain(ChainError { .. }))), "{error:?}");
        assert_eq!((error.code(), stage.store.inserts()), ("chain_unavailable", 0));
    }
    stage.chain.says(Access::Full);
    stage.finish(token).await.expect("the same token works when the chain is back");
}
