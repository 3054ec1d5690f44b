//! Who is let in, of those whose account is confirmed.

use std::future::ready;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use siwn::{Access, Admission, BoxFuture, LoginError, NotAdmitted, UnixMillis, VerifiedAccount};

use crate::support::Stage;

/// Says what it is told, and counts how often it is asked.
struct Door {
    answer: Mutex<Result<(), NotAdmitted>>,
    asked: AtomicUsize,
}

impl Admission for Door {
    fn admit<'a>(&'a self, account: &'a VerifiedAccount, _: UnixMillis) -> BoxFuture<'a, Result<(), NotAdmitted>> {
        assert_eq!(account.account().as_str(), "alice.near");
        self.asked.fetch_add(1, Ordering::Relaxed);
        Box::pin(ready(self.answer.lock().expect("nobody panics").clone()))
    }
}

fn stage(answer: Result<(), NotAdmitted>) -> (Stage, Arc<Door>) {
    let door = Arc::new(Door { answer: Mutex::new(answer), asked: AtomicUsize::new(0) });
    let mut stage = Stage::new();
    stage.login = stage.login.admission(door.clone());
    (stage, door)
}

#[tokio::test]
async fn an_account_that_is_not_let_in_opens_nothing_and_burns_nothing() {
    let (stage, door) = stage(Err(NotAdmitted::NotAllowed));
    let token = stage.token(&stage.begin());
    let error = stage.finish(token.clone()).await.unwrap_err();
    assert!(matches!(error, LoginError::Refused(_)));
    assert_eq!((error.code(), stage.store.inserts()), ("account_not_allowed", 0));

    *door.answer.lock().expect("nobody panics") = Ok(());
    stage.finish(token).await.expect("who is let in later signs in with the same proof");
}

#[tokio::test]
async fn an_account_that_signs_in_too_often_is_told_when_it_may_again() {
    let (stage, _) = stage(Err(NotAdmitted::TooOften { retry_after: Duration::from_secs(3) }));
    let error = stage.finish(stage.token(&stage.begin())).await.unwrap_err();
    assert_eq!((error.code(), stage.store.inserts()), ("rate_limited", 0));
    assert!(matches!(error, LoginError::Unavailable(_)), "later it is a yes");
}

#[tokio::test]
async fn nobody_is_asked_about_who_has_not_shown_the_accounts_key() {
    let (stage, door) = stage(Ok(()));
    for access in [Access::NoKey, Access::NoAccount, Access::FunctionCall] {
        stage.chain.says(access);
        stage.finish(stage.token(&stage.begin())).await.unwrap_err();
    }
    assert_eq!(door.asked.load(Ordering::Relaxed), 0);
    stage.chain.says(Access::Full);
    stage.finish(stage.token(&stage.begin())).await.expect("the key stands");
    assert_eq!(door.asked.load(Ordering::Relaxed), 1);
}
