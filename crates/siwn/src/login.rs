//! The login.
//!
//! Cheap before costly; nothing leaves the process before the signature holds; the irreversible step last, and atomic. Each step takes
//! what only the step before it makes, so that leaving one out does not compile. "No" ([`Refusal`]) and "could not ask"
//! ([`Unavailable`]) are different types from the first line to the last.
//!
//! What only an account's contract can read has no signature that holds here: before it is asked, the challenge has been judged, and the
//! question is rationed.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::admission::{Admission, Admitted, everybody};
use crate::error::{LoginError, Refusal, Unavailable};
use crate::recheck::NEVER;
use crate::row::{NewSession, SessionRow};
use crate::session::{Session, SessionSecret, SessionToken};
use crate::store::{Opening, StoreError};
use crate::{Asker, Binding, Chain, Challenge, ClientLabel, Funding, OwnChallenge, Proof, Site, Store, UnixMillis};

/// The longest session that a contract opens: there is no key that could be asked for again.
const LONGEST_WITHOUT_KEY: Duration = Duration::from_hours(1);

/// Lets people sign in to one site.
pub struct Login {
    site: Site,
    chain: Arc<dyn Chain>,
    store: Arc<dyn Store>,
    admission: Arc<dyn Admission>,
}

/// Who ends a login: what his challenge must be bound to, where he is, and what he calls himself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// Whoever ends a login must be who began it.
    pub bound_to: Binding,
    /// His address, by which his questions to the chain are rationed; of IPv6, the first 64 bits. `None` is not rationed.
    pub address: Option<IpAddr>,
    /// What his program calls itself, for the list of sessions.
    pub label: ClientLabel,
}

impl From<Binding> for Client {
    /// A client whose questions are not rationed by his address, and whose program says nothing of itself.
    fn from(bound_to: Binding) -> Self {
        Self { bound_to, address: None, label: ClientLabel::default() }
    }
}

/// A login that succeeded.
#[derive(Clone, Debug)]
pub struct OpenedSession {
    /// The session that it opened.
    pub session: Session,
    /// What the client keeps. It is answered once and stored nowhere.
    pub token: SessionToken,
}

impl Login {
    /// People sign in to `site`; `chain` says whose key it was, `store` keeps the sessions.
    #[must_use]
    pub fn new(site: Site, chain: Arc<dyn Chain>, store: Arc<dyn Store>) -> Self {
        Self { site, chain, store, admission: everybody() }
    }

    /// The same, where `admission` has the last word on who is let in. Otherwise everybody is whose account is confirmed.
    #[must_use]
    pub fn admission(self, admission: Arc<dyn Admission>) -> Self {
        Self { admission, ..self }
    }

    /// The site.
    #[must_use]
    pub const fn site(&self) -> &Site {
        &self.site
    }

    /// Begins a login: a challenge for whoever asks. Nothing is stored.
    ///
    /// `random` is 8 random bytes, fresh for every call.
    pub fn begin(&self, bound_to: &Binding, now: UnixMillis, random: [u8; 8]) -> Result<Challenge, StoreError> {
        Ok(Challenge::issue(&self.site, self.store.generation()?, bound_to, now, random))
    }

    /// Ends a login: judges the proof and opens the session, once.
    ///
    /// `secret` is 32 random bytes, fresh for every call. What fails spends nothing: after [`Unavailable`] the same proof works later.
    pub async fn finish(
        &self,
        proof: Proof,
        client: &Client,
        now: UnixMillis,
        secret: SessionSecret,
    ) -> Result<OpenedSession, LoginError> {
        let generation = self.store.generation()?;
        // 1. The challenge is ours, has not expired, and was issued to this client. No I/O.
        let challenge = OwnChallenge::judge(&self.site, proof.returned(), generation, &client.bound_to, now)?;
        // 2. The payload is rebuilt from our recipient and message; a key's signature holds for it. No I/O.
        let claim = challenge.check(&self.site, proof)?;
        // 3. Where the account stands with the key; or what its contract makes of the authorization.
        let asked = claim.ask(&*self.chain, Asker::of(challenge.id(), client.address)).await?;
        // 4. Full access only, or the contract's word for just that payload; and only who is let in.
        let account = Admitted::by(&*self.admission, asked.confirm(self.site.access)?, now).await?;
        // 5. Spend the challenge and open the session: one atomic step.
        let mut new = self.new_session(&challenge, account, now, &secret);
        new.row.client = client.label.clone();
        let opened = self.open(new, secret).await?;
        self.admission.opened(&opened.session, now).await;
        Ok(opened)
    }

    /// What the store is asked to insert: a session of a confirmed account, under the id of the challenge that opens it.
    fn new_session(&self, challenge: &OwnChallenge, account: Admitted, now: UnixMillis, secret: &SessionSecret) -> NewSession {
        let account = account.into_account();
        // The key of an account that does not exist yet has never stood on chain.
        let checked_at = if account.funding() == Funding::Unfunded { NEVER } else { now };
        let (account, key) = account.into_parts();
        let lifetime = match key {
            Some(_) => self.site.session_lifetime,
            None => self.site.session_lifetime.min(LONGEST_WITHOUT_KEY),
        };
        let row = SessionRow {
            id: challenge.id(),
            secret_hash: secret.hash(),
            recipient: self.site.recipient.clone(),
            account,
            key,
            client: ClientLabel::default(),
            created_at: now,
            expires_at: now + lifetime,
            idle_lifetime: self.site.idle_lifetime,
            seen_at: now,
            checked_at,
        };
        NewSession { row, challenge_expires_at: challenge.expires_at, generation: challenge.generation }
    }

    async fn open(&self, new: NewSession, secret: SessionSecret) -> Result<OpenedSession, LoginError> {
        let opening = match self.store.open(&new).await {
            // The row holds the secret's hash: whoever asks again learns whether he won.
            Err(StoreError::Unknown(_)) => self.store.open(&new).await,
            answered => answered,
        };
        match opening {
            Ok(Opening::Opened) => {
                let session = Session::from(new.row);
                Ok(OpenedSession { token: SessionToken::new(session.id, secret), session })
            }
            Ok(Opening::AlreadySpent) => Err(Refusal::Spent.into()),
            Ok(Opening::ChallengeExpired) => Err(Refusal::ExpiredMeanwhile.into()),
            Ok(Opening::OtherGeneration) => Err(Refusal::Forgotten.into()),
            Ok(Opening::Blocked) => Err(Refusal::Blocked.into()),
            Err(StoreError::Unknown(source)) => Err(Unavailable::StartOver(source).into()),
            Err(error) => Err(error.into()),
        }
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").field("site", &self.site).finish_non_exhaustive()
    }
}
