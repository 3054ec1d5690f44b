//! The stores that a fleet can share, and how they crash.

use std::process::Command;
use std::sync::Mutex;

use tempfile::TempDir;

use super::servers::{Postgres, Redis, folder};

pub(crate) enum Shared {
    Sqlite(TempDir),
    Redis(Mutex<Redis>, Persistence),
    Postgres(Mutex<Postgres>, String),
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Persistence {
    Always,
    None,
}

impl Shared {
    pub(crate) fn sqlite() -> Self {
        Self::Sqlite(folder())
    }

    pub(crate) fn redis(persistence: Persistence) -> Self {
        let redis = match persistence {
            Persistence::Always => Redis::start_with(&["--appendonly", "yes", "--appendfsync", "always"]),
            Persistence::None => Redis::start(),
        };
        Self::Redis(Mutex::new(redis), persistence)
    }

    pub(crate) fn postgres() -> Self {
        let server = Postgres::start();
        let url = server.database();
        Self::Postgres(Mutex::new(server), url)
    }

    pub(crate) fn url(&self) -> String {
        match self {
            Self::Sqlite(folder) => format!("sqlite:{}", folder.path().join("siwn.db").display()),
            Self::Redis(redis, _) => redis.lock().unwrap().url(),
            Self::Postgres(_, url) => url.clone(),
        }
    }

    /// Whether it has a server that can be killed.
    pub(crate) const fn has_server(&self) -> bool {
        !matches!(self, Self::Sqlite(_))
    }

    /// Whether what it answered outlives its server.
    pub(crate) fn persists(&self) -> bool {
        !matches!(self, Self::Redis(_, Persistence::None))
    }

    /// Kills its server and starts it again.
    pub(crate) fn crash(&self) {
        match self {
            Self::Sqlite(_) => {}
            Self::Redis(redis, _) => {
                let mut redis = redis.lock().unwrap();
                redis.kill();
                redis.start_again();
            }
            Self::Postgres(postgres, _) => {
                let mut postgres = postgres.lock().unwrap();
                postgres.kill();
                postgres.start_again();
            }
        }
    }

    /// Panics where it contradicts itself.
    pub(crate) fn check(&self) {
        match self {
            Self::Sqlite(folder) => {
                let check = "import sqlite3,sys; print(sqlite3.connect(sys.argv[1]).execute('PRAGMA integrity_check').fetchall())";
                let checked = Command::new("python3").args(["-c", check]).arg(folder.path().join("siwn.db")).output().unwrap();
                assert_eq!(String::from_utf8_lossy(&checked.stdout).trim(), "[('ok',)]");
            }
            Self::Redis(redis, _) => assert!(redis.lock().unwrap().say("DBSIZE").starts_with(':')),
            Self::Postgres(postgres, url) => {
                let postgres = postgres.lock().unwrap();
                let name = url.rsplit('/').next().unwrap();
                postgres.run_sql(name, "CREATE EXTENSION amcheck");
                let check = "SELECT bt_index_check(indexrelid, true) FROM pg_index WHERE indrelid = 'siwn.session'::regclass";
                postgres.run_sql(name, check);
            }
        }
    }
}
