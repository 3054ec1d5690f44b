//! A connection that is made anew after a fault.

use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode, OpenFlags};

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

pub(super) struct Link {
    path: PathBuf,
    access: Access,
    connection: Option<Connection>,
}

impl Link {
    pub(super) const fn new(path: PathBuf, access: Access) -> Self {
        Self { path, access, connection: None }
    }

    /// The connection. It is made where there is none, but never the file.
    pub(super) fn connection(&mut self) -> Result<&mut Connection, rusqlite::Error> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.connect()?,
        };
        Ok(self.connection.insert(connection))
    }

    /// Gives up the connection, so that the next call gets a new one; not where the error leaves no doubt about it.
    pub(super) fn give_up_after(&mut self, error: &rusqlite::Error) {
        let is_sound = matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DiskFull));
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
