//! Who signs in: accounts of the devnet, each with a key of its own.

use serde::{Deserialize, Serialize};
use siwn::{AccountId, KeyType, Nonce, Payload, PrivateKey, TokenFields};
use siwn_devnet::{Devnet, Permission};

use crate::Failure;

/// Whose account the next login is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Visitors {
    /// One that has not signed in before.
    New,
    /// The user's own, again and again.
    Returning,
    /// Nobody signs in: a proxy asks about the user's session, again and again.
    Proxied,
}

/// Many people, known to the chain.
pub(crate) struct People(Vec<Person>);

/// An account and its key, with the texts that a token needs.
pub(crate) struct Person {
    account: String,
    key: PrivateKey,
    public_key: String,
}

/// The part of a challenge that is signed, and the state that goes with it.
#[derive(Deserialize, Serialize)]
pub(crate) struct Challenge {
    pub(crate) message: String,
    pub(crate) nonce: [u8; 32],
    pub(crate) recipient: String,
    pub(crate) state: Option<String>,
}

impl People {
    /// Makes `count` accounts, and the blocks that it takes for them to be final.
    pub(crate) fn register(devnet: &Devnet, count: u32) -> Result<Self, Failure> {
        let people = (0..count).map(|number| Person::register(devnet, number)).collect::<Result<_, _>>()?;
        devnet.settle();
        Ok(Self(people))
    }

    pub(crate) const fn count(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn person(&self, number: usize) -> &Person {
        &self.0[number]
    }
}

impl Person {
    fn register(devnet: &Devnet, number: u32) -> Result<Self, Failure> {
        let mut seed = [1; 32];
        seed[..4].copy_from_slice(&number.to_be_bytes());
        let key = PrivateKey::from_seed(KeyType::Ed25519, seed)?;
        let (account, public_key): (AccountId, _) = (format!("person-{number}.test.near").parse()?, key.public_key());
        devnet.add_account(&account)?;
        devnet.add_key(&account, &public_key, Permission::FullAccess)?;
        Ok(Self { account: account.to_string(), key, public_key: public_key.to_string() })
    }

    /// The token that answers `challenge`. It is not checked here: that is the server's part.
    pub(crate) fn answer(&self, challenge: Challenge) -> String {
        let Challenge { message, nonce, recipient, state } = challenge;
        let nonce = Nonce::from_bytes(nonce);
        let signature = self.key.sign(&Payload { message: &message, nonce: &nonce, recipient: &recipient, callback_url: None });
        let fields = TokenFields {
            account_id: self.account.clone(),
            public_key: self.public_key.clone(),
            signature: signature.to_string(),
            message,
            nonce,
            recipient,
            callback_url: None,
            state,
        };
        fields.encode()
    }
}
