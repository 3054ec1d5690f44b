//! What a server takes over while it runs.

use std::fs;

use rustix::process::Signal;

use crate::process::{Place, text_of, wait_for};

const REFUSED: &str = "not reloaded: the old settings are kept";

#[tokio::test(flavor = "multi_thread")]
async fn account_rules_are_taken_over_and_a_bad_file_keeps_the_old_ones() {
    let place = Place::new().await;
    place.write("rules", "allow *.test.near\n");
    let server = place.serve(&[("SIWN_ACCOUNT_RULES", place.path("rules").to_str().unwrap())]);
    let bob = server.sign_in("bob.test.near").await.token().to_owned();

    place.write("rules", "allow *.test.near\ndeny bob.test.near\n");
    server.reload("reloaded");
    assert_eq!(server.sign_in("bob.test.near").await.error(), "account_not_allowed");
    assert_eq!(server.session(&bob).await.error(), "account_not_allowed");
    server.sign_in("alice.test.near").await.token();

    for bad in ["", "allow *.test.near\nallow BOB\n"] {
        place.write("rules", bad);
        server.reload(REFUSED);
        assert_eq!(server.session(&bob).await.error(), "account_not_allowed");
    }
    let fault = server.logged(REFUSED)["fields"]["fault"].as_str().unwrap().to_owned();
    assert!(fault.starts_with("SIWN_ACCOUNT_RULES: "), "{fault}");

    place.write("rules", "deny nobody.test.near\n");
    server.reload("reloaded");
    assert_eq!(server.session(&bob).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_needs_a_start_is_said_and_not_taken_over() {
    let place = Place::new().await;
    place.write("siwn.toml", "session_ttl = \"1h\"\n");
    let server = place.serve(&[("SIWN_CONFIG", place.path("siwn.toml").to_str().unwrap())]);
    place.write("siwn.toml", "session_ttl = \"2h\"\ndeny_accounts = [\"bob.test.near\"]\n");
    server.reload("reloaded");
    assert_eq!(server.logged("this setting has changed and needs a start")["fields"]["setting"], "session_ttl");
    assert_eq!(server.sign_in("bob.test.near").await.error(), "account_not_allowed");

    place.write("siwn.toml", "this is no TOML");
    server.reload(REFUSED);
    assert_eq!(server.sign_in("bob.test.near").await.error(), "account_not_allowed");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_log_is_opened_anew_where_it_was_moved_away() {
    let place = Place::new().await;
    let (path, moved) = (place.path("audit.log"), place.path("audit.log.1"));
    let server = place.serve(&[("SIWN_AUDIT_LOG", &format!("file:{}", path.display()))]);
    server.sign_in("alice.test.near").await.token();
    wait_for("the first line", || text_of(&path).contains("alice.test.near").then_some(()));
    fs::rename(&path, &moved).unwrap();
    server.signal(Signal::HUP);
    wait_for("a new file", || path.exists().then_some(()));
    server.sign_in("bob.test.near").await.token();
    wait_for("a line in it", || text_of(&path).contains("bob.test.near").then_some(()));
    assert_eq!(text_of(&moved).lines().count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_who_signs_in_notices_a_reload() {
    let place = Place::new().await;
    place.write("rules", "allow *.test.near\n");
    let rules = place.path("rules");
    let server = place.serve(&[("SIWN_ACCOUNT_RULES", rules.to_str().unwrap()), ("SIWN_ACCOUNT_LIMIT", "off")]);
    let logins = async {
        for _ in 0..100 {
            server.sign_in("alice.test.near").await.token();
        }
    };
    let reloads = async {
        for _ in 0..20 {
            server.signal(Signal::HUP);
            tokio::task::yield_now().await;
            server.sign_in("bob.test.near").await.token();
        }
    };
    tokio::join!(logins, reloads);
    assert!(server.lines("reloaded") > 0);
}
