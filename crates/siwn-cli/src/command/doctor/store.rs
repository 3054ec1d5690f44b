//! The store, without opening it as one.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::{fs, io};

use rustix::fs::{Access, access};
use siwn_server::config::StoreUrl;
use siwn_store::postgres::DatabaseReport;
use siwn_store::sqlite::FileReport;
use siwn_store::{PostgresStore, PostgresUrl, RedisStore, RedisUrl, SqliteStore};

use super::check::{Check, Level};
use crate::{runtime, store_advice};

/// The store, and whether a secret is kept in it, where that can be said.
pub(super) fn check(url: &StoreUrl) -> (Check, Option<bool>) {
    match url {
        StoreUrl::Sqlite(path) => sqlite(path),
        StoreUrl::Memory => {
            let found = "memory: sessions are gone when the process ends, and no other process knows them";
            (line(Level::Warn, found).advice("set store to sqlite:PATH"), None)
        }
        StoreUrl::Redis(url) => (redis(url), None),
        StoreUrl::Postgres(url) => postgres(url),
        _ => (line(Level::Skip, "of a kind that cannot be looked at"), None),
    }
}

fn redis(url: &RedisUrl) -> Check {
    let error = match runtime::run(async { Ok(RedisStore::examine(url).await) }) {
        Ok(Ok(())) => return line(Level::Ok, format!("{url}: answers, and throws nothing away")),
        Ok(Err(error)) => error,
        Err(failure) => return line(Level::Skip, failure.error()),
    };
    line(Level::Fail, format!("{url}: {}", with_causes(&error))).advice(store_advice::of_redis(&error))
}

fn postgres(url: &PostgresUrl) -> (Check, Option<bool>) {
    let error = match runtime::run(async { Ok(PostgresStore::examine(url).await) }) {
        Ok(Ok(report)) => return (examined(url, report), Some(report.keeps_secret)),
        Ok(Err(error)) => error,
        Err(failure) => return (line(Level::Skip, failure.error()), None),
    };
    (line(Level::Fail, format!("{url}: {}", with_causes(&error))).advice(store_advice::of_postgres(&error)), None)
}

fn examined(url: &PostgresUrl, report: DatabaseReport) -> Check {
    let server = report.server;
    if !report.is_durable {
        let found = format!("{url}: PostgreSQL {server} with fsync off: a crash of its machine may lose what was answered");
        return line(Level::Warn, found).advice("set fsync = on there");
    }
    let schema = match report.schema {
        Some(version) => format!("a schema of version {version}"),
        None => "the first start makes the schema".into(),
    };
    line(Level::Ok, format!("{url}: PostgreSQL {server}, {schema}"))
}

fn sqlite(path: &Path) -> (Check, Option<bool>) {
    let name = format!("sqlite:{}", path.display());
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => (not_made_yet(path, &name), Some(false)),
        Err(error) => (unusable(&name, &error.to_string()), None),
        Ok(metadata) => match SqliteStore::examine_file(path) {
            Ok(report) => (made(path, &name, metadata.mode(), report), Some(report.keeps_secret)),
            Err(error) => {
                (line(Level::Fail, format!("{name}: {}", with_causes(&error))).advice(store_advice::of_sqlite(&error)), None)
            }
        },
    }
}

fn not_made_yet(path: &Path, name: &str) -> Check {
    let folder = folder(path);
    let shown = folder.display();
    if !folder.is_dir() {
        return line(Level::Fail, format!("{name}: the folder {shown} does not exist")).advice("make it, or name another one");
    }
    if !may_write(&folder) {
        return line(Level::Fail, format!("{name}: nothing can be made in the folder {shown}"))
            .advice("give it to the user that siwn runs as, or name another one");
    }
    line(Level::Ok, format!("{name}: the first start makes it"))
}

fn made(path: &Path, name: &str, mode: u32, report: FileReport) -> Check {
    // SQLite keeps two files beside it.
    if !may_write(path) || !may_write(&folder(path)) {
        return line(Level::Fail, format!("{name}: it or its folder cannot be written to"))
            .advice("give both to the user that siwn runs as");
    }
    if mode & 0o077 != 0 {
        let found = format!("{name}: other users of this machine may read or write it (mode {:04o})", mode & 0o7777);
        return line(Level::Warn, found).advice(format!("chmod 600 {}", shell(path)));
    }
    let state = if report.is_outdated { "the next start brings it up to date" } else { "good" };
    line(Level::Ok, format!("{name}: {state}"))
}

fn unusable(name: &str, error: &str) -> Check {
    line(Level::Fail, format!("{name}: {error}")).advice("name a file that the user that siwn runs as may read and write")
}

fn line(level: Level, found: impl Into<String>) -> Check {
    Check::new("store", level, found)
}

fn folder(path: &Path) -> PathBuf {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    parent.unwrap_or(Path::new(".")).to_owned()
}

fn may_write(path: &Path) -> bool {
    access(path, Access::WRITE_OK).is_ok()
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        // Some errors tell their source in their own text.
        if !text.ends_with(&said) {
            text = format!("{text}: {said}");
        }
        cause = error.source();
    }
    text
}

/// A path as a shell takes it.
fn shell(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-_.".contains(&byte)) && !text.starts_with('-');
    if is_plain { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}
