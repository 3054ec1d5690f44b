//! Authorizations that are not good for this login.

use http::StatusCode;
use serde_json::json;
use siwn::{ChainId, ContractAccounts, Timestamp};
use siwn_devnet::{Ask, Authorizer, Contract, Fault};

use crate::stage::{Stage, refusal, refused, signed_in};

/// Tries what `change` makes of the question with a key and with a wallet: the codes of both refusals.
async fn both(stage: &Stage, change: impl Fn(Ask) -> Ask) -> (String, String) {
    let mut codes = Vec::new();
    let tries: [&dyn Authorizer; 2] = [&stage.accounts.people.alice, &stage.accounts.wallet];
    for who in tries {
        let challenge = stage.challenge().await;
        let authorization = who.authorize(&change(stage.ask(&challenge)));
        let answer = stage.post(who.account(), &challenge, &authorization).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{}", answer.body);
        codes.push(answer.error());
        // Nothing of that burnt the challenge.
        signed_in(&stage.post(who.account(), &challenge, &who.authorize(&stage.ask(&challenge))).await);
    }
    (codes.remove(0), codes.remove(0))
}

fn codes(key: &str, contract: &str) -> (String, String) {
    (key.to_owned(), contract.to_owned())
}

#[tokio::test]
async fn an_authorization_for_another_chain_is_refused() {
    let stage = Stage::new().await;
    let other = |ask| Ask { chain_id: ChainId::new("mainnet"), ..ask };
    assert_eq!(both(&stage, other).await, codes("authorization_invalid", "contract_refused"));
}

#[tokio::test]
async fn an_authorization_from_the_future_is_refused() {
    let stage = Stage::new().await;
    let block = stage.node.devnet.final_block().timestamp_nanos;
    let future = |ask| Ask { timestamp: Timestamp::from_unix_nanos(block + 1), ..ask };
    assert_eq!(both(&stage, future).await, codes("authorization_invalid", "contract_refused"));
}

#[tokio::test]
async fn an_authorization_of_another_payload_is_refused() {
    let stage = Stage::new().await;
    let other = |ask: Ask| Ask { payload: ask.payload.clone() + " ", ..ask };
    assert_eq!(both(&stage, other).await, codes("authorization_invalid", "authorization_invalid"));
}

#[tokio::test]
async fn a_delegates_authorization_is_not_good_at_the_top() {
    let stage = Stage::new().await;
    let for_the_wallet = |ask: Ask| ask.on_behalf_of(&stage.accounts.multisig.name);
    assert_eq!(both(&stage, for_the_wallet).await, codes("authorization_invalid", "contract_refused"));
}

#[tokio::test]
async fn an_authorization_of_ones_own_login_is_not_good_as_a_delegates() {
    let stage = Stage::new().await;
    let (wallet, alice) = (&stage.accounts.wallet, &stage.accounts.people.alice);
    let challenge = stage.challenge().await;
    let ask = stage.ask(&challenge);
    let own = alice.authorize(&ask);
    let stolen = json!({ "extension": { "account_id": alice.name.as_str(), "authorization": own, "payload": ask.payload } });
    let answer = stage.post(&wallet.name, &challenge, &stolen.to_string()).await;
    assert_eq!(refusal(&answer), refused("authorization_invalid"));
}

#[tokio::test]
async fn a_stranger_is_no_extension() {
    let stage = Stage::new().await;
    let challenge = stage.challenge().await;
    let wallet = &stage.accounts.wallet;
    let authorization = wallet.authorize_by_extension(&stage.accounts.people.bob, &stage.ask(&challenge));
    assert_eq!(refusal(&stage.post(&wallet.name, &challenge, &authorization).await), refused("contract_refused"));
}

#[tokio::test]
async fn one_member_is_too_few_and_counts_once() {
    let stage = Stage::new().await;
    let (multisig, alice) = (&stage.accounts.multisig, &stage.accounts.people.alice);
    let challenge = stage.challenge().await;
    let ask = stage.ask(&challenge);
    let few: [&[&dyn Authorizer]; 3] = [&[], &[alice], &[alice, alice]];
    for members in few {
        let authorization = multisig.authorize_by_members(members, &ask);
        let answer = stage.post(&multisig.name, &challenge, &authorization).await;
        assert_eq!(refusal(&answer), refused("contract_refused"), "{} members", members.len());
    }
}

#[tokio::test]
async fn a_member_that_was_removed_no_longer_counts() {
    let stage = Stage::new().await;
    let (multisig, people) = (&stage.accounts.multisig, &stage.accounts.people);
    signed_in(&stage.log_in(multisig).await);
    let members = vec![people.bob.name.clone(), people.carol.name.clone()];
    stage.node.devnet.deploy(&multisig.name, Contract::Multisig { members, threshold: 2 }).unwrap();
    stage.settle();
    assert_eq!(refusal(&stage.log_in(multisig).await), refused("contract_refused"), "alice and bob");
    let challenge = stage.challenge().await;
    let authorization = multisig.authorize_by_members(&[&people.bob, &people.carol], &stage.ask(&challenge));
    signed_in(&stage.post(&multisig.name, &challenge, &authorization).await);
}

#[tokio::test]
async fn a_members_key_that_was_removed_no_longer_counts() {
    let stage = Stage::new().await;
    let alice = &stage.accounts.people.alice;
    stage.node.devnet.remove_key(&alice.name, &alice.public_key()).unwrap();
    stage.settle();
    let (code, answer) = ("key_not_found", stage.log_in(&stage.accounts.multisig).await);
    assert_eq!(refusal(&answer), refused(code));
    assert_eq!(refusal(&stage.log_in(alice).await), refused(code));
}

#[tokio::test]
async fn a_wallets_key_that_was_replaced_no_longer_counts() {
    let stage = Stage::new().await;
    let wallet = &stage.accounts.wallet;
    signed_in(&stage.log_in(wallet).await);
    let extensions = vec![stage.accounts.people.alice.name.clone()];
    stage.node.devnet.deploy(&wallet.name, Contract::Wallet { key: None, extensions }).unwrap();
    stage.settle();
    assert_eq!(refusal(&stage.log_in(wallet).await), refused("contract_refused"));
    let challenge = stage.challenge().await;
    let authorization = wallet.authorize_by_extension(&stage.accounts.people.alice, &stage.ask(&challenge));
    signed_in(&stage.post(&wallet.name, &challenge, &authorization).await);
}

#[tokio::test]
async fn a_contract_that_is_gone_speaks_for_nobody() {
    let stage = Stage::new().await;
    let wallet = &stage.accounts.wallet;
    stage.node.devnet.remove_account(&wallet.name).unwrap();
    stage.settle();
    let answer = stage.log_in(wallet).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{}", answer.body);
}

#[tokio::test]
async fn an_outage_is_no_refusal_and_burns_nothing() {
    let stage = Stage::new().await;
    let wallet = &stage.accounts.wallet;
    let challenge = stage.challenge().await;
    let authorization = wallet.authorize(&stage.ask(&challenge));
    stage.node.devnet.fail(Fault::InternalError.on_query());
    let answer = stage.post(&wallet.name, &challenge, &authorization).await;
    assert_eq!((answer.status, answer.error().as_str()), (StatusCode::SERVICE_UNAVAILABLE, "chain_unavailable"));
    assert!(answer.headers.contains_key("retry-after"));
    stage.node.devnet.recover();
    stage.settle();
    signed_in(&stage.post(&wallet.name, &challenge, &authorization).await);
}

#[tokio::test]
async fn a_site_that_asks_no_contracts_takes_keys_only() {
    let stage = Stage::with(|builder| builder.contract_accounts(ContractAccounts::Refuse)).await;
    let answer = stage.log_in(&stage.accounts.wallet).await;
    assert_eq!(refusal(&answer), (StatusCode::BAD_REQUEST, "proof_unsupported".to_owned()));
    assert_eq!(stage.node.devnet.requests().total(), 0);
    signed_in(&stage.log_in(&stage.accounts.people.alice).await);
}
