//! A test wallet: accounts whose keys are no secret.

use siwn::{AccountId, BoxFuture, KeyType, Payload, PrivateKey, PublicKey, SignedMessage, Signer, SignerError};

use crate::{BlockHash, Devnet, FunctionCall, Permission};

/// An account of the devnet and a key of it.
#[derive(Debug)]
pub struct TestAccount {
    /// The account's name.
    pub name: AccountId,
    /// The key. Whoever knows the seed knows it too: it is for devnets only.
    pub private_key: PrivateKey,
}

/// Three people to sign in as, and a key that must not sign anybody in.
#[derive(Debug)]
pub struct TestAccounts {
    /// `alice.test.near`, with a full-access key.
    pub alice: TestAccount,
    /// `bob.test.near`, with a full-access key.
    pub bob: TestAccount,
    /// `carol.test.near`, with a full-access key.
    pub carol: TestAccount,
    /// `bob.test.near` again, with his function-call key for `app.test.near`: a login with it is to be refused.
    pub bob_function_call: TestAccount,
}

impl TestAccount {
    /// The key's public half.
    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        self.private_key.public_key()
    }

    /// Signs at once, as a wallet does whose owner always agrees.
    #[must_use]
    pub fn sign(&self, payload: &Payload<'_>) -> SignedMessage {
        let signature = self.private_key.sign(payload);
        SignedMessage { account: self.name.clone(), public_key: self.public_key(), signature }
    }

    fn new(name: &str, purpose: &str, seed: &[u8; 32]) -> Self {
        let key_seed = BlockHash::of("siwn-devnet test account", &[seed, name.as_bytes(), b"\0", purpose.as_bytes()]);
        let private_key = PrivateKey::from_seed(KeyType::Ed25519, *key_seed.as_bytes());
        Self {
            name: name.parse().expect("the names below are account ids"),
            private_key: private_key.expect("any 32 bytes are an ed25519 seed"),
        }
    }
}

impl Signer for TestAccount {
    fn sign_message<'a>(&'a self, payload: Payload<'a>) -> BoxFuture<'a, Result<SignedMessage, SignerError>> {
        Box::pin(std::future::ready(Ok(self.sign(&payload))))
    }
}

impl TestAccounts {
    /// The three accounts, `alice` first, each with its full-access key.
    #[must_use]
    pub const fn people(&self) -> [&TestAccount; 3] {
        [&self.alice, &self.bob, &self.carol]
    }

    pub(crate) fn from_seed(seed: &[u8; 32]) -> Self {
        let account = |name, purpose| TestAccount::new(name, purpose, seed);
        Self {
            alice: account("alice.test.near", "full access"),
            bob: account("bob.test.near", "full access"),
            carol: account("carol.test.near", "full access"),
            bob_function_call: account("bob.test.near", "function call"),
        }
    }
}

impl Devnet {
    /// Adds `alice.test.near`, `bob.test.near` and `carol.test.near`, and makes three blocks, so that they are final.
    ///
    /// Their keys come from `seed`: the same ones for the same 32 bytes, so that a test may fix them; elsewhere the bytes are random
    /// and new at every start. Accounts and keys that are there already stay as they are.
    #[must_use]
    pub fn add_test_accounts(&self, seed: [u8; 32]) -> TestAccounts {
        let accounts = TestAccounts::from_seed(&seed);
        for TestAccount { name, private_key } in accounts.people() {
            self.add_key_anew(name, &private_key.public_key(), Permission::FullAccess);
        }
        let app = FunctionCall {
            receiver_id: "app.test.near".parse().expect("this is an account id"),
            method_names: Vec::new(),
            allowance: None,
        };
        let TestAccount { name, private_key } = &accounts.bob_function_call;
        self.add_key_anew(name, &private_key.public_key(), Permission::FunctionCall(app));
        self.settle();
        accounts
    }

    fn add_key_anew(&self, account: &AccountId, key: &PublicKey, permission: Permission) {
        let mut ledger = self.ledger();
        // The only refusals are that account or key exist, which is what is wanted.
        _ = ledger.add_account(account);
        _ = ledger.add_key(account, key, permission);
    }
}
