//! The server as a process: started, kept to a processor of its own where that can be done, and weighed.

use std::fmt;
use std::fs;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::Failure;
use crate::client::Connection;
use crate::stores::{Kept, Store};

/// How long a server may take to answer for the first time.
const START: Duration = Duration::from_secs(20);
/// In these, Linux tells programs their processor time.
const TICK: Duration = Duration::from_millis(10);

/// Which processors the server and the people have.
#[derive(Clone, Copy)]
pub(crate) enum Processors {
    /// The server has the first, this process the second.
    OneEach,
    /// Whatever the scheduler gives.
    Shared,
}

/// What is served.
#[derive(Clone, Copy)]
pub(crate) enum Program {
    Bare,
    Siwn(Store, Log),
    /// With sessions remembered for a proxy, or not.
    Forwarding(Store, Memory),
}

/// Whether a proxy is answered from memory.
#[derive(Clone, Copy)]
pub(crate) enum Memory {
    On,
    Off,
}

/// What is logged, into a file.
#[derive(Clone, Copy)]
pub(crate) enum Log {
    Warnings,
    /// Each request is a line: the default of the server.
    Requests,
}

/// What the server is told of the chain.
pub(crate) struct Node {
    pub(crate) url: String,
    pub(crate) network: String,
}

/// A server that runs, with its store. It ends when this is dropped.
pub(crate) struct Server {
    child: Child,
    port: u16,
    // Ends after the server.
    store: Kept,
    _directory: TempDir,
}

impl Processors {
    /// Keeps this process to the second processor, if there is one and `taskset` is there. Before there are threads.
    pub(crate) fn divide() -> Self {
        if move_to("1") { Self::OneEach } else { Self::Shared }
    }

    /// What `start` starts has the server's processor. On the thread that divided them.
    fn beside_the_server<T>(self, start: impl FnOnce() -> T) -> Result<T, Failure> {
        let is_there = |processor| matches!(self, Self::Shared) || move_to(processor);
        if !is_there("0") {
            return Err("this process cannot be moved to the server's processor".into());
        }
        let started = start();
        if is_there("1") { Ok(started) } else { Err("this process cannot be moved back to its processor".into()) }
    }

    fn command(self, program: &Path) -> Command {
        match self {
            Self::Shared => Command::new(program),
            Self::OneEach => {
                let mut command = Command::new("taskset");
                command.args(["-c".as_ref(), "0".as_ref(), program.as_os_str()]);
                command
            }
        }
    }
}

/// Moves this process's first thread to a processor; answers whether that could be done.
fn move_to(processor: &str) -> bool {
    let this = std::process::id().to_string();
    let taskset = Command::new("taskset").args(["-c", "-p", processor, &this]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    taskset.is_ok_and(|status| status.success())
}

impl fmt::Display for Processors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OneEach => "the server and its store on one processor, people and node on another",
            Self::Shared => "server, store, people and node on all processors",
        })
    }
}

impl Server {
    /// Starts `program` with a store of its own, and waits for its first answer.
    pub(crate) async fn start(program: Program, processors: Processors, node: &Node) -> Result<Self, Failure> {
        let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let store = match program {
            Program::Bare => Kept::Memory,
            Program::Siwn(store, _) | Program::Forwarding(store, _) => processors.beside_the_server(|| store.start())?,
        };
        let command = match program {
            Program::Bare => bare(processors.command(&std::env::current_exe()?), port),
            Program::Siwn(_, log) => {
                let command = processors.command(Path::new(env!("CARGO_BIN_EXE_siwn")));
                siwn(command, port, &store.url()?, log, node)
            }
            Program::Forwarding(_, memory) => {
                let command = processors.command(Path::new(env!("CARGO_BIN_EXE_siwn")));
                let mut command = siwn(command, port, &store.url()?, Log::Warnings, node);
                let forward_cache = match memory {
                    Memory::On => "5s",
                    Memory::Off => "0s",
                };
                command.env("SIWN_TRUSTED_PROXIES", "127.0.0.1").env("SIWN_FORWARD_CACHE", forward_cache);
                command
            }
        };
        let log = directory.path().join("log");
        let mut server = Self { child: spawn(command, &log)?, port, store, _directory: directory };
        let latest = Instant::now() + START;
        while let Err(failure) = server.answer().await {
            if server.child.try_wait()?.is_some() || Instant::now() > latest {
                return Err(format!("the server does not start: {failure}; its log: {}", fs::read_to_string(log)?).into());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(server)
    }

    pub(crate) async fn connect(&self) -> io::Result<Connection> {
        Connection::open(self.port).await
    }

    async fn answer(&self) -> Result<(), Failure> {
        self.connect().await?.challenge().await.map(drop)
    }

    /// The processor time that it took so far, in user space and in the kernel, and that its store's server took.
    pub(crate) fn processor_time(&self) -> Result<(Duration, Duration), Failure> {
        let own = time_of(&self.read("stat")?)?;
        let mut store = Duration::ZERO;
        for process in self.store.processes() {
            // One that has just ended is counted where its parent's children are.
            if let Ok(stat) = fs::read_to_string(format!("/proc/{process}/stat")) {
                store += time_of(&stat)?;
            }
        }
        Ok((own, store))
    }

    /// The memory that it holds, in MiB.
    pub(crate) fn memory(&self) -> Result<f64, Failure> {
        let status = self.read("status")?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS in status")?;
        let kibibytes: u32 = line.trim().trim_end_matches(" kB").parse()?;
        Ok(f64::from(kibibytes) / 1024.0)
    }

    fn read(&self, file: &str) -> io::Result<String> {
        fs::read_to_string(format!("/proc/{}/{file}", self.child.id()))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself, which was noticed by then.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn bare(mut command: Command, port: u16) -> Command {
    command.args(["--bare", &port.to_string()]);
    command
}

fn siwn(mut command: Command, port: u16, store: &str, log: Log, node: &Node) -> Command {
    let level = match log {
        Log::Warnings => "warn",
        Log::Requests => "info",
    };
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("SIWN_")) {
        command.env_remove(name);
    }
    command
        .arg("serve")
        .env("SIWN_RECIPIENT", "localhost")
        .env("SIWN_LISTEN", format!("127.0.0.1:{port}"))
        .env("SIWN_NETWORK", &node.network)
        .env("SIWN_RPC", &node.url)
        .env("SIWN_STORE", store)
        // One person signs in here more often than any person does.
        .env("SIWN_INITIATE_LIMIT", "off")
        .env("SIWN_VERIFY_LIMIT", "off")
        .env("SIWN_ACCOUNT_LIMIT", "off")
        .env("SIWN_LOG", level);
    command
}

/// A process's time, and that of its children that have ended.
fn time_of(stat: &str) -> Result<Duration, Failure> {
    // The program's name stands in brackets, and may hold anything; the times are fields 14 to 17, the 12th to 15th behind it.
    let (_, fields) = stat.rsplit_once(')').ok_or("no name in stat")?;
    let times = fields.split_ascii_whitespace().skip(11).take(4).map(str::parse::<u32>);
    Ok(TICK * times.sum::<Result<u32, _>>()?)
}

fn spawn(mut command: Command, log: &Path) -> Result<Child, Failure> {
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(fs::File::create(log)?).spawn();
    Ok(child.map_err(|error| format!("{}: {error}", command.get_program().display()))?)
}
