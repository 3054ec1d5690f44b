//! What is opened: new files, old files, and what is no store.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use siwn::{Generation, Opening, Store as _, StoreError};
use siwn_store::KeptSecrets as _;
use siwn_store::sqlite::{OpenError, is_open_to_others};
use tempfile::TempDir;

use super::{GENERATION, START, id, open, open_with, session, try_open};
use siwn::conformance::TestClock;

fn new_file() -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("siwn.db");
    (directory, path)
}

/// Does something to a file that no store holds.
fn change(path: &Path, sql: &str) {
    Connection::open(path).unwrap().execute_batch(sql).unwrap();
}

#[tokio::test]
async fn a_restart_keeps_generation_and_secret() {
    let (_directory, path) = new_file();
    let store = open(&path);
    assert_eq!(store.kept_secrets("first").await.unwrap(), "first");
    store.shutdown().await;

    let again = open_with(&path, Generation::from_bytes([2; 16]), TestClock::at(START)).unwrap();
    assert_eq!(again.generation().unwrap(), GENERATION);
    assert_eq!(again.kept_secrets("second").await.unwrap(), "first");
}

#[tokio::test]
async fn secrets_are_replaced_by_whoever_knows_what_is_there() {
    let (_directory, path) = new_file();
    let store = open(&path);
    assert!(!store.replace_secrets("first", "second").await.unwrap(), "there are none yet");
    store.kept_secrets("first").await.unwrap();
    assert!(store.replace_secrets("first", "second").await.unwrap());
    assert!(!store.replace_secrets("first", "third").await.unwrap(), "somebody was faster");
    assert_eq!(open(&path).kept_secrets("fourth").await.unwrap(), "second");
}

#[tokio::test]
async fn a_new_file_has_no_secret_until_one_is_asked_for() {
    let (_directory, path) = new_file();
    let store = open(&path);
    let secrets = || Connection::open(&path).unwrap().query_row("SELECT count(secrets) FROM meta", [], |row| row.get(0));
    assert_eq!(secrets(), Ok(0));
    store.kept_secrets("first").await.unwrap();
    assert_eq!(secrets(), Ok(1));
}

#[cfg(unix)]
#[tokio::test]
async fn a_new_file_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;

    let (directory, path) = new_file();
    let store = open(&path);
    assert_eq!(store.open(&session(&store, 1, 1)).await.unwrap(), Opening::Opened);
    let modes: Vec<_> = fs::read_dir(directory.path())
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), entry.metadata().unwrap().permissions().mode() & 0o777))
        .collect();
    assert_eq!(modes.len(), 3, "file, log and index: {modes:?}");
    assert!(modes.iter().all(|(_, mode)| *mode == 0o600), "{modes:?}");
    assert!(!is_open_to_others(&path).unwrap());
    for mode in [0o640, 0o604, 0o610] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        assert!(is_open_to_others(&path).unwrap(), "{mode:o}");
    }
}

#[tokio::test]
async fn shutting_down_finishes_and_leaves_one_file() {
    let (directory, path) = new_file();
    let store = open(&path);
    let first = session(&store, 1, 1);
    assert_eq!(store.open(&first).await.unwrap(), Opening::Opened);
    store.shutdown().await;
    let left: Vec<_> = fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["siwn.db"]);
    assert!(matches!(store.find(id(1)).await, Err(StoreError::Unavailable(_))));
    assert!(matches!(store.open(&first).await, Err(StoreError::Unavailable(_))));
    store.shutdown().await;
    assert_eq!(open(&path).find(id(1)).await.unwrap().as_ref(), Some(first.row()));
}

#[test]
fn an_empty_file_becomes_a_store() {
    let (_directory, path) = new_file();
    fs::write(&path, "").unwrap();
    assert_eq!(open(&path).generation().unwrap(), GENERATION);
}

#[test]
fn a_name_that_means_something_to_sqlite_is_a_name() {
    let directory = tempfile::tempdir().unwrap();
    for name in [":memory:", "file:siwn.db?mode=memory"] {
        let path = directory.path().join(name);
        open(&path);
        assert!(path.metadata().unwrap().len() > 0, "{name}");
    }
}

#[test]
fn what_is_no_file_is_refused() {
    let (directory, path) = new_file();
    assert!(matches!(try_open(directory.path()), Err(OpenError::NotAFile)));
    assert!(matches!(try_open(&path.join("below")), Err(OpenError::File(_))));
    #[cfg(target_os = "linux")]
    {
        assert!(matches!(try_open(Path::new("/dev/null")), Err(OpenError::NotAFile)));
        assert!(matches!(try_open(Path::new("/proc/siwn.db")), Err(OpenError::File(_))), "nobody makes files there");
    }
}

#[test]
fn what_is_no_database_is_refused_and_left_alone() {
    let (_directory, path) = new_file();
    for content in ["short".to_owned(), "no database ".repeat(1000)] {
        fs::write(&path, &content).unwrap();
        assert!(matches!(try_open(&path), Err(OpenError::NotADatabase)));
        assert_eq!(fs::read_to_string(&path).unwrap(), content);
    }
}

#[test]
fn another_applications_database_is_refused_and_left_alone() {
    let (_directory, path) = new_file();
    for sql in ["CREATE TABLE theirs (x)", "PRAGMA user_version = 1", "PRAGMA application_id = 1"] {
        let _ = fs::remove_file(&path);
        change(&path, sql);
        let before = fs::read(&path).unwrap();
        assert!(matches!(try_open(&path), Err(OpenError::Foreign)), "{sql}");
        assert_eq!(fs::read(&path).unwrap(), before, "{sql}");
    }
}

#[test]
fn a_newer_version_is_refused_and_left_alone() {
    let (_directory, path) = new_file();
    closed(&path);
    change(&path, "PRAGMA user_version = 70000");
    let before = fs::read(&path).unwrap();
    let error = try_open(&path).unwrap_err();
    assert_eq!(error.to_string(), "the file has version 70000, this program knows versions up to 4");
    assert_eq!(fs::read(&path).unwrap(), before);
}

/// A store's file, closed.
fn closed(path: &Path) -> &Path {
    let store = open(path);
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(store.shutdown());
    path
}

#[test]
fn a_damaged_file_is_refused() {
    let (_directory, path) = new_file();
    let sound = fs::read(closed(&path)).unwrap();

    fs::write(&path, &sound[..4096]).unwrap();
    assert!(matches!(try_open(&path), Err(OpenError::Damaged(_))), "cut off");

    let mut overwritten = sound.clone();
    overwritten[100..4096].fill(0xa5);
    fs::write(&path, overwritten).unwrap();
    assert!(matches!(try_open(&path), Err(OpenError::Damaged(_))), "overwritten");
}

#[test]
fn a_file_that_cannot_be_written_is_refused() {
    let (_directory, path) = new_file();
    let mut content = fs::read(closed(&path)).unwrap();
    // The write version of the file's format: one that SQLite may only read. File permissions would not stop a privileged test.
    content[18] = 3;
    fs::write(&path, content).unwrap();
    assert!(matches!(try_open(&path), Err(OpenError::ReadOnly)));
}

#[tokio::test]
async fn a_damaged_row_is_an_error_and_no_session() {
    let (_directory, path) = new_file();
    let store = open(&path);
    let faults = [
        "account = 'Not An Account'",
        "account = ''",
        "recipient = 'a b'",
        "key = 'ed25519:0'",
        "key = ''",
        "created_at = -1",
        "seen_at = -1",
        "checked_at = -1",
        "account = CAST(x'ff' AS TEXT)",
    ];
    for (challenge, damage) in (0..).zip(faults) {
        let session = session(&store, challenge, 1);
        assert_eq!(store.open(&session).await.unwrap(), Opening::Opened);
        let changed = Connection::open(&path)
            .unwrap()
            .execute(&format!("UPDATE session SET {damage} WHERE id = ?1"), [session.row().id.as_bytes()])
            .unwrap();
        assert_eq!(changed, 1);
        let error = store.find(session.row().id).await.unwrap_err();
        let StoreError::Unavailable(source) = error else { panic!("{damage}: {error}") };
        assert_eq!(source.to_string(), format!("the stored session {} cannot be read", session.row().id), "{damage}");
    }
    assert_eq!(store.open(&session(&store, 99, 1)).await.unwrap(), Opening::Opened, "others are not disturbed");
    assert!(store.find(id(99)).await.unwrap().is_some());
}

#[tokio::test]
async fn a_generation_that_changes_in_the_file_is_followed() {
    let (_directory, path) = new_file();
    let store = open(&path);
    let old = session(&store, 1, 1);
    change(&path, "UPDATE meta SET generation = randomblob(16)");
    assert_eq!(store.open(&old).await.unwrap(), Opening::OtherGeneration);
    assert_ne!(store.generation().unwrap(), GENERATION);
    assert_eq!(store.open(&session(&store, 1, 1)).await.unwrap(), Opening::Opened);
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_that_was_taken_away_is_not_written_to_until_it_is_back() {
    let (directory, path) = new_file();
    let (away, backup) = (directory.path().join("away.db"), directory.path().join("backup.db"));
    let store = open(&path);
    assert_eq!(store.open(&session(&store, 1, 1)).await.unwrap(), Opening::Opened);
    change(&path, &format!("VACUUM INTO '{}'", backup.display()));
    for put_in_its_place in [None, Some(&backup)] {
        fs::rename(&path, &away).unwrap();
        if let Some(other) = put_in_its_place {
            fs::copy(other, &path).unwrap();
        }
        for _ in 0..3 {
            let Err(StoreError::Unavailable(why)) = store.open(&session(&store, 2, 1)).await else { panic!("opened") };
            assert_eq!(why.to_string(), "the file was moved, removed or replaced");
            assert!(matches!(store.find(id(1)).await, Err(StoreError::Unavailable(_))), "it may be over by the other file");
            assert!(matches!(store.check().await, Err(StoreError::Unavailable(_))));
        }
        fs::rename(&away, &path).unwrap();
        assert!(store.find(id(1)).await.unwrap().is_some());
        store.check().await.unwrap();
    }
    assert_eq!(store.open(&session(&store, 2, 1)).await.unwrap(), Opening::Opened, "nothing was spent");
    store.shutdown().await;
    assert!(open(&path).find(id(2)).await.unwrap().is_some());
}

#[cfg(unix)]
#[tokio::test]
async fn a_new_file_never_passes_for_the_one_that_was_removed() {
    let (_directory, path) = new_file();
    let store = open(&path);
    assert_eq!(store.open(&session(&store, 1, 1)).await.unwrap(), Opening::Opened);
    for _ in 0..20 {
        for file in ["siwn.db", "siwn.db-wal", "siwn.db-shm"] {
            // SQLite may have removed the two itself.
            let _ = fs::remove_file(path.with_file_name(file));
        }
        let other = open(&path);
        assert_eq!(other.find(id(1)).await.unwrap(), None);
        assert!(matches!(store.find(id(1)).await, Err(StoreError::Unavailable(_))));
        assert!(matches!(store.close(id(1)).await, Err(StoreError::Unavailable(_))));
        other.shutdown().await;
    }
}
