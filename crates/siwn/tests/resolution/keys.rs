//! Authorizations by access keys.

use siwn::{
    Access, AccessPolicy, AccountRefusal, AuthorizationFault, AuthorizedBy, ChainId, ContractAccounts, Expected, FunctionCallKeys,
    Funding, KeyType, OffchainMessage, PrivateKey, SignatureError, Timestamp, UnfundedAccounts,
};

use crate::ledger::{Asked, BLOCK, Ledger, PAYLOAD, fault, key, message, returned, signed};

/// Every way in which a key's authorization can be no good before anybody is asked.
fn no_good() -> Vec<(&'static str, String, AuthorizationFault)> {
    let alice = message("alice.test", &[]);
    let changed = signed(alice.clone(), &key(1)).replace(PAYLOAD, "LOGIN");
    vec![
        (
            "chain",
            signed(OffchainMessage { chain_id: ChainId::new("test: alice"), ..alice.clone() }, &key(1)),
            AuthorizationFault::OtherChain { found: siwn::Quoted::new("test: alice") },
        ),
        (
            "signer",
            signed(message("bob.test", &[]), &key(1)),
            AuthorizationFault::OtherSigner { found: crate::ledger::id("bob.test") },
        ),
        ("path", signed(message("alice.test", &["wallet.test"]), &key(1)), AuthorizationFault::OtherPath),
        ("signature", changed, AuthorizationFault::Signature(SignatureError::DoesNotHold)),
        (
            "payload",
            signed(OffchainMessage { payload: "logout".into(), ..alice.clone() }, &key(1)),
            AuthorizationFault::OtherPayload,
        ),
        (
            "length",
            signed(OffchainMessage { payload: "x".repeat(16 * 1024 + 1), ..alice }, &key(1)),
            AuthorizationFault::PayloadTooLong { found: 16 * 1024 + 1, most: 16 * 1024 },
        ),
    ]
}

#[test]
fn a_full_access_key_authorizes_and_no_contract_is_asked() {
    let mut ledger = Ledger::default().key("alice.test", &key(1)).contract("alice.test", |_, _| panic!("asked"));
    let authorized = ledger.verdict("alice.test", &signed(message("alice.test", &[]), &key(1))).unwrap();
    assert_eq!((authorized.payload.as_str(), authorized.funding), (PAYLOAD, Funding::Exists));
    assert_eq!(authorized.by, AuthorizedBy::Key(key(1).public_key()));
    assert_eq!(ledger.log(), ["key of alice.test"]);
}

#[test]
fn every_type_of_key_authorizes() {
    for key_type in [KeyType::Ed25519, KeyType::Secp256k1, KeyType::MlDsa65] {
        let key = PrivateKey::from_seed(key_type, [3; 32]).unwrap();
        let mut ledger = Ledger::default().key("alice.test", &key);
        assert!(ledger.verdict("alice.test", &signed(message("alice.test", &[]), &key)).is_ok(), "{key_type}");
    }
}

#[test]
fn without_contracts_nobody_is_asked_before_the_signature_holds() {
    let mut asked = Asked::default();
    asked.policy.contract_accounts = ContractAccounts::Refuse;
    for (name, authorization, expected) in no_good() {
        let refusal = asked.resolution("alice.test", &authorization).unwrap_err();
        assert_eq!((refusal.account.as_str(), refusal.fault), ("alice.test", expected), "{name}");
    }
    let refusal = asked.resolution("alice.test", "{}").unwrap_err();
    assert!(matches!(refusal.fault, AuthorizationFault::ContractsNotAsked(_)), "{refusal}");
}

#[test]
fn no_key_is_asked_for_before_its_signature_holds() {
    for (name, authorization, expected) in no_good() {
        let mut ledger = Ledger::default().key("alice.test", &key(1));
        assert_eq!(fault(ledger.verdict("alice.test", &authorization)), ("alice.test".into(), expected), "{name}");
        assert_eq!(ledger.log(), ["contract of alice.test"], "{name}");
    }
}

#[test]
fn what_the_key_cannot_the_contract_can() {
    for (name, authorization, _) in no_good() {
        let mut ledger = Ledger::default().returns("alice.test", &serde_json::json!({ "payload": PAYLOAD }));
        let authorized = ledger.verdict("alice.test", &authorization).unwrap();
        assert_eq!(authorized.by, AuthorizedBy::Contract, "{name}");
    }
}

#[test]
fn a_refused_key_counts_more_than_the_contracts_no() {
    let authorization = signed(message("alice.test", &[]), &key(1));
    for contract in [
        None,
        Some(crate::ledger::panics("no")),
        Some(siwn::ChainAnswer::Returned(Vec::new())),
        Some(returned(&serde_json::json!({ "payload": "x".repeat(16 * 1024 + 1) }))),
    ] {
        let mut ledger = Ledger::default().account("alice.test");
        if let Some(answer) = contract {
            ledger = ledger.contract("alice.test", move |_, _| answer.clone());
        }
        assert_eq!(ledger.verdict("alice.test", &authorization), Err(AccountRefusal::NoKey("alice.test".parse().unwrap())));
        assert_eq!(ledger.log(), ["key of alice.test", "contract of alice.test"]);
    }
}

#[test]
fn the_time_is_held_against_the_blocks_to_the_nanosecond() {
    let at =
        |nanos| signed(OffchainMessage { timestamp: Timestamp::from_unix_nanos(nanos), ..message("alice.test", &[]) }, &key(1));
    let mut ledger = Ledger::default().key("alice.test", &key(1));
    assert!(ledger.verdict("alice.test", &at(BLOCK.timestamp.unix_nanos())).is_ok());
    assert!(ledger.verdict("alice.test", &at(0)).is_ok());
    ledger.asked.clear();
    let found = BLOCK.timestamp.unix_nanos() + 1;
    let expected = AuthorizationFault::Future { found: Timestamp::from_unix_nanos(found), block: BLOCK.timestamp };
    assert_eq!(fault(ledger.verdict("alice.test", &at(found))), ("alice.test".into(), expected));
    assert_eq!(ledger.log(), ["contract of alice.test"]);
}

#[test]
fn a_key_that_may_only_call_contracts_needs_a_dangerous_setting() {
    let mut ledger = Ledger::default().key_of("alice.test", &key(1), Access::FunctionCall);
    let authorization = signed(message("alice.test", &[]), &key(1));
    let refused = Err(AccountRefusal::FunctionCallKey("alice.test".parse().unwrap()));
    assert_eq!(ledger.verdict("alice.test", &authorization), refused);
    let access = AccessPolicy { function_call_keys: FunctionCallKeys::DangerouslyAccept, ..AccessPolicy::default() };
    assert!(ledger.verdict_of(&Asked { access, ..Asked::default() }, "alice.test", &authorization).is_ok());
}

#[test]
fn an_unfunded_account_is_its_implicit_keys_where_that_is_allowed() {
    let account = key(1).public_key().implicit_account().unwrap();
    let authorization = signed(message(account.as_str(), &[]), &key(1));
    let mut nothing = Ledger::default();
    let missing = Err(AccountRefusal::NoAccount(account.clone()));
    assert_eq!(nothing.verdict(account.as_str(), &authorization), missing);
    assert_eq!(nothing.log(), [format!("key of {account}")], "what does not exist has no contract");

    let access = AccessPolicy { unfunded_accounts: UnfundedAccounts::Accept, ..AccessPolicy::default() };
    let asked = Asked { access, ..Asked::default() };
    let authorized = nothing.verdict_of(&asked, account.as_str(), &authorization).unwrap();
    assert_eq!(authorized.funding, Funding::Unfunded);
    let others = signed(message(account.as_str(), &[]), &key(2));
    assert_eq!(nothing.verdict_of(&asked, account.as_str(), &others), missing);
    let mut without_its_key = Ledger::default().account(account.as_str());
    assert_eq!(without_its_key.verdict_of(&asked, account.as_str(), &authorization), Err(AccountRefusal::NoKey(account)));
}

#[test]
fn an_account_that_is_missing_has_no_contract_to_ask() {
    let mut nothing = Ledger::default();
    let verdict = nothing.verdict("0scdb6cfeed476fc878af9d3246768cbe803714c87", "{}");
    assert!(matches!(verdict, Err(AccountRefusal::NoAccount(_))), "{verdict:?}");
}

#[test]
fn what_nobody_can_read_is_malformed() {
    let mut ledger = Ledger::default().key("alice.test", &key(1));
    for blob in ["", "{}", "null", "\u{0}", "{\"extension\":{}}"] {
        let (account, fault) = fault(ledger.verdict("alice.test", blob));
        assert!(account == "alice.test" && matches!(fault, AuthorizationFault::Malformed(_)), "{blob}: {fault}");
    }
}

#[test]
fn a_payload_that_is_only_to_be_shown_may_be_any() {
    let mut ledger = Ledger::default().key("alice.test", &key(1));
    let asked = Asked { expected: Expected::Anything, ..Asked::default() };
    let other = OffchainMessage { payload: "anything".into(), ..message("alice.test", &[]) };
    let authorized = ledger.verdict_of(&asked, "alice.test", &signed(other, &key(1))).unwrap();
    assert_eq!(authorized.payload, "anything");
}
