//! What a contract cannot make a login cost.

use serde_json::{Value, json};
use siwn::{AuthorizationFault, ChainAnswer, OffchainMessage};

use crate::ledger::{Asked, Ledger, PAYLOAD, extension_blob, fault, key, message, panics, pending, returned, signed};

fn wants(payload: &str, pending: &[Value]) -> Value {
    json!({ "payload": payload, "pending": pending })
}

fn leaves(count: usize) -> Vec<Value> {
    vec![pending("leaf.test", "x", PAYLOAD); count]
}

fn with_leaf() -> Ledger {
    Ledger::default().returns("leaf.test", &json!({ "payload": PAYLOAD }))
}

#[test]
fn as_many_accounts_are_asked_as_is_allowed_and_not_one_more() {
    for (depth, most) in [(1, 4), (1, 16), (0, 0), (4, 16)] {
        let asked = Asked::within(depth, most);
        let mut ledger = with_leaf().returns("wallet.test", &wants(PAYLOAD, &leaves(most)));
        assert!(ledger.verdict_of(&asked, "wallet.test", "x").is_ok(), "{most}");
        assert_eq!(ledger.asked.len(), 1 + most);
        let mut ledger = with_leaf().returns("wallet.test", &wants(PAYLOAD, &leaves(most + 1)));
        let expected = if depth == 0 { AuthorizationFault::TooDeep { most: 0 } } else { AuthorizationFault::TooMany { most } };
        assert_eq!(fault(ledger.verdict_of(&asked, "wallet.test", "x")), ("wallet.test".into(), expected));
        assert_eq!(ledger.asked.len(), 1);
    }
}

#[test]
fn accounts_are_counted_over_the_whole_tree() {
    let two = wants(PAYLOAD, &leaves(2));
    let tree = wants(PAYLOAD, &[pending("left.test", "x", PAYLOAD), pending("right.test", "x", PAYLOAD)]);
    let ledger = || with_leaf().returns("left.test", &two).returns("right.test", &two).returns("top.test", &tree);
    assert!(ledger().verdict_of(&Asked::within(2, 6), "top.test", "x").is_ok());
    let (account, fault) = fault(ledger().verdict_of(&Asked::within(2, 5), "top.test", "x"));
    assert_eq!((account.as_str(), fault), ("right.test", AuthorizationFault::TooMany { most: 5 }));
}

#[test]
fn a_bomb_of_accounts_is_refused_at_once() {
    let mut ledger = Ledger::default().returns("bomb.test", &wants(PAYLOAD, &leaves(15_000)));
    assert_eq!(fault(ledger.verdict("bomb.test", "x")).1, AuthorizationFault::TooMany { most: 4 });
    assert_eq!(ledger.log(), ["contract of bomb.test"]);
}

#[test]
fn a_chain_of_contracts_ends_at_the_depth() {
    let loops = |_: &Value, _: &str| returned(&wants(PAYLOAD, &[pending("loop.test", "x", PAYLOAD)]));
    for depth in 0..=4 {
        let mut ledger = Ledger::default().contract("loop.test", loops);
        let verdict = ledger.verdict_of(&Asked::within(depth, 16), "loop.test", "x");
        assert_eq!(fault(verdict).1, AuthorizationFault::TooDeep { most: depth });
        assert_eq!(ledger.asked.len(), depth + 1);
    }
}

#[test]
fn what_is_expected_is_checked_before_depth_and_depth_before_number() {
    let asked = |payload: &str, count| {
        let mut ledger = with_leaf().returns("wallet.test", &wants(payload, &leaves(count)));
        fault(ledger.verdict_of(&Asked::within(0, 4), "wallet.test", "x")).1
    };
    assert_eq!(asked("other", 100), AuthorizationFault::OtherPayload);
    assert_eq!(asked(PAYLOAD, 100), AuthorizationFault::TooDeep { most: 0 });
}

#[test]
fn a_long_authorization_is_not_read() {
    let most = 64 * 1024;
    let refusal = Asked::default().resolution("alice.test", &" ".repeat(most + 1)).unwrap_err();
    assert_eq!(refusal.fault, AuthorizationFault::TooLong { found: most + 1, most });
    assert!(Asked::default().resolution("alice.test", &" ".repeat(most)).is_ok());
    let long = wants(PAYLOAD, &[pending("leaf.test", &"x".repeat(most + 1), PAYLOAD)]);
    let mut ledger = with_leaf().returns("wallet.test", &long);
    let expected = AuthorizationFault::TooLong { found: most + 1, most };
    assert_eq!(fault(ledger.verdict("wallet.test", "x")), ("leaf.test".into(), expected));
    assert_eq!(ledger.log(), ["contract of wallet.test"]);
}

#[test]
fn a_long_payload_is_nobodys() {
    let long = "x".repeat(16 * 1024 + 1);
    let expected = AuthorizationFault::PayloadTooLong { found: long.len(), most: 16 * 1024 };
    let mut ledger = Ledger::default().returns("wallet.test", &json!({ "payload": long }));
    assert_eq!(fault(ledger.verdict("wallet.test", "x")), ("wallet.test".into(), expected.clone()));

    let person = signed(OffchainMessage { payload: long.clone(), ..message("person.test", &["wallet.test"]) }, &key(1));
    let mut ledger = Ledger::default()
        .key("person.test", &key(1))
        .returns("wallet.test", &wants(PAYLOAD, &[pending("person.test", &person, &long)]));
    assert_eq!(fault(ledger.verdict("wallet.test", "x")), ("person.test".into(), expected));
}

#[test]
fn the_first_refusal_ends_it() {
    let mut ledger = Ledger::default()
        .contract("no.test", |_, _| panics("no"))
        .returns("wallet.test", &wants(PAYLOAD, &[pending("no.test", "x", PAYLOAD), pending("never.test", "x", PAYLOAD)]));
    // Asked one after the other, though both questions are out at once.
    let resolution = Asked::default().resolution("wallet.test", "x").unwrap();
    let resolved = ledger.resolve(&resolution);
    assert_eq!(fault(resolved.outcome().cloned().map_err(Clone::clone)).0, "no.test");
}

#[test]
fn a_wallet_in_a_wallet_needs_its_depth() {
    let blob = extension_blob(
        "inner.test",
        &extension_blob("person.test", &signed(message("person.test", &["inner.test", "outer.test"]), &key(1))),
    );
    let ledger = || {
        Ledger::default()
            .contract("outer.test", crate::ledger::wallet("outer.test", &key(8), &["inner.test"]))
            .contract("inner.test", crate::ledger::wallet("inner.test", &key(9), &["person.test"]))
            .key("person.test", &key(1))
    };
    let (account, fault) = fault(ledger().verdict("outer.test", &blob));
    assert_eq!((account.as_str(), fault), ("inner.test", AuthorizationFault::TooDeep { most: 1 }));
    assert!(ledger().verdict_of(&Asked::within(2, 4), "outer.test", &blob).is_ok());
}

#[test]
fn an_answer_of_nothing_but_brackets_is_refused() {
    let deep = format!("{{\"payload\":\"login\",\"more\":{}", "[".repeat(500_000));
    let mut ledger = Ledger::default().contract("wallet.test", move |_, _| ChainAnswer::Returned(deep.clone().into_bytes()));
    assert!(matches!(fault(ledger.verdict("wallet.test", "x")).1, AuthorizationFault::Answer(_)));
}
