//! The authorization of an account by one of its keys.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::nep641::message::{ChainId, OffchainMessage};
use crate::nep641::timestamp::Rfc3339Error;
use crate::nep641::wire::{Authorization, Extra, Message, Object, Path, Text, Via};
use crate::quoted::Quoted;
use crate::{AccountIdError, KeyError, PrivateKey, PublicKey, Signature, SignatureError};

const NEP413: &str = "nep413";

/// An off-chain message that a key of its signer signed, or so somebody says (NEP-641, `AccessKeyAuthorization`).
///
/// Its text is JSON. Several texts can mean the same: nothing is told apart or remembered by it.
///
/// ```
/// use siwn::{AccessKeyAuthorization, ChainId, KeyType, OffchainMessage, PrivateKey};
///
/// let message = OffchainMessage {
///     chain_id: ChainId::new("mainnet"),
///     signer_id: "alice.near".parse()?,
///     path: Vec::new(),
///     timestamp: "2026-08-06T14:29:00Z".parse()?,
///     payload: "login".into(),
/// };
/// let authorization = AccessKeyAuthorization::sign(message, None, &PrivateKey::from_seed(KeyType::Ed25519, [7; 32])?);
/// let received: AccessKeyAuthorization = authorization.to_string().parse()?;
/// assert_eq!(received.check_signature(), Ok(()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct AccessKeyAuthorization {
    message: OffchainMessage,
    callback_url: Option<String>,
    access_key: PublicKey,
    signature: Signature,
}

/// Why a text is no access key authorization.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AuthorizationError {
    /// Not this kind of JSON.
    #[error("not an access key authorization: {0}")]
    Json(Quoted),
    /// A way to sign that is not known.
    #[error("the schema is {0}, expected \"nep413\"")]
    Schema(Quoted),
    /// `signer_id`.
    #[error("the signer's account id: {0}")]
    SignerId(#[source] AccountIdError),
    /// `timestamp`.
    #[error("the timestamp: {0}")]
    Timestamp(#[source] Rfc3339Error),
    /// `access_key`.
    #[error("the access key: {0}")]
    AccessKey(#[source] KeyError),
    /// `signature`.
    #[error("the signature: {0}")]
    Signature(#[source] SignatureError),
}

impl AccessKeyAuthorization {
    /// Signs `message` as a NEP-413 wallet does.
    #[must_use]
    pub fn sign(message: OffchainMessage, callback_url: Option<String>, key: &PrivateKey) -> Self {
        let signature = key.sign(&message.nep413(callback_url.as_deref()).payload());
        Self { message, callback_url, access_key: key.public_key(), signature }
    }

    /// Of a signature that a wallet made over [`OffchainMessage::nep413`].
    ///
    /// # Errors
    ///
    /// The signature does not hold.
    pub fn from_signed(
        message: OffchainMessage,
        callback_url: Option<String>,
        access_key: PublicKey,
        signature: Signature,
    ) -> Result<Self, SignatureError> {
        let authorization = Self { message, callback_url, access_key, signature };
        authorization.check_signature().map(|()| authorization)
    }

    /// Checks that the key signed the message. Whether it is the signer's key is for the chain to say.
    pub fn check_signature(&self) -> Result<(), SignatureError> {
        let signed = self.message.nep413(self.callback_url.as_deref());
        self.access_key.verify(&signed.payload().hash(), &self.signature)
    }

    /// What is authorized.
    #[must_use]
    pub const fn message(&self) -> &OffchainMessage {
        &self.message
    }

    /// The callback URL that was signed, if one was. An empty one is one.
    #[must_use]
    pub fn callback_url(&self) -> Option<&str> {
        self.callback_url.as_deref()
    }

    /// The key that signed.
    #[must_use]
    pub const fn access_key(&self) -> &PublicKey {
        &self.access_key
    }

    /// Its signature.
    #[must_use]
    pub const fn signature(&self) -> &Signature {
        &self.signature
    }
}

impl FromStr for AccessKeyAuthorization {
    type Err = AuthorizationError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parsed = serde_json::from_str(text).map_err(|error| AuthorizationError::Json(Quoted::new(&error.to_string())))?;
        let Object(Authorization { msg: Object(msg), via: Object(via), access_key: Text(key), signature: Text(signature) }) =
            parsed;
        if via.schema.0 != NEP413 {
            return Err(AuthorizationError::Schema(Quoted::new(&via.schema.0)));
        }
        let message = OffchainMessage {
            chain_id: ChainId::new(msg.chain_id.0),
            signer_id: msg.signer_id.0.parse().map_err(AuthorizationError::SignerId)?,
            path: msg.path.0,
            timestamp: msg.timestamp.0.parse().map_err(AuthorizationError::Timestamp)?,
            payload: msg.payload.0.into_owned(),
        };
        Ok(Self {
            message,
            callback_url: via.extra.0.callback_url.map(|Text(url)| url.into_owned()),
            access_key: key.parse().map_err(AuthorizationError::AccessKey)?,
            signature: Signature::from_near_text(&signature).map_err(AuthorizationError::Signature)?,
        })
    }
}

impl fmt::Display for AccessKeyAuthorization {
    /// JSON without white space.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let OffchainMessage { chain_id, signer_id, path, timestamp, payload } = &self.message;
        let json = Authorization {
            msg: Object(Message {
                chain_id: chain_id.as_str().into(),
                signer_id: signer_id.as_str().into(),
                path: Path(path.clone()),
                timestamp: timestamp.to_string().into(),
                payload: payload.as_str().into(),
            }),
            via: Object(Via { schema: NEP413.into(), extra: Object(Extra { callback_url: self.callback_url().map(Text::from) }) }),
            access_key: self.access_key.to_string().into(),
            signature: self.signature.to_near_text().into(),
        };
        f.write_str(&serde_json::to_string(&json).expect("texts are JSON"))
    }
}

impl fmt::Debug for AccessKeyAuthorization {
    /// Without what would let its reader in.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessKeyAuthorization")
            .field("message", &self.message)
            .field("access_key", &self.access_key)
            .finish_non_exhaustive()
    }
}
