//! Why a database cannot be used, and what a fault means once it is.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use siwn::{SessionId, StoreError};
use thiserror::Error;

/// Why a database cannot be opened as a store. Whatever is not a store of this or an earlier version is left as it is.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Nobody answers there, or not in time.
    #[error("the server cannot be reached")]
    Unreachable(#[source] Box<dyn StdError + Send + Sync>),
    /// The server does not let this user in, or has no such database.
    #[error("the server does not let us in")]
    Refused(#[source] Box<dyn StdError + Send + Sync>),
    /// The server follows another one.
    #[error("the server is read-only")]
    ReadOnly,
    /// The user may not make the schema, or not use it.
    #[error("the user may not use the schema \"siwn\", or not make it")]
    Forbidden(#[source] Box<dyn StdError + Send + Sync>),
    /// The server is too old.
    #[error("the server has version {found}, at least version {least} is needed")]
    Older {
        /// The server's major version.
        found: u32,
        /// The least that is needed.
        least: u32,
    },
    /// A later version of this program has written the schema.
    #[error("the schema \"siwn\" has version {found}, this program knows versions up to {known}")]
    Newer {
        /// The schema's version.
        found: i64,
        /// The newest version that is known here.
        known: i64,
    },
    /// The server fails in another way.
    #[error("the database cannot be used")]
    Database(#[source] Box<dyn StdError + Send + Sync>),
}

impl From<Fault> for OpenError {
    fn from(fault: Fault) -> Self {
        let code = fault.code();
        let source = Box::new(fault);
        match code.as_deref() {
            Some(READ_ONLY) => Self::ReadOnly,
            Some(FORBIDDEN) => Self::Forbidden(source),
            // Who may come in; there is no such database.
            Some(code) if code.starts_with("28") || code == "3D000" => Self::Refused(source),
            // It is busy, comes up, or goes down.
            Some(code) if ["08", "53", "57"].contains(&code.get(..2).unwrap_or_default()) => Self::Unreachable(source),
            Some(_) => Self::Database(source),
            None => Self::Unreachable(source),
        }
    }
}

const READ_ONLY: &str = "25006";
const FORBIDDEN: &str = "42501";
const DISK_FULL: &str = "53100";

/// Why something was not done, or may not have been done.
#[derive(Clone, Debug, Error)]
pub(super) enum Fault {
    /// No connection could be made; nothing was sent.
    #[error("no connection")]
    Connect(#[source] Said),
    /// A connection takes too long to be made.
    #[error("no connection within {0:?}")]
    NoConnection(Duration),
    /// The last attempts failed; the next one waits.
    #[error("no connection, and the server is not asked again at once")]
    Resting,
    /// Others hold all connections.
    #[error("no connection is free")]
    Busy,
    /// The server said no, and undid what it had begun.
    #[error("the server says no")]
    No(#[source] Said),
    /// The connection was lost, or said something else, after the statement was sent.
    #[error("the answer was lost")]
    Lost(#[source] Said),
    /// No answer in time.
    #[error("no answer within {0:?}")]
    Silent(Duration),
    /// A right that was looked for is not there.
    #[error("the user lacks {0}")]
    Lacks(String),
    #[error("too many calls wait for the store")]
    QueueFull,
    #[error("the store is shut down")]
    Stopped,
    /// What is stored is not what was stored.
    #[error("the stored session {id} cannot be read")]
    Row { id: SessionId, source: Arc<dyn StdError + Send + Sync> },
    /// Neither row nor reason.
    #[error("the store refuses session {0} without a reason")]
    NoReason(SessionId),
}

impl Fault {
    pub(super) fn of_connecting(error: sqlx::Error) -> Self {
        Self::Connect(Said::new(error))
    }

    /// What a failed statement means. The server's own error undid all of it; anything else leaves it open.
    pub(super) fn of_statement(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(_) => Self::No(Said::new(error)),
            _ => Self::Lost(Said::new(error)),
        }
    }

    /// Whether what was asked may have been done.
    pub(super) const fn leaves_it_open(&self) -> bool {
        matches!(self, Self::Lost(_) | Self::Silent(_))
    }

    /// Whether a new connection may do better than one from before.
    pub(super) fn may_be_of_age(&self) -> bool {
        matches!(self, Self::Lost(_)) || matches!(self, Self::No(_)) && !self.spares_the_connection()
    }

    /// Whether the connection is as good as before: the server refused the statement, and will answer others.
    pub(super) fn spares_the_connection(&self) -> bool {
        let code = self.code();
        // Data, integrity, privileges and names, resources, statement time-outs. Not: a server that may not be written to, or goes down.
        let is_sound = |code: &str| ["22", "23", "40", "42", "53"].contains(&&code[..2]) || code == "57014";
        matches!(self, Self::No(_)) && code.is_some_and(|code| code.len() == 5 && is_sound(&code))
    }

    fn code(&self) -> Option<String> {
        match self {
            Self::No(error) | Self::Connect(error) | Self::Lost(error) => Some(error.0.as_database_error()?.code()?.into_owned()),
            _ => None,
        }
    }

    /// What somebody is answered who asked for a change.
    pub(super) fn of_a_change(self) -> StoreError {
        match self.code().as_deref() {
            Some(DISK_FULL) if matches!(self, Self::No(_)) => StoreError::Full,
            _ if self.leaves_it_open() => StoreError::Unknown(Box::new(self)),
            _ => StoreError::Unavailable(Box::new(self)),
        }
    }

    /// What somebody is answered who only asked.
    pub(super) fn of_a_question(self) -> StoreError {
        StoreError::Unavailable(Box::new(self))
    }
}

/// What the server or the connection said, once: the driver's own errors repeat their source, and name lines of the server's code.
#[derive(Clone, Debug)]
pub(super) struct Said(Arc<sqlx::Error>);

impl Said {
    fn new(error: sqlx::Error) -> Self {
        Self(Arc::new(error))
    }
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            sqlx::Error::Database(error) => f.write_str(error.message()),
            sqlx::Error::Io(error) => error.fmt(f),
            sqlx::Error::Tls(error) => write!(f, "no TLS: {error}"),
            error => error.fmt(f),
        }
    }
}

impl StdError for Said {}

/// One thing in a row, by its column.
#[derive(Debug)]
pub(super) struct ColumnError(pub(super) &'static str);

impl fmt::Display for ColumnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "column {} holds something else", self.0)
    }
}

impl StdError for ColumnError {}
