//! The store, without opening it as one.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::{fs, io};

use rustix::fs::{Access, access};
use siwn_server::config::StoreUrl;
use siwn_store::sqlite::{FileReport, OpenError};
use siwn_store::{RedisStore, RedisUrl, SqliteStore};

use super::check::{Check, Level};
use crate::runtime;

/// The store, and whether a secret is kept in it, where that can be said.
pub(super) fn check(url: &StoreUrl) -> (Check, Option<bool>) {
    match url {
        StoreUrl::Sqlite(path) => sqlite(path),
        StoreUrl::Memory => {
            let found = "memory: sessions are gone when the process ends, and no other process knows them";
            (line(Level::Warn, found).advice("set store to sqlite:PATH"), None)
        }
        StoreUrl::Redis(url) => (redis(url), None),
        _ => (line(Level::Skip, "of a kind that cannot be looked at"), None),
    }
}

fn redis(url: &RedisUrl) -> Check {
    use siwn_store::redis::OpenError;
    let error = match runtime::run(async { Ok(RedisStore::examine(url).await) }) {
        Ok(Ok(())) => return line(Level::Ok, format!("{url}: answers, and throws nothing away")),
        Ok(Err(error)) => error,
        Err(failure) => return line(Level::Skip, failure.error()),
    };
    let advice = match error {
        OpenError::Unreachable(_) => "see whether it is up, and reached from here; rediss:// where it speaks TLS",
        OpenError::Refused(_) => "give user and password in the URL, and the rights that docs/stores.md names",
        OpenError::Evicts { .. } => "set maxmemory-policy noeviction there",
        OpenError::Authorities(_) => "name a file that the user that siwn runs as may read",
        _ => "docs/stores.md says what a Redis must be like",
    };
    line(Level::Fail, format!("{url}: {}", with_causes(&error))).advice(advice)
}

fn sqlite(path: &Path) -> (Check, Option<bool>) {
    let name = format!("sqlite:{}", path.display());
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => (not_made_yet(path, &name), Some(false)),
        Err(error) => (unusable(&name, &error.to_string()), None),
        Ok(metadata) => match SqliteStore::examine_file(path) {
            Ok(report) => (made(path, &name, metadata.mode(), report), Some(report.keeps_secret)),
            Err(error) => (of_error(&name, &error), None),
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

fn of_error(name: &str, error: &OpenError) -> Check {
    let advice = match error {
        OpenError::Newer { .. } => "run the version that wrote it, or a later one",
        OpenError::Damaged(_) => {
            "put a backup in its place, or move it away: the next start makes a new one, and all sign in again"
        }
        OpenError::File(_) => "give it to the user that siwn runs as",
        OpenError::Busy => "look again; if it stays, another program holds it",
        _ => "name another file with store, as in sqlite:/var/lib/siwn/siwn.db",
    };
    line(Level::Fail, format!("{name}: {}", with_causes(error))).advice(advice)
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
        text = format!("{text}: {error}");
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
