//! Redis: alone, with TLS, and a cluster of three.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use super::certificates::Certificates;
use super::process::{Process, folder};
use super::{free_port, wait_for};

/// One server. Nothing outlives its kill unless it is told to persist.
pub(crate) struct Redis {
    port: u16,
    // Ends before its folder goes.
    process: Process,
    more: Vec<String>,
    certificates: Option<Certificates>,
    folder: TempDir,
}

impl Redis {
    /// A server that keeps everything in memory.
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    /// A server with more options, as on its command line.
    pub(crate) fn start_with(more: &[&str]) -> Self {
        Self::start_in(folder(), free_port(), None, more)
    }

    /// A server that speaks TLS only.
    pub(crate) fn start_with_tls() -> Self {
        let folder = folder();
        let certificates = Certificates::new(folder.path());
        Self::start_in(folder, free_port(), Some(certificates), &[])
    }

    fn start_in(folder: TempDir, port: u16, certificates: Option<Certificates>, more: &[&str]) -> Self {
        let more: Vec<_> = more.iter().map(|&option| option.to_owned()).collect();
        let process = Process::start("redis-server", command(port, certificates.as_ref(), &more, folder.path()), folder.path());
        let mut redis = Self { port, process, more, certificates, folder };
        redis.wait();
        redis
    }

    /// As in `redis://127.0.0.1:1234`.
    pub(crate) fn url(&self) -> String {
        match self.certificates {
            Some(_) => format!("rediss://localhost:{}", self.port),
            None => format!("redis://127.0.0.1:{}", self.port),
        }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The file of who signed the server's certificate.
    pub(crate) fn authority(&self) -> &Path {
        &self.certificates.as_ref().expect("started with TLS").authority
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// SIGKILL.
    pub(crate) fn kill(&mut self) {
        self.process.kill();
    }

    /// Starts the killed server again, on its port and in its folder.
    pub(crate) fn start_again(&mut self) {
        let command = command(self.port, self.certificates.as_ref(), &self.more, self.folder.path());
        self.process.start_again(command, self.folder.path());
        self.wait();
    }

    /// The server answers nobody, and keeps its connections.
    pub(crate) fn pause(&self) {
        self.process.signal("STOP");
    }

    pub(crate) fn resume(&self) {
        self.process.signal("CONT");
    }

    /// What the server answers to a command without spaces in its words, as it comes: `+OK`, `:1`, `$3`…
    pub(crate) fn say(&self, command: &str) -> String {
        say(self.port, command).expect("the server answers")
    }

    fn wait(&mut self) {
        wait_for("redis-server", || {
            self.process.expect_running(self.folder.path());
            if self.certificates.is_some() {
                return TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).ok().map(drop);
            }
            // Anything but "still loading": it may ask for a password first.
            say(self.port, "PING").filter(|answer| !answer.starts_with("-LOADING")).map(drop)
        });
    }
}

fn command(port: u16, certificates: Option<&Certificates>, more: &[String], folder: &Path) -> Command {
    let mut command = Command::new("redis-server");
    command.args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction", "--dir"]);
    command.arg(folder);
    match certificates {
        Some(Certificates { authority, certificate, key }) => {
            command.args(["--port", "0", "--tls-port", &port.to_string(), "--tls-auth-clients", "no"]);
            command.arg("--tls-ca-cert-file").arg(authority).arg("--tls-cert-file").arg(certificate).arg("--tls-key-file").arg(key);
        }
        None => {
            command.args(["--port", &port.to_string()]);
        }
    }
    command.args(more);
    command
}

fn say(port: u16, command: &str) -> Option<String> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    write!(stream, "{command}\r\n").ok()?;
    let mut answer = [0; 4096];
    let length = stream.read(&mut answer).ok().filter(|length| *length > 0)?;
    Some(String::from_utf8_lossy(&answer[..length]).trim_end().to_owned())
}

/// Three servers that share the slots, without replicas.
pub(crate) struct RedisCluster {
    pub(crate) nodes: Vec<Redis>,
}

impl RedisCluster {
    pub(crate) fn start() -> Self {
        let node = |_| {
            let bus = free_port().to_string();
            Redis::start_with(&["--cluster-enabled", "yes", "--cluster-port", &bus, "--cluster-node-timeout", "2000"])
        };
        let nodes: Vec<_> = (0..3).map(node).collect();
        let addresses = nodes.iter().map(|node| format!("127.0.0.1:{}", node.port));
        let made = Command::new("redis-cli").args(["--cluster", "create"]).args(addresses).arg("--cluster-yes").output();
        let made = made.expect("redis-cli is installed: scripts/test installs it");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stdout));
        for node in &nodes {
            wait_for("the cluster", || node.say("CLUSTER INFO").contains("cluster_state:ok").then_some(()));
        }
        Self { nodes }
    }

    /// The URL of each node.
    pub(crate) fn urls(&self) -> Vec<String> {
        self.nodes.iter().map(Redis::url).collect()
    }
}
