//! The suite that every store passes: with one handle on a database, with two that take turns, and both through a pooler.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use siwn::conformance::{CHECKS, Suite, TestClock};
use siwn::{BoxFuture, Generation, NewSession, Opening, SessionId, SessionRow, Store, StoreError};
use siwn_store::PostgresStore;

use super::{POOLER, SERVER, open_with};

/// Handles on one database. Each call goes to the next.
struct TakingTurns {
    handles: Vec<PostgresStore>,
    turn: AtomicUsize,
}

impl TakingTurns {
    async fn new(handles: usize, url: &str, clock: &TestClock) -> Self {
        let mut opened = Vec::new();
        for _ in 0..handles {
            opened.push(open_with(url, clock.clone()).await.unwrap());
        }
        Self { handles: opened, turn: AtomicUsize::new(0) }
    }

    fn next(&self) -> &PostgresStore {
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
async fn failures(handles: usize, address: fn(&str) -> String) -> Vec<&'static str> {
    let suite = Arc::new(Suite::new(
        move |clock| {
            Box::pin(async move {
                let database = tokio::task::spawn_blocking(|| SERVER.database()).await.unwrap();
                Arc::new(TakingTurns::new(handles, &address(&database), &clock).await) as _
            })
        },
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
    assert_eq!(failures(1, str::to_owned).await, Vec::<&str>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_handles_on_one_database_pass_every_check() {
    assert_eq!(failures(2, str::to_owned).await, Vec::<&str>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_handles_behind_a_pooler_pass_every_check() {
    assert_eq!(failures(2, |database| POOLER.url(database)).await, Vec::<&str>::new());
}
