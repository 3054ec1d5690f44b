//! A look at a file that leaves no trace: for an operator, before a server opens it.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use rusqlite::{Connection, OpenFlags, OptionalExtension as _};

use super::SqliteStore;
use super::error::OpenError;
use super::file::{VERSION, version};

/// What [`SqliteStore::examine_file`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FileReport {
    /// Whether opening it would bring it up to date first: an older version wrote it, or it is empty.
    pub is_outdated: bool,
    /// Whether a secret is kept in it.
    pub keeps_secret: bool,
}

impl SqliteStore {
    /// Looks at the file at `path` without making or changing any: neither the file itself nor those that SQLite keeps beside it.
    ///
    /// What a process that is starting at this moment writes may be missed. Blocks for a few milliseconds.
    ///
    /// # Errors
    ///
    /// What [`open_file`](Self::open_file) would fail with, as far as it shows without writing; [`OpenError::File`] where there is no
    /// file.
    pub fn examine_file(path: &Path) -> Result<FileReport, OpenError> {
        let path = fs::canonicalize(path).map_err(OpenError::File)?;
        if !fs::metadata(&path).map_err(OpenError::File)?.is_file() {
            return Err(OpenError::NotAFile);
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(address(&path), flags)?;
        let version = version(&connection)?;
        let keeps_secret = version > 0 && keeps_secret(&connection, version)?;
        Ok(FileReport { is_outdated: version < VERSION, keeps_secret })
    }
}

fn keeps_secret(connection: &Connection, version: u16) -> Result<bool, rusqlite::Error> {
    // From version 3 on it is a text, in a column of its own.
    let question = if version < 3 { "SELECT secret IS NOT NULL FROM meta" } else { "SELECT secrets IS NOT NULL FROM meta" };
    let kept = connection.query_row(question, [], |row| row.get(0)).optional()?;
    Ok(kept.unwrap_or(false))
}

/// The file as a URI. Where nobody has it open it is read as it is, for then SQLite would make the index of the write-ahead log anew;
/// elsewhere that index is read, and not written (<https://www.sqlite.org/c3ref/open.html>).
fn address(path: &Path) -> String {
    let mut index = OsString::from(path);
    index.push("-shm");
    let how = if Path::new(&index).exists() { "readonly_shm=1" } else { "immutable=1" };
    let mut address = String::from("file:");
    for byte in path.as_os_str().as_encoded_bytes() {
        if byte.is_ascii_alphanumeric() || b"/-_.".contains(byte) {
            address.push(char::from(*byte));
        } else {
            write!(address, "%{byte:02X}").expect("a text takes all that is written");
        }
    }
    address + "?" + how
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::PathBuf;
    use std::sync::Arc;
    use std::time::Duration;

    use siwn::{Generation, UnixMillis};

    use super::*;
    use crate::{Clock, KeptSecrets as _};

    /// Every file of a folder and what is in it.
    fn content(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
        let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        files.map(|path| (path.clone(), fs::read(path).unwrap())).collect()
    }

    /// Looks at a file and finds everything as it was.
    fn examine(path: &Path) -> Result<FileReport, OpenError> {
        let folder = path.parent().unwrap();
        let before = content(folder);
        let report = SqliteStore::examine_file(path);
        assert_eq!(content(folder), before, "nothing was touched");
        report
    }

    fn open(path: &Path) -> SqliteStore {
        let clock: Clock = Arc::new(|| UnixMillis::new(1_790_000_000_000));
        // It writes nothing by itself, but after the first call.
        SqliteStore::open_idling(path, Generation::from_bytes([1; 16]), clock, Duration::from_hours(24)).unwrap()
    }

    /// Keeps a secret, and waits until nothing is written any more.
    async fn keep(store: &SqliteStore) {
        for _ in 0..2 {
            store.kept_secrets("kept").await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_file_is_looked_at_without_a_trace() {
        let folder = tempfile::tempdir().unwrap();
        // What means something in a URI.
        let path = folder.path().join("a store?mode=rw&x#%41é.db");
        assert!(matches!(examine(&path), Err(OpenError::File(_))));

        let store = open(&path);
        assert_eq!(examine(&path).unwrap(), FileReport { is_outdated: false, keeps_secret: false });
        keep(&store).await;
        assert_eq!(examine(&path).unwrap(), FileReport { is_outdated: false, keeps_secret: true }, "while it is open");
        store.shutdown().await;
        assert_eq!(examine(&path).unwrap(), FileReport { is_outdated: false, keeps_secret: true }, "when it is closed");
    }

    #[tokio::test]
    async fn what_a_killed_process_left_is_read() {
        let (folder, copies) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let store = open(&folder.path().join("siwn.db"));
        keep(&store).await;
        for (path, bytes) in content(folder.path()) {
            fs::write(copies.path().join(path.file_name().unwrap()), bytes).unwrap();
        }
        let report = examine(&copies.path().join("siwn.db")).unwrap();
        assert_eq!(report, FileReport { is_outdated: false, keeps_secret: true });
    }

    #[test]
    fn what_is_no_store_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        assert!(matches!(
            examine_bytes(&path, b"not a database, but long enough to be taken for one"),
            Err(OpenError::NotADatabase)
        ));
        assert_eq!(examine_bytes(&path, b"").unwrap(), FileReport { is_outdated: true, keeps_secret: false });
        assert!(matches!(SqliteStore::examine_file(folder.path()), Err(OpenError::NotAFile)));

        let path = folder.path().join("other.db");
        Connection::open(&path).unwrap().execute_batch("CREATE TABLE t (a)").unwrap();
        assert!(matches!(examine(&path), Err(OpenError::Foreign)));
    }

    fn examine_bytes(path: &Path, bytes: &[u8]) -> Result<FileReport, OpenError> {
        fs::write(path, bytes).unwrap();
        examine(path)
    }
}
