//! What a client sent as a proof: who it claims to be, and what was really signed. Found out by trying, beside the server's own judgement.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use serde::Deserialize;
use siwn::{AuthToken, Nonce, Payload, PublicKey, Signature};

use super::chain::brief;
use super::visit::Visit;

/// Who somebody claims to be.
#[derive(Debug)]
pub(super) struct Claim {
    pub(super) account: String,
    /// The key, shortened.
    pub(super) key: Option<String>,
    pub(super) signed: Signed,
}

/// What was signed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Signed {
    /// Our message, nonce and recipient, with this callback URL or none.
    With(Option<String>),
    /// None of what was tried.
    Else,
    /// An authorization (NEP-641), which the account's contract may have to read.
    Authorization,
    /// It cannot be read at all.
    Unreadable(&'static str),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sent {
    auth_token: Option<String>,
    authorization: Option<serde_json::Value>,
    #[serde(default)]
    account_id: String,
    #[serde(default)]
    public_key: String,
    #[serde(default)]
    signature: String,
    nonce: Option<NonceText>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum NonceText {
    Numbers(Vec<u64>),
    Base64(String),
}

impl Claim {
    /// Reads a body, as far as it can be read.
    pub(super) fn read(body: &[u8], recipient: &str, public_url: &str, visit: &Visit) -> Self {
        let unreadable = |what| Self { account: String::new(), key: None, signed: Signed::Unreadable(what) };
        let Ok(sent) = serde_json::from_slice::<Sent>(body) else { return unreadable("the body is no JSON object of a proof") };
        if let Some(token) = sent.auth_token {
            let Ok(token) = token.parse::<AuthToken>() else { return unreadable("the authToken is none of near-sign-verify's") };
            let (key, fields) = (token.public_key(), token.to_fields());
            let Ok(signature) = Signature::from_text(key.key_type(), &fields.signature) else {
                return Self::of(fields.account_id, key, Signed::Unreadable("the signature is none of this type of key"));
            };
            let signed = signed(key, &signature, &fields.nonce, recipient, public_url, visit);
            return Self::of(fields.account_id, key, signed);
        }
        let account: String = sent.account_id.chars().take(64).collect();
        if sent.authorization.is_some() {
            return Self { account, key: None, signed: Signed::Authorization };
        }
        let nonce = match sent.nonce {
            Some(NonceText::Numbers(numbers)) => Nonce::from_numbers(&numbers).ok(),
            Some(NonceText::Base64(text)) => Nonce::from_base64(&text).ok(),
            None => None,
        };
        let Ok(key) = sent.public_key.parse::<PublicKey>() else { return unreadable("the public key is none") };
        let Ok(signature) = Signature::from_text(key.key_type(), &sent.signature) else {
            return Self::of(account, &key, Signed::Unreadable("the signature is none of this type of key"));
        };
        let Some(nonce) = nonce else { return Self::of(account, &key, Signed::Unreadable("the nonce is not 32 bytes")) };
        let signed = signed(&key, &signature, &nonce, recipient, public_url, visit);
        Self::of(account, &key, signed)
    }

    fn of(account: String, key: &PublicKey, signed: Signed) -> Self {
        Self { account, key: Some(brief(&key.to_string())), signed }
    }
}

fn signed(key: &PublicKey, signature: &Signature, nonce: &Nonce, recipient: &str, public_url: &str, visit: &Visit) -> Signed {
    let message = format!("Sign in to {recipient}");
    let holds = |callback_url: Option<&str>| {
        let payload = Payload { message: &message, nonce, recipient, callback_url };
        key.verify(&payload.hash(), signature).is_ok()
    };
    let own = format!("{public_url}/api/auth/callback?tx={}", BASE64_URL_SAFE_NO_PAD.encode(nonce.as_bytes()));
    if holds(None) {
        return Signed::With(None);
    }
    let mut urls = [own].into_iter().chain(visit.pages());
    urls.find(|url| holds(Some(url))).map_or(Signed::Else, |url| Signed::With(Some(url)))
}
