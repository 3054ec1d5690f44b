//! Off-chain authorizations (NEP-641) of the devnet's accounts, as their wallets make them.

use k256::ecdsa::SigningKey;
use siwn::{AccessKeyAuthorization, AccountId, ChainId, OffchainMessage, PrivateKey, Timestamp};

use crate::contract::{AccountName, Approval, Blob, personal_sign};
use crate::{Devnet, TestAccount};

/// By how much wallets date an authorization back, in nanoseconds, so that the block it is judged at is later.
const DATED_BACK: u64 = 60_000_000_000;

/// What an account is asked to authorize: an off-chain message without its signer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// The network.
    pub chain_id: ChainId,
    /// On whose behalf: the accounts above the one that is asked, the nearest first.
    pub path: Vec<AccountId>,
    /// From when on.
    pub timestamp: Timestamp,
    /// What is to be authorized.
    pub payload: String,
}

/// Somebody who authorizes what he is asked to, at once.
pub trait Authorizer {
    /// The account that authorizes.
    fn account(&self) -> &AccountId;

    /// The authorization, to be resolved as that account's.
    fn authorize(&self, ask: &Ask) -> String;
}

/// An account of the devnet that is a contract, and what its owner signs with.
#[derive(Debug)]
pub struct ContractAccount {
    /// The account's name.
    pub name: AccountId,
    owner: Owner,
}

enum Owner {
    Near(PrivateKey),
    Ethereum(SigningKey),
    Members(Vec<TestAccount>),
}

impl Ask {
    /// The same of an account that `above` turns to.
    #[must_use]
    pub fn on_behalf_of(&self, above: &AccountId) -> Self {
        let path = std::iter::once(above).chain(&self.path).cloned().collect();
        Self { path, ..self.clone() }
    }

    fn message(&self, signer: &AccountId) -> OffchainMessage {
        OffchainMessage {
            chain_id: self.chain_id.clone(),
            signer_id: signer.clone(),
            path: self.path.clone(),
            timestamp: self.timestamp,
            payload: self.payload.clone(),
        }
    }
}

impl Devnet {
    /// What an account of this devnet is asked to authorize now: `payload`, from a minute before the final block on.
    #[must_use]
    pub fn ask(&self, payload: impl Into<String>) -> Ask {
        let timestamp = Timestamp::from_unix_nanos(self.final_block().timestamp_nanos.saturating_sub(DATED_BACK));
        let chain_id = ChainId::new(self.network().chain_id());
        Ask { chain_id, path: Vec::new(), timestamp, payload: payload.into() }
    }
}

impl Authorizer for TestAccount {
    fn account(&self) -> &AccountId {
        &self.name
    }

    /// By the account's access key.
    fn authorize(&self, ask: &Ask) -> String {
        AccessKeyAuthorization::sign(ask.message(&self.name), None, &self.private_key).to_string()
    }
}

impl ContractAccount {
    /// A wallet whose key is one of NEAR's own types.
    #[must_use]
    pub const fn with_key(name: AccountId, key: PrivateKey) -> Self {
        Self { name, owner: Owner::Near(key) }
    }

    pub(crate) const fn with_ethereum_key(name: AccountId, key: SigningKey) -> Self {
        Self { name, owner: Owner::Ethereum(key) }
    }

    pub(crate) const fn with_members(name: AccountId, members: Vec<TestAccount>) -> Self {
        Self { name, owner: Owner::Members(members) }
    }

    /// The account's authorization by the word of one of its extensions.
    #[must_use]
    pub fn authorize_by_extension(&self, extension: &dyn Authorizer, ask: &Ask) -> String {
        let authorization = extension.authorize(&ask.on_behalf_of(&self.name));
        let account_id = AccountName(extension.account().clone());
        Blob::Extension { account_id, authorization, payload: ask.payload.clone() }.to_json()
    }

    /// The account's authorization by the word of these of its members.
    #[must_use]
    pub fn authorize_by_members(&self, members: &[&dyn Authorizer], ask: &Ask) -> String {
        let approvals = members.iter().map(|member| Approval {
            account_id: AccountName(member.account().clone()),
            authorization: member.authorize(&ask.on_behalf_of(&self.name)),
        });
        Blob::Multisig { payload: ask.payload.clone(), approvals: approvals.collect() }.to_json()
    }
}

impl Authorizer for ContractAccount {
    fn account(&self) -> &AccountId {
        &self.name
    }

    /// By the account's own key, or by as many of its members as it takes.
    fn authorize(&self, ask: &Ask) -> String {
        let message = ask.message(&self.name);
        let proof = match &self.owner {
            Owner::Near(key) => key.sign_off_chain(&message).to_near_text(),
            Owner::Ethereum(key) => personal_sign(key, message.hash().as_bytes()),
            Owner::Members(members) => {
                let members: Vec<&dyn Authorizer> = members.iter().map(|member| member as &dyn Authorizer).collect();
                return self.authorize_by_members(&members, ask);
            }
        };
        Blob::Signature { msg: (&message).into(), proof }.to_json()
    }
}

impl std::fmt::Debug for Owner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Near(_) | Self::Ethereum(_) => f.write_str("Key([redacted])"),
            Self::Members(members) => f.debug_list().entries(members.iter().map(|member| &member.name)).finish(),
        }
    }
}
