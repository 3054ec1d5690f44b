//! PostgreSQL, from its own folder of programs, for the user that it insists on.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};

use tempfile::TempDir;

use super::certificates::Certificates;
use super::process::{Process, folder, signal_to};
use super::{free_port, wait_for};

/// A cluster of databases of its own.
///
/// `fsync` is off: a killed process loses nothing that the system has.
pub(crate) struct Postgres {
    port: u16,
    // Ends before its folder goes.
    process: Process,
    more: Vec<String>,
    folder: TempDir,
    databases: AtomicU64,
}

impl Postgres {
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    /// A server with more settings, as in `max_connections=20`.
    pub(crate) fn start_with(more: &[&str]) -> Self {
        let folder = folder();
        own(folder.path());
        run(program("initdb")
            .args(["--auth=trust", "--username=siwn", "--encoding=UTF8", "--no-sync", "--pgdata"])
            .arg(cluster(&folder)));
        Self::start_in(folder, more)
    }

    /// A server that speaks TLS, and wants the password `se+cret`.
    pub(crate) fn start_with_tls() -> Self {
        let folder = folder();
        own(folder.path());
        run(program("initdb")
            .args(["--username=siwn", "--encoding=UTF8", "--no-sync", "--auth=trust", "--pgdata"])
            .arg(cluster(&folder)));
        let Certificates { certificate, key, .. } = Certificates::new(folder.path());
        own(&key);
        own(&certificate);
        let rules = "local all all trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n";
        fs::write(cluster(&folder).join("pg_hba.conf"), rules).unwrap();
        let (certificate, key) = (certificate.display(), key.display());
        let settings = ["ssl=on".to_owned(), format!("ssl_cert_file={certificate}"), format!("ssl_key_file={key}")];
        let server = Self::start_in(folder, &settings.each_ref().map(String::as_str));
        server.run_sql("postgres", "ALTER USER siwn PASSWORD 'se+cret'");
        server
    }

    /// A server on a copy of this one's files, as it is when a backup is put back. This one goes on.
    pub(crate) fn restored(&self) -> Self {
        let folder = folder();
        own(folder.path());
        self.back_up(&cluster(&folder), &[]);
        Self::start_in(folder, &[])
    }

    /// A server that follows this one and cannot be written to, until it is promoted.
    pub(crate) fn standby(&self) -> Self {
        let folder = folder();
        own(folder.path());
        self.back_up(&cluster(&folder), &["--write-recovery-conf"]);
        Self::start_in(folder, &[])
    }

    fn back_up(&self, to: &Path, more: &[&str]) {
        let mut command = program("pg_basebackup");
        command.arg("--host").arg(self.folder.path()).args(["--port", &self.port.to_string(), "--username=siwn"]);
        run(command.args(["--no-sync", "--checkpoint=fast", "--wal-method=stream"]).args(more).arg("--pgdata").arg(to));
    }

    fn start_in(folder: TempDir, more: &[&str]) -> Self {
        let port = free_port();
        let more: Vec<_> = more.iter().map(|&setting| setting.to_owned()).collect();
        let process = Process::start("postgres", command(port, &more, &folder), folder.path());
        let mut server = Self { port, process, more, folder, databases: AtomicU64::new(0) };
        server.wait();
        server
    }

    /// The URL of a new, empty database, over TCP.
    pub(crate) fn database(&self) -> String {
        let name = format!("siwn{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.run_sql("postgres", &format!("CREATE DATABASE {name}"));
        self.url(&name)
    }

    /// The URL of a database, over TCP.
    pub(crate) fn url(&self, database: &str) -> String {
        format!("postgres://siwn@127.0.0.1:{}/{database}", self.port)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Where its socket is.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The file of who signed the server's certificate.
    pub(crate) fn authority(&self) -> PathBuf {
        self.folder.path().join("authority.crt")
    }

    /// Runs SQL as the owner of everything; answers the fields, `|` between them, a line for a row.
    pub(crate) fn run_sql(&self, database: &str, sql: &str) -> String {
        let mut command = program("psql");
        command.arg("--host").arg(self.folder.path()).args(["--port", &self.port.to_string(), "--username=siwn", "--no-psqlrc"]);
        run(command.args([
            "--quiet",
            "--tuples-only",
            "--no-align",
            "--set=ON_ERROR_STOP=1",
            "--dbname",
            database,
            "--command",
            sql,
        ]))
    }

    /// Holds what `sql` locks, until the answer is dropped.
    pub(crate) fn lock(&self, database: &str, sql: &str) -> Lock {
        let mut command = program("psql");
        command.arg("--host").arg(self.folder.path()).args(["--port", &self.port.to_string(), "--username=siwn", "--no-psqlrc"]);
        command.args(["--quiet", "--tuples-only", "--no-align", "--dbname", database]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut client = command.spawn().unwrap();
        // It ends with its standard input.
        writeln!(client.stdin.as_mut().unwrap(), "BEGIN;\n{sql};\nSELECT 'locked';").unwrap();
        let said = BufReader::new(client.stdout.take().unwrap()).lines();
        assert!(said.map_while(Result::ok).any(|line| line == "locked"), "{sql}");
        Lock { client }
    }

    /// What the server wrote into its log.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("postgres.log")).unwrap()
    }

    /// SIGKILL for the server and for all that it started, as when the machine's memory is used up.
    pub(crate) fn kill(&mut self) {
        // While it stands still, it has no more children.
        self.process.signal("STOP");
        let children = self.children();
        self.process.kill();
        for child in &children {
            // It may have noticed by itself.
            let _ = Command::new("sh").args(["-c", r#"kill -KILL "$1" 2>/dev/null"#, "kill", &child.to_string()]).status();
        }
        // What still holds the shared memory would keep the next server from starting.
        wait_for("the end of the server's processes", || children.iter().all(|child| !is_alive(*child)).then_some(()));
    }

    /// Starts the killed server again, on its port and in its folder.
    pub(crate) fn start_again(&mut self) {
        self.process.start_again(command(self.port, &self.more, &self.folder), self.folder.path());
        self.wait();
    }

    /// All of its processes stop where they are: nobody is answered, and connections stay.
    pub(crate) fn pause(&self) {
        self.process.signal("STOP");
        self.children().into_iter().for_each(|child| signal_to("STOP", child));
    }

    pub(crate) fn resume(&self) {
        self.children().into_iter().for_each(|child| signal_to("CONT", child));
        self.process.signal("CONT");
    }

    /// Makes a standby a server that can be written to.
    pub(crate) fn promote(&self) {
        self.run_sql("postgres", "SELECT pg_promote()");
    }

    fn children(&self) -> Vec<u32> {
        let postmaster = fs::read_to_string(cluster(&self.folder).join("postmaster.pid")).unwrap();
        children_of(postmaster.lines().next().unwrap().parse().unwrap())
    }

    fn wait(&mut self) {
        wait_for("postgres", || {
            self.process.expect_running(self.folder.path());
            let mut ask = program("pg_isready");
            ask.arg("--host").arg(self.folder.path()).args(["--port", &self.port.to_string(), "--username=siwn", "--quiet"]);
            ask.status().unwrap().success().then_some(())
        });
    }
}

/// A client that holds a lock.
pub(crate) struct Lock {
    client: Child,
}

impl Drop for Lock {
    fn drop(&mut self) {
        drop(self.client.stdin.take());
        let _ = self.client.wait();
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // A child that is stopped would not notice the end of its parent.
        if !self.process.has_ended() {
            self.kill();
        }
    }
}

fn command(port: u16, more: &[String], folder: &TempDir) -> Command {
    let mut command = program("postgres");
    command.arg("-D").arg(cluster(folder)).arg("-k").arg(folder.path()).args(["-h", "127.0.0.1", "-p", &port.to_string()]);
    for setting in ["fsync=off", "shared_buffers=16MB", "max_connections=300", "log_min_messages=warning"] {
        command.args(["-c", setting]);
    }
    for setting in more {
        command.args(["-c", setting]);
    }
    command
}

fn cluster(folder: &TempDir) -> PathBuf {
    folder.path().join("cluster")
}

/// One of PostgreSQL's programs, of the newest version that is installed, to be run by the user that may.
fn program(name: &str) -> Command {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let installed = versions.map(|version| version.path().join("bin")).filter(|folder| folder.join("postgres").exists());
    let version = |folder: &PathBuf| folder.parent()?.file_name()?.to_str()?.parse::<u32>().ok();
    let programs = installed.max_by_key(version).expect("postgresql is installed: scripts/test installs it");
    let program = programs.join(name);
    if user().is_none() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--init-groups"]).arg(program).current_dir("/");
    command
}

/// Whose server it must be: PostgreSQL refuses to run as root.
fn user() -> Option<(u32, u32)> {
    let is_root = fs::metadata("/proc/self").unwrap().uid() == 0;
    let id = |flag| run(Command::new("id").args([flag, "postgres"])).trim().parse().unwrap();
    is_root.then(|| (id("-u"), id("-g")))
}

/// Gives the file or folder to the server.
fn own(path: &Path) {
    if let Some((user, group)) = user() {
        chown(path, Some(user), Some(group)).unwrap();
    }
    let mode = if path.is_dir() { 0o755 } else { 0o600 };
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}

fn children_of(parent: u32) -> Vec<u32> {
    let processes = fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    processes.filter(|process| stat(*process).is_some_and(|stat| stat.1 == parent)).collect()
}

fn is_alive(process: u32) -> bool {
    stat(process).is_some_and(|stat| stat.0 != 'Z')
}

/// A process's state and parent.
fn stat(process: u32) -> Option<(char, u32)> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // After the name, which is in parentheses and may hold anything.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
}
