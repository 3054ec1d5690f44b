//! What an account says outside of the chain, and the two texts that are signed for it.

use std::fmt::{self, Write as _};

use sha3::{Digest as _, Sha3_256};

use crate::borsh::Sink;
use crate::nep641::timestamp::Timestamp;
use crate::quoted::Quoted;
use crate::{AccountId, Nonce, Payload};

/// In front of every off-chain message, so that its hash is never that of anything else.
const DOMAIN: &[u8] = b"NEAR_NEP641_OFFCHAIN_MESSAGE/V1";

/// The id of a NEAR network: `mainnet`, `testnet` or another. Any text can stand in a message; it is compared with the configured one
/// and never interpreted.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ChainId(Box<str>);

impl ChainId {
    /// From its text.
    pub fn new(text: impl Into<Box<str>>) -> Self {
        Self(text.into())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ChainId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ChainId({})", Quoted::new(&self.0))
    }
}

/// What an account authorizes: who, on which network, for whom, since when, and what.
///
/// Source: NEP-641, `OffchainMessage`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OffchainMessage {
    /// The network.
    pub chain_id: ChainId,
    /// The account that authorizes.
    pub signer_id: AccountId,
    /// On whose behalf: the accounts above the signer, from the nearest to the one that signs in. Empty where the signer speaks for
    /// himself.
    pub path: Vec<AccountId>,
    /// From when on. It is never later than the block at which it is judged.
    pub timestamp: Timestamp,
    /// What is authorized.
    pub payload: String,
}

/// The canonical hash of an off-chain message. Only [`OffchainMessage::hash`] makes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageHash([u8; 32]);

impl MessageHash {
    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// An off-chain message as a NEP-413 wallet signs it: the payload as message, the canonical hash as nonce, the rest as recipient.
///
/// ```
/// use siwn::{ChainId, OffchainMessage};
///
/// let message = OffchainMessage {
///     chain_id: ChainId::new("mainnet"),
///     signer_id: "extension.near".parse()?,
///     path: vec!["wallet.near".parse()?],
///     timestamp: "2026-08-05T07:28:00.123456789Z".parse()?,
///     payload: "Hello, Near!".into(),
/// };
/// let to_sign = message.nep413(None);
/// assert_eq!(to_sign.payload().recipient, "mainnet: extension.near -> wallet.near @ 2026-08-05T07:28:00Z");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nep413Message<'a> {
    message: &'a str,
    nonce: Nonce,
    recipient: String,
    callback_url: Option<&'a str>,
}

impl OffchainMessage {
    /// The canonical hash: SHA3-256 of a domain and the Borsh of the parts.
    ///
    /// # Panics
    ///
    /// On a text of 4 GiB or more, which Borsh cannot express.
    #[must_use]
    pub fn hash(&self) -> MessageHash {
        let mut hash = Sha3_256::new_with_prefix(DOMAIN);
        self.write(&mut hash);
        MessageHash(hash.finalize().into())
    }

    /// What a NEP-413 wallet is asked to sign for this message.
    #[must_use]
    pub fn nep413<'a>(&'a self, callback_url: Option<&'a str>) -> Nep413Message<'a> {
        let nonce = Nonce::from_bytes(*self.hash().as_bytes());
        Nep413Message { message: &self.payload, nonce, recipient: self.recipient(), callback_url }
    }

    // NEP-641, `OffchainMessage`: the Borsh order.
    fn write(&self, sink: &mut impl Sink) {
        sink.put_text(self.chain_id.as_str());
        sink.put_text(self.signer_id.as_str());
        sink.put_length(self.path.len());
        self.path.iter().for_each(|account| sink.put_text(account.as_str()));
        sink.put(&self.timestamp.unix_nanos().to_le_bytes());
        sink.put_text(&self.payload);
    }

    /// `<chain>: <signer>[ -> <account>]… @ <time>`. It is shown to people and never read back.
    fn recipient(&self) -> String {
        let mut text = format!("{}: {}", self.chain_id.as_str(), self.signer_id);
        for account in &self.path {
            let _ = write!(text, " -> {account}");
        }
        let _ = write!(text, " @ {}", self.timestamp.whole_seconds());
        text
    }
}

impl Nep413Message<'_> {
    /// The payload that is signed.
    #[must_use]
    pub fn payload(&self) -> Payload<'_> {
        let Self { message, nonce, recipient, callback_url } = self;
        Payload { message, nonce, recipient, callback_url: *callback_url }
    }
}
