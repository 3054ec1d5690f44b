//! Runs of the binary beside nodes that are well and ill. What is measured is masked.

#![allow(dead_code, reason = "not every test uses everything")]

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use siwn::{Generation, UnixMillis};
use siwn_devnet::{Devnet, DevnetServer, Fault};
use siwn_store::{KeptSecrets as _, SqliteStore};
use tokio::runtime::Runtime;

use crate::transcript::Transcript;

/// A node, and its name in the snapshots.
pub(crate) struct Node {
    pub(crate) name: &'static str,
    pub(crate) server: DevnetServer,
}

/// Runs of `siwn doctor` in a folder of their own, each beside some nodes.
pub(crate) struct Clinic {
    pub(crate) runtime: Runtime,
    pub(crate) folder: tempfile::TempDir,
    pub(crate) transcript: Transcript,
}

impl Clinic {
    pub(crate) fn new() -> Self {
        let transcript = Transcript::default();
        Self { runtime: Runtime::new().unwrap(), folder: tempfile::tempdir().unwrap(), transcript }
    }

    /// A node whose clock is `ahead` of this machine's, and `behind`.
    pub(crate) fn node_at(&self, name: &'static str, ahead: Duration, behind: Duration, faults: &[Fault]) -> Node {
        let devnet = Devnet::new(Arc::new(move || UnixMillis::from(SystemTime::now() + ahead - behind)));
        for fault in faults {
            devnet.fail(*fault);
        }
        self.node_of(name, &devnet)
    }

    pub(crate) fn node_of(&self, name: &'static str, devnet: &Devnet) -> Node {
        Node { name, server: self.runtime.block_on(devnet.listen()).unwrap() }
    }

    pub(crate) fn node(&self, name: &'static str, faults: &[Fault]) -> Node {
        self.node_at(name, Duration::ZERO, Duration::ZERO, faults)
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    /// Makes a store, with a secret in it.
    pub(crate) fn store(&self, name: &str) {
        let clock = Arc::new(|| SystemTime::now().into());
        let store = SqliteStore::open_file(Path::new(&self.path(name)), Generation::from_bytes([1; 16]), clock).unwrap();
        self.runtime.block_on(store.kept_secrets(&"07".repeat(32))).unwrap();
        self.runtime.block_on(store.shutdown());
    }

    pub(crate) fn examine(self, nodes: &[&Node], more: &[&str]) -> Self {
        let rpc = nodes.iter().map(|node| node.server.url() + "/?apiKey=secret").collect::<Vec<_>>().join(",");
        let arguments = ["doctor", "--recipient", "app.example", "--network", "siwn-devnet", "--rpc", &rpc];
        self.run(&[&arguments, more].concat(), nodes)
    }

    pub(crate) fn run(mut self, arguments: &[&str], nodes: &[&Node]) -> Self {
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
