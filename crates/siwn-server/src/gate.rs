//! The last word on a login: the rules and the limits, the keys that are known, and the application.

use std::error::Error as StdError;
use std::future::Future;
use std::sync::Arc;

use siwn::{
    AccountId, Admission, BoxFuture, KeyMemory, NotAdmitted, PublicKey, Recipient, Session, StoreError, UnixMillis, VerifiedAccount,
};

use crate::door::Door;
use crate::known_keys::KnownKeys;

/// A login that is about to open a session: the signature holds, the key stood, and the rules and limits let the account in.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct NewLogin {
    /// Who signs in.
    pub account: AccountId,
    /// The key that signed; none where a contract answers for the account.
    pub key: Option<PublicKey>,
    /// The site.
    pub recipient: Recipient,
    /// What is remembered of the key; none where there is no key.
    pub key_memory: Option<KeyMemory>,
}

impl NewLogin {
    /// Whether the account signed in with this key before. None at its first login, and where there is no key.
    ///
    /// No means that the owner has added a key, or that the name has changed hands: a server cannot tell an account that was deleted
    /// and registered anew.
    #[must_use]
    pub fn known_key(&self) -> Option<bool> {
        known(self.key_memory)
    }
}

/// Why an application does not let somebody in.
#[derive(Debug)]
pub enum LoginDenied {
    /// It does not. The client sees the reason, in the application's own words.
    Refused {
        /// As in `your membership has ended`.
        reason: String,
    },
    /// It could not find out. The client is told to come again (503), and nothing is spent.
    Unavailable(Box<dyn StdError + Send + Sync>),
}

/// What an application does at each login.
pub(crate) type LoginHook = Arc<dyn Fn(NewLogin) -> BoxFuture<'static, Result<(), LoginDenied>> + Send + Sync>;

/// Makes one of an application's function.
pub(crate) fn hook<F>(at_login: impl Fn(NewLogin) -> F + Send + Sync + 'static) -> LoginHook
where
    F: Future<Output = Result<(), LoginDenied>> + Send + 'static,
{
    Arc::new(move |login| Box::pin(at_login(login)))
}

/// What to do when an account that is known signs in with a key that is not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum NewKeys {
    #[default]
    Accept,
    Refuse,
}

/// Lets people in at one site, or not.
pub(crate) struct Gate {
    pub(crate) door: Arc<Door>,
    pub(crate) keys: Arc<KnownKeys>,
    pub(crate) new_keys: NewKeys,
    pub(crate) hook: Option<LoginHook>,
    pub(crate) recipient: Recipient,
}

impl Gate {
    async fn judge(&self, account: &VerifiedAccount) -> Result<(), NotAdmitted> {
        if self.hook.is_none() && self.new_keys == NewKeys::Accept {
            return Ok(());
        }
        let (account, key) = (account.account(), account.key());
        let key_memory = match key {
            Some(key) => Some(self.keys.recall(account, key).await.map_err(unavailable)?),
            None => None,
        };
        if self.new_keys == NewKeys::Refuse {
            // A contract is no key that is known either.
            let is_new = match key_memory {
                Some(memory) => memory == KeyMemory::New,
                None => self.keys.knows(account).await.map_err(unavailable)?,
            };
            if is_new {
                return Err(NotAdmitted::NewKey);
            }
        }
        let Some(hook) = &self.hook else { return Ok(()) };
        let recipient = self.recipient.clone();
        hook(NewLogin { account: account.clone(), key: key.cloned(), recipient, key_memory }).await.map_err(NotAdmitted::from)
    }
}

impl Admission for Gate {
    fn admit<'a>(&'a self, account: &'a VerifiedAccount, now: UnixMillis) -> BoxFuture<'a, Result<(), NotAdmitted>> {
        Box::pin(async move {
            self.door.admit(account, now).await?;
            self.judge(account).await
        })
    }

    fn opened<'a>(&'a self, session: &'a Session, now: UnixMillis) -> BoxFuture<'a, ()> {
        self.door.opened(session, now)
    }
}

impl From<LoginDenied> for NotAdmitted {
    fn from(denied: LoginDenied) -> Self {
        match denied {
            LoginDenied::Refused { reason } => Self::Refused { reason: reason.into() },
            LoginDenied::Unavailable(source) => Self::Unavailable(source.into()),
        }
    }
}

fn unavailable(error: StoreError) -> NotAdmitted {
    NotAdmitted::Unavailable(Arc::new(error))
}

/// Whether a key is known, where that can be said.
pub(crate) const fn known(memory: Option<KeyMemory>) -> Option<bool> {
    match memory {
        Some(KeyMemory::Known) => Some(true),
        Some(KeyMemory::New) => Some(false),
        Some(KeyMemory::FirstOfAccount) | None => None,
    }
}
