//! The statements that spend a challenge, and tell why one is not spent.

use rusqlite::{Connection, OptionalExtension as _, named_params};
use siwn::{NewSession, Opening, UnixMillis};

use super::accounts::is_blocked;
use super::fault::Fault;
use super::meta::{begin_anew, generation, may_be_pruned};
use super::rows::{is_open, millis};

/// Spends the challenge and opens the session, inside a transaction that holds the write lock.
pub(super) fn open(connection: &Connection, new: &NewSession, now: UnixMillis) -> Result<Opening, Fault> {
    // The insert decides. What follows only tells why it did not happen.
    if insert(connection, new, now)? {
        return Ok(Opening::Opened);
    }
    let id = new.row().id;
    let is_same = connection
        .prepare_cached(concat!("SELECT secret_hash = :secret_hash AND ", is_open!(), " FROM session WHERE id = :id"))?
        .query_row(named_params! { ":id": id.as_bytes(), ":secret_hash": new.row().secret_hash }, |row| row.get(0))
        .optional()?;
    match is_same {
        Some(true) => return Ok(Opening::Opened),
        Some(false) => return Ok(Opening::AlreadySpent),
        None => {}
    }
    if generation(connection)? != new.generation() {
        return Ok(Opening::OtherGeneration);
    }
    if now >= new.challenge_expires_at() {
        return Ok(Opening::ChallengeExpired);
    }
    if is_blocked(connection, &new.row().account)? {
        return Ok(Opening::Blocked);
    }
    if may_be_pruned(connection, new)? {
        begin_anew(connection)?;
        return Ok(Opening::OtherGeneration);
    }
    Err(Fault::NoReason(id))
}

/// Whether the row is new. A row that may have been pruned before is as good as spent.
fn insert(connection: &Connection, new: &NewSession, now: UnixMillis) -> Result<bool, rusqlite::Error> {
    const INSERT: &str = "
        INSERT INTO session (id, secret_hash, recipient, account, key, client, created_at, expires_at, idle_lifetime, seen_at,
            checked_at, opened_after, guarded_until, kept_until, closed)
        SELECT :id, :secret_hash, :recipient, :account, :key, :client, :created_at, :expires_at, :idle_lifetime, :seen_at,
            :checked_at, (SELECT coalesce(max(number), 0) FROM cut_off WHERE account = :account AND recipient IN ('', :recipient)),
            :guarded_until, :kept_until, 0
        FROM meta
        WHERE generation = :generation AND :now < :challenge_expires_at AND pruned_until < :guarded_until
            AND NOT EXISTS (SELECT 1 FROM blocked WHERE account = :account)
        ON CONFLICT (id) DO NOTHING";
    let row = new.row();
    let inserted = connection.prepare_cached(INSERT)?.execute(named_params! {
        ":id": row.id.as_bytes(),
        ":secret_hash": row.secret_hash,
        ":recipient": row.recipient.as_str(),
        ":account": row.account.as_str(),
        ":key": row.key.as_ref().map(ToString::to_string),
        ":client": row.client.as_str(),
        ":created_at": millis(row.created_at),
        ":expires_at": millis(row.expires_at),
        ":idle_lifetime": row.idle_lifetime.map(|idle| i64::try_from(idle.as_millis()).unwrap_or(i64::MAX)),
        ":seen_at": millis(row.seen_at),
        ":checked_at": millis(row.checked_at),
        ":guarded_until": millis(new.guarded_until()),
        ":kept_until": millis(new.kept_until()),
        ":generation": new.generation().as_bytes(),
        ":now": millis(now),
        ":challenge_expires_at": millis(new.challenge_expires_at()),
    })?;
    Ok(inserted == 1)
}
