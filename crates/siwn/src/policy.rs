//! The basic flow of near-sign-verify: a token that proves itself by the time in its nonce, or by a nonce that the application kept.
//!
//! Nothing is spent here: a token is good for as long as its nonce is. To let each token in once, hand it to a
//! [`ReplayGuard`](crate::ReplayGuard); to let it in only in the browser that asked for it, use the [`Login`](crate::Login).

use std::fmt;
use std::time::Duration;

use thiserror::Error;

use crate::nonce::TimestampError;
use crate::quoted::Quoted;
use crate::token_mark::TokenMark;
use crate::verified::{AccessPolicy, AccountRefusal, Claim, VerifiedAccount};
use crate::{Asker, AuthToken, Chain, ChainError, Nonce, SignatureError, UnixMillis};

/// How far a client's clock may be ahead, unless another figure is given.
pub const DEFAULT_SKEW: Duration = Duration::from_secs(5);

/// What a token must say: for whom it is and when it was made are required, message and state may be added.
///
/// ```
/// use std::time::Duration;
/// use siwn::{NonceRule, Policy, TextRule};
///
/// let policy = Policy::new("app.example", NonceRule::timestamp(Duration::from_secs(300)))
///     .message("Sign in to app.example")
///     .state(TextRule::by(|state| state.starts_with("checkout-")));
/// # let _ = policy;
/// ```
#[derive(Debug)]
pub struct Policy {
    recipient: TextRule,
    nonce: NonceRule,
    message: Option<TextRule>,
    state: Option<TextRule>,
}

/// What a text must be: a given one, byte for byte, or one that a function accepts.
///
/// A function is asked only after the signature held.
pub struct TextRule(Rule<str, String>);

/// What a nonce must be: recent, a given one, or one that a function accepts.
pub struct NonceRule(NonceKind);

enum NonceKind {
    Timestamp { max_age: Duration, skew: Duration },
    Rule(Rule<Nonce, Nonce>),
}

enum Rule<T: ?Sized, Own> {
    Exactly(Own),
    By(Box<dyn Fn(&T) -> bool + Send + Sync>),
}

/// Why a token is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// It is for somebody else.
    #[error("the token is for {found}, expected {expected}")]
    Recipient {
        /// Whom it is for.
        found: Quoted,
        /// Whom it should be for.
        expected: Quoted,
    },
    /// Another message was signed.
    #[error("the token's message is {found}, expected {expected}")]
    Message {
        /// The message.
        found: Quoted,
        /// The expected message.
        expected: Quoted,
    },
    /// The state is missing or another.
    #[error("the token's state is not the expected one")]
    State,
    /// Too old, from the future, or without a time.
    #[error(transparent)]
    Timestamp(#[from] TimestampError),
    /// Another nonce was expected.
    #[error("the token's nonce is not the expected one")]
    Nonce,
    /// The signature does not hold.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// A validator of the application said no.
    #[error("the token's {field} was refused by the application")]
    Validator {
        /// `recipient`, `nonce`, `message` or `state`.
        field: &'static str,
    },
}

/// A token that keeps to the policy and whose signature holds. Whether the key is the account's is still open.
#[derive(Clone, Debug)]
pub struct SignedToken {
    token: AuthToken,
    claim: Claim,
    asker: Asker,
    mark: Option<TokenMark>,
}

/// What near-sign-verify's `verify` returns: the account is confirmed, and these are the words that its owner signed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct VerifiedToken {
    /// The account and the key.
    pub account: VerifiedAccount,
    /// The message that was signed.
    pub message: String,
    /// The callback URL that was signed, if one was.
    pub callback_url: Option<String>,
    /// The state beside the signature, if there was one.
    pub state: Option<String>,
    mark: Option<TokenMark>,
}

/// Why a token does not open the door.
#[derive(Debug, Error)]
pub enum VerifyError {
    /// No.
    #[error(transparent)]
    Refused(#[from] AccountRefusal),
    /// Could not ask.
    #[error(transparent)]
    Unavailable(#[from] ChainError),
}

impl Policy {
    /// Tokens for `recipient` with a nonce that keeps to `nonce`.
    pub fn new(recipient: impl Into<TextRule>, nonce: NonceRule) -> Self {
        Self { recipient: recipient.into(), nonce, message: None, state: None }
    }

    /// Demands this message too.
    #[must_use]
    pub fn message(self, rule: impl Into<TextRule>) -> Self {
        Self { message: Some(rule.into()), ..self }
    }

    /// Demands a state, and this one.
    #[must_use]
    pub fn state(self, rule: impl Into<TextRule>) -> Self {
        Self { state: Some(rule.into()), ..self }
    }

    /// Judges a token without asking anybody: the texts, the nonce, the signature, then the application's functions.
    ///
    /// # Errors
    ///
    /// The first rule that the token breaks, in that order.
    pub fn check(&self, token: AuthToken, now: UnixMillis) -> Result<SignedToken, PolicyError> {
        self.check_texts(&token)?;
        self.nonce.check(&token.nonce, now)?;
        let claim = Claim::check_signature(token.account.clone(), token.public_key.clone(), &token.signature, [token.payload()])?;
        self.ask_validators(&token)?;
        let mark = self.nonce.lifetime().and_then(|lifetime| TokenMark::of(&token, lifetime));
        Ok(SignedToken { token, claim, asker: Asker::server(), mark })
    }

    fn check_texts(&self, token: &AuthToken) -> Result<(), PolicyError> {
        let quoted = |found: &str, expected: &str| (Quoted::new(found), Quoted::new(expected));
        if let Some(expected) = self.recipient.other_than(Some(&token.recipient)) {
            let (found, expected) = quoted(&token.recipient, expected);
            return Err(PolicyError::Recipient { found, expected });
        }
        if let Some(expected) = self.message.as_ref().and_then(|rule| rule.other_than(Some(&token.message))) {
            let (found, expected) = quoted(&token.message, expected);
            return Err(PolicyError::Message { found, expected });
        }
        let state = self.state.as_ref();
        if state.is_some_and(|rule| token.state.is_none() || rule.other_than(token.state()).is_some()) {
            return Err(PolicyError::State);
        }
        Ok(())
    }

    fn ask_validators(&self, token: &AuthToken) -> Result<(), PolicyError> {
        let texts = [
            ("recipient", Some(&self.recipient), Some(token.recipient.as_str())),
            ("message", self.message.as_ref(), Some(token.message.as_str())),
            ("state", self.state.as_ref(), token.state()),
        ];
        for (field, rule, text) in texts {
            if let (Some(TextRule(Rule::By(accepts))), Some(text)) = (rule, text)
                && !accepts(text)
            {
                return Err(PolicyError::Validator { field });
            }
        }
        match &self.nonce.0 {
            NonceKind::Rule(Rule::By(accepts)) if !accepts(&token.nonce) => Err(PolicyError::Validator { field: "nonce" }),
            _ => Ok(()),
        }
    }
}

impl TextRule {
    /// This text and no other.
    #[must_use]
    pub fn exactly(text: impl Into<String>) -> Self {
        Self(Rule::Exactly(text.into()))
    }

    /// Any text that `accepts` accepts.
    #[must_use]
    pub fn by(accepts: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        Self(Rule::By(Box::new(accepts)))
    }

    /// The expected text, where `found` is another.
    fn other_than(&self, found: Option<&str>) -> Option<&str> {
        match &self.0 {
            Rule::Exactly(expected) if found != Some(expected) => Some(expected),
            _ => None,
        }
    }
}

impl From<&str> for TextRule {
    fn from(text: &str) -> Self {
        Self::exactly(text)
    }
}

impl From<String> for TextRule {
    fn from(text: String) -> Self {
        Self::exactly(text)
    }
}

impl NonceRule {
    /// A timestamp nonce, at most `max_age` old and at most [`DEFAULT_SKEW`] ahead.
    #[must_use]
    pub const fn timestamp(max_age: Duration) -> Self {
        Self::timestamp_with_skew(max_age, DEFAULT_SKEW)
    }

    /// A timestamp nonce, at most `max_age` old and at most `skew` ahead.
    #[must_use]
    pub const fn timestamp_with_skew(max_age: Duration, skew: Duration) -> Self {
        Self(NonceKind::Timestamp { max_age, skew })
    }

    /// This nonce and no other: one that the application issued and takes back only once.
    #[must_use]
    pub const fn exactly(nonce: Nonce) -> Self {
        Self(NonceKind::Rule(Rule::Exactly(nonce)))
    }

    /// Any nonce that `accepts` accepts. It is asked after the signature held, so that it may look into a store.
    #[must_use]
    pub fn by(accepts: impl Fn(&Nonce) -> bool + Send + Sync + 'static) -> Self {
        Self(NonceKind::Rule(Rule::By(Box::new(accepts))))
    }

    /// How long after its time a nonce is good; none where its time says nothing.
    const fn lifetime(&self) -> Option<Duration> {
        match self.0 {
            NonceKind::Timestamp { max_age, .. } => Some(max_age),
            NonceKind::Rule(_) => None,
        }
    }

    fn check(&self, nonce: &Nonce, now: UnixMillis) -> Result<(), PolicyError> {
        match &self.0 {
            NonceKind::Timestamp { max_age, skew } => Ok(nonce.check_timestamp(now, *max_age, *skew)?),
            NonceKind::Rule(Rule::Exactly(expected)) if nonce != expected => Err(PolicyError::Nonce),
            NonceKind::Rule(_) => Ok(()),
        }
    }
}

impl fmt::Debug for TextRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Rule::Exactly(text) => write!(f, "TextRule::exactly({text:?})"),
            Rule::By(_) => f.write_str("TextRule::by(…)"),
        }
    }
}

impl fmt::Debug for NonceRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            NonceKind::Timestamp { max_age, skew } => write!(f, "NonceRule::timestamp({max_age:?}, skew {skew:?})"),
            NonceKind::Rule(Rule::Exactly(nonce)) => write!(f, "NonceRule::exactly({nonce})"),
            NonceKind::Rule(Rule::By(_)) => f.write_str("NonceRule::by(…)"),
        }
    }
}

impl SignedToken {
    /// The token.
    #[must_use]
    pub const fn token(&self) -> &AuthToken {
        &self.token
    }

    /// Has the chain asked on behalf of whoever brought the token, so that his questions can be rationed.
    #[must_use]
    pub fn asked_by(self, asker: Asker) -> Self {
        Self { asker, ..self }
    }

    /// Asks the chain whether the key is the account's, and holds the answer against `access`.
    pub async fn confirm(self, chain: &dyn Chain, access: AccessPolicy) -> Result<VerifiedToken, VerifyError> {
        let account = self.claim.ask(chain, self.asker).await?.confirm(access)?;
        let AuthToken { message, callback_url, state, .. } = self.token;
        Ok(VerifiedToken { account, message, callback_url, state, mark: self.mark })
    }
}

impl VerifiedToken {
    pub(crate) const fn mark(&self) -> Option<TokenMark> {
        self.mark
    }
}
