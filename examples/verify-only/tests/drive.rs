//! The program, against a node of its own.

#![expect(clippy::unwrap_used, reason = "these are tests")]

use std::sync::Arc;
use std::time::SystemTime;

use siwn::{Nonce, TokenRequest};
use siwn_devnet::{Devnet, TestAccount};

/// How the program ends, and what it says.
async fn verify(token: &str, recipient: &str, network: &str, rpc: &str) -> (Option<i32>, String) {
    let mut program = tokio::process::Command::new(env!("CARGO_BIN_EXE_example-verify-only"));
    let output = program.args([token, recipient, network, rpc]).output().await.unwrap();
    (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

fn token(account: &TestAccount) -> String {
    let request = TokenRequest {
        message: "hi".into(),
        recipient: "app.example".into(),
        nonce: Nonce::timestamp(SystemTime::now().into(), [7; 16]),
        callback_url: None,
        state: None,
    };
    let answer = account.sign(&request.payload());
    request.into_token(answer).unwrap().encode()
}

#[tokio::test]
async fn it_tells_a_yes_from_a_no_and_from_an_outage() {
    let devnet = Devnet::new(Arc::new(|| SystemTime::now().into()));
    let accounts = devnet.add_test_accounts([7; 32]);
    let network = devnet.network().chain_id().to_owned();
    let node = devnet.listen().await.unwrap();
    let good = token(&accounts.alice);
    assert_eq!(verify(&good, "app.example", &network, &node.url()).await, (Some(0), "alice.test.near signed: hi\n".into()));
    assert_eq!(verify(&good, "other.example", &network, &node.url()).await.0, Some(1));
    assert_eq!(verify(&token(&accounts.bob_function_call), "app.example", &network, &node.url()).await.0, Some(1));
    assert_eq!(verify("junk", "app.example", &network, &node.url()).await.0, Some(1));
    // Nobody listens at port 1.
    assert_eq!(verify(&good, "app.example", &network, "http://127.0.0.1:1").await.0, Some(2));
}
