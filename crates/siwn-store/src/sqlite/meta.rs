//! The statements about the file as a whole: its generation, its secrets, pruning.

use rusqlite::{Connection, named_params};
use siwn::{Generation, NewSession, SealedKeys, UnixMillis};

use super::fault::Fault;
use super::rows::millis;

/// The file's generation.
pub(super) fn generation(connection: &Connection) -> Result<Generation, rusqlite::Error> {
    let bytes = connection.prepare_cached("SELECT generation FROM meta")?.query_row([], |row| row.get(0))?;
    Ok(Generation::from_bytes(bytes))
}

/// Another generation: all challenges die with the rows that guarded them, and what was pruned guards nothing any more.
pub(super) fn begin_anew(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection.execute("UPDATE meta SET generation = randomblob(16), pruned_until = 0", [])?;
    Ok(())
}

/// Removes at most `limit` rows that nobody asks for any more, the oldest first. Answers how many there were.
pub(super) fn prune(connection: &Connection, now: UnixMillis, limit: u16) -> Result<usize, rusqlite::Error> {
    const PRUNE: &str = "
        DELETE FROM session
        WHERE id IN (SELECT id FROM session WHERE kept_until <= :now ORDER BY kept_until LIMIT :limit)
        RETURNING guarded_until";
    let guards: Vec<i64> = connection
        .prepare_cached(PRUNE)?
        .query_map(named_params! { ":now": millis(now), ":limit": limit }, |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    if let Some(last) = guards.iter().max() {
        connection
            .prepare_cached("UPDATE meta SET pruned_until = :last WHERE pruned_until < :last")?
            .execute(named_params! { ":last": last })?;
    }
    Ok(guards.len())
}

/// Whether the challenge, which is in time, is one whose row may be gone: then the clock went back, behind what was pruned.
pub(super) fn may_be_pruned(connection: &Connection, new: &NewSession) -> Result<bool, rusqlite::Error> {
    let guarded_until = millis(new.guarded_until());
    connection.prepare_cached("SELECT :guarded_until <= pruned_until FROM meta")?.query_row([guarded_until], |row| row.get(0))
}

/// The file's secrets: `if_new` where there are none yet.
pub(super) fn kept_secrets(connection: &Connection, if_new: &str) -> Result<String, Fault> {
    connection.execute("UPDATE meta SET secrets = ?1 WHERE secrets IS NULL", [if_new])?;
    Ok(connection.query_row("SELECT secrets FROM meta", [], |row| row.get(0))?)
}

/// Puts `new` in the place of `old`. False where something else is there.
pub(super) fn replace_secrets(connection: &Connection, old: &str, new: &str) -> Result<bool, Fault> {
    Ok(connection.execute("UPDATE meta SET secrets = ?2 WHERE secrets = ?1", [old, new])? == 1)
}

/// The keys that tokens are signed with, sealed.
pub(super) fn signing_keys(connection: &Connection) -> Result<Option<SealedKeys>, Fault> {
    let text: Option<String> = connection.query_row("SELECT signing_keys FROM meta", [], |row| row.get(0))?;
    Ok(text.map(SealedKeys::new))
}

/// Puts `new` in the place of `old`. False where something else is there.
pub(super) fn replace_signing_keys(connection: &Connection, old: Option<&SealedKeys>, new: &SealedKeys) -> Result<bool, Fault> {
    const REPLACE: &str = "UPDATE meta SET signing_keys = ?2 WHERE signing_keys IS ?1 OR signing_keys = ?2";
    Ok(connection.execute(REPLACE, (old.map(SealedKeys::as_str), new.as_str()))? == 1)
}

/// Writes as much as a login does, and leaves nothing behind.
pub(super) fn check(connection: &Connection) -> Result<(), Fault> {
    const COME: &str = "
        INSERT INTO session (id, secret_hash, recipient, account, created_at, expires_at, guarded_until, kept_until, closed)
        VALUES (zeroblob(16), zeroblob(32), '', '', 0, 0, 0, 0, 1)";
    const GO: &str = "DELETE FROM session WHERE id = zeroblob(16)";
    connection.prepare_cached(COME)?.execute([])?;
    connection.prepare_cached(GO)?.execute([])?;
    Ok(())
}
