//! State per block: what was, stays as it was.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use serde_json::{Value, json};
use siwn_devnet::{BLOCK_INTERVAL, Block, Devnet, KEPT_BLOCKS, LedgerError, Permission};
use support::{account, ask, devnet, devnet_with_alice, key, request, view_access_key};

/// What `alice.near` grants `key(seed)` at `block`; `None` where the answer is not a permission.
fn granted(devnet: &Devnet, seed: u8, block: &Value) -> Option<Value> {
    ask(devnet, &view_access_key(&key(seed), block))["result"].get("permission").cloned()
}

fn at(block: Block) -> Value {
    json!({"block_id": block.hash.to_string()})
}

#[test]
fn a_removed_key_is_still_there_in_the_blocks_before() {
    let (devnet, _) = devnet_with_alice();
    let before = devnet.head();
    let height = devnet.remove_key(&account("alice.near"), &key(1)).unwrap();
    let after = devnet.advance();
    assert_eq!((height, after.prev_hash), (after.height, before.hash));

    for reference in [at(before), json!({"block_id": before.height})] {
        assert_eq!(granted(&devnet, 1, &reference), Some(json!("FullAccess")));
    }
    for reference in [at(after), json!({"block_id": after.height})] {
        assert_eq!(granted(&devnet, 1, &reference), None);
    }
    devnet.advance_by(500);
    assert_eq!(granted(&devnet, 1, &at(before)), Some(json!("FullAccess")));
    assert_eq!(granted(&devnet, 1, &at(after)), None);
}

#[test]
fn an_answer_names_the_block_that_it_is_about() {
    let (devnet, _) = devnet_with_alice();
    let (block, latest) = (devnet.head(), devnet.advance_by(7));
    let result = &ask(&devnet, &view_access_key(&key(1), &at(block)))["result"];
    assert_eq!((&result["block_height"], &result["block_hash"]), (&json!(block.height), &json!(block.hash.to_string())));
    for (finality, behind) in [("optimistic", 0), ("near-final", 1), ("final", 2)] {
        let result = &ask(&devnet, &view_access_key(&key(1), &json!({"finality": finality})))["result"];
        assert_eq!(result["block_height"], latest.height - behind, "{finality}");
    }
}

#[test]
fn a_change_is_seen_first_by_the_optimistic_and_two_blocks_later_by_all() {
    let (devnet, _) = devnet_with_alice();
    devnet.add_key(&account("alice.near"), &key(2), Permission::FullAccess).unwrap();
    let seen =
        || ["optimistic", "near-final", "final"].map(|finality| granted(&devnet, 2, &json!({"finality": finality})).is_some());
    assert_eq!(seen(), [false, false, false]);
    devnet.advance();
    assert_eq!(seen(), [true, false, false]);
    devnet.advance();
    assert_eq!(seen(), [true, true, false]);
    devnet.advance();
    assert_eq!(seen(), [true, true, true]);
    assert_eq!(devnet.final_block().height + 2, devnet.head().height);
}

#[test]
fn changes_between_two_blocks_show_as_one() {
    let (devnet, _) = devnet_with_alice();
    let alice = account("alice.near");
    let before = devnet.head();
    devnet.remove_account(&alice).unwrap();
    devnet.add_account(&alice).unwrap();
    devnet.add_key(&alice, &key(2), Permission::FullAccess).unwrap();
    let after = devnet.advance();
    assert_eq!([1, 2].map(|seed| granted(&devnet, seed, &at(before)).is_some()), [true, false]);
    assert_eq!([1, 2].map(|seed| granted(&devnet, seed, &at(after)).is_some()), [false, true]);
}

#[test]
fn an_account_that_is_deleted_and_created_anew_has_no_old_keys() {
    let (devnet, _) = devnet_with_alice();
    let alice = account("alice.near");
    devnet.remove_account(&alice).unwrap();
    let gone = devnet.advance();
    devnet.add_account(&alice).unwrap();
    let back = devnet.advance();
    let error = |block| ask(&devnet, &view_access_key(&key(1), &at(block)))["result"]["error"].clone();
    assert_eq!(error(gone), "account alice.near does not exist while viewing");
    assert_eq!(error(back), format!("access key {} does not exist while viewing", key(1)));
}

#[test]
fn changes_that_cannot_be_are_refused() {
    let (devnet, _) = devnet_with_alice();
    let (alice, bob) = (account("alice.near"), account("bob.near"));
    assert_eq!(devnet.add_account(&alice), Err(LedgerError::AccountExists));
    assert_eq!(devnet.remove_account(&bob), Err(LedgerError::NoAccount));
    assert_eq!(devnet.add_key(&bob, &key(1), Permission::FullAccess), Err(LedgerError::NoAccount));
    assert_eq!(devnet.add_key(&alice, &key(1), Permission::FullAccess), Err(LedgerError::KeyExists));
    assert_eq!(devnet.remove_key(&alice, &key(2)), Err(LedgerError::NoKey));
    assert_eq!(devnet.remove_key(&bob, &key(2)), Err(LedgerError::NoAccount));
}

#[test]
fn a_thousand_blocks_are_kept_and_no_more() {
    let (devnet, _) = devnet_with_alice();
    let block = devnet.head();
    devnet.remove_key(&account("alice.near"), &key(1)).unwrap();
    devnet.advance_by(KEPT_BLOCKS - 1);
    assert_eq!(granted(&devnet, 1, &at(block)), Some(json!("FullAccess")));
    devnet.advance();
    let cause = |reference: &Value| ask(&devnet, &view_access_key(&key(1), reference))["error"]["cause"]["name"].clone();
    assert_eq!(cause(&at(block)), "GARBAGE_COLLECTED_BLOCK");
    assert_eq!(cause(&json!({"block_id": block.height})), "GARBAGE_COLLECTED_BLOCK");
    let earliest = ask(&devnet, &view_access_key(&key(1), &json!({"sync_checkpoint": "earliest_available"})));
    assert_eq!(earliest["result"]["block_height"], block.height + 1);
}

#[test]
fn what_did_not_change_outlives_the_blocks_that_are_kept() {
    let (devnet, _) = devnet_with_alice();
    let alice = account("alice.near");
    devnet.add_key(&alice, &key(2), Permission::FullAccess).unwrap();
    devnet.advance_by(3 * KEPT_BLOCKS);
    assert_eq!(granted(&devnet, 1, &json!({"finality": "final"})), Some(json!("FullAccess")));
    devnet.remove_key(&alice, &key(2)).unwrap();
    let removed = devnet.advance();
    devnet.advance_by(KEPT_BLOCKS - 2);
    assert_eq!(granted(&devnet, 2, &json!({"block_id": removed.height - 1})), Some(json!("FullAccess")));
    assert_eq!(granted(&devnet, 2, &json!({"block_id": removed.height})), None);
}

#[test]
fn blocks_are_dated_by_the_clock_and_never_back() {
    let (devnet, clock) = devnet();
    let first = devnet.head();
    assert_eq!(first.timestamp_nanos, support::NOW * 1_000_000);
    assert_eq!(devnet.advance().timestamp_nanos, first.timestamp_nanos + 1);
    clock.pass(5000);
    assert_eq!(devnet.advance().timestamp_nanos, (support::NOW + 5000) * 1_000_000);
}

#[test]
fn devnets_of_one_network_have_the_same_blocks() {
    let ((one, clock), (other, _)) = (devnet(), devnet_with_alice());
    clock.pass(1000);
    one.advance_by(other.head().height - one.head().height);
    assert_eq!(one.head().hash, other.head().hash);
    let third = Devnet::posing_as(
        siwn_devnet::Network::new("other", siwn_devnet::BlockHash::new([1; 32])),
        std::sync::Arc::new(|| siwn::UnixMillis::new(support::NOW)),
    );
    assert_ne!(one.advance_by(0).hash, third.advance_by(one.head().height - third.head().height).hash);
}

#[test]
fn new_keys_count_from_their_block_and_gas_keys_from_zero() {
    let (devnet, _) = devnet_with_alice();
    let alice = account("alice.near");
    let height = devnet.add_key(&alice, &key(2), Permission::FullAccess).unwrap();
    let gas = siwn_devnet::GasKey { balance: 0, num_nonces: 1 };
    devnet.add_key(&alice, &key(3), Permission::GasKeyFullAccess(gas)).unwrap();
    let block = devnet.advance();
    let nonce = |seed| ask(&devnet, &view_access_key(&key(seed), &at(block)))["result"]["nonce"].clone();
    assert_eq!((nonce(2), nonce(3)), (json!((height - 1) * 1_000_000), json!(0)));
}

#[tokio::test(start_paused = true)]
async fn a_running_devnet_makes_a_block_each_interval() {
    let (devnet, _) = devnet();
    let first = devnet.head();
    let running = tokio::spawn(devnet.clone().run());
    tokio::time::sleep(BLOCK_INTERVAL * 5 + BLOCK_INTERVAL / 2).await;
    running.abort();
    assert_eq!(devnet.head().height, first.height + 5);
}

#[test]
fn test_accounts_are_final_at_once_and_the_same_for_the_same_seed() {
    let (devnet, _) = devnet();
    let accounts = devnet.add_test_accounts([7; 32]);
    assert_eq!(accounts.people().map(|person| person.name.to_string()), ["alice.test.near", "bob.test.near", "carol.test.near"]);
    let permission = |person: &siwn_devnet::TestAccount| {
        let params = json!({"request_type": "view_access_key", "finality": "final", "account_id": person.name.as_str(),
            "public_key": person.public_key().to_string()});
        ask(&devnet, &request("query", &params))["result"]["permission"].clone()
    };
    for person in accounts.people() {
        assert_eq!(permission(person), "FullAccess");
    }
    let call = json!({"FunctionCall": {"allowance": null, "receiver_id": "app.test.near", "method_names": []}});
    assert_eq!(permission(&accounts.bob_function_call), call);
    assert_eq!(accounts.bob_function_call.name, accounts.bob.name);

    let again = devnet.add_test_accounts([7; 32]);
    assert_eq!(again.alice.public_key(), accounts.alice.public_key());
    let (elsewhere, _) = support::devnet();
    assert_ne!(elsewhere.add_test_accounts([8; 32]).alice.public_key(), accounts.alice.public_key());
}

#[tokio::test]
async fn a_test_account_signs_as_a_wallet_does() {
    let (devnet, _) = devnet();
    let alice = devnet.add_test_accounts([7; 32]).alice;
    let nonce = siwn::Nonce::from_bytes([3; 32]);
    let payload = siwn::Payload { message: "Sign in to app.example", nonce: &nonce, recipient: "app.example", callback_url: None };
    let signed = siwn::Signer::sign_message(&alice, payload).await.unwrap();
    assert_eq!((&signed.account, &signed.public_key), (&alice.name, &alice.public_key()));
    assert_eq!(signed.public_key.verify(&payload.hash(), &signed.signature), Ok(()));
}
