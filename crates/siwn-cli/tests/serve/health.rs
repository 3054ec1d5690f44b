//! `siwn health` beside a server that runs.

use crate::process::{Place, wait_until};

/// The exit code, and all that is printed.
fn health(place: &Place, listen: &str, arguments: &[&str]) -> (Option<i32>, String) {
    // As in a container that has no certificates.
    let nowhere = [("SSL_CERT_FILE", "/nowhere"), ("SSL_CERT_DIR", "/nowhere")];
    let ran = place.run(&[&["health"], arguments].concat(), &[nowhere[0], nowhere[1], ("SIWN_LISTEN", listen)]);
    (ran.status.code(), String::from_utf8([ran.stdout, ran.stderr].concat()).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_answers_is_alive_and_ready() {
    let place = Place::new().await;
    let server = place.serve(&[]);
    wait_until("the server is ready", async || server.get("/readyz").await.status == 200).await;
    let listen = server.address.to_string();
    assert_eq!(health(&place, &listen, &[]), (Some(0), "alive\n".into()));
    assert_eq!(health(&place, &listen, &["--ready"]), (Some(0), "ready\n".into()));
    drop(server);
    let (exit, told) = health(&place, &listen, &[]);
    assert_eq!(exit, Some(1));
    assert!(told.contains("does not answer"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_a_node_is_alive_and_not_ready_and_says_why() {
    let place = Place::new().await;
    let server = place.serve(&[("SIWN_RPC", "http://127.0.0.1:1")]);
    let listen = server.address.to_string();
    assert_eq!(health(&place, &listen, &[]).0, Some(0));
    let (exit, told) = health(&place, &listen, &["--ready"]);
    assert_eq!(exit, Some(1));
    assert!(told.starts_with("error: not ready: chain: ") && !told.contains("store"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_configuration_that_does_not_say_where_is_no_answer() {
    let place = Place::new().await;
    assert_eq!(health(&place, "127.0.0.1:0", &[]).0, Some(2));
    assert_eq!(health(&place, "nowhere", &[]).0, Some(2));
}
