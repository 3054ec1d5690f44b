//! What can go wrong once the file is open, and what that means to a login.

use std::error::Error as StdError;
use std::sync::Arc;
use std::sync::mpsc::TrySendError;

use rusqlite::ErrorCode;
use siwn::{SessionId, StoreError};
use thiserror::Error;

/// Why something was not done.
#[derive(Debug, Error)]
pub(super) enum Fault {
    /// SQLite said no. The whole transaction is off.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// What is stored is not what was stored.
    #[error("the stored session {id} cannot be read")]
    Row { id: SessionId, source: Box<dyn StdError + Send + Sync> },
    /// Neither row nor reason: index and table differ.
    #[error("the store refuses session {0} without a reason, its file is damaged")]
    NoReason(SessionId),
    #[error("too many calls wait for the store")]
    QueueFull,
    #[error("the store is shut down")]
    Stopped,
}

impl From<Fault> for StoreError {
    fn from(fault: Fault) -> Self {
        Self::Unavailable(Box::new(fault))
    }
}

impl<T> From<TrySendError<T>> for Fault {
    fn from(error: TrySendError<T>) -> Self {
        match error {
            TrySendError::Full(_) => Self::QueueFull,
            TrySendError::Disconnected(_) => Self::Stopped,
        }
    }
}

/// Why a transaction came to nothing, for each of those who were part of it.
pub(super) enum Failed {
    /// Before its commit: it is rolled back.
    Before(Arc<rusqlite::Error>),
    /// At its commit.
    AtCommit(Arc<rusqlite::Error>),
}

impl Failed {
    /// What each is answered.
    pub(super) fn answer(&self) -> StoreError {
        match (self, self.error().sqlite_error_code()) {
            // The commit's mark is written last, so what found no room is not committed.
            (_, Some(ErrorCode::DiskFull)) => StoreError::Full,
            // The mark may be in the file though the call failed, and then a recovery honours it.
            (Self::AtCommit(error), code) if code != Some(ErrorCode::DatabaseBusy) => {
                StoreError::Unknown(Box::new(Arc::clone(error)))
            }
            (Self::Before(error) | Self::AtCommit(error), _) => StoreError::Unavailable(Box::new(Arc::clone(error))),
        }
    }

    pub(super) fn error(&self) -> &rusqlite::Error {
        match self {
            Self::Before(error) | Self::AtCommit(error) => error,
        }
    }

    /// Whether there is no room.
    pub(super) fn is_full(&self) -> bool {
        self.error().sqlite_error_code() == Some(ErrorCode::DiskFull)
    }
}

impl From<rusqlite::Error> for Failed {
    fn from(error: rusqlite::Error) -> Self {
        Self::Before(Arc::new(error))
    }
}
