//! Authorizations as wallets that are contracts read them, and as their owners write them.

use serde::{Deserialize, Serialize};
use siwn::{AccountId, ChainId, OffchainMessage};

/// The authorization of a [`Wallet`](crate::Contract::Wallet) or a [`Multisig`](crate::Contract::Multisig).
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Blob {
    Signature { msg: Message, proof: String },
    Extension { account_id: AccountName, authorization: String, payload: String },
    Multisig { payload: String, approvals: Vec<Approval> },
}

/// What one member of a multisig says.
#[derive(Deserialize, Serialize)]
pub(crate) struct Approval {
    pub(crate) account_id: AccountName,
    pub(crate) authorization: String,
}

/// An [`OffchainMessage`] in JSON.
#[derive(Deserialize, Serialize)]
pub(crate) struct Message {
    chain_id: String,
    signer_id: AccountName,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    path: Vec<AccountName>,
    timestamp: String,
    payload: String,
}

/// An account id in JSON.
#[derive(Clone, Deserialize, PartialEq, Eq, Serialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct AccountName(pub(crate) AccountId);

impl TryFrom<String> for AccountName {
    type Error = siwn::AccountIdError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse().map(Self)
    }
}

impl From<AccountName> for String {
    fn from(AccountName(id): AccountName) -> Self {
        id.as_str().to_owned()
    }
}

impl From<&OffchainMessage> for Message {
    fn from(message: &OffchainMessage) -> Self {
        Self {
            chain_id: message.chain_id.as_str().to_owned(),
            signer_id: AccountName(message.signer_id.clone()),
            path: message.path.iter().cloned().map(AccountName).collect(),
            timestamp: message.timestamp.to_string(),
            payload: message.payload.clone(),
        }
    }
}

impl TryFrom<Message> for OffchainMessage {
    type Error = siwn::Rfc3339Error;

    fn try_from(message: Message) -> Result<Self, Self::Error> {
        Ok(Self {
            chain_id: ChainId::new(message.chain_id),
            signer_id: message.signer_id.0,
            path: message.path.into_iter().map(|AccountName(id)| id).collect(),
            timestamp: message.timestamp.parse()?,
            payload: message.payload,
        })
    }
}

impl Blob {
    pub(crate) fn to_json(&self) -> String {
        serde_json::to_string(self).expect("texts are JSON")
    }
}
