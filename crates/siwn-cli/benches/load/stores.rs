//! Where the sessions are kept, anew for each measurement, and as safe as the store can be: a login is on disk before it is answered.

use std::process::{Command, Stdio};

use clap::ValueEnum;
use tempfile::TempDir;

use crate::Failure;
use crate::servers::{Postgres, Redis, folder};

/// What the report says of them.
pub(crate) const DURABILITY: &str = "SQLite: WAL, synchronous = FULL. Redis: appendonly yes, appendfsync always. \
    PostgreSQL: fsync = on, synchronous_commit = on, shared_buffers = 128MB. These two over TCP";

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Store {
    Memory,
    Sqlite,
    Redis,
    Postgres,
}

/// A store that is there, with its server. It ends when this is dropped.
pub(crate) enum Kept {
    Memory,
    Sqlite(TempDir),
    Redis(Redis),
    Postgres { server: Postgres, url: String },
}

impl Store {
    pub(crate) const ALL: [Self; 4] = [Self::Memory, Self::Sqlite, Self::Redis, Self::Postgres];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Sqlite => "SQLite",
            Self::Redis => "Redis",
            Self::Postgres => "PostgreSQL",
        }
    }

    /// An empty one.
    pub(crate) fn start(self) -> Kept {
        let kept = match self {
            Self::Memory => Kept::Memory,
            Self::Sqlite => Kept::Sqlite(folder()),
            Self::Redis => Kept::Redis(Redis::start_with(&["--appendonly", "yes", "--appendfsync", "always"])),
            Self::Postgres => {
                let server = Postgres::start_with(&["fsync=on", "synchronous_commit=on", "shared_buffers=128MB"]);
                let url = server.database();
                Kept::Postgres { server, url }
            }
        };
        kept.settle();
        kept
    }
}

impl Kept {
    pub(crate) fn url(&self) -> Result<String, Failure> {
        Ok(match self {
            Self::Memory => "memory:".into(),
            Self::Sqlite(folder) => {
                let path = folder.path().join("siwn.db");
                format!("sqlite:{}", path.to_str().ok_or("the path of the store is no text")?)
            }
            Self::Redis(server) => server.url(),
            Self::Postgres { url, .. } => url.clone(),
        })
    }

    /// The processes of its server.
    pub(crate) fn processes(&self) -> Vec<u32> {
        match self {
            Self::Memory | Self::Sqlite(_) => Vec::new(),
            Self::Redis(server) => server.processes(),
            Self::Postgres { server, .. } => server.processes(),
        }
    }

    /// Waits until what the start wrote is on disk: the first logins would have to.
    fn settle(&self) {
        let folder = match self {
            Self::Memory => return,
            Self::Sqlite(folder) => folder.path(),
            Self::Redis(server) => server.folder(),
            Self::Postgres { server, .. } => server.folder(),
        };
        // Where it cannot be said, the figures show it.
        let _ = Command::new("sync").arg("-f").arg(folder).stderr(Stdio::null()).status();
    }
}

/// What kind of file system the stores are on: on one in memory, waiting for the disk costs nothing.
pub(crate) fn file_system() -> String {
    let told = Command::new("df").arg("--output=fstype").arg(std::env::temp_dir()).output();
    let told = told.ok().filter(|told| told.status.success()).and_then(|told| String::from_utf8(told.stdout).ok());
    told.and_then(|told| told.lines().nth(1).map(str::to_owned)).unwrap_or_else(|| "an unknown file system".into())
}
