//! The auth token of near-sign-verify: base64 of the Borsh of eight fields.

use std::fmt;
use std::str::FromStr;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use thiserror::Error;

use crate::borsh::{BorshError, Reader, Sink as _};
use crate::{AccountId, AccountIdError, KeyError, Nonce, Payload, PublicKey, Signature, SignatureError};

/// The longest token that is read, in characters: room for a message of 64 KiB beside a post-quantum key and signature.
pub const MAX_TOKEN_LENGTH: usize = 256 * 1024;

/// The eight fields of a token as they are written, none of them verified or even parsed.
///
/// For showing a token to somebody. To judge one, parse an [`AuthToken`].
#[derive(Clone, PartialEq, Eq)]
pub struct TokenFields {
    /// `accountId`.
    pub account_id: String,
    /// `publicKey`, as `<type>:<base58>`.
    pub public_key: String,
    /// `signature`, in base64.
    pub signature: String,
    /// `message`.
    pub message: String,
    /// `nonce`.
    pub nonce: Nonce,
    /// `recipient`.
    pub recipient: String,
    /// `callbackUrl`.
    pub callback_url: Option<String>,
    /// `state`, which the signature does not cover.
    pub state: Option<String>,
}

/// A well-formed auth token: every field parsed, nothing verified. [`Policy::check`](crate::Policy::check) verifies it.
///
/// ```
/// use siwn::AuthToken;
///
/// let error = "not a token".parse::<AuthToken>().unwrap_err();
/// assert_eq!(error.to_string(), "the token is not standard base64 with padding");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct AuthToken {
    pub(crate) account: AccountId,
    pub(crate) public_key: PublicKey,
    pub(crate) signature: Signature,
    pub(crate) message: String,
    pub(crate) nonce: Nonce,
    pub(crate) recipient: String,
    pub(crate) callback_url: Option<String>,
    pub(crate) state: Option<String>,
}

/// Why a text is no auth token.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TokenError {
    /// Longer than [`MAX_TOKEN_LENGTH`].
    #[error("the token has {found} characters, at most {MAX_TOKEN_LENGTH} are read")]
    TooLong {
        /// Its length.
        found: usize,
    },
    /// Empty.
    #[error("the token is empty")]
    Empty,
    /// Not standard base64 with padding.
    #[error("the token is not standard base64 with padding")]
    NotBase64,
    /// Not the Borsh of eight fields.
    #[error("the token's bytes are not the eight fields: {0}")]
    Borsh(#[from] BorshError),
    /// A field in it.
    #[error(transparent)]
    Field(#[from] FieldError),
}

/// Why a field of a token or a proof cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FieldError {
    /// The account.
    #[error("the account cannot be read: {0}")]
    Account(#[source] AccountIdError),
    /// `system`, which nobody signs for.
    #[error("the account is \"system\", which nobody signs for")]
    SystemAccount,
    /// The key.
    #[error("the public key cannot be read: {0}")]
    PublicKey(#[source] KeyError),
    /// The signature's text.
    #[error("the signature cannot be read: {0}")]
    Signature(#[source] SignatureError),
}

impl TokenFields {
    /// Reads a token strictly: canonical base64, lengths inside the input, option tags 0 and 1, UTF-8, nothing after the last field.
    pub fn decode(text: &str) -> Result<Self, TokenError> {
        if text.is_empty() {
            return Err(TokenError::Empty);
        }
        if text.len() > MAX_TOKEN_LENGTH {
            return Err(TokenError::TooLong { found: text.len() });
        }
        let bytes = BASE64_STANDARD.decode(text).map_err(|_| TokenError::NotBase64)?;
        let mut reader = Reader::new(&bytes);
        let fields = Self {
            account_id: reader.text()?.into(),
            public_key: reader.text()?.into(),
            signature: reader.text()?.into(),
            message: reader.text()?.into(),
            nonce: Nonce::from_bytes(reader.array()?),
            recipient: reader.text()?.into(),
            callback_url: reader.optional_text()?.map(Into::into),
            state: reader.optional_text()?.map(Into::into),
        };
        reader.end()?;
        Ok(fields)
    }

    /// Writes the token, byte for byte as near-sign-verify does.
    #[must_use]
    pub fn encode(&self) -> String {
        let mut bytes = Vec::new();
        bytes.put_text(&self.account_id);
        bytes.put_text(&self.public_key);
        bytes.put_text(&self.signature);
        bytes.put_text(&self.message);
        bytes.put(self.nonce.as_bytes());
        bytes.put_text(&self.recipient);
        bytes.put_optional_text(self.callback_url.as_deref());
        bytes.put_optional_text(self.state.as_deref());
        BASE64_STANDARD.encode(bytes)
    }
}

impl AuthToken {
    /// Whose token it says it is.
    #[must_use]
    pub const fn account(&self) -> &AccountId {
        &self.account
    }

    /// The key that it says signed it.
    #[must_use]
    pub const fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    /// What it says was signed.
    #[must_use]
    pub fn payload(&self) -> Payload<'_> {
        Payload {
            message: &self.message,
            nonce: &self.nonce,
            recipient: &self.recipient,
            callback_url: self.callback_url.as_deref(),
        }
    }

    /// The state that travels with it, outside of the signature.
    #[must_use]
    pub fn state(&self) -> Option<&str> {
        self.state.as_deref()
    }

    /// Its fields in their canonical texts.
    #[must_use]
    pub fn to_fields(&self) -> TokenFields {
        TokenFields {
            account_id: self.account.to_string(),
            public_key: self.public_key.to_string(),
            signature: self.signature.to_string(),
            message: self.message.clone(),
            nonce: self.nonce,
            recipient: self.recipient.clone(),
            callback_url: self.callback_url.clone(),
            state: self.state.clone(),
        }
    }

    /// The token as text. It lets its bearer in for as long as its nonce is good: treat it as a password.
    #[must_use]
    pub fn encode(&self) -> String {
        self.to_fields().encode()
    }
}

impl TryFrom<TokenFields> for AuthToken {
    type Error = TokenError;

    fn try_from(fields: TokenFields) -> Result<Self, Self::Error> {
        let account = parse_signer(&fields.account_id)?;
        let public_key: PublicKey = fields.public_key.parse().map_err(FieldError::PublicKey)?;
        let signature = Signature::from_base64(public_key.key_type(), &fields.signature).map_err(FieldError::Signature)?;
        Ok(Self {
            account,
            public_key,
            signature,
            message: fields.message,
            nonce: fields.nonce,
            recipient: fields.recipient,
            callback_url: fields.callback_url,
            state: fields.state,
        })
    }
}

/// The account of somebody who signs.
pub(crate) fn parse_signer(text: &str) -> Result<AccountId, FieldError> {
    let account: AccountId = text.parse().map_err(FieldError::Account)?;
    if account.is_system() { Err(FieldError::SystemAccount) } else { Ok(account) }
}

impl FromStr for AuthToken {
    type Err = TokenError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        TokenFields::decode(text)?.try_into()
    }
}

impl fmt::Debug for TokenFields {
    /// Without what would let its reader in.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenFields")
            .field("account_id", &self.account_id)
            .field("public_key", &self.public_key)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for AuthToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthToken").field("account", &self.account).field("public_key", &self.public_key).finish_non_exhaustive()
    }
}
