//! What to do where a store cannot be opened: the same at a start and in `siwn doctor`.

use std::io::ErrorKind;

use siwn_store::{postgres, redis, sqlite};

pub(crate) fn of_sqlite(error: &sqlite::OpenError) -> &'static str {
    use sqlite::OpenError;
    match error {
        OpenError::File(cause) if cause.kind() == ErrorKind::NotFound => "make its folder, or name another file",
        OpenError::File(_) | OpenError::ReadOnly => "give it and its folder to the user that siwn runs as",
        OpenError::Newer { .. } => "run the version that wrote it, or a later one",
        OpenError::Damaged(_) => {
            "put a backup in its place, or move it away: the next start makes a new one, and all sign in again"
        }
        OpenError::Busy => "look again; if it stays, another program holds it",
        _ => "name another file with store, as in sqlite:/var/lib/siwn/siwn.db",
    }
}

pub(crate) fn of_redis(error: &redis::OpenError) -> &'static str {
    use redis::OpenError;
    match error {
        OpenError::Unreachable(_) => "see whether it is up, and reached from here; rediss:// where it speaks TLS",
        OpenError::Refused(_) => "give user and password in the URL, and the rights that docs/stores.md names",
        OpenError::Evicts { .. } => "set maxmemory-policy noeviction there",
        OpenError::Authorities(_) => "name a file that the user that siwn runs as may read",
        _ => "docs/stores.md says what a Redis must be like",
    }
}

pub(crate) fn of_postgres(error: &postgres::OpenError) -> &'static str {
    use postgres::OpenError;
    match error {
        OpenError::Unreachable(_) => "see whether it is up, and reached from here",
        OpenError::Refused(_) => "name a database that is there, and a user and password that its server lets in",
        OpenError::ReadOnly => "name the server that this one follows, or make it one that can be written to",
        OpenError::Forbidden(_) => "give the user the right, or a schema of his own: CREATE SCHEMA siwn AUTHORIZATION user",
        OpenError::Older { .. } => "bring the server up to date",
        OpenError::Newer { .. } => "run the version that wrote it, or a later one",
        _ => "docs/stores.md says what PostgreSQL must be like",
    }
}
