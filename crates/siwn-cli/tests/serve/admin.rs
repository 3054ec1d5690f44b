//! `siwn admin` beside a server that runs.

use std::process::{Command, Output};

use serde_json::Value;

use crate::process::Place;

const TOKEN: &str = "0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f";

/// Runs `siwn admin` with this token.
fn admin(url: &str, token: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_siwn"));
    command.env_clear().env("SIWN_ADMIN_URL", url).env("SIWN_ADMIN_TOKEN", token).arg("admin").args(arguments);
    command.output().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_blocked_and_let_in_again_on_the_command_line() {
    let place = Place::new().await;
    let server = place.serve(&[("SIWN_ADMIN_LISTEN", "127.0.0.1:0"), ("SIWN_ADMIN_TOKEN", TOKEN)]);
    let log = server.logged("listening for the administration");
    let url = format!("http://{}", log["fields"]["address"].as_str().unwrap());
    let alice = server.sign_in("alice.test.near").await.token().to_owned();

    let shown = admin(&url, TOKEN, &["show", "alice.test.near"]);
    let shown: Value = serde_json::from_slice(&shown.stdout).unwrap();
    assert_eq!((&shown["blocked"], shown["sessions"].as_array().unwrap().len()), (&Value::Bool(false), 1));

    let blocked = admin(&url, TOKEN, &["block", "alice.test.near"]);
    assert_eq!((blocked.status.code(), blocked.stdout.len()), (Some(0), 0), "{}", String::from_utf8_lossy(&blocked.stderr));
    assert_eq!(server.session(&alice).await.error(), "not_signed_in");
    assert_eq!(server.sign_in("alice.test.near").await.error(), "account_blocked");
    assert_eq!(admin(&url, TOKEN, &["unblock", "alice.test.near"]).status.code(), Some(0));
    server.sign_in("alice.test.near").await.token();

    let refused = admin(&url, "0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0e", &["counts"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).starts_with("error: admin_token_refused"));
}
