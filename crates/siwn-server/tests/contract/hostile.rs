//! Contracts that misbehave: nobody is let in, and nobody hears their words.

use http::StatusCode;
use siwn_devnet::open_authorization;

use crate::stage::{Stage, signed_in};

#[tokio::test]
async fn contracts_that_misbehave_let_nobody_in_and_are_not_quoted() {
    let stage = Stage::new().await;
    let hostile = stage.node.devnet.add_hostile_contracts();
    stage.settle();
    let challenge = stage.challenge().await;
    let authorization = open_authorization(challenge["payload"].as_str().unwrap());
    for account in hostile.iter().filter(|account| !["open.test.near", "chain-9.test.near"].contains(&account.as_str())) {
        let answer = stage.post(account, &challenge, &authorization).await;
        let is_no =
            [StatusCode::UNAUTHORIZED, StatusCode::SERVICE_UNAVAILABLE, StatusCode::TOO_MANY_REQUESTS].contains(&answer.status);
        assert!(is_no, "{account} {}", answer.body);
        assert!(
            !["script", "\\u001b", "another payload", "siwn-devnet"].iter().any(|word| answer.body.contains(word)),
            "{account}"
        );
    }
}

#[tokio::test]
async fn a_contract_that_agrees_to_everything_speaks_for_its_own_account_only() {
    let stage = Stage::new().await;
    _ = stage.node.devnet.add_hostile_contracts();
    stage.settle();
    for account in ["open.test.near", "chain-9.test.near"] {
        let challenge = stage.challenge().await;
        let authorization = open_authorization(challenge["payload"].as_str().unwrap());
        assert_eq!(signed_in(&stage.post(&account.parse().unwrap(), &challenge, &authorization).await).0, account);
        let alice = stage.post(&stage.accounts.people.alice.name, &stage.challenge().await, &authorization).await;
        assert_eq!(alice.error(), "authorization_invalid");
    }
}
