//! Files of earlier versions: nothing is lost when they are brought up to date.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, named_params};
use siwn::{Opening, SessionRow, Store as _};
use siwn_store::KeptSecrets as _;

use super::{GENERATION, START, id, open, session};

/// A file as version 1 left it: an open session with a key, one without, one that is closed, one that is over, and a secret.
fn version_1(path: &Path) {
    let file = Connection::open(path).unwrap();
    file.execute_batch("PRAGMA journal_mode = wal").unwrap();
    file.execute_batch(include_str!("../../src/sqlite/migrations/1.sql")).unwrap();
    file.pragma_update(None, "application_id", i32::from_be_bytes(*b"siwn")).unwrap();
    file.pragma_update(None, "user_version", 1).unwrap();
    let secret = [5_u8; 32];
    file.execute("INSERT INTO meta (one, generation, secret) VALUES (1, ?1, ?2)", (GENERATION.as_bytes(), secret)).unwrap();
    let row = |challenge, key: Option<&str>, minutes: u64, closed: bool| {
        let millis = |minutes| i64::try_from((START + Duration::from_mins(minutes)).get()).unwrap();
        file.execute(
            "INSERT INTO session VALUES (:id, :hash, 'app.example', 'alice.near', :key, :now, :end, :guard, max(:end, :guard), :closed)",
            named_params! {
                ":id": id(challenge).as_bytes(), ":hash": [1_u8; 32], ":key": key, ":now": millis(0),
                ":end": millis(minutes), ":guard": millis(5), ":closed": closed,
            },
        )
        .unwrap();
    };
    let key = siwn::PublicKey::from_ed25519([7; 32]).to_string();
    row(1, Some(&key), 60, false);
    row(2, None, 60, false);
    row(3, Some(&key), 60, true);
    row(4, Some(&key), 0, false);
}

#[tokio::test]
async fn a_file_of_version_1_keeps_its_sessions_and_what_is_spent() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("siwn.db");
    version_1(&path);
    // The second time there is nothing left to be done.
    for _ in 0..2 {
        let store = open(&path);
        assert_eq!(store.generation().unwrap(), GENERATION);
        let kept = |challenge, key| {
            let new = session(&store, challenge, 1);
            SessionRow { key, client: siwn::ClientLabel::default(), ..new.row().clone() }
        };
        let (first, second) = (kept(1, session(&store, 1, 1).row().key.clone()), kept(2, None));
        assert_eq!(store.find(id(1)).await.unwrap().as_ref(), Some(&first), "seen and checked when it was opened");
        assert_eq!(store.find(id(2)).await.unwrap().as_ref(), Some(&second));
        assert_eq!(store.find(id(3)).await.unwrap(), None);
        assert_eq!(store.find(id(4)).await.unwrap(), None);
        assert_eq!(store.sessions(&first.account).await.unwrap(), [second, first]);
        for challenge in 1..=4 {
            assert_eq!(store.open(&session(&store, challenge, 2)).await.unwrap(), Opening::AlreadySpent);
        }
        store.shutdown().await;
    }
    assert_eq!(open(&path).kept_secrets("another").await.unwrap(), "05".repeat(32));
}

#[tokio::test]
async fn sessions_of_version_1_are_renewed_and_cut_off_like_any_other() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("siwn.db");
    version_1(&path);
    let store = open(&path);
    let seen = START + Duration::from_mins(1);
    store.renew(id(1), siwn::Renewal { seen_at: Some(seen), checked_at: None }).await.unwrap();
    let row = store.find(id(1)).await.unwrap().unwrap();
    assert_eq!((row.seen_at, row.checked_at), (seen, START));
    store.close_all(&row.account, None, Some(id(1))).await.unwrap();
    assert_eq!(store.sessions(&row.account).await.unwrap(), [row]);
    assert_eq!(store.find(id(2)).await.unwrap(), None);
}
