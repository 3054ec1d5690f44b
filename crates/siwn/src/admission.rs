//! The last word on an account that is confirmed: who is let in, and how often.

use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use crate::error::{LoginError, Unavailable};
use crate::{AccountRefusal, BoxFuture, Session, UnixMillis, VerifiedAccount};

/// Says whether a confirmed account is let in, before its session is opened: rules, limits, an application's own list.
///
/// It is asked only when the key stood. Nobody learns from its answers who is let in but the account's owner, and nobody can use up
/// what another account is granted.
pub trait Admission: Send + Sync {
    /// Lets `account` in, or not.
    fn admit<'a>(&'a self, account: &'a VerifiedAccount, now: UnixMillis) -> BoxFuture<'a, Result<(), NotAdmitted>>;

    /// Hears that an account that was let in has opened a session: that its challenge had not been used before.
    fn opened<'a>(&'a self, session: &'a Session, now: UnixMillis) -> BoxFuture<'a, ()> {
        let _ = (session, now);
        Box::pin(std::future::ready(()))
    }
}

/// Why a confirmed account is not let in.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum NotAdmitted {
    /// It is not on the list, or on the other one.
    NotAllowed,
    /// It signed in too often.
    TooOften {
        /// When it may again.
        retry_after: Duration,
    },
    /// It signed in here before, and never with this key.
    NewKey,
    /// The application does not let it in.
    Refused {
        /// Why, in words of the application's own that the client may see.
        reason: Box<str>,
    },
    /// Nobody could say: neither a yes nor a no.
    Unavailable(Arc<dyn StdError + Send + Sync>),
}

/// An account that was let in. Nobody else makes one.
pub(crate) struct Admitted(VerifiedAccount);

impl Admitted {
    /// Asks.
    pub(crate) async fn by(admission: &dyn Admission, account: VerifiedAccount, now: UnixMillis) -> Result<Self, LoginError> {
        match admission.admit(&account, now).await {
            Ok(()) => Ok(Self(account)),
            Err(NotAdmitted::NotAllowed) => Err(AccountRefusal::NotAllowed(account.account().clone()).into()),
            Err(NotAdmitted::TooOften { retry_after }) => Err(Unavailable::TooOften { retry_after }.into()),
            Err(NotAdmitted::NewKey) => Err(AccountRefusal::NewKey(account.account().clone()).into()),
            Err(NotAdmitted::Refused { reason }) => {
                Err(AccountRefusal::ByApplication { account: account.account().clone(), reason }.into())
            }
            Err(NotAdmitted::Unavailable(source)) => Err(Unavailable::Admission(source).into()),
        }
    }

    pub(crate) fn into_account(self) -> VerifiedAccount {
        self.0
    }
}

/// Lets everybody in.
pub(crate) fn everybody() -> Arc<dyn Admission> {
    struct Everybody;

    impl Admission for Everybody {
        fn admit<'a>(&'a self, _: &'a VerifiedAccount, _: UnixMillis) -> BoxFuture<'a, Result<(), NotAdmitted>> {
            Box::pin(std::future::ready(Ok(())))
        }
    }

    Arc::new(Everybody)
}
