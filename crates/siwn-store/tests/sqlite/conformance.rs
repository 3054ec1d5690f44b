//! The suite that every store passes: with one handle on a file, and with two that take turns.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use siwn::conformance::{CHECKS, Suite, TestClock};
use siwn::{BoxFuture, Generation, NewSession, Opening, SessionId, SessionRow, Store, StoreError};
use siwn_store::SqliteStore;
use tempfile::TempDir;

use super::{GENERATION, open_with};

/// Handles on one file. Each call goes to the next.
struct TakingTurns {
    handles: Vec<SqliteStore>,
    turn: AtomicUsize,
    _directory: TempDir,
}

impl TakingTurns {
    fn new(handles: usize, clock: &TestClock) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("siwn.db");
        let handle = |_| open_with(&path, GENERATION, clock.clone()).unwrap();
        Self { handles: (0..handles).map(handle).collect(), turn: AtomicUsize::new(0), _directory: directory }
    }

    fn next(&self) -> &SqliteStore {
        &self.handles[self.turn.fetch_add(1, Ordering::Relaxed) % self.handles.len()]
    }
}

impl Store for TakingTurns {
    fn generation(&self) -> Result<Generation, StoreError> {
        self.next().generation()
    }

    fn open<'a>(&'a self, session: &'a NewSession) -> BoxFuture<'a, Result<Opening, StoreError>> {
        self.next().open(session)
    }

    fn find(&self, id: SessionId) -> BoxFuture<'_, Result<Option<SessionRow>, StoreError>> {
        self.next().find(id)
    }

    fn close(&self, id: SessionId) -> BoxFuture<'_, Result<(), StoreError>> {
        self.next().close(id)
    }
}

/// The names of the checks that fail.
async fn failures(handles: usize) -> Vec<&'static str> {
    let suite = Arc::new(Suite::new(
        move |clock| Box::pin(async move { Arc::new(TakingTurns::new(handles, &clock)) as _ }),
        |task| {
            let task = tokio::spawn(task);
            Box::pin(async { task.await.unwrap() })
        },
    ));
    let mut failures = Vec::new();
    for check in CHECKS {
        let suite = Arc::clone(&suite);
        if tokio::spawn(async move { check.run(&suite).await }).await.is_err() {
            failures.push(check.name);
        }
    }
    failures
}

#[tokio::test(flavor = "multi_thread")]
async fn one_handle_passes_every_check() {
    assert_eq!(failures(1).await, Vec::<&str>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_handles_on_one_file_pass_every_check() {
    assert_eq!(failures(2).await, Vec::<&str>::new());
}
