//! Authorizations of NEP-641 on the command line, beside a node: made, verified, and used to sign in.

#![expect(clippy::unwrap_used, reason = "these are tests")]

mod clinic;
mod transcript;

use std::process::Command;
use std::sync::Arc;
use std::time::SystemTime;

use clinic::{Clinic, Node};
use serde_json::Value;
use siwn_devnet::{Authorizer, ContractAccounts, Devnet, Fault};

struct Scene {
    devnet: Devnet,
    accounts: ContractAccounts,
    node: Node,
}

impl Scene {
    fn new(clinic: &Clinic) -> Self {
        let devnet = Devnet::new(Arc::new(|| SystemTime::now().into()));
        let accounts = devnet.add_contract_accounts([7; 32]);
        let node = clinic.node_of("node.example", &devnet);
        Self { devnet, accounts, node }
    }

    /// The exit code, what is printed, and what is said.
    fn siwn(&self, key: &str, arguments: &[&str]) -> (i32, String, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_siwn"))
            .args(arguments)
            .env("SIWN_PRIVATE_KEY", key)
            .env("SIWN_NETWORK", "siwn-devnet")
            .env("SIWN_RPC", self.node.server.url())
            .output()
            .unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    }

    fn verify(&self, account: &str, payload: &str, authorization: &str) -> (i32, Value, String) {
        let (exit, printed, said) = self.siwn("", &["verify", authorization, "--payload", payload, "--account", account]);
        (exit, serde_json::from_str(&printed).unwrap_or_default(), said)
    }
}

#[test]
fn what_sign_makes_verify_takes() {
    let clinic = Clinic::new();
    let scene = Scene::new(&clinic);
    let alice = &scene.accounts.people.alice;
    let key = alice.private_key.expose_text();
    let (exit, authorization, said) = scene.siwn(&key, &["sign", "Hello!", "--nep641", "--account", "alice.test.near"]);
    assert_eq!(exit, 0, "{said}");
    let (exit, verified, said) = scene.verify("alice.test.near", "Hello!", authorization.trim());
    assert_eq!((exit, &verified["valid"], &verified["offline"]), (0, &Value::Bool(true), &Value::Bool(false)), "{said}");
    assert_eq!(verified["publicKey"], alice.public_key().to_string());
    assert!(verified["blockHeight"].is_u64());

    scene.devnet.remove_key(&alice.name, &alice.public_key()).unwrap();
    scene.devnet.settle();
    let (exit, _, said) = scene.verify("alice.test.near", "Hello!", authorization.trim());
    assert_eq!(exit, 1, "{said}");
    assert!(said.starts_with("error: alice.test.near does not have the key") && said.contains("\nhint: "), "{said}");
}

#[test]
fn a_contracts_word_is_verified() {
    let clinic = Clinic::new();
    let scene = Scene::new(&clinic);
    for account in [&scene.accounts.wallet, &scene.accounts.multisig] {
        let authorization = account.authorize(&scene.devnet.ask("Hello!"));
        let (exit, verified, said) = scene.verify(account.name.as_str(), "Hello!", &authorization);
        assert_eq!((exit, &verified["publicKey"]), (0, &Value::Null), "{said}");
        let (exit, _, said) = scene.verify(account.name.as_str(), "Goodbye!", &authorization);
        assert_eq!(exit, 1, "{said}");
        assert!(said.contains("it authorizes something else"), "{said}");
    }
    let (exit, _, said) = scene.verify("wallet.test.near", "Hello!", "junk");
    assert_eq!(exit, 1, "{said}");
    assert!(said.contains("the contract refuses") && said.contains("hint: the account's contract decides"), "{said}");

    scene.devnet.fail(Fault::Reset);
    let authorization = scene.accounts.wallet.authorize(&scene.devnet.ask("Hello!"));
    let (exit, _, said) = scene.verify("wallet.test.near", "Hello!", &authorization);
    assert_eq!(exit, 2, "{said}");
    assert!(said.starts_with("error: the chain could not be asked"), "{said}");
}
