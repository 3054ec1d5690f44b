//! `siwn secret rotate`, beside servers that run.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Output;

use serde_json::Value;

use crate::process::Place;

fn summary(output: &Output) -> Value {
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn words(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_in_a_file_is_changed_in_one_step_and_nobody_notices() {
    let place = Place::new().await;
    place.write("secret", &format!("{}\n", "0f".repeat(32)));
    let path = place.path("secret");
    let variables = [("SIWN_SECRET_FILE", path.to_str().unwrap())];
    let (first, second) = (place.serve(&variables), place.serve(&variables));
    let before = first.challenge().await;

    let told = summary(&place.run(&["secret", "rotate", "--after", "2m"], &variables));
    assert!(told["makesChallengesFrom"].as_str().unwrap() < told["oldIsOverAt"].as_str().unwrap());
    let text = place.read("secret");
    assert!(text.starts_with(&format!("{},", "0f".repeat(32))) && text.contains('@'), "the old one first");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!place.path("secret.rotating").exists());

    first.reload("reloaded");
    first.verify("alice.test.near", &before).await.token();
    for (issuing, judging) in [(&first, &second), (&second, &first)] {
        judging.verify("alice.test.near", &issuing.challenge().await).await.token();
    }

    let again = place.run(&["secret", "rotate"], &variables);
    assert_eq!(again.status.code(), Some(1));
    assert!(words(&again).contains("a change is under way until"), "{}", words(&again));
    assert_eq!(place.read("secret"), text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_in_the_store_is_changed_where_every_process_finds_it() {
    let place = Place::new().await;
    let server = place.serve(&[]);
    let before = server.challenge().await;
    summary(&place.run(&["secret", "rotate"], &[]));
    server.reload("reloaded");
    server.verify("alice.test.near", &before).await.token();
    let next = place.serve(&[]);
    next.verify("alice.test.near", &server.challenge().await).await.token();
    assert_eq!(place.run(&["secret", "rotate"], &[]).status.code(), Some(1), "one change at a time");
}

#[tokio::test(flavor = "multi_thread")]
async fn for_a_secret_in_a_variable_it_is_said_what_to_do() {
    let place = Place::new().await;
    let secret = "0f".repeat(32);
    let output = place.run(&["secret", "rotate"], &[("SIWN_SECRET", &secret)]);
    assert!(output.status.success());
    assert!(words(&output).contains("SIWN_SECRET"), "{}", words(&output));
    let addition = String::from_utf8(output.stdout).unwrap();
    // It is what the server reads.
    let both = format!("{secret}{}", addition.trim());
    let server = place.serve(&[("SIWN_SECRET", &both)]);
    server.sign_in("alice.test.near").await.token();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_changed_is_left_as_it_is() {
    let place = Place::new().await;
    let memory = place.run(&["secret", "rotate"], &[("SIWN_STORE", "memory:")]);
    assert_eq!(memory.status.code(), Some(2));
    assert!(words(&memory).contains("keeps no secret"), "{}", words(&memory));

    let undated = ["0f".repeat(32), "f0".repeat(32)].join(",");
    place.write("secret", &undated);
    let path = place.path("secret");
    let variables = [("SIWN_SECRET_FILE", path.to_str().unwrap())];
    assert_eq!(place.run(&["secret", "rotate"], &variables).status.code(), Some(1));
    assert_eq!((place.read("secret"), place.path("secret.rotating").exists()), (undated, false));

    place.write("secret", &"0f".repeat(32));
    place.write("secret.rotating", "");
    let busy = place.run(&["secret", "rotate"], &variables);
    assert!(words(&busy).contains("somebody else is changing"), "{}", words(&busy));
    assert_eq!(place.read("secret"), "0f".repeat(32));
    for wrong in ["1s", "31d", "soon"] {
        assert_eq!(place.run(&["secret", "rotate", "--after", wrong], &variables).status.code(), Some(2), "{wrong}");
    }
}
