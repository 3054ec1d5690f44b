//! The statements about the database as a whole: its generation, its secret, pruning.

use siwn::{Generation, SealedKeys};
use sqlx::Row as _;
use sqlx::postgres::PgRow;

use super::error::{ColumnError, Fault};
use super::expression::{now, run};
use super::literal::{bytes, text, unhex};
use super::rows::{change, digits};
use super::sealed::{hash, opened};
use crate::Clock;

/// Asks for the generation, after making another one where the memory is another one.
pub(super) const GREETING: &str = concat!(
    "UPDATE siwn.meta SET generation = uuid_send(gen_random_uuid()), pruned_until = 0, run = ",
    run!(),
    " WHERE run <> ",
    run!(),
    "; SELECT encode(generation, 'hex') AS generation FROM siwn.meta",
);

pub(super) fn generation(rows: &[PgRow]) -> Result<Generation, sqlx::Error> {
    let row = rows.first().ok_or(sqlx::Error::RowNotFound)?;
    let bytes = digits(row, "generation").and_then(|bytes| bytes.try_into().ok());
    bytes.map(Generation::from_bytes).ok_or_else(|| sqlx::Error::Decode(Box::new(ColumnError("generation"))))
}

/// Another generation than `known`, unless somebody else was faster: all challenges die with the rows that guarded them.
pub(super) fn begin_anew(known: Generation) -> String {
    change(&format!(
        "UPDATE siwn.meta SET generation = uuid_send(gen_random_uuid()), pruned_until = 0 WHERE generation = {}",
        bytes(known.as_bytes())
    ))
}

/// The database's secrets: `if_new` where there are none yet. A single one is mixed with random bytes of the server's own, so that it
/// stands in no log of statements.
pub(super) fn kept_secrets(if_new: &str) -> String {
    let made = match unhex(if_new).filter(|bytes| bytes.len() == 32) {
        Some(one) => {
            format!("encode(sha256({} || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())), 'hex')", bytes(&one))
        }
        None => text(if_new),
    };
    change(&format!(
        "UPDATE siwn.meta SET secrets = {made} WHERE secrets IS NULL;
        SELECT encode(convert_to(secrets, 'UTF8'), 'hex') AS secrets FROM siwn.meta"
    ))
}

pub(super) fn secrets(rows: &[PgRow]) -> Result<String, Fault> {
    let secrets = rows.first().and_then(|row| String::from_utf8(digits(row, "secrets")?).ok());
    secrets.ok_or_else(|| Fault::of_statement(sqlx::Error::Decode(Box::new(ColumnError("secrets")))))
}

/// Puts `new` in the place of `old`. A row where it is there now, also by the same statement before. Neither stands in the statement.
pub(super) fn replace_secrets(old: &str, new: &str) -> String {
    let (is_new, opened) = (hash(new), opened("secrets", old, new));
    change(&format!(
        "UPDATE siwn.meta SET secrets = CASE WHEN sha256(convert_to(secrets, 'UTF8')) = {is_new} THEN secrets ELSE {opened} END
        WHERE sha256(convert_to(secrets, 'UTF8')) IN ({}, {is_new}) RETURNING 1 AS replaced",
        hash(old),
    ))
}

/// The keys that tokens are signed with, sealed.
pub(super) const SIGNING_KEYS: &str = "SELECT encode(convert_to(signing_keys, 'UTF8'), 'hex') AS signing_keys FROM siwn.meta";

pub(super) fn signing_keys(rows: &[PgRow]) -> Result<Option<SealedKeys>, Fault> {
    let unreadable = || Fault::of_statement(sqlx::Error::Decode(Box::new(ColumnError("signing_keys"))));
    let digits: Option<&str> = rows.first().and_then(|row| row.try_get("signing_keys").ok()).ok_or_else(unreadable)?;
    let Some(digits) = digits else { return Ok(None) };
    let text = unhex(digits).and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(unreadable)?;
    Ok(Some(SealedKeys::new(text)))
}

/// Puts `new` in the place of `old`. A row where it is there now, also by the same statement before.
pub(super) fn replace_signing_keys(old: Option<&SealedKeys>, new: &SealedKeys) -> String {
    let (old, new) = (old.map_or("NULL".into(), |old| text(old.as_str())), text(new.as_str()));
    change(&format!(
        "UPDATE siwn.meta SET signing_keys = {new}
        WHERE signing_keys IS NOT DISTINCT FROM {old} OR signing_keys = {new} RETURNING 1 AS replaced"
    ))
}

/// Writes, and changes nothing: the lock is in the row.
pub(super) fn check(clock: Option<&Clock>) -> String {
    change(&format!("SELECT {} AS now FROM siwn.meta FOR NO KEY UPDATE", now(clock)))
}

/// Removes at most `limit` rows that nobody asks for any more, the oldest first, and none that somebody else is at.
///
/// Only guards that an earlier statement announced: by then whoever could still judge without the announcement has ended.
pub(super) fn prune(clock: Option<&Clock>, limit: u16) -> String {
    format!(
        "WITH gone AS (
            DELETE FROM siwn.session WHERE ctid = ANY (ARRAY(
                SELECT ctid FROM siwn.session
                WHERE kept_until <= {} AND guarded_until <= (SELECT pruned_until FROM siwn.meta)
                ORDER BY kept_until LIMIT {limit} FOR UPDATE SKIP LOCKED))
            RETURNING 1
        )
        SELECT count(*) AS gone FROM gone",
        now(clock),
    )
}

pub(super) fn pruned(rows: &[PgRow]) -> i64 {
    rows.first().and_then(|row| row.try_get("gone").ok()).unwrap_or_default()
}

/// Says that guards up to now may be pruned, from the next time on.
pub(super) fn announce(clock: Option<&Clock>) -> String {
    let now = now(clock);
    change(&format!("UPDATE siwn.meta SET pruned_until = {now} WHERE pruned_until < {now}"))
}
