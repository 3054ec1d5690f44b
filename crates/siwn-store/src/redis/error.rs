//! Why a Redis cannot be used, and what a fault means once it is.

use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use redis::{ErrorKind, RedisError, ServerErrorKind};
use siwn::{SessionId, StoreError};
use thiserror::Error;

/// Why a Redis cannot be opened as a store.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Nobody answers there, or not in time.
    #[error("the server cannot be reached")]
    Unreachable(#[source] Box<dyn StdError + Send + Sync>),
    /// The server does not let this user in, or not use what is needed.
    #[error("the server does not let us in")]
    Refused(#[source] Box<dyn StdError + Send + Sync>),
    /// The file of authorities cannot be read.
    #[error("the file of authorities cannot be read")]
    Authorities(#[source] io::Error),
    /// The server follows another one.
    #[error("the server is read-only, a replica perhaps")]
    ReadOnly,
    /// The server throws keys away when it is full: spent challenges would be good again.
    #[error("the server's maxmemory-policy is {policy}; a store that forgets nothing needs noeviction")]
    Evicts {
        /// The policy that it is set to.
        policy: String,
    },
    /// The server says neither.
    #[error("INFO does not say the server's {0}, without which nobody knows what it may have forgotten")]
    Unsaid(&'static str),
    /// The operating system gives no random bytes.
    #[error("the operating system gives no random bytes")]
    Random(#[source] getrandom::Error),
    /// The server fails in another way.
    #[error("the server cannot be used")]
    Server(#[source] Box<dyn StdError + Send + Sync>),
}

impl From<Fault> for OpenError {
    fn from(fault: Fault) -> Self {
        let (kind, code) = match &fault {
            Fault::No(error) | Fault::Down(error) | Fault::Lost(error) => (Some(error.kind()), error.code()),
            _ => (None, None),
        };
        match (kind, code) {
            (Some(ErrorKind::AuthenticationFailed | ErrorKind::Server(ServerErrorKind::NoPerm)), _)
            | (_, Some("NOAUTH" | "WRONGPASS" | "NOPERM")) => Self::Refused(Box::new(fault)),
            (Some(ErrorKind::Server(ServerErrorKind::ReadOnly)), _) => Self::ReadOnly,
            (_, Some("SIWN")) => Self::Unsaid("run_id and master_replid"),
            (_, Some(_)) => Self::Server(Box::new(fault)),
            _ => Self::Unreachable(Box::new(fault)),
        }
    }
}

/// Why something was not done, or may not have been done. An error of the server's tells its own source in its text.
#[derive(Debug, Error)]
pub(super) enum Fault {
    /// There is no connection; nothing was sent.
    #[error("no connection: {0}")]
    Down(RedisError),
    /// A connection takes too long to be made.
    #[error("no connection within {0:?}")]
    NoConnection(Duration),
    /// The server said no, and did nothing.
    #[error("the server says no: {0}")]
    No(RedisError),
    /// The connection was lost after the command was sent, or perhaps was.
    #[error("the answer was lost: {0}")]
    Lost(RedisError),
    /// No answer in time.
    #[error("no answer within {0:?}")]
    Silent(Duration),
    /// What is stored is not what was stored.
    #[error("the stored session {id} cannot be read")]
    Row { id: SessionId, source: Box<dyn StdError + Send + Sync> },
    /// No script of ours answers like this.
    #[error("the server answers {0} with something else")]
    Answer(&'static str),
    #[error("others end the sessions of this account at the same time, too many of them")]
    Contended,
    #[error("the operating system gives no random bytes")]
    Random(#[source] getrandom::Error),
    #[error("the store is shut down")]
    Stopped,
}

impl Fault {
    /// What a command's failure means.
    pub(super) fn of_command(error: RedisError) -> Self {
        match error.kind() {
            ErrorKind::Server(_) | ErrorKind::Extension | ErrorKind::AuthenticationFailed => Self::No(error),
            ErrorKind::ClusterConnectionNotFound => Self::Down(error),
            _ if error.is_connection_refusal() => Self::Down(error),
            _ => Self::Lost(error),
        }
    }

    /// Whether the server does not know the script by its name.
    pub(super) fn is_no_script(&self) -> bool {
        matches!(self, Self::No(error) if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript))
    }

    /// What somebody is answered who asked for a change.
    pub(super) fn of_a_change(self) -> StoreError {
        match &self {
            Self::No(error) if is_full(error) => StoreError::Full,
            Self::Lost(_) | Self::Silent(_) => StoreError::Unknown(Box::new(self)),
            _ => StoreError::Unavailable(Box::new(self)),
        }
    }

    /// What somebody is answered who only asked, or whose change means nothing by itself.
    pub(super) fn of_a_question(self) -> StoreError {
        match self.of_a_change() {
            StoreError::Unknown(source) => StoreError::Unavailable(source),
            other => other,
        }
    }
}

/// Whether the server's memory is used up. Before version 7 the code stands within the text.
fn is_full(error: &RedisError) -> bool {
    error.code() == Some("OOM") || error.detail().is_some_and(|detail| detail.contains("OOM command not allowed"))
}
