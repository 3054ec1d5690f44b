//! How a server ends.

use std::os::unix::process::ExitStatusExt as _;
use std::sync::Mutex;

use rustix::process::Signal;

use crate::process::{Place, wait_until};

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_finishes_what_is_under_way_and_is_no_failure() {
    let place = Place::new().await;
    for signal in [Signal::TERM, Signal::INT] {
        let mut server = place.serve(&[]);
        server.sign_in("alice.test.near").await.token();
        server.signal(signal);
        assert_eq!(server.ended().code(), Some(0), "{signal:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_shows_at_readyz_first_and_everybody_is_served_meanwhile() {
    let place = Place::new().await;
    let mut server = place.serve(&[("SIWN_STOP_GRACE", "10m")]);
    assert_eq!(server.get("/readyz").await.status, 200);
    server.signal(Signal::TERM);
    wait_until("readyz is red", async || server.get("/readyz").await.status == 503).await;
    assert_eq!(server.get("/readyz").await.body["checks"]["server"], "stopping");
    assert_eq!(server.get("/healthz").await.body, "ok\n");
    server.sign_in("alice.test.near").await.token();
    assert!(server.is_running());

    // A second signal does not wait.
    server.signal(Signal::TERM);
    assert_eq!(server.ended().code(), Some(128 + 15));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_with_a_grace_that_is_over_is_no_failure() {
    let place = Place::new().await;
    let mut server = place.serve(&[("SIWN_STOP_GRACE", "1ms")]);
    server.signal(Signal::TERM);
    assert_eq!(server.ended().code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_is_in_the_audit_log_when_the_server_has_ended() {
    let place = Place::new().await;
    let log = format!("file:{}", place.path("audit.log").display());
    let mut server = place.serve(&[("SIWN_AUDIT_LOG", &log)]);
    for _ in 0..20 {
        server.sign_in("alice.test.near").await.token();
    }
    server.signal(Signal::TERM);
    assert_eq!(server.ended().code(), Some(0));
    assert_eq!(place.read("audit.log").matches("\"event\":\"login\"").count(), 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn under_load_a_stop_answers_nothing_wrong_and_loses_nothing_that_was_answered() {
    let place = Place::new().await;
    let mut server = place.serve(&[("SIWN_ACCOUNT_LIMIT", "off")]);
    let sessions = Mutex::new(Vec::new());
    let people = async {
        let login = async |account: &'static str| {
            while let Some(answer) = server.try_sign_in(account).await {
                sessions.lock().unwrap().push(answer.token().to_owned());
            }
        };
        tokio::join!(login("alice.test.near"), login("bob.test.near"), login("alice.test.near"), login("bob.test.near"));
    };
    let stop = async {
        wait_until("people sign in", async || sessions.lock().unwrap().len() > 20).await;
        server.signal(Signal::TERM);
    };
    tokio::join!(people, stop);
    assert_eq!(server.ended().code(), Some(0));
    let next = place.serve(&[]);
    for token in sessions.into_inner().unwrap() {
        assert_eq!(next.session(&token).await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_outlive_a_server_that_is_killed() {
    let place = Place::new().await;
    let mut server = place.serve(&[]);
    let token = server.sign_in("alice.test.near").await.token().to_owned();
    server.signal(Signal::KILL);
    assert_eq!(server.ended().signal(), Some(9));
    let next = place.serve(&[]);
    assert_eq!(next.session(&token).await.status, 200);
}
