//! A server's process, in a folder of its own. It never outlives the test's process, however that ends.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// Waits for the test's process to end, which closes its standard input, and tidies up after it. A line tells it that there is no need.
const WATCH: &str = r#"read -r _ || { kill -CONT "$1"; kill -KILL "$1"; rm -rf "$2"; } 2>/dev/null"#;

pub(crate) struct Process {
    name: &'static str,
    /// None while it is killed.
    running: Option<Running>,
}

struct Running {
    server: Child,
    watch: Child,
}

impl Process {
    /// Starts `command`, whose files are all in `folder`. What it says goes to a file there.
    pub(crate) fn start(name: &'static str, command: Command, folder: &Path) -> Self {
        let mut process = Self { name, running: None };
        process.start_again(command, folder);
        process
    }

    pub(crate) fn start_again(&mut self, mut command: Command, folder: &Path) {
        let said = fs::File::options().create(true).append(true).open(said_by(self.name, folder)).unwrap();
        let server = command.stdin(Stdio::null()).stdout(said.try_clone().unwrap()).stderr(said).spawn();
        let server = server.unwrap_or_else(|error| panic!("{} cannot be started ({error}): scripts/test installs it", self.name));
        let watch = Command::new("sh")
            .args(["-c", WATCH, "watch", &server.id().to_string()])
            .arg(folder)
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        self.running = Some(Running { server, watch });
    }

    /// Its id; panics where it has ended by itself, with what it said.
    pub(crate) fn expect_running(&mut self, folder: &Path) -> u32 {
        let running = self.running.as_mut().expect("it was started");
        if let Some(status) = running.server.try_wait().unwrap() {
            let said = fs::read_to_string(said_by(self.name, folder)).unwrap_or_default();
            panic!("{} ended with {status}:\n{said}", self.name);
        }
        running.server.id()
    }

    /// Whether it has ended by itself.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.running.as_mut().is_none_or(|running| running.server.try_wait().unwrap().is_some())
    }

    /// Sends it a signal, by name.
    pub(crate) fn signal(&self, signal: &str) {
        if let Some(running) = &self.running {
            signal_to(signal, running.server.id());
        }
    }

    /// SIGKILL, and waits until it is gone.
    pub(crate) fn kill(&mut self) {
        if let Some(mut running) = self.running.take() {
            let _ = running.server.kill();
            let _ = running.server.wait();
            let _ = running.watch.stdin.take().unwrap().write_all(b"over\n");
            let _ = running.watch.wait();
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

fn said_by(name: &str, folder: &Path) -> PathBuf {
    folder.join(format!("{name}.log"))
}

pub(super) fn signal_to(signal: &str, process: u32) {
    let status = Command::new("sh").args(["-c", r#"kill "-$1" "$2""#, "signal", signal, &process.to_string()]).status().unwrap();
    assert!(status.success(), "SIG{signal} reaches process {process}");
}

/// A folder for a server's files. Its path is short, because a socket's may have 107 characters only.
pub(crate) fn folder() -> TempDir {
    tempfile::Builder::new().prefix("siwn-").tempdir().unwrap()
}
