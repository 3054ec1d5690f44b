//! Sign In With NEAR: the protocol and the login, without clock, randomness or I/O of its own.
//!
//! A server asks a person's wallet to sign a challenge (NEP-413 `signMessage`), checks the signature, asks the chain whether the key
//! is a full-access key of the account, and opens a session. Of an account that is a contract it asks the contract (NEP-641). Three ways
//! in:
//!
//! - [`Login`]: challenge, proof, session. Every challenge works once. [`Chain`] and [`Store`] are its two ports.
//! - [`Policy`]: a near-sign-verify token that proves itself by the time in its nonce.
//! - [`Payload`], [`PublicKey::verify`], [`AuthToken`], [`AccessKeyAuthorization`], [`Resolution`]: the parts.
//!
//! # Glossary
//!
//! | Word | Meaning |
//! |---|---|
//! | account | a NEAR account, [`AccountId`] |
//! | access key | a key that an account grants something; *full access* means everything |
//! | recipient | whom a signature is for: the site's public name |
//! | nonce | the 32 bytes that are signed beside the message |
//! | challenge | nonce, message and recipient that a server asks somebody to sign |
//! | payload | the bytes that NEP-413 signs |
//! | proof | what a client sends back: account, nonce, and either key and signature or an authorization |
//! | claim | a proof that is worth a question to the chain |
//! | auth token | near-sign-verify's text form of a proof |
//! | standing | what the chain says an account grants a key |
//! | client | who ends a login |
//! | authorization | what an account says outside of the chain, by a key or by its contract (NEP-641) |
//! | off-chain message | what is authorized: network, signer, path, time, payload |
//! | resolution | finding out whether an authorization is the account's, and what it authorizes |
//! | path | on whose behalf a signer signs: the accounts above it |
//! | asker | on whose behalf the chain is asked |
//! | binding | who must come back with the challenge: a browser, an origin, anybody |
//! | generation | which store, and since when it remembers |
//! | session | what a login opens |
//! | cut-off | what ends all sessions of an account that were opened before it |
//!
//! # Example
//!
//! ```
//! use std::time::Duration;
//! use siwn::{AuthToken, NonceRule, Policy, UnixMillis};
//!
//! let token = "CgAAAGFsaWNlLm5lYXI0AAAAZWQyNTUxOTpCVnhueXpIUHNNZXl5Mm5Xd1ZKVGZDbmJnZzNyYnljclliNkFVVFpSUVVDTFgAAABrNkM2WXZROVorNWpt\
//!              cFN5QThpaWJYM3NNMlhrSUVlcDI2UUVwSG9NYlNJbkJxRlNoQXByOUtnLzgrZDJYUEFDOXVELysrVUlMRndIb21hS2twSlpEZz09BQAAAGxvZ2luMDAwMTc2\
//!              MDAwMDAwMDAwMAQ6cYd0xXK9iiWtvrG/zVwLAAAAYXBwLmV4YW1wbGUAAA==";
//! let token: AuthToken = token.parse()?;
//!
//! let policy = Policy::new("app.example", NonceRule::timestamp(Duration::from_secs(300)));
//! let signed = policy.check(token, UnixMillis::new(1_760_000_060_000))?;
//! assert_eq!(signed.token().account().as_str(), "alice.near");
//! // Then, on chain: signed.confirm(&chain, AccessPolicy::default()).await
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::pin::Pin;

mod account;
mod admission;
mod base58;
mod borsh;
mod chain;
mod challenge;
mod client_label;
#[cfg(feature = "conformance")]
pub mod conformance;
mod curve;
mod error;
mod issue;
mod key;
mod limits;
mod login;
mod memory;
mod memory_limits;
mod nep413;
mod nep641;
mod nonce;
mod policy;
mod private_key;
mod proof;
mod quoted;
mod recheck;
mod recipient;
mod replay_guard;
mod row;
mod rules;
mod secret;
mod session;
mod signature;
mod signer;
mod signing_keys;
mod site;
mod store;
mod time;
mod token;
mod token_mark;
mod verified;
mod web;

pub use account::{AccountId, AccountIdError, AccountKind};
pub use admission::{Admission, NotAdmitted};
pub use base58::Base58Error;
pub use borsh::BorshError;
pub use chain::{Access, Asker, Block, Chain, ChainError, Question, Standing};
pub use challenge::{Binding, Challenge, ChallengeError, OwnChallenge, Returned};
pub use client_label::ClientLabel;
pub use error::{LoginError, Refusal, Unavailable};
pub use issue::{Issue, Issues};
pub use key::{KeyError, KeyType, PublicKey};
pub use limits::{Counted, Limits, LimitsUnavailable, Rate, RateError, Taken};
pub use login::{Client, Login, OpenedSession};
pub use memory::MemoryStore;
pub use memory_limits::MemoryLimits;
pub use nep413::{Payload, PayloadHash, TAG};
pub use nep641::{
    AccessKeyAuthorization, AskId, AuthorizationError, AuthorizationFault, AuthorizationPolicy, AuthorizationRefusal, Authorized,
    AuthorizedBy, ChainAnswer, ChainAsk, ChainId, ContractAccounts, Expected, JsonPayload, LimitsError, MessageHash, Nep413Message,
    OffchainMessage, PinnedBlock, Resolution, ResolutionLimits, Resolved, Rfc3339Error, Step, Timestamp, Walk,
};
pub use nonce::{Nonce, NonceError, TimestampError};
pub use policy::{DEFAULT_SKEW, NonceRule, Policy, PolicyError, SignedToken, TextRule, VerifiedToken, VerifyError};
pub use private_key::PrivateKey;
pub use proof::{Proof, ProofError, ProofFields};
pub use quoted::Quoted;
pub use recheck::Recheck;
pub use recipient::{Message, Recipient, SiteError};
pub use replay_guard::{ReplayGuard, SpendError, SpendRefusal};
pub use row::{Generation, NewSession, Renewal, SessionId, SessionRow, SessionTokenError};
pub use rules::{AccountPattern, AccountPatternError, AccountRules};
pub use secret::{Secret, SecretError};
pub use session::{Session, SessionSecret, SessionToken, Sessions};
pub use signature::{Signature, SignatureError};
pub use signer::{KeySigner, SignedMessage, Signer, SignerError, TokenRequest};
pub use signing_keys::SealedKeys;
pub use site::Site;
pub use store::{Counts, KEYS_REMEMBERED, KeyMemory, LISTED, Opening, Store, StoreError};
pub use time::UnixMillis;
pub use token::{AuthToken, FieldError, MAX_TOKEN_LENGTH, TokenError, TokenFields};
pub use verified::{AccessPolicy, AccountRefusal, Asked, Claim, FunctionCallKeys, Funding, UnfundedAccounts, VerifiedAccount};
pub use web::{CallbackUrl, Origin, PublicUrl, UrlError};

/// What the ports return: a future that any runtime can drive.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
