//! Opening a file: whose it is, its version, its generation.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::{Connection, TransactionBehavior};
use siwn::Generation;

use super::error::OpenError;
use super::link::{Access, FileId, Link};
use super::meta;

/// "siwn", in the file's header.
const APPLICATION_ID: i32 = i32::from_be_bytes(*b"siwn");
/// The version that this program writes.
pub(super) const VERSION: u16 = 4;
/// From each version to the next. Only ever added to.
const MIGRATIONS: [&str; VERSION as usize] = [
    include_str!("migrations/1.sql"),
    include_str!("migrations/2.sql"),
    include_str!("migrations/3.sql"),
    include_str!("migrations/4.sql"),
];
/// How long others may hold the file while it is opened.
const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(2);
const READERS: usize = 2;

/// The connections to one file.
pub(super) struct Links {
    pub(super) writer: Link,
    pub(super) readers: Vec<Link>,
}

/// Opens the file at `path`, or makes it.
pub(super) fn open(path: &Path, generation_if_new: Generation) -> Result<(Links, Generation), OpenError> {
    let path = find_or_make(path)?;
    let mut writer = Link::new(path.clone(), Access::ReadWrite);
    let since = Instant::now();
    let generation = loop {
        // The change to write-ahead logging does not wait for others by itself.
        match writer.connection().map_err(OpenError::from).and_then(|connection| prepare(connection, generation_if_new)) {
            Err(OpenError::Busy) if since.elapsed() < PATIENCE => std::thread::sleep(PAUSE),
            prepared => break prepared?,
        }
    };
    let file = FileId::at(&path);
    let mut readers: Vec<_> = (0..READERS).map(|_| Link::new(path.clone(), Access::ReadOnly)).collect();
    for link in readers.iter_mut().chain([&mut writer]) {
        link.hold_to(file);
        link.connection()?;
    }
    Ok((Links { writer, readers }, generation))
}

/// The file's full path. It is made where there is none, for its owner only: the secret may lie in it.
fn find_or_make(path: &Path) -> Result<PathBuf, OpenError> {
    // Whoever closes a file gives up all locks that his process has on it, SQLite's too. So nobody in this process may open the new
    // file before this handle is closed.
    static MAKING: Mutex<()> = Mutex::new(());
    let making = MAKING.lock().unwrap_or_else(PoisonError::into_inner);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(made) => drop(made),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(OpenError::File(error)),
    }
    drop(making);
    // A full path also keeps names such as ":memory:" from meaning something else to SQLite.
    let path = fs::canonicalize(path).map_err(OpenError::File)?;
    let is_file = fs::metadata(&path).map_err(OpenError::File)?.is_file();
    if is_file { Ok(path) } else { Err(OpenError::NotAFile) }
}

/// Brings the file up to date. Processes that do so at the same time take turns.
fn prepare(connection: &mut Connection, generation_if_new: Generation) -> Result<Generation, OpenError> {
    // Looked at first and by itself: nothing is written to a file that is not ours.
    version(&*connection.transaction_with_behavior(TransactionBehavior::Deferred)?)?;
    let mode: String = connection.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))?;
    if mode != "wal" {
        return Err(if connection.is_readonly("main")? { OpenError::ReadOnly } else { OpenError::NoWriteAheadLog { mode } });
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version = version(&transaction)?;
    if version < VERSION {
        for migration in &MIGRATIONS[usize::from(version)..] {
            transaction.execute_batch(migration)?;
        }
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", VERSION)?;
    }
    transaction
        .execute("INSERT INTO meta (one, generation) VALUES (1, ?1) ON CONFLICT DO NOTHING", [generation_if_new.as_bytes()])?;
    let generation = meta::generation(&transaction)?;
    transaction.commit()?;
    Ok(generation)
}

/// The file's version: 0 where it is empty.
pub(super) fn version(connection: &Connection) -> Result<u16, OpenError> {
    let application_id: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let version: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let is_empty = connection.query_row("SELECT NOT EXISTS (SELECT 1 FROM sqlite_schema)", [], |row| row.get(0))?;
    match (application_id, version, is_empty) {
        (0, 0, true) => Ok(0),
        (APPLICATION_ID, found, _) => match u16::try_from(found) {
            Ok(version @ ..=VERSION) => Ok(version),
            _ => Err(OpenError::Newer { found, known: VERSION.into() }),
        },
        _ => Err(OpenError::Foreign),
    }
}
