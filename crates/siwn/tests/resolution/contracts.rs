//! Authorizations by contracts, and by whom these name.

use serde_json::json;
use siwn::{AccountRefusal, AuthorizationFault, AuthorizedBy, ChainAnswer, OffchainMessage, SignatureError};

use crate::ledger::{
    Asked, Ledger, PAYLOAD, approvals, extension_blob, fault, key, message, panics, pending, returned, signed, two_of, wallet,
    wallet_blob,
};

const MEMBERS: [&str; 3] = ["ann.test", "ben.test", "cat.test"];

/// A wallet with an extension that is a wallet itself, as in the vectors of the reference.
fn with_extension() -> Ledger {
    let ledger = Ledger::default().contract("wallet.test", wallet("wallet.test", &key(1), &["extension.test", "person.test"]));
    ledger.contract("extension.test", wallet("extension.test", &key(7), &[])).key("person.test", &key(2))
}

fn multisig() -> Ledger {
    let members = MEMBERS.iter().zip(1..).fold(Ledger::default(), |ledger, (member, seed)| ledger.key(member, &key(seed)));
    members.contract("multi.test", two_of(MEMBERS))
}

fn approval(member: &'static str, seed: u8) -> (&'static str, String) {
    (member, signed(message(member, &["multi.test"]), &key(seed)))
}

#[test]
fn a_wallet_authorizes_by_its_own_key() {
    let blob = wallet_blob(&message("wallet.test", &[]), &key(1));
    let mut ledger = with_extension();
    let authorized = ledger.verdict("wallet.test", &blob).unwrap();
    assert_eq!((authorized.payload.as_str(), authorized.by), (PAYLOAD, AuthorizedBy::Contract));
    assert_eq!(ledger.log(), ["contract of wallet.test"]);
    let others = wallet_blob(&message("wallet.test", &[]), &key(2));
    let expected = AuthorizationFault::Refused(siwn::Quoted::reason("invalid proof"));
    assert_eq!(fault(with_extension().verdict("wallet.test", &others)), ("wallet.test".into(), expected));
}

#[test]
fn the_blobs_of_the_reference_wallet_resolve() {
    let vectors: serde_json::Value = serde_json::from_str(include_str!("../vectors/nep641.json")).unwrap();
    let blob = |name: &str| {
        let vector = vectors["vectors"].as_array().unwrap().iter().find(|vector| vector["name"] == name).unwrap();
        vector["authorization"].as_str().unwrap().to_owned()
    };
    let mut ledger = with_extension().contract("single.test", wallet("single.test", &key(7), &[]));
    assert!(ledger.verdict("single.test", &blob("wallet-ed25519-top-level")).is_ok());
    assert!(ledger.verdict("wallet.test", &blob("wallet-ed25519-as-extension")).is_ok());
    assert_eq!(ledger.log(), ["contract of single.test", "contract of wallet.test", "contract of extension.test"]);
}

#[test]
fn a_person_speaks_for_a_wallet_as_its_extension() {
    let authorization = signed(message("person.test", &["wallet.test"]), &key(2));
    let mut ledger = with_extension();
    let authorized = ledger.verdict("wallet.test", &extension_blob("person.test", &authorization)).unwrap();
    assert_eq!(authorized.by, AuthorizedBy::Contract);
    assert_eq!(ledger.log(), ["contract of wallet.test", "key of person.test"]);
}

#[test]
fn a_delegates_signature_is_not_his_own_and_his_own_is_no_delegates() {
    let delegates = signed(message("person.test", &["wallet.test"]), &key(2));
    let own = signed(message("person.test", &[]), &key(2));
    let other_wallets = signed(message("person.test", &["wallet.near"]), &key(2));
    assert_eq!(fault(with_extension().verdict("person.test", &delegates)).1, AuthorizationFault::OtherPath);
    for authorization in [own, other_wallets] {
        let verdict = with_extension().verdict("wallet.test", &extension_blob("person.test", &authorization));
        assert_eq!(fault(verdict), ("person.test".into(), AuthorizationFault::OtherPath));
    }
}

#[test]
fn an_extension_that_was_removed_speaks_for_nobody() {
    let authorization = signed(message("former.test", &["wallet.test"]), &key(3));
    let mut ledger = with_extension().key("former.test", &key(3));
    let (account, fault) = fault(ledger.verdict("wallet.test", &extension_blob("former.test", &authorization)));
    assert_eq!(account, "wallet.test");
    assert!(matches!(fault, AuthorizationFault::Refused(_)), "{fault}");
    assert_eq!(ledger.log(), ["contract of wallet.test"]);
}

#[test]
fn two_of_three_members_open_a_multisig() {
    let mut ledger = multisig();
    assert!(ledger.verdict("multi.test", &approvals(&[approval("ann.test", 1), approval("cat.test", 3)])).is_ok());
    assert_eq!(ledger.log(), ["contract of multi.test", "key of ann.test", "key of cat.test"]);
    for too_few in [&[approval("ann.test", 1)][..], &[approval("ann.test", 1), approval("ann.test", 1)], &[]] {
        let (account, fault) = fault(multisig().verdict("multi.test", &approvals(too_few)));
        assert!(account == "multi.test" && matches!(fault, AuthorizationFault::Refused(_)), "{fault}");
    }
}

#[test]
fn each_member_of_a_multisig_must_have_authorized_just_this() {
    let verdict = |other| multisig().verdict("multi.test", &approvals(&[approval("ann.test", 1), ("ben.test", other)]));
    let ben = message("ben.test", &["multi.test"]);
    let logout = signed(OffchainMessage { payload: "logout".into(), ..ben.clone() }, &key(2));
    assert_eq!(fault(verdict(logout)), ("ben.test".into(), AuthorizationFault::OtherPayload));
    let forged = signed(ben, &key(2)).replace("\"login\"", "\"logim\"");
    assert_eq!(fault(verdict(forged)).1, AuthorizationFault::Signature(SignatureError::DoesNotHold));
    assert!(matches!(fault(verdict("{}".into())).1, AuthorizationFault::Malformed(_)));
}

#[test]
fn a_member_whose_key_was_revoked_does_not_count() {
    let mut ledger = Ledger::default().key("ann.test", &key(1)).account("ben.test").contract("multi.test", two_of(MEMBERS));
    let verdict = ledger.verdict("multi.test", &approvals(&[approval("ann.test", 1), approval("ben.test", 2)]));
    assert_eq!(verdict, Err(AccountRefusal::NoKey("ben.test".parse().unwrap())));
}

#[test]
fn a_contract_that_lies_about_what_is_expected_opens_nothing() {
    // It says that the person authorized this, and the person authorized something else.
    let logout = signed(OffchainMessage { payload: "logout".into(), ..message("person.test", &["liar.test"]) }, &key(2));
    let lie = json!({ "payload": PAYLOAD, "pending": [pending("person.test", &logout, PAYLOAD)] });
    let mut ledger = with_extension().returns("liar.test", &lie);
    assert_eq!(fault(ledger.verdict("liar.test", "x")), ("person.test".into(), AuthorizationFault::OtherPayload));
    // So for a contract below.
    let honest = json!({ "payload": PAYLOAD, "pending": [pending("other.test", "x", "logout")] });
    let mut ledger = Ledger::default().returns("wallet.test", &honest).returns("other.test", &json!({ "payload": PAYLOAD }));
    assert_eq!(fault(ledger.verdict("wallet.test", "x")), ("other.test".into(), AuthorizationFault::OtherPayload));
}

#[test]
fn a_contract_must_authorize_what_was_asked_for() {
    for payload in ["", "Login", "login ", "login\n"] {
        let mut ledger = Ledger::default().returns("wallet.test", &json!({ "payload": payload }));
        assert_eq!(
            fault(ledger.verdict("wallet.test", "x")),
            ("wallet.test".into(), AuthorizationFault::OtherPayload),
            "{payload}"
        );
    }
}

#[test]
fn a_contract_that_fails_refuses_and_its_words_are_escaped_and_shortened() {
    let words = format!("\u{1b}[31m\n{}", "x".repeat(1000));
    let mut ledger = Ledger::default().contract("wallet.test", move |_, _| panics(&words));
    let refusal = ledger.verdict("wallet.test", "x").unwrap_err().to_string();
    assert!(refusal.is_ascii() && !refusal.contains(['\n', '\u{1b}']) && refusal.len() < 320, "{refusal}");
}

#[test]
fn an_answer_that_cannot_be_read_is_a_refusal() {
    for answer in [&b""[..], b"null", b"\xff", b"{\"payload\":7}", b"[\"login\"]"] {
        let answer = ChainAnswer::Returned(answer.to_vec());
        let mut ledger = Ledger::default().contract("wallet.test", move |_, _| answer.clone());
        let (account, fault) = fault(ledger.verdict("wallet.test", "x"));
        assert!(account == "wallet.test" && matches!(fault, AuthorizationFault::Answer(_)), "{fault}");
    }
}

#[test]
fn contracts_learn_the_path_from_below() {
    let below = |account: &'static str| returned(&json!({ "payload": PAYLOAD, "pending": [pending(account, "x", PAYLOAD)] }));
    let mut ledger = Ledger::default()
        .contract("top.test", move |path, _| {
            assert_eq!(path, &json!([]));
            below("middle.test")
        })
        .contract("middle.test", move |path, _| {
            assert_eq!(path, &json!(["top.test"]));
            below("bottom.test")
        })
        .contract("bottom.test", |path, authorization| {
            assert_eq!((path, authorization), (&json!(["middle.test", "top.test"]), "x"));
            returned(&json!({ "payload": PAYLOAD }))
        });
    assert!(ledger.verdict_of(&Asked::within(2, 2), "top.test", "x").is_ok());
    assert_eq!(ledger.asked.len(), 3);
}

#[test]
fn a_path_may_come_back_to_an_account() {
    let person = signed(message("person.test", &["b.test", "a.test", "b.test", "a.test"]), &key(2));
    let hop = |to: &'static str, then: String| {
        move |path: &serde_json::Value, _: &str| {
            let next = if path.as_array().is_some_and(|path| path.len() < 3) {
                pending(to, "x", PAYLOAD)
            } else {
                pending("person.test", &then, PAYLOAD)
            };
            returned(&json!({ "payload": PAYLOAD, "pending": [next] }))
        }
    };
    let mut ledger = Ledger::default()
        .contract("a.test", hop("b.test", person.clone()))
        .contract("b.test", hop("a.test", person))
        .key("person.test", &key(2));
    assert!(ledger.verdict_of(&Asked::within(4, 4), "a.test", "x").is_ok());
}
