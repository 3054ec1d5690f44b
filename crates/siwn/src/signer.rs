//! Making tokens: what a client does, with a private key, a wallet or an HSM.

use std::error::Error as StdError;

use thiserror::Error;

use crate::{AccountId, AuthToken, BoxFuture, Nonce, Payload, PrivateKey, PublicKey, Signature, SignatureError};

/// Whatever signs messages for an account: a wallet, a hardware module, a key in memory ([`KeySigner`]).
pub trait Signer: Send + Sync {
    /// Signs `payload` as NEP-413 says: its [`hash`](Payload::hash).
    fn sign_message<'a>(&'a self, payload: Payload<'a>) -> BoxFuture<'a, Result<SignedMessage, SignerError>>;
}

/// A signer's answer (NEP-413, "Output Interface").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedMessage {
    /// The account that signed.
    pub account: AccountId,
    /// The key that signed.
    pub public_key: PublicKey,
    /// Its signature over the payload.
    pub signature: Signature,
}

/// Why there is no token.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SignerError {
    /// Whoever holds the key said no.
    #[error("the signer refused")]
    Refused,
    /// The signer could not be asked.
    #[error("the signer did not answer")]
    Unavailable(#[source] Box<dyn StdError + Send + Sync>),
    /// The signer signed something else.
    #[error("the signer's answer does not verify")]
    Answer(#[from] SignatureError),
}

/// A private key and the account that it belongs to.
#[derive(Debug)]
pub struct KeySigner {
    account: AccountId,
    key: PrivateKey,
}

impl KeySigner {
    /// Signs for `account` with `key`.
    #[must_use]
    pub const fn new(account: AccountId, key: PrivateKey) -> Self {
        Self { account, key }
    }

    /// Signs at once, for callers that do not wait for anybody.
    #[must_use]
    pub fn sign(&self, payload: Payload<'_>) -> SignedMessage {
        SignedMessage { account: self.account.clone(), public_key: self.key.public_key(), signature: self.key.sign(&payload) }
    }
}

impl Signer for KeySigner {
    fn sign_message<'a>(&'a self, payload: Payload<'a>) -> BoxFuture<'a, Result<SignedMessage, SignerError>> {
        Box::pin(std::future::ready(Ok(self.sign(payload))))
    }
}

/// What a token is to be made of: the `sign` of near-sign-verify.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRequest {
    /// The text that the wallet shows.
    pub message: String,
    /// Whom the token is for.
    pub recipient: String,
    /// The server's challenge, or [`Nonce::timestamp`].
    pub nonce: Nonce,
    /// Signed where it is given. An empty one is left out, as near-sign-verify does.
    pub callback_url: Option<String>,
    /// Carried along, not signed. An empty one is left out, as near-sign-verify does.
    pub state: Option<String>,
}

impl TokenRequest {
    /// The parts that are signed.
    #[must_use]
    pub fn payload(&self) -> Payload<'_> {
        Payload {
            message: &self.message,
            nonce: &self.nonce,
            recipient: &self.recipient,
            callback_url: self.callback_url.as_deref().filter(|url| !url.is_empty()),
        }
    }

    /// Lets `signer` sign, checks its answer and writes the token.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # tokio::runtime::Runtime::new()?.block_on(async {
    /// use siwn::{KeySigner, KeyType, Nonce, PrivateKey, TokenRequest, UnixMillis};
    ///
    /// let signer = KeySigner::new("alice.near".parse()?, PrivateKey::from_seed(KeyType::Ed25519, [7; 32])?);
    /// let request = TokenRequest {
    ///     message: "Sign in to app.example".into(),
    ///     recipient: "app.example".into(),
    ///     nonce: Nonce::timestamp(UnixMillis::new(1_760_000_000_000), [9; 16]),
    ///     callback_url: None,
    ///     state: None,
    /// };
    /// let token = request.sign_with(&signer).await?;
    /// assert_eq!(token.account().as_str(), "alice.near");
    /// # Ok(()) }) }
    /// ```
    pub async fn sign_with(self, signer: &dyn Signer) -> Result<AuthToken, SignerError> {
        let answer = signer.sign_message(self.payload()).await?;
        self.into_token(answer)
    }

    /// Writes the token of an answer that is already there, after checking it.
    pub fn into_token(self, answer: SignedMessage) -> Result<AuthToken, SignerError> {
        answer.public_key.verify(&self.payload().hash(), &answer.signature)?;
        Ok(AuthToken {
            account: answer.account,
            public_key: answer.public_key,
            signature: answer.signature,
            message: self.message,
            nonce: self.nonce,
            recipient: self.recipient,
            callback_url: self.callback_url.filter(|url| !url.is_empty()),
            state: self.state.filter(|state| !state.is_empty()),
        })
    }
}
