//! Bringing a database up to date.

use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, PgConnection, Row as _};
use tokio::time::timeout;

use super::error::{Fault, OpenError};
use super::links::{DEADLINE, say};

/// The version that this program writes.
const VERSION: u16 = 2;
/// From each version to the next. Only ever added to.
const MIGRATIONS: [&str; VERSION as usize] = [include_str!("migrations/1.sql"), include_str!("migrations/2.sql")];
/// What a server must know: how to make random bytes.
const LEAST_SERVER: u32 = 13;
/// How long others may take to bring the schema up to date.
const PATIENCE: Duration = Duration::from_secs(30);
/// "siwn", as the name of a lock.
const LOCK: i64 = i64::from_be_bytes(*b"siwn.sql");

/// Brings the schema up to date. Processes that do so at the same time take turns.
pub(super) async fn prepare(options: &PgConnectOptions) -> Result<(), OpenError> {
    let mut connection = connect(options).await?;
    let prepared = timeout(PATIENCE, prepare_on(&mut connection)).await.map_err(|_| Fault::Silent(PATIENCE))?;
    // Nothing depends on a farewell.
    let _ = timeout(DEADLINE, connection.close()).await;
    prepared
}

pub(super) async fn connect(options: &PgConnectOptions) -> Result<PgConnection, OpenError> {
    let connecting = timeout(DEADLINE, PgConnection::connect_with(options));
    let connected = connecting.await.map_err(|_| Fault::NoConnection(DEADLINE))?;
    Ok(connected.map_err(Fault::of_connecting)?)
}

async fn prepare_on(connection: &mut PgConnection) -> Result<(), OpenError> {
    meet_server(connection).await?;
    // Looked at first and by itself: where there is nothing to do, no rights are needed and nobody waits.
    if version(connection).await? == VERSION {
        return Ok(());
    }
    // The lock is the transaction's, so that a pooler cannot give it to somebody else.
    ask(connection, "BEGIN").await?;
    ask(connection, &format!("SELECT pg_advisory_xact_lock({LOCK})")).await?;
    let found = version(connection).await?;
    // Asked for by itself, because who may use a schema need not be allowed to make one.
    if number(connection, "SELECT count(*) FROM pg_namespace WHERE nspname = 'siwn'").await? == 0 {
        ask(connection, "CREATE SCHEMA siwn").await?;
    }
    for migration in &MIGRATIONS[usize::from(found)..] {
        ask(connection, migration).await?;
    }
    if found == 0 {
        // Of no run: the first greeting begins one.
        ask(connection, "INSERT INTO siwn.meta (one, version, generation, run) VALUES (true, 0, uuid_send(gen_random_uuid()), '')")
            .await?;
    }
    ask(connection, &format!("UPDATE siwn.meta SET version = {VERSION} WHERE version < {VERSION}")).await?;
    ask(connection, "COMMIT").await
}

/// The server's major version.
pub(super) async fn meet_server(connection: &mut PgConnection) -> Result<u32, OpenError> {
    let found = number(connection, "SELECT current_setting('server_version_num')::bigint / 10000").await?;
    let found = u32::try_from(found).unwrap_or_default();
    if found < LEAST_SERVER { Err(OpenError::Older { found, least: LEAST_SERVER }) } else { Ok(found) }
}

/// The schema's version: 0 where there is none.
pub(super) async fn version(connection: &mut PgConnection) -> Result<u16, OpenError> {
    // In the catalogue's tables: a name that was looked up before others made it would still be unknown.
    if number(connection, "SELECT count(*) FROM pg_tables WHERE schemaname = 'siwn' AND tablename = 'meta'").await? == 0 {
        return Ok(0);
    }
    let found = number(connection, "SELECT coalesce(max(version), 0) FROM siwn.meta").await?;
    let known = u16::try_from(found).ok().filter(|version| *version <= VERSION);
    known.ok_or(OpenError::Newer { found, known: VERSION.into() })
}

pub(super) async fn number(connection: &mut PgConnection, sql: &str) -> Result<i64, OpenError> {
    let rows = say(connection, sql).await.map_err(Fault::of_statement)?;
    let number = rows.first().ok_or(sqlx::Error::RowNotFound).and_then(|row| row.try_get(0));
    Ok(number.map_err(Fault::of_statement)?)
}

pub(super) async fn ask(connection: &mut PgConnection, sql: &str) -> Result<(), OpenError> {
    say(connection, sql).await.map_err(Fault::of_statement)?;
    Ok(())
}
