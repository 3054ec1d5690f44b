//! Wallets that are contracts: what their owners write is what they agree to, and nothing else is.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use siwn::{AccountId, ChainId, KeyType, OffchainMessage, PrivateKey, Timestamp};
use siwn_devnet::{
    Ask, Authorizer, BlockHash, Contract, ContractAccount, ContractAccounts, Devnet, Flavour, Network, Permission, WalletKey,
    open_authorization,
};
use support::shape::fixture;
use support::{account, devnet, request};

/// What `account` makes of an authorization: its resolution, or the text of its panic.
fn resolve(devnet: &Devnet, account: &AccountId, path: &[AccountId], authorization: &str) -> Result<Value, String> {
    let path: Vec<_> = path.iter().map(AccountId::as_str).collect();
    let args = json!({"path": path, "authorization": authorization}).to_string();
    let params = json!({
        "request_type": "call_function",
        "account_id": account.as_str(),
        "method_name": "w_resolve_auth",
        "args_base64": STANDARD.encode(args),
        "finality": "final",
    });
    let reply: Value = serde_json::from_slice(&devnet.answer(request("query", &params).as_bytes()).body).unwrap();
    if let Some(error) = reply["result"]["error"].as_str() {
        return Err(error.to_owned());
    }
    let bytes: Vec<u8> = serde_json::from_value(reply["result"]["result"].clone()).unwrap();
    Ok(serde_json::from_slice(&bytes).unwrap())
}

fn set() -> (Devnet, ContractAccounts) {
    let (devnet, _) = devnet();
    let accounts = devnet.add_contract_accounts([7; 32]);
    (devnet, accounts)
}

#[track_caller]
fn assert_panics(result: &Result<Value, String>, text: &str) {
    let error = result.as_ref().unwrap_err();
    assert!(error.contains(text), "{error}");
}

/// The account in the first pending entry, and what is handed on to it.
fn first_pending(resolution: &Value) -> (AccountId, String) {
    let entry = &resolution["pending"][0];
    assert_eq!(entry["expect"], resolution["payload"]);
    (account(entry["account_id"].as_str().unwrap()), entry["authorization"].as_str().unwrap().to_owned())
}

/// A vector of another implementation.
fn vector(name: &str) -> Value {
    let vectors: Value = serde_json::from_str(&fixture("nep641_wallets")).unwrap();
    vectors[name].clone()
}

fn text(vector: &Value, name: &str) -> String {
    vector[name].as_str().unwrap().to_owned()
}

/// A devnet that poses as the vectors' network.
fn network_of_the_vectors() -> Devnet {
    let network = Network::new("test", BlockHash::new([1; 32]));
    Devnet::posing_as(network, std::sync::Arc::new(|| siwn::UnixMillis::new(support::NOW)))
}

fn of_the_vectors(payload: &str) -> Ask {
    let timestamp = "2026-08-06T14:29:00Z".parse().unwrap();
    Ask { chain_id: ChainId::new("test"), path: Vec::new(), timestamp, payload: payload.into() }
}

fn key_of_the_vectors() -> PrivateKey {
    PrivateKey::from_seed(KeyType::Ed25519, [7; 32]).unwrap()
}

#[test]
fn a_foreign_wallet_s_authorization_resolves_and_is_what_our_wallet_writes() {
    let (devnet, vector) = (network_of_the_vectors(), vector("wallet-ed25519-top-level"));
    let (single, blob) = (account("single.test"), text(&vector, "authorization_blob"));
    devnet.add_account(&single).unwrap();
    devnet.deploy(&single, Contract::signer_wallet(text(&vector, "public_key").parse().unwrap())).unwrap();
    devnet.settle();
    assert_eq!(resolve(&devnet, &single, &[], &blob), Ok(json!({"payload": "login"})));
    let ours = ContractAccount::with_key(single, key_of_the_vectors());
    assert_eq!(ours.authorize(&of_the_vectors("login")), blob);
}

#[test]
fn a_foreign_extension_s_authorization_resolves_step_by_step_and_is_what_our_wallet_writes() {
    let (devnet, vector) = (network_of_the_vectors(), vector("wallet-ed25519-as-extension"));
    let (wallet, extension, blob) = (account("wallet.test"), account("extension.test"), text(&vector, "authorization_blob"));
    for (name, contract) in [
        (&wallet, Contract::Wallet { key: None, extensions: vec![extension.clone()] }),
        (&extension, Contract::signer_wallet(text(&vector, "public_key").parse().unwrap())),
    ] {
        devnet.add_account(name).unwrap();
        devnet.deploy(name, contract).unwrap();
    }
    devnet.settle();
    let resolution = resolve(&devnet, &wallet, &[], &blob).unwrap();
    assert_eq!(resolution["payload"], "login");
    let (next, authorization) = first_pending(&resolution);
    assert_eq!(next, extension);
    assert_eq!(resolve(&devnet, &next, std::slice::from_ref(&wallet), &authorization), Ok(json!({"payload": "login"})));

    let ours = ContractAccount::with_key(wallet, PrivateKey::from_seed(KeyType::Ed25519, [8; 32]).unwrap());
    let extension = ContractAccount::with_key(extension, key_of_the_vectors());
    assert_eq!(ours.authorize_by_extension(&extension, &of_the_vectors("login")), blob);
}

#[test]
fn every_wallet_agrees_to_what_its_owner_signed() {
    let (devnet, accounts) = set();
    let ContractAccounts { wallet, extension, secp256k1, ethereum, .. } = &accounts;
    for (wallet, name) in [
        (wallet, "wallet.test.near"),
        (extension, "extension.test.near"),
        (secp256k1, "secp256k1.test.near"),
        (ethereum, "ethereum.test.near"),
    ] {
        assert_eq!(wallet.name.as_str(), name);
        let authorization = wallet.authorize(&devnet.ask("a \"login\"\nä"));
        assert_eq!(resolve(&devnet, &wallet.name, &[], &authorization), Ok(json!({"payload": "a \"login\"\nä"})));
    }
}

#[test]
fn every_kind_of_node_resolves_the_same() {
    let (devnet, accounts) = set();
    let authorization = accounts.multisig.authorize(&devnet.ask("login"));
    let resolution = resolve(&devnet, &accounts.multisig.name, &[], &authorization).unwrap();
    for flavour in [Flavour::OldNearcore, Flavour::ReadRpc] {
        devnet.set_flavour(flavour);
        assert_eq!(resolve(&devnet, &accounts.multisig.name, &[], &authorization), Ok(resolution.clone()));
    }
}

#[test]
fn an_extension_speaks_for_the_wallet_and_for_itself_with_different_words() {
    let (devnet, ContractAccounts { wallet, extension, .. }) = set();
    let blob = wallet.authorize_by_extension(&extension, &devnet.ask("login"));
    let (next, for_wallet) = first_pending(&resolve(&devnet, &wallet.name, &[], &blob).unwrap());
    assert_eq!(resolve(&devnet, &next, std::slice::from_ref(&wallet.name), &for_wallet), Ok(json!({"payload": "login"})));
    assert_panics(&resolve(&devnet, &next, &[], &for_wallet), "invalid path");
    let for_itself = extension.authorize(&devnet.ask("login"));
    assert_panics(&resolve(&devnet, &next, &[wallet.name], &for_itself), "invalid path");
}

#[test]
fn a_person_with_an_access_key_can_be_an_extension() {
    let (devnet, ContractAccounts { wallet, people, .. }) = set();
    let blob = wallet.authorize_by_extension(&people.alice, &devnet.ask("login"));
    let (next, authorization) = first_pending(&resolve(&devnet, &wallet.name, &[], &blob).unwrap());
    assert_eq!(next, people.alice.name);
    let authorization: siwn::AccessKeyAuthorization = authorization.parse().unwrap();
    assert_eq!(authorization.check_signature(), Ok(()));
    assert_eq!(authorization.message().path, [wallet.name]);
    let stranger = wallet_blob_by(&people.bob, &account("wallet.test.near"), &devnet);
    assert_panics(&resolve(&devnet, &account("wallet.test.near"), &[], &stranger), "extension is not enabled");
}

fn wallet_blob_by(extension: &dyn Authorizer, wallet: &AccountId, devnet: &Devnet) -> String {
    let wallet = ContractAccount::with_key(wallet.clone(), key_of_the_vectors());
    wallet.authorize_by_extension(extension, &devnet.ask("login"))
}

#[test]
fn two_of_three_members_make_a_multisig_agree() {
    let (devnet, ContractAccounts { multisig, people, .. }) = set();
    let ask = devnet.ask("login");
    let name = &multisig.name;
    let members = |members: &[&dyn Authorizer]| resolve(&devnet, name, &[], &multisig.authorize_by_members(members, &ask));
    let (alice, bob, carol, stranger) = (&people.alice, &people.bob, &people.carol, &people.bob_function_call);

    for good in [&[alice as &dyn Authorizer, bob][..], &[carol, alice], &[alice, bob, carol]] {
        let resolution = members(good).unwrap();
        let pending = resolution["pending"].as_array().unwrap();
        assert_eq!((pending.len(), &resolution["payload"]), (good.len(), &json!("login")));
        for (entry, member) in pending.iter().zip(good) {
            assert_eq!((&entry["account_id"], &entry["expect"]), (&json!(member.account().as_str()), &json!("login")));
        }
    }
    assert_eq!(members(&[alice, bob]), resolve(&devnet, name, &[], &multisig.authorize(&ask)));
    assert_panics(&members(&[alice]), "too few members");
    assert_panics(&members(&[]), "too few members");
    assert_panics(&members(&[alice, alice]), "a member counts once");
    assert_panics(&members(&[bob, stranger]), "a member counts once");
    assert_panics(&members(&[alice, &multisig]), "not a member");
}

#[test]
fn a_removed_member_is_none_from_its_block_on() {
    let (devnet, ContractAccounts { multisig, people, .. }) = set();
    let blob = multisig.authorize(&devnet.ask("login"));
    let left = vec![people.alice.name, people.carol.name];
    devnet.deploy(&multisig.name, Contract::Multisig { members: left, threshold: 2 }).unwrap();
    assert!(resolve(&devnet, &multisig.name, &[], &blob).is_ok());
    devnet.settle();
    assert_panics(&resolve(&devnet, &multisig.name, &[], &blob), "not a member");
}

#[test]
fn a_wallet_refuses_what_is_not_for_it() {
    let (devnet, ContractAccounts { wallet, extension, .. }) = set();
    let good = devnet.ask("login");
    let refused = |ask: &Ask| resolve(&devnet, &wallet.name, &[], &wallet.authorize(ask));
    assert_panics(&refused(&Ask { chain_id: ChainId::new("mainnet"), ..good.clone() }), "invalid chain id");
    assert_panics(&refused(&good.on_behalf_of(&extension.name)), "invalid path");
    let at = |nanos| Ask { timestamp: Timestamp::from_unix_nanos(nanos), ..good.clone() };
    let now = devnet.final_block().timestamp_nanos;
    assert_eq!(refused(&at(now)), Ok(json!({"payload": "login"})));
    assert_panics(&refused(&at(now + 1)), "the message is from the future");
    assert_panics(&resolve(&devnet, &wallet.name, &[], &extension.authorize(&good)), "invalid signer");

    let forged = ContractAccount::with_key(wallet.name.clone(), key_of_the_vectors()).authorize(&good);
    assert_panics(&resolve(&devnet, &wallet.name, &[], &forged), "invalid signature");
    let changed = wallet.authorize(&good).replace("login", "transfer");
    assert_panics(&resolve(&devnet, &wallet.name, &[], &changed), "invalid signature");
}

#[test]
fn a_wallet_s_proof_is_over_the_hash_itself_and_no_access_key_s() {
    let (devnet, ContractAccounts { people, .. }) = set();
    let alice = &people.alice;
    devnet.deploy(&alice.name, Contract::signer_wallet(alice.public_key())).unwrap();
    devnet.settle();
    let ask = devnet.ask("login");
    let by_access_key = alice.authorize(&ask);
    assert_panics(&resolve(&devnet, &alice.name, &[], &by_access_key), "invalid authorization");

    let message = OffchainMessage {
        chain_id: ask.chain_id.clone(),
        signer_id: alice.name.clone(),
        path: Vec::new(),
        timestamp: ask.timestamp,
        payload: ask.payload.clone(),
    };
    let wrapped = alice.private_key.sign(&message.nep413(None).payload()).to_near_text();
    let msg = json!({
        "chain_id": "siwn-devnet", "signer_id": alice.name.as_str(), "timestamp": ask.timestamp.to_string(), "payload": "login",
    });
    let with = |proof: &str| json!({"signature": {"msg": msg, "proof": proof}}).to_string();
    assert_panics(&resolve(&devnet, &alice.name, &[], &with(&wrapped)), "invalid signature");
    let bare = alice.private_key.sign_off_chain(&message).to_near_text();
    assert_eq!(resolve(&devnet, &alice.name, &[], &with(&bare)), Ok(json!({"payload": "login"})));
}

#[test]
fn a_wallet_without_a_key_takes_no_signature() {
    let (devnet, ContractAccounts { wallet, extension, .. }) = set();
    devnet.deploy(&wallet.name, Contract::Wallet { key: None, extensions: vec![extension.name] }).unwrap();
    devnet.settle();
    let blob = wallet.authorize(&devnet.ask("login"));
    assert_panics(&resolve(&devnet, &wallet.name, &[], &blob), "signature is disabled");
}

#[test]
fn what_is_no_authorization_of_a_wallet_is_a_panic() {
    let (devnet, ContractAccounts { wallet, multisig, people, .. }) = set();
    let good = wallet.authorize(&devnet.ask("login"));
    let deep = "[".repeat(10_000);
    let blobs = ["", "null", "{}", "[]", &deep, r#"{"payload": "login"}"#, &good[1..], r#"{"signature": {}}"#];
    for blob in
        blobs.into_iter().map(str::to_owned).chain([good.replace("2026", "1926"), good.replace("wallet.test", "Wallet.test")])
    {
        assert!(resolve(&devnet, &wallet.name, &[], &blob).is_err(), "{blob:.60}");
        assert!(resolve(&devnet, &multisig.name, &[], &blob).is_err(), "{blob:.60}");
    }
    assert_panics(&resolve(&devnet, &multisig.name, &[], &good), "this is a multisig");
    let of_multisig = multisig.authorize_by_members(&[&people.alice, &people.bob], &devnet.ask("login"));
    assert_panics(&resolve(&devnet, &wallet.name, &[], &of_multisig), "this is no multisig");
}

#[test]
fn the_set_is_the_same_for_the_same_seed_and_shows_no_keys() {
    let (devnet, first) = set();
    let (_, second) = set();
    let ask = devnet.ask("login");
    let other = devnet.add_contract_accounts([8; 32]);
    for (first, second, other) in [
        (&first.wallet, &second.wallet, &other.wallet),
        (&first.ethereum, &second.ethereum, &other.ethereum),
        (&first.multisig, &second.multisig, &other.multisig),
    ] {
        assert_eq!(first.authorize(&ask), second.authorize(&ask));
        assert_ne!(first.authorize(&ask), other.authorize(&ask));
    }
    let shown = format!("{:?}", first.wallet);
    assert!(shown.contains("[redacted]") && !shown.contains("ed25519"), "{shown}");
    let key = devnet.add_test_accounts([7; 32]).alice.public_key();
    assert_eq!(key, first.people.alice.public_key());
}

#[test]
fn an_account_can_have_a_key_and_a_contract() {
    let (devnet, ContractAccounts { wallet, .. }) = set();
    let key = key_of_the_vectors().public_key();
    devnet.add_key(&wallet.name, &key, Permission::FullAccess).unwrap();
    devnet.settle();
    let params = json!({"request_type": "view_access_key", "account_id": wallet.name.as_str(), "public_key": key.to_string(), "finality": "final"});
    assert!(devnet.answer(request("query", &params).as_bytes()).text().contains("FullAccess"));
    assert!(resolve(&devnet, &wallet.name, &[], &wallet.authorize(&devnet.ask("login"))).is_ok());
}

#[test]
fn of_the_hostile_contracts_only_one_agrees_at_once() {
    let (devnet, _) = devnet();
    let mut agreed = Vec::new();
    let all = devnet.add_hostile_contracts();
    assert_eq!(all.len(), 22);
    for name in all.iter().filter(|name| !matches!(name.as_str(), "garbage.test.near" | "unit.test.near")) {
        match resolve(&devnet, name, &[], &open_authorization("login")) {
            Ok(resolution) if resolution.get("pending").is_none() && resolution["payload"] == "login" => agreed.push(name.as_str()),
            Ok(_) | Err(_) => {}
        }
    }
    assert_eq!(agreed, ["open.test.near"]);
    let mut link = account("chain-0.test.near");
    for _ in 0..10 {
        link = first_pending(&resolve(&devnet, &link, &[], &open_authorization("login")).unwrap()).0;
    }
    assert_eq!(link.as_str(), "open.test.near");
}

#[test]
fn an_ethereum_wallet_takes_its_own_key_s_signature_only() {
    let (devnet, ContractAccounts { ethereum, secp256k1, .. }) = set();
    let good = ethereum.authorize(&devnet.ask("login"));
    let proof = serde_json::from_str::<Value>(&good).unwrap()["signature"]["proof"].as_str().unwrap().to_owned();
    assert_eq!(proof.len(), 2 + 130);
    let other = devnet.add_contract_accounts([9; 32]).ethereum.authorize(&devnet.ask("login"));
    for bad in [good.replace(&proof, ""), good.replace("0x", "0X"), good.replace(&proof, &format!("{proof}00"))] {
        assert_panics(&resolve(&devnet, &ethereum.name, &[], &bad), "invalid signature");
    }
    assert!(resolve(&devnet, &ethereum.name, &[], &other).is_ok());
    assert_panics(&resolve(&devnet, &ethereum.name, &[], &good), "invalid signature");
    let address = WalletKey::Ethereum("0x2c7536e3605d9c16a7a3d7b1898e529396a65c23".parse().unwrap());
    devnet.deploy(&secp256k1.name, Contract::Wallet { key: Some(address), extensions: Vec::new() }).unwrap();
    devnet.settle();
    let near = secp256k1.authorize(&devnet.ask("login"));
    assert_panics(&resolve(&devnet, &secp256k1.name, &[], &near), "invalid signature");
}
