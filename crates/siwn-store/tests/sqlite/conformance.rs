//! The suite that every store passes: each check by itself, on a file of its own.

use std::sync::Arc;

use siwn::conformance::{CHECKS, Check, LASTING_CHECKS, Suite};

use super::{GENERATION, open_with};

/// The names of the checks that fail.
async fn failures(handles: usize, checks: &'static [Check]) -> Vec<&'static str> {
    let directory = Arc::new(tempfile::tempdir().unwrap());
    let suite = Suite::new(
        move |place, clock| {
            let directory = Arc::clone(&directory);
            Box::pin(async move {
                let path = directory.path().join(format!("{}.db", place.number()));
                Arc::new(open_with(&path, GENERATION, clock).unwrap()) as _
            })
        },
        |task| {
            let task = tokio::spawn(task);
            Box::pin(async { task.await.unwrap() })
        },
    );
    let suite = Arc::new(suite.with_handles(handles));
    let mut failures = Vec::new();
    for check in checks {
        let suite = Arc::clone(&suite);
        if tokio::spawn(async move { check.run(&suite).await }).await.is_err() {
            failures.push(check.name);
        }
    }
    failures
}

#[tokio::test(flavor = "multi_thread")]
async fn one_handle_passes_every_check() {
    assert_eq!(failures(1, CHECKS).await, Vec::<&str>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_handles_on_one_file_pass_every_check() {
    assert_eq!(failures(2, CHECKS).await, Vec::<&str>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_outlives_its_handle() {
    assert_eq!(failures(1, LASTING_CHECKS).await, Vec::<&str>::new());
}
