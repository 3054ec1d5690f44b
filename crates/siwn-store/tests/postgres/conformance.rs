//! The suite that every store passes: with one handle, with two that take turns, and through a pooler.

use std::sync::Arc;

use siwn::conformance::{CHECKS, Check, LASTING_CHECKS, Suite};

use super::{POOLER, database, open_with};

/// The names of the checks that fail.
async fn failures(handles: usize, address: fn(&str) -> String, checks: &'static [Check]) -> Vec<&'static str> {
    // A database for each place of the suite, made when it is first opened.
    let places: Arc<tokio::sync::Mutex<Vec<String>>> = Arc::default();
    let suite = Suite::new(
        move |place, clock| {
            let places = Arc::clone(&places);
            Box::pin(async move {
                let mut places = places.lock().await;
                while places.len() as u64 <= place.number() {
                    places.push(address(&database().await));
                }
                let url = places[usize::try_from(place.number()).unwrap()].clone();
                Arc::new(open_with(&url, clock).await.unwrap()) as _
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
    assert_eq!(failures(1, str::to_owned, CHECKS).await, Vec::<&str>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_handles_on_one_database_pass_every_check() {
    assert_eq!(failures(2, str::to_owned, CHECKS).await, Vec::<&str>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_handles_behind_a_pooler_pass_every_check() {
    assert_eq!(failures(2, |database| POOLER.url(database), CHECKS).await, Vec::<&str>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_outlives_its_handles() {
    assert_eq!(failures(1, str::to_owned, LASTING_CHECKS).await, Vec::<&str>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_behind_a_pooler_outlives_its_handles() {
    assert_eq!(failures(1, |database| POOLER.url(database), LASTING_CHECKS).await, Vec::<&str>::new());
}
