//! `siwn doctor` beside nodes that are well and ill, as the files in `tests/snapshots` write it down; what is measured is masked.

#![expect(clippy::unwrap_used, reason = "these are tests")]

mod transcript;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde_json::Value;
use siwn::{Generation, UnixMillis};
use siwn_devnet::{Devnet, DevnetServer, Fault};
use siwn_store::SqliteStore;
use tokio::runtime::Runtime;
use transcript::Transcript;

/// A node, and its name in the snapshots.
struct Node {
    name: &'static str,
    server: DevnetServer,
}

/// Runs of `siwn doctor` in a folder of their own, each beside some nodes.
struct Clinic {
    runtime: Runtime,
    folder: tempfile::TempDir,
    transcript: Transcript,
}

impl Clinic {
    fn new() -> Self {
        let transcript = Transcript::default();
        Self { runtime: Runtime::new().unwrap(), folder: tempfile::tempdir().unwrap(), transcript }
    }

    /// A node whose clock is `ahead` of this machine's, and `behind`.
    fn node_at(&self, name: &'static str, ahead: Duration, behind: Duration, faults: &[Fault]) -> Node {
        let devnet = Devnet::new(Arc::new(move || UnixMillis::from(SystemTime::now() + ahead - behind)));
        for fault in faults {
            devnet.fail(*fault);
        }
        Node { name, server: self.runtime.block_on(devnet.listen()).unwrap() }
    }

    fn node(&self, name: &'static str, faults: &[Fault]) -> Node {
        self.node_at(name, Duration::ZERO, Duration::ZERO, faults)
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    /// Makes a store, with a secret in it.
    fn store(&self, name: &str) {
        let clock = Arc::new(|| SystemTime::now().into());
        let store = SqliteStore::open_file(Path::new(&self.path(name)), Generation::from_bytes([1; 16]), clock).unwrap();
        self.runtime.block_on(store.kept_secret([7; 32])).unwrap();
        self.runtime.block_on(store.shutdown());
    }

    fn examine(self, nodes: &[&Node], more: &[&str]) -> Self {
        let rpc = nodes.iter().map(|node| node.server.url() + "/?apiKey=secret").collect::<Vec<_>>().join(",");
        let arguments = ["doctor", "--recipient", "app.example", "--network", "siwn-devnet", "--rpc", &rpc];
        self.run(&[&arguments, more].concat(), nodes)
    }

    fn run(mut self, arguments: &[&str], nodes: &[&Node]) -> Self {
        let transcript = std::mem::take(&mut self.transcript).run(arguments);
        let text = nodes.iter().fold(transcript.0, |text, node| {
            text.replace(
                &format!("http://{}/?apiKey=secret", node.server.address()),
                &format!("https://{}/?apiKey=secret", node.name),
            )
            .replace(&node.server.address().to_string(), node.name)
        });
        let text = text.replace(self.folder.path().to_str().unwrap(), "/var/lib/siwn");
        Self { transcript: Transcript(masked(&text)), ..self }
    }
}

/// What was measured, left out: `1.2 s`, `3 ms`, and in JSON the members that are measured.
fn masked(text: &str) -> String {
    let line = |line: &str| {
        let measured = ["\"blockHeight\": ", "\"blockHash\": ", "\"blockTime\": ", "\"blockAgeMs\": ", "\"latencyMs\": "];
        if let Some(member) = measured.iter().find(|member| line.trim_start().starts_with(**member)) {
            let end = if line.ends_with(',') { "," } else { "" };
            return line.split(member).next().unwrap().to_owned() + member + "…" + end;
        }
        let words = line.split(' ').collect::<Vec<_>>();
        let unit = |word: &&str| ["s", "ms", "s,", "ms,"].contains(word);
        let is_number = |word: &str| word.starts_with(|digit: char| digit.is_ascii_digit());
        let shown = words.iter().enumerate().map(|(at, word)| match words.get(at + 1) {
            Some(next) if unit(next) && is_number(word) => "…",
            _ => word,
        });
        shown.collect::<Vec<_>>().join(" ")
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n") + "\n"
}

#[test]
fn endpoints() {
    let clinic = Clinic::new();
    let good = clinic.node("good.example", &[]);
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
        .examine(&[&good, &lagging, &other, &dead, &limited, &page, &syncing], &store);
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
    let lines = clinic.transcript.0.lines().filter(|line| !line.contains("  clock: ") && !line.contains("  endpoint "));
    insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"));
}
