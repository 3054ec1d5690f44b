//! The proof: what a client sends back, parsed once.

use std::fmt;

use thiserror::Error;

use crate::challenge::{OwnChallenge, Returned};
use crate::quoted::Quoted;
use crate::site::Site;
use crate::token::{FieldError, parse_signer};
use crate::verified::Claim;
use crate::web::CallbackUrl;
use crate::{
    AccountId, AuthToken, AuthorizationRefusal, Expected, Nonce, Payload, PublicKey, Resolution, Signature, SignatureError,
};

/// Somebody's claim to have signed a challenge: who, and either the key, the signature and what he says that he signed, or an
/// off-chain authorization (NEP-641).
///
/// The payload is rebuilt from the site's own parts. What the client says of message, recipient, callback URL and state is compared
/// and never used.
pub struct Proof {
    account: AccountId,
    nonce: Nonce,
    state: Option<String>,
    form: Form,
}

enum Form {
    Signature(Signing),
    Authorization(String),
}

struct Signing {
    key: PublicKey,
    signature: Signature,
    said: Said,
}

struct Said {
    message: Option<String>,
    recipient: Option<String>,
    callback_url: SaidCallback,
}

enum SaidCallback {
    /// The client does not know: no callback URL and the site's own are both tried.
    Nothing,
    /// Exactly this was signed.
    Exactly(Option<String>),
}

/// The fields of a proof that is no token, as texts.
#[derive(Clone, Copy)]
pub struct ProofFields<'a> {
    /// `accountId`.
    pub account_id: &'a str,
    /// `publicKey`, as `<type>:<base58>`.
    pub public_key: &'a str,
    /// `signature`: standard base64, or `<type>:<base58>` with the key's type.
    pub signature: &'a str,
    /// `nonce`.
    pub nonce: Nonce,
    /// `message`, if the client says it.
    pub message: Option<&'a str>,
    /// `recipient`, if the client says it.
    pub recipient: Option<&'a str>,
    /// `callbackUrl`, if the client says it.
    pub callback_url: Option<&'a str>,
    /// `state`, if the client has one. An empty one is one.
    pub state: Option<&'a str>,
}

impl Proof {
    /// Parses the fields.
    pub fn from_fields(fields: ProofFields<'_>) -> Result<Self, FieldError> {
        let account = parse_signer(fields.account_id)?;
        let key: PublicKey = fields.public_key.parse().map_err(FieldError::PublicKey)?;
        let signature = Signature::from_text(key.key_type(), fields.signature).map_err(FieldError::Signature)?;
        let callback_url = fields.callback_url.map_or(SaidCallback::Nothing, |url| SaidCallback::Exactly(Some(url.into())));
        let said = Said { message: fields.message.map(Into::into), recipient: fields.recipient.map(Into::into), callback_url };
        let form = Form::Signature(Signing { key, signature, said });
        Ok(Self { account, nonce: fields.nonce, state: fields.state.map(Into::into), form })
    }

    /// An authorization of `account_id` for the challenge with this nonce. What kind it is shows when it is judged.
    pub fn from_authorization(account_id: &str, authorization: String, nonce: Nonce) -> Result<Self, FieldError> {
        let account = parse_signer(account_id)?;
        Ok(Self { account, nonce, state: None, form: Form::Authorization(authorization) })
    }

    /// Adds the state that the client sent, if it sent one. An empty one is one.
    #[must_use]
    pub fn with_state(self, state: Option<String>) -> Self {
        Self { state, ..self }
    }

    /// The account that somebody claims.
    #[must_use]
    pub const fn account(&self) -> &AccountId {
        &self.account
    }

    /// The key that somebody claims to have signed with; none in an authorization, which is not read yet.
    #[must_use]
    pub const fn key(&self) -> Option<&PublicKey> {
        match &self.form {
            Form::Signature(signing) => Some(&signing.key),
            Form::Authorization(_) => None,
        }
    }

    /// What came back of the challenge.
    #[must_use]
    pub fn returned(&self) -> Returned<'_> {
        Returned { nonce: &self.nonce, state: self.state.as_deref() }
    }
}

impl From<AuthToken> for Proof {
    /// A token says itself what was signed.
    fn from(token: AuthToken) -> Self {
        let said = Said {
            message: Some(token.message),
            recipient: Some(token.recipient),
            callback_url: SaidCallback::Exactly(token.callback_url),
        };
        let form = Form::Signature(Signing { key: token.public_key, signature: token.signature, said });
        Self { account: token.account, nonce: token.nonce, state: token.state, form }
    }
}

/// Why a proof does not prove that this site's challenge was signed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ProofError {
    /// Signed for somebody else.
    #[error("the signature is for {found}")]
    Recipient {
        /// For whom, as the client says.
        found: Quoted,
    },
    /// Another message was signed.
    #[error("the signed message is {found}")]
    Message {
        /// Which, as the client says.
        found: Quoted,
    },
    /// A callback URL that this site does not allow.
    #[error("the signed callback URL {found} is not allowed")]
    CallbackUrl {
        /// Which, as the client says.
        found: Quoted,
    },
    /// The signature does not hold for this site's own parts.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// The authorization needs nobody else to be refused.
    #[error(transparent)]
    Authorization(Box<AuthorizationRefusal>),
    /// An authorization, which this site does not take.
    #[error("authorizations are not taken here")]
    AuthorizationNotTaken,
}

impl OwnChallenge {
    /// Holds the proof against the payload that this site asked for. No I/O.
    pub fn check(&self, site: &Site, proof: Proof) -> Result<Claim, ProofError> {
        match proof.form {
            Form::Signature(signing) => self.check_signature(site, proof.account, signing),
            Form::Authorization(authorization) => self.check_authorization(site, proof.account, authorization),
        }
    }

    fn check_authorization(&self, site: &Site, account: AccountId, authorization: String) -> Result<Claim, ProofError> {
        let policy = site.authorizations.clone().ok_or(ProofError::AuthorizationNotTaken)?;
        let expected = Expected::Exactly(self.payload(site));
        let resolution = Resolution::new(policy, site.access, account, authorization, expected);
        let resolution = resolution.map_err(|refusal| ProofError::Authorization(Box::new(refusal)))?;
        match resolution.signed_callback_url().filter(|url| !self.allows_callback(site, url)) {
            Some(url) => Err(ProofError::CallbackUrl { found: Quoted::new(url) }),
            None => Ok(Claim::to_resolve(resolution)),
        }
    }

    /// Whether a wallet may have been told to send its answer there: to this site, or where it is configured.
    fn allows_callback(&self, site: &Site, url: &str) -> bool {
        let own = site.own_callback(&self.nonce);
        own.is_some_and(|own| own.as_str() == url) || site.allowed_callback_url(url).is_some()
    }

    fn check_signature(&self, site: &Site, account: AccountId, signing: Signing) -> Result<Claim, ProofError> {
        let Signing { key, signature, said } = signing;
        let (message, recipient) = (self.issue.message.as_str(), site.recipient.as_str());
        if let Some(found) = said.recipient.filter(|said| said != recipient) {
            return Err(ProofError::Recipient { found: Quoted::new(&found) });
        }
        if let Some(found) = said.message.filter(|said| said != message) {
            return Err(ProofError::Message { found: Quoted::new(&found) });
        }
        let own = site.own_callback(&self.nonce);
        let own = own.as_ref().map(CallbackUrl::as_str);
        let signed_urls = match &said.callback_url {
            SaidCallback::Exactly(None) => vec![None],
            SaidCallback::Exactly(Some(url)) if self.allows_callback(site, url) => vec![Some(url.as_str())],
            SaidCallback::Exactly(Some(url)) => return Err(ProofError::CallbackUrl { found: Quoted::new(url) }),
            SaidCallback::Nothing => [None].into_iter().chain(own.map(Some)).collect(),
        };
        let payloads = signed_urls.into_iter().map(|callback_url| Payload { message, nonce: &self.nonce, recipient, callback_url });
        Ok(Claim::check_signature(account, key, &signature, payloads)?)
    }
}

impl fmt::Debug for ProofFields<'_> {
    /// Without what would let its reader in.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProofFields")
            .field("account_id", &self.account_id)
            .field("public_key", &self.public_key)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = match &self.form {
            Form::Signature(signing) => Some(&signing.key),
            Form::Authorization(_) => None,
        };
        f.debug_struct("Proof").field("account", &self.account).field("key", &key).finish_non_exhaustive()
    }
}
