//! The stateless challenge: a nonce that carries its own proof of origin.
//!
//! ```text
//! nonce (32 bytes) = Unix milliseconds (8, big-endian) ‖ random (8) ‖ tag (16)
//! tag              = HMAC-SHA256(challenge key, what the challenge is good for ‖ the first 16 bytes), the first half
//! ```
//!
//! Issuing writes nothing, so that a flood of requests costs no memory, and whoever has the secret can judge what another replica
//! issued. The first 16 bytes are the id of the challenge, and of the session that it opens.

use std::sync::Arc;
use std::time::Duration;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use hmac::Mac as _;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use thiserror::Error;

use crate::issue::{CLOCK_SKEW, Issue};
use crate::recipient::{Message, Recipient};
use crate::row::{Generation, SessionId};
use crate::secret::Mac;
use crate::site::Site;
use crate::web::{CallbackUrl, Origin};
use crate::{JsonPayload, Nonce, UnixMillis};

const DOMAIN: &[u8] = b"siwn challenge v1";
const PURPOSE: &[u8] = b"login";

/// What a login is bound to: whoever ends it must be who began it. Both requests say it anew.
#[derive(Clone, PartialEq, Eq)]
pub struct Binding(Bound);

#[derive(Clone, PartialEq, Eq)]
enum Bound {
    Nothing,
    Browser([u8; 32]),
    Origin([u8; 32]),
}

impl Binding {
    /// A client that is no browser: a command line, a mobile application, a server.
    #[must_use]
    pub const fn unbound() -> Self {
        Self(Bound::Nothing)
    }

    /// A browser, known by the 32 random bytes of its cookie.
    #[must_use]
    pub fn browser(cookie: &[u8; 32]) -> Self {
        Self(Bound::Browser(Sha256::digest(cookie).into()))
    }

    /// A page of another site, which gets no cookie: known by its origin.
    #[must_use]
    pub fn origin(origin: &Origin) -> Self {
        Self(Bound::Origin(Sha256::digest(origin.as_str()).into()))
    }
}

impl std::fmt::Debug for Binding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.0 {
            Bound::Nothing => "Binding::unbound",
            Bound::Browser(_) => "Binding::browser([redacted])",
            Bound::Origin(_) => "Binding::origin",
        })
    }
}

/// What a wallet is asked to sign, and what belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Challenge {
    /// The nonce to sign.
    pub nonce: Nonce,
    /// The message to sign.
    pub message: Message,
    /// The recipient to sign for.
    pub recipient: Recipient,
    /// 22 characters of base64url, for clients that correlate by a state. It is derived from the nonce and not secret from its holder.
    pub state: String,
    /// From then on it is refused.
    pub expires_at: UnixMillis,
    /// The site's own callback for this challenge, where the site's address is known: for wallets that answer by redirect.
    pub callback_url: Option<CallbackUrl>,
}

impl Challenge {
    /// Issues a challenge of `site`. `random` makes it unique: 8 random bytes.
    #[must_use]
    pub fn issue(site: &Site, generation: Generation, bound_to: &Binding, now: UnixMillis, random: [u8; 8]) -> Self {
        let issues = site.issues();
        let issue = issues.making(now);
        let mut head = [0; 16];
        head[..8].copy_from_slice(&now.get().to_be_bytes());
        head[8..].copy_from_slice(&random);
        let mut nonce = [0; 32];
        nonce[..16].copy_from_slice(&head);
        nonce[16..].copy_from_slice(&tag(issue, site, generation, bound_to, &head));
        let nonce = Nonce::from_bytes(nonce);
        Self {
            nonce,
            message: issue.message.clone(),
            recipient: site.recipient.clone(),
            state: state(issue, &nonce),
            expires_at: now + issue.lifetime,
            callback_url: site.own_callback(&nonce),
        }
    }
}

impl Challenge {
    /// What an off-chain authorization of this challenge authorizes (NEP-641): JSON that names the site, and the nonce in its text.
    #[must_use]
    pub fn payload(&self) -> String {
        payload(&self.recipient, &self.message, &self.nonce)
    }
}

/// It is rebuilt from our own parts when the authorization comes back.
fn payload(recipient: &Recipient, message: &Message, nonce: &Nonce) -> String {
    let msg = format!("{message}\n\nNonce: {nonce}");
    JsonPayload { domain: recipient.as_str(), action: "Login", msg: &msg }.to_json()
}

impl Site {
    /// The site's own callback URL for one challenge.
    pub(crate) fn own_callback(&self, nonce: &Nonce) -> Option<CallbackUrl> {
        let url = self.public_url.as_ref()?;
        Some(url.callback(&BASE64_URL_SAFE_NO_PAD.encode(nonce.as_bytes())))
    }
}

/// What came back of a challenge.
#[derive(Clone, Copy, Debug)]
pub struct Returned<'a> {
    /// The nonce that was signed.
    pub nonce: &'a Nonce,
    /// The state, if the client sent one. One that is present must be the challenge's; an absent one is no fault.
    pub state: Option<&'a str>,
}

/// A challenge that is ours, in time, and bound to whoever presents it.
#[derive(Debug)]
pub struct OwnChallenge {
    pub(crate) nonce: Nonce,
    pub(crate) issue: Arc<Issue>,
    pub(crate) expires_at: UnixMillis,
    pub(crate) generation: Generation,
}

/// Why a challenge is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ChallengeError {
    /// Not issued here; or for another site, message or lifetime, before a restart that forgot, or for another browser.
    #[error("the challenge was not issued here, or not to this client")]
    NotOurs,
    /// Its time is over.
    #[error("the challenge expired {} ms ago", .ago.as_millis())]
    Expired {
        /// How long ago.
        ago: Duration,
    },
    /// Issued further ahead than clocks may differ.
    #[error("the challenge is {} ms ahead of the clock", .ahead.as_millis())]
    Ahead {
        /// How far.
        ahead: Duration,
    },
    /// A state that is not this challenge's.
    #[error("the state is not the challenge's")]
    State,
}

impl OwnChallenge {
    /// Judges what came back. No I/O.
    ///
    /// The tag is judged first: only who holds a challenge of ours learns more than that it is not ours.
    pub fn judge(
        site: &Site,
        returned: Returned<'_>,
        generation: Generation,
        bound_to: &Binding,
        now: UnixMillis,
    ) -> Result<Self, ChallengeError> {
        let Returned { nonce, state: said_state } = returned;
        let (head, found) = nonce.as_bytes().split_first_chunk::<16>().expect("a nonce has 32 bytes");
        let is_of = |issue: &&Arc<Issue>| bool::from(tag(issue, site, generation, bound_to, head).ct_eq(found));
        let issues = site.issues();
        let issue = issues.taken_back(now).find(is_of).ok_or(ChallengeError::NotOurs)?;

        let (millis, _) = head.split_first_chunk::<8>().expect("the head has 16 bytes");
        let issued_at = UnixMillis::new(u64::from_be_bytes(*millis));
        if issued_at > now + CLOCK_SKEW {
            return Err(ChallengeError::Ahead { ahead: issued_at.since(now) });
        }
        let expires_at = issued_at + issue.lifetime;
        if now >= expires_at {
            return Err(ChallengeError::Expired { ago: now.since(expires_at) });
        }
        let states_agree = |said: &str| bool::from(said.as_bytes().ct_eq(state(issue, nonce).as_bytes()));
        if !said_state.is_none_or(states_agree) {
            return Err(ChallengeError::State);
        }
        Ok(Self { nonce: *nonce, issue: Arc::clone(issue), expires_at, generation })
    }

    /// What an authorization must authorize to be one of this challenge.
    pub(crate) fn payload(&self, site: &Site) -> String {
        payload(&site.recipient, &self.issue.message, &self.nonce)
    }

    /// The challenge's id, and that of the session that it opens: its first 16 bytes.
    #[must_use]
    pub fn id(&self) -> SessionId {
        let (head, _) = self.nonce.as_bytes().split_first_chunk().expect("a nonce has 32 bytes");
        SessionId::from_bytes(*head)
    }
}

/// The tag over everything that a challenge is good for; each part with its length in front, so that no two lists of parts read alike.
fn tag(issue: &Issue, site: &Site, generation: Generation, bound_to: &Binding, head: &[u8; 16]) -> [u8; 16] {
    let lifetime = u64::try_from(issue.lifetime.as_millis()).expect("at most a day").to_be_bytes();
    let (kind, hash): (&[u8], &[u8]) = match &bound_to.0 {
        Bound::Nothing => (b"nothing", b""),
        Bound::Browser(hash) => (b"browser", hash),
        Bound::Origin(hash) => (b"origin", hash),
    };
    let mut mac = issue.keys.challenge.clone();
    for part in [
        DOMAIN,
        generation.as_bytes(),
        site.recipient.as_str().as_bytes(),
        issue.message.as_str().as_bytes(),
        &lifetime,
        PURPOSE,
        kind,
        hash,
        head,
    ] {
        mac.update(&u64::try_from(part.len()).expect("a length fits 64 bits").to_be_bytes());
        mac.update(part);
    }
    first_half(mac)
}

fn state(issue: &Issue, nonce: &Nonce) -> String {
    let mut mac = issue.keys.state.clone();
    mac.update(nonce.as_bytes());
    BASE64_URL_SAFE_NO_PAD.encode(first_half(mac))
}

fn first_half(mac: Mac) -> [u8; 16] {
    let full: [u8; 32] = mac.finalize().into_bytes().into();
    let (half, _) = full.split_first_chunk().expect("32 bytes");
    *half
}
