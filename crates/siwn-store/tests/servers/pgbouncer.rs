//! A pooler before a PostgreSQL, which gives out servers by the transaction.

use std::fs;
use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::fs::MetadataExt as _;
use std::process::Command;

use tempfile::TempDir;

use super::postgres::Postgres;
use super::process::{Process, folder};
use super::{free_port, wait_for};

pub(crate) struct PgBouncer {
    port: u16,
    // Ends before its folder goes.
    process: Process,
    folder: TempDir,
}

impl PgBouncer {
    /// A pooler with few servers for many clients: whoever keeps state in a session loses it.
    pub(crate) fn before(postgres: &Postgres) -> Self {
        let folder = folder();
        let port = free_port();
        let settings = format!(
            "[databases]\n* = host=127.0.0.1 port={}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n\
             auth_type = any\npool_mode = transaction\ndefault_pool_size = 3\nserver_idle_timeout = 1\nmax_client_conn = 500\n",
            postgres.port(),
        );
        // Whatever the client says it is, the server is asked as its owner.
        let settings = settings.replace("* = host", "* = user=siwn host");
        let file = folder.path().join("pgbouncer.ini");
        fs::write(&file, settings).unwrap();
        let process = Process::start("pgbouncer", command(&folder), folder.path());
        let mut pooler = Self { port, process, folder };
        wait_for("pgbouncer", || {
            pooler.process.expect_running(pooler.folder.path());
            TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok().map(drop)
        });
        pooler
    }

    /// The URL of a database, through the pooler.
    pub(crate) fn url(&self, database: &str) -> String {
        let name = database.rsplit('/').next().unwrap();
        format!("postgres://siwn@127.0.0.1:{}/{name}", self.port)
    }
}

fn command(folder: &TempDir) -> Command {
    let file = folder.path().join("pgbouncer.ini");
    let is_root = fs::metadata("/proc/self").unwrap().uid() == 0;
    let mut command = Command::new(if is_root { "setpriv" } else { "pgbouncer" });
    if is_root {
        // It refuses to run as root.
        std::os::unix::fs::chown(folder.path(), Some(65534), Some(65534)).unwrap();
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "pgbouncer"]);
    }
    command.arg(file);
    command
}
