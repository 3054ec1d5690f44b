//! Why a file cannot be opened.

use std::error::Error as StdError;
use std::io;

use rusqlite::ErrorCode;
use thiserror::Error;

/// Why a file cannot be opened as a store. Whatever is not a store of this or an earlier version is left as it is.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OpenError {
    /// It cannot be opened or made: no such directory, no permission.
    #[error("the file cannot be opened or made")]
    File(#[source] io::Error),
    /// It is a directory, a pipe or a device.
    #[error("this is no regular file")]
    NotAFile,
    /// It, or the directory that it is in, cannot be written to.
    #[error("the file is read-only, or the directory that its log would be in")]
    ReadOnly,
    /// It holds something else.
    #[error("the file is no SQLite database")]
    NotADatabase,
    /// It is an SQLite database of another application.
    #[error("the file is another application's database")]
    Foreign,
    /// A later version of this program has written it.
    #[error("the file has version {found}, this program knows versions up to {known}")]
    Newer {
        /// The file's version.
        found: u32,
        /// The newest version that is known here.
        known: u32,
    },
    /// Its content contradicts itself.
    #[error("the file is damaged")]
    Damaged(#[source] Box<dyn StdError + Send + Sync>),
    /// Another process has held it for too long.
    #[error("the file is in use by another process")]
    Busy,
    /// The file system cannot do write-ahead logging.
    #[error("the file system cannot keep a write-ahead log, only a journal of mode {mode:?}")]
    NoWriteAheadLog {
        /// The mode that SQLite fell back to.
        mode: String,
    },
    /// There is no room.
    #[error("there is no room for the file")]
    Full,
    /// SQLite fails in another way.
    #[error("the database cannot be used")]
    Sqlite(#[source] Box<dyn StdError + Send + Sync>),
    /// The operating system gives no random bytes.
    #[error("the operating system gives no random bytes")]
    Random(#[source] Box<dyn StdError + Send + Sync>),
    /// The system gives no thread.
    #[error("no thread can be started")]
    Thread(#[source] io::Error),
}

impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            // The file is there, which was looked at before: it is its log that cannot be made.
            Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen) => Self::ReadOnly,
            Some(ErrorCode::NotADatabase) => Self::NotADatabase,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::FileLockingProtocolFailed) => Self::Busy,
            Some(ErrorCode::DiskFull) => Self::Full,
            // No code: a value that is not what the column is said to hold.
            Some(ErrorCode::DatabaseCorrupt) | None => Self::Damaged(Box::new(error)),
            Some(_) => Self::Sqlite(Box::new(error)),
        }
    }
}
