//! A connection that is made anew after a fault, to the same file only.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode, OpenFlags, ffi};

/// How long a call waits for other processes.
const PATIENCE: Duration = Duration::from_secs(2);
/// A transaction takes about as long as one `fsync`.
const PAUSE: Duration = Duration::from_micros(500);

/// What a connection may do.
#[derive(Clone, Copy)]
pub(super) enum Access {
    ReadOnly,
    ReadWrite,
}

/// Which file it is, wherever it lies.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct FileId {
    #[cfg(unix)]
    device_and_inode: (u64, u64),
}

impl FileId {
    /// The file that lies at `path` now.
    #[cfg(unix)]
    pub(super) fn at(path: &Path) -> Option<Self> {
        use std::os::unix::fs::MetadataExt as _;

        fs::metadata(path).ok().map(|file| Self { device_and_inode: (file.dev(), file.ino()) })
    }

    /// The file that lies at `path` now: which one, nobody can tell here.
    #[cfg(not(unix))]
    pub(super) fn at(path: &Path) -> Option<Self> {
        fs::metadata(path).ok().map(|_| Self {})
    }
}

pub(super) struct Link {
    path: PathBuf,
    access: Access,
    /// None until it is known to be a store.
    file: Option<FileId>,
    connection: Option<Connection>,
}

impl Link {
    pub(super) const fn new(path: PathBuf, access: Access) -> Self {
        Self { path, access, file: None, connection: None }
    }

    /// From now on it is this file and no other.
    pub(super) fn hold_to(&mut self, file: Option<FileId>) {
        self.file = file;
    }

    /// The connection. It is made where there is none, but never the file.
    ///
    /// Fails while another file, or none, lies where this one lay: what is written to a file that nobody finds again is lost with the
    /// process, and who opens the other one knows nothing of what is spent and ended here.
    pub(super) fn connection(&mut self) -> Result<&mut Connection, rusqlite::Error> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.connect()?,
        };
        let connection = self.connection.insert(connection);
        if self.file.is_none() || self.file == FileId::at(&self.path) { Ok(connection) } else { Err(moved()) }
    }

    /// Gives up the connection, so that the next call gets a new one; not where the error leaves no doubt about it.
    pub(super) fn give_up_after(&mut self, error: &rusqlite::Error) {
        // While a file that was removed is held open, no new one passes for it: its number is not given out anew.
        let is_moved = error.sqlite_error().is_some_and(|error| error.extended_code == ffi::SQLITE_READONLY_DBMOVED);
        let is_sound = is_moved || matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DiskFull));
        if !is_sound {
            self.connection = None;
        }
    }

    fn connect(&self) -> Result<Connection, rusqlite::Error> {
        let access = match self.access {
            Access::ReadOnly => OpenFlags::SQLITE_OPEN_READ_ONLY,
            Access::ReadWrite => OpenFlags::SQLITE_OPEN_READ_WRITE,
        };
        let mut connection = Connection::open_with_flags(&self.path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        let mut since = Instant::now();
        connection.busy_handler(Some(move |tries| {
            if tries == 0 {
                since = Instant::now();
            }
            thread::sleep(PAUSE);
            since.elapsed() < PATIENCE
        }))?;
        connection.pragma_update(None, "synchronous", "full")?;
        Ok(connection)
    }
}

fn moved() -> rusqlite::Error {
    let code = ffi::Error::new(ffi::SQLITE_READONLY_DBMOVED);
    rusqlite::Error::SqliteFailure(code, Some("the file was moved, removed or replaced".to_owned()))
}
