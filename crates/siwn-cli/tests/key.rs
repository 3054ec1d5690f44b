//! `siwn key` beside a node, as the files in `tests/snapshots` write it down; the block is masked.

#![expect(clippy::unwrap_used, reason = "these are tests")]

mod clinic;
mod transcript;

use std::sync::Arc;
use std::time::SystemTime;

use clinic::Clinic;
use siwn_devnet::{Devnet, Fault};

#[test]
fn what_the_chain_says() {
    let clinic = Clinic::new();
    let devnet = Devnet::new(Arc::new(|| SystemTime::now().into()));
    let people = devnet.add_test_accounts([7; 32]);
    let node = clinic.node_of("node.example", &devnet);
    let [alice, app] = [&people.alice, &people.bob_function_call].map(|account| account.public_key().to_string());
    let own = people.alice.public_key().implicit_account().unwrap().to_string();

    let questions = [
        ["alice.test.near", &alice],
        ["bob.test.near", &app],
        ["bob.test.near", &alice],
        ["nobody.test.near", &alice],
        [&own, &alice],
    ];
    let url = node.server.url() + "/?apiKey=secret";
    let rest = ["--network", "siwn-devnet", "--rpc", &url];
    let clinic =
        questions.iter().fold(clinic, |clinic, [account, key]| clinic.run(&[&["key", account, key], &rest[..]].concat(), &[&node]));
    insta::assert_snapshot!(clinic.transcript.0);
}

#[test]
fn what_cannot_be_found_out() {
    let clinic = Clinic::new();
    let dead = clinic.node("dead.example", &[Fault::Reset]);
    let key = "ed25519:GmaDrppBC7P5ARKV8g3djiwP89vz1jLK23V2GBjuAEGB";
    let url = dead.server.url();
    let clinic = clinic
        .run(&["key", "alice.near", key, "--network", "siwn-devnet", "--rpc", &url], &[&dead])
        .run(&["key", "alice.near", key, "--network", "siwn-devnet"], &[])
        .run(&["key", "Alice.near", key], &[])
        .run(&["key", "alice.near", "ml-dsa-65-hash:FeZjwz1HMviq6fEc15qCPJ6RP2t4N2S4R1JiBiGDZAjW"], &[])
        .run(&["key", "alice.near", ""], &[]);
    insta::assert_snapshot!(clinic.transcript.0);
}
