//! `siwn doctor` beside nodes that are well and ill, as the files in `tests/snapshots` write it down; what is measured is masked.

#![expect(clippy::unwrap_used, reason = "these are tests")]

mod clinic;
mod transcript;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use clinic::Clinic;
use serde_json::Value;
use siwn_devnet::{Devnet, Fault, Flavour};

#[test]
fn endpoints() {
    let clinic = Clinic::new();
    let good = clinic.node("good.example", &[]);
    let older = Devnet::new(Arc::new(|| SystemTime::now().into()));
    older.set_flavour(Flavour::ReadRpc);
    let older = clinic.node_of("older.example", &older);
    let lagging = clinic.node("lagging.example", &[Fault::Lagging(Duration::from_mins(2))]);
    let other = clinic.node("other.example", &[Fault::WrongNetwork]);
    let dead = clinic.node("dead.example", &[Fault::Reset]);
    let hanging = clinic.node("hanging.example", &[Fault::Hang]);
    let limited = clinic.node("limited.example", &[Fault::TooManyRequests { retry_after: Some(30) }]);
    let page = clinic.node("page.example", &[Fault::Garbage]);
    let syncing = clinic.node("syncing.example", &[Fault::NotSynced]);
    clinic.store("siwn.db");
    let store = format!("sqlite:{}", clinic.path("siwn.db"));
    let store = ["--store", &store];
    let quick = [&store[..], &["--rpc-timeout", "100ms"]].concat();

    let clinic = clinic
        .examine(&[&good], &store)
        .examine(&[&lagging], &store)
        .examine(&[&other], &store)
        .examine(&[&dead], &store)
        .examine(&[&hanging], &quick)
        .examine(&[&good, &older, &lagging, &other, &dead, &limited, &page, &syncing], &store);
    insta::assert_snapshot!(clinic.transcript.0);
}

#[test]
fn as_json() {
    let clinic = Clinic::new();
    let (good, lagging) =
        (clinic.node("good.example", &[]), clinic.node("lagging.example", &[Fault::Lagging(Duration::from_mins(2))]));
    let clinic = clinic.examine(&[&good, &lagging], &["--store", "memory:", "--json"]);
    let json: Value = serde_json::from_str(
        clinic.transcript.0.split_once('\n').unwrap().1.split("error: ").next().unwrap().replace('…', "null").as_str(),
    )
    .unwrap();
    assert_eq!(json["ok"], false);
    insta::assert_snapshot!(clinic.transcript.0);
}

#[test]
fn nothing_configured() {
    // The public endpoints are other people's: a test does not ask them.
    let clinic = Clinic::new().run(&["doctor", "--network", "x", "--store", "memory:"], &[]);
    let clinic = clinic.run(&["doctor", "--rpc-timeout", "1ms", "--rpc", "http://127.0.0.1:1", "--store", "memory:"], &[]);
    insta::assert_snapshot!(clinic.transcript.0);
}

#[test]
fn clocks() {
    let clinic = Clinic::new();
    let minute = Duration::from_mins(1);
    let ahead = clinic.node_at("ahead.example", minute, Duration::ZERO, &[]);
    let some = clinic.node_at("ahead.example", Duration::from_secs(6), Duration::ZERO, &[]);
    let behind = clinic.node_at("behind.example", Duration::ZERO, Duration::from_secs(20), &[]);
    let clinic = clinic
        .examine(&[&ahead], &["--store", "memory:"])
        .examine(&[&some], &["--store", "memory:"])
        .examine(&[&behind], &["--store", "memory:"]);
    insta::assert_snapshot!(clinic.transcript.0);
}

#[test]
fn stores() {
    let clinic = Clinic::new();
    let good = clinic.node("good.example", &[]);
    for name in ["good.db", "open to all.db", "newer.db"] {
        clinic.store(name);
    }
    fs::set_permissions(clinic.path("open to all.db"), fs::Permissions::from_mode(0o644)).unwrap();
    let mut newer = fs::read(clinic.path("newer.db")).unwrap();
    newer[60..64].copy_from_slice(&9_u32.to_be_bytes());
    fs::write(clinic.path("newer.db"), newer).unwrap();
    fs::write(clinic.path("text.db"), "this is the text of a file that is no database, and it is long enough to be looked at")
        .unwrap();

    let names = ["good.db", "open to all.db", "new.db", "no/such/folder.db", "text.db", "newer.db", ""];
    let before = fs::read_dir(clinic.folder.path()).unwrap().count();
    let clinic = names.iter().fold(clinic, |clinic, name| {
        let store = format!("sqlite:{}", clinic.path(name));
        clinic.examine(&[&good], &["--store", &store])
    });
    assert_eq!(fs::read_dir(clinic.folder.path()).unwrap().count(), before, "nothing was made");
    let clinic = clinic.examine(&[&good], &["--store", "redis://me:secret@127.0.0.1:1"]);
    let lines = clinic.transcript.0.lines().filter(|line| !line.contains("  clock: ") && !line.contains("  endpoint "));
    insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"));
}
