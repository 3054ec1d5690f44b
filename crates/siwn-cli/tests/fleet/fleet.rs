//! Processes of `siwn serve` that share a store, a secret and a devnet.

use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use siwn_devnet::{Devnet, DevnetServer};
use tempfile::TempDir;

use super::client;
use super::people::{Person, register};
use super::servers::{Process, folder, free_port};

/// How long something may take that comes up by itself.
const PATIENCE: Duration = Duration::from_mins(1);
const SECRET: &str = "7777777777777777777777777777777777777777777777777777777777777777";

pub(crate) struct Fleet {
    pub(crate) people: Vec<Person>,
    ships: Vec<Ship>,
    _node: DevnetServer,
}

struct Ship {
    port: u16,
    process: Mutex<Process>,
    store: String,
    node: String,
    network: String,
    folder: TempDir,
}

impl Fleet {
    /// Starts `processes` at once on the store at `store`, and waits until all of them are ready.
    pub(crate) async fn start(store: &str, processes: usize, people: u32) -> Arc<Self> {
        let devnet = Devnet::new(Arc::new(|| SystemTime::now().into()));
        let people = register(&devnet, people);
        let node = devnet.listen().await.unwrap();
        tokio::spawn(devnet.clone().run());
        let network = devnet.network().chain_id().to_string();
        let ships: Vec<_> = (0..processes).map(|_| Ship::start(store, &node.url(), &network)).collect();
        let fleet = Self { people, ships, _node: node };
        for ship in 0..processes {
            fleet.wait_until_ready(ship).await;
        }
        Arc::new(fleet)
    }

    /// The port of process `number`, counted round and round.
    pub(crate) fn port(&self, number: usize) -> u16 {
        self.ships[number % self.ships.len()].port
    }

    pub(crate) fn person(&self, number: usize) -> &Person {
        &self.people[number % self.people.len()]
    }

    /// Kills process `number` and starts it again. It comes up by itself.
    pub(crate) fn crash(&self, number: usize) {
        let ship = &self.ships[number % self.ships.len()];
        let mut process = ship.process.lock().unwrap();
        process.kill();
        process.start_again(ship.command(), ship.folder.path());
    }

    /// Waits until process `number` is ready; starts it again where it gave up, as a supervisor would.
    pub(crate) async fn wait_until_ready(&self, number: usize) {
        let ship = &self.ships[number % self.ships.len()];
        let since = Instant::now();
        while !client::is_ready(ship.port).await {
            ship.revive();
            assert!(since.elapsed() < PATIENCE, "process {number} is not ready: {}", ship.log());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Starts those again that gave up because their store was not there.
    pub(crate) fn revive(&self) {
        self.ships.iter().for_each(Ship::revive);
    }
}

impl Ship {
    fn start(store: &str, node: &str, network: &str) -> Self {
        let (port, folder) = (free_port(), folder());
        let text = str::to_owned;
        let command = command(port, store, node, network);
        let process = Mutex::new(Process::start("siwn", command, folder.path()));
        Self { port, process, store: text(store), node: text(node), network: text(network), folder }
    }

    fn command(&self) -> Command {
        command(self.port, &self.store, &self.node, &self.network)
    }

    fn revive(&self) {
        let mut process = self.process.lock().unwrap();
        if process.has_ended() {
            process.kill();
            process.start_again(self.command(), self.folder.path());
        }
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("siwn.log")).unwrap_or_default()
    }
}

fn command(port: u16, store: &str, node: &str, network: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_siwn"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("SIWN_")) {
        command.env_remove(name);
    }
    command
        .arg("serve")
        .env("SIWN_RECIPIENT", "localhost")
        .env("SIWN_LISTEN", format!("127.0.0.1:{port}"))
        .env("SIWN_NETWORK", network)
        .env("SIWN_RPC", node)
        .env("SIWN_STORE", store)
        .env("SIWN_SECRET", SECRET)
        .env("SIWN_LOG", "warn");
    command
}
