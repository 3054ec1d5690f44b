//! Keys of every kind sign in, by a token and by an authorization.

use serde_json::json;
use siwn::{AccountId, KeyType, PrivateKey, UnfundedAccounts};
use siwn_devnet::{Flavour, GasKey, Permission, TestAccount};

use crate::stage::{Stage, refusal, refused, signed_in};
use crate::support::sign_as;

fn person(name: &str, key_type: KeyType) -> TestAccount {
    TestAccount { name: name.parse().unwrap(), private_key: PrivateKey::from_seed(key_type, [9; 32]).unwrap() }
}

/// Adds somebody to the devnet, with his key.
fn move_in(stage: &Stage, person: &TestAccount, permission: Permission) {
    stage.node.devnet.add_account(&person.name).unwrap();
    stage.node.devnet.add_key(&person.name, &person.public_key(), permission).unwrap();
    stage.settle();
}

/// Signs in by an authorization, and by a token.
async fn both_ways(stage: &Stage, person: &TestAccount) {
    let expected = (person.name.to_string(), json!(person.public_key().to_string()));
    assert_eq!(signed_in(&stage.log_in(person).await), expected, "by an authorization");
    let token = sign_as(person.name.as_str(), &stage.challenge().await, &person.private_key);
    assert_eq!(signed_in(&stage.site.log_in(&token).await), expected, "by a token");
}

#[tokio::test]
async fn a_post_quantum_key_signs_in() {
    let stage = Stage::new().await;
    let quantum = person("quantum.near", KeyType::MlDsa65);
    move_in(&stage, &quantum, Permission::FullAccess);
    both_ways(&stage, &quantum).await;
    stage.node.devnet.remove_key(&quantum.name, &quantum.public_key()).unwrap();
    stage.settle();
    assert_eq!(refusal(&stage.log_in(&quantum).await), refused("key_not_found"));
}

#[tokio::test]
async fn a_gas_key_with_full_access_signs_in() {
    let stage = Stage::new().await;
    let owner = person("gas.near", KeyType::Ed25519);
    move_in(&stage, &owner, Permission::GasKeyFullAccess(GasKey { balance: 1, num_nonces: 8 }));
    both_ways(&stage, &owner).await;
}

#[tokio::test]
async fn a_function_call_key_signs_nobody_in() {
    let stage = Stage::new().await;
    assert_eq!(refusal(&stage.log_in(&stage.accounts.people.bob_function_call).await), refused("key_not_full_access"));
}

#[tokio::test]
async fn an_unfunded_implicit_account_signs_in_where_that_is_allowed() {
    for flavour in [Flavour::Nearcore, Flavour::OldNearcore, Flavour::ReadRpc] {
        for policy in [UnfundedAccounts::Accept, UnfundedAccounts::Refuse] {
            let stage = Stage::with(|builder| builder.unfunded_accounts(policy)).await;
            stage.node.devnet.set_flavour(flavour);
            for key_type in [KeyType::Ed25519, KeyType::Secp256k1] {
                let private_key = PrivateKey::from_seed(key_type, [9; 32]).unwrap();
                let name: AccountId = private_key.public_key().implicit_account().unwrap();
                let owner = TestAccount { name, private_key };
                match policy {
                    UnfundedAccounts::Accept => both_ways(&stage, &owner).await,
                    UnfundedAccounts::Refuse => {
                        assert_eq!(refusal(&stage.log_in(&owner).await), refused("account_not_found"), "{flavour:?}");
                    }
                }
                // Somebody else's key. Older nodes do not tell a missing account from a missing key.
                let thief = TestAccount { private_key: PrivateKey::from_seed(key_type, [8; 32]).unwrap(), ..owner };
                let code = if flavour == Flavour::Nearcore { "account_not_found" } else { "key_not_found" };
                assert_eq!(refusal(&stage.log_in(&thief).await), refused(code), "{flavour:?}");
            }
        }
    }
}
