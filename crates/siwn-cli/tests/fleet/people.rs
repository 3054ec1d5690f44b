//! People with accounts on a devnet.

use serde_json::Value;
use siwn::{AccountId, KeyType, Nonce, Payload, PrivateKey, TokenFields};
use siwn_devnet::{Devnet, Permission};

/// An account and its key.
pub(crate) struct Person {
    account: AccountId,
    key: PrivateKey,
}

/// Makes `count` people, and the blocks that it takes for their accounts to be final.
pub(crate) fn register(devnet: &Devnet, count: u32) -> Vec<Person> {
    let people = (0..count).map(|number| Person::register(devnet, number)).collect();
    devnet.settle();
    people
}

impl Person {
    fn register(devnet: &Devnet, number: u32) -> Self {
        let mut seed = [1; 32];
        seed[..4].copy_from_slice(&number.to_be_bytes());
        let key = PrivateKey::from_seed(KeyType::Ed25519, seed).unwrap();
        let account: AccountId = format!("person-{number}.test.near").parse().unwrap();
        devnet.add_account(&account).unwrap();
        devnet.add_key(&account, &key.public_key(), Permission::FullAccess).unwrap();
        Self { account, key }
    }

    pub(crate) fn account(&self) -> &str {
        self.account.as_str()
    }

    /// The token that answers a challenge.
    pub(crate) fn sign(&self, challenge: &Value) -> String {
        let text = |name: &str| challenge[name].as_str().unwrap().to_owned();
        let (message, recipient) = (text("message"), text("recipient"));
        let nonce: Vec<u8> = serde_json::from_value(challenge["nonce"].clone()).unwrap();
        let nonce = Nonce::from_bytes(nonce.try_into().unwrap());
        let signature = self.key.sign(&Payload { message: &message, nonce: &nonce, recipient: &recipient, callback_url: None });
        let fields = TokenFields {
            account_id: self.account.to_string(),
            public_key: self.key.public_key().to_string(),
            signature: signature.to_string(),
            message,
            nonce,
            recipient,
            callback_url: None,
            state: Some(text("state")),
        };
        fields.encode()
    }
}
