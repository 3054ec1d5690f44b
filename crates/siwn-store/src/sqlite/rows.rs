//! The statements about one session.

use std::error::Error as StdError;
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _, Row, named_params};
use siwn::{ClientLabel, Generation, NewSession, Opening, Renewal, SealedKeys, SessionId, SessionRow, UnixMillis};

use super::accounts;
use super::fault::Fault;

/// The columns of a row that [`read`] reads.
macro_rules! columns {
    () => {
        "id, secret_hash, recipient, account, key, client, created_at, expires_at, idle_lifetime, seen_at, checked_at"
    };
}
/// Whether nobody ended a session.
macro_rules! is_open {
    () => {
        "NOT closed AND opened_after >= (
            SELECT coalesce(max(number), 0) FROM cut_off
            WHERE cut_off.account = session.account AND cut_off.recipient IN ('', session.recipient))"
    };
}
/// Whether a session is alive at `:now`.
macro_rules! alive {
    () => {
        concat!(
            is_open!(),
            " AND :now < expires_at",
            " AND (idle_lifetime IS NULL OR :now < coalesce(seen_at, created_at) + idle_lifetime)"
        )
    };
}
pub(super) use {alive, columns, is_open};

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
    if accounts::is_blocked(connection, &new.row().account)? {
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

/// The row of a session that is alive.
pub(super) fn find(connection: &Connection, id: SessionId, now: UnixMillis) -> Result<Option<SessionRow>, Fault> {
    const FIND: &str = concat!("SELECT ", columns!(), " FROM session WHERE id = :id AND ", alive!());
    let mut statement = connection.prepare_cached(FIND)?;
    let mut rows = statement.query(named_params! { ":id": id.as_bytes(), ":now": millis(now) })?;
    rows.next()?.map(read).transpose()
}

/// A row from its [`columns`].
pub(super) fn read(row: &Row<'_>) -> Result<SessionRow, Fault> {
    let id = SessionId::from_bytes(row.get("id")?);
    read_of(id, row).map_err(|source| Fault::Row { id, source })
}

fn read_of(id: SessionId, row: &Row<'_>) -> Result<SessionRow, Box<dyn StdError + Send + Sync>> {
    let number =
        |column| Ok::<_, Box<dyn StdError + Send + Sync>>(row.get::<_, Option<i64>>(column)?.map(u64::try_from).transpose()?);
    let created_at = UnixMillis::new(row.get::<_, i64>("created_at")?.try_into()?);
    Ok(SessionRow {
        id,
        secret_hash: row.get("secret_hash")?,
        recipient: text(row, "recipient")?.parse()?,
        account: text(row, "account")?.parse()?,
        key: row.get_ref("key")?.as_str_or_null()?.map(str::parse).transpose()?,
        client: ClientLabel::new(row.get_ref("client")?.as_bytes()?),
        created_at,
        expires_at: UnixMillis::new(row.get::<_, i64>("expires_at")?.try_into()?),
        idle_lifetime: number("idle_lifetime")?.map(Duration::from_millis),
        seen_at: number("seen_at")?.map_or(created_at, UnixMillis::new),
        checked_at: number("checked_at")?.map_or(created_at, UnixMillis::new),
    })
}

fn text<'a>(row: &'a Row<'_>, column: &str) -> Result<&'a str, Box<dyn StdError + Send + Sync>> {
    Ok(row.get_ref(column)?.as_str()?)
}

/// Writes down that a session is in use, while it is alive.
pub(super) fn renew(connection: &Connection, id: SessionId, renewal: Renewal, now: UnixMillis) -> Result<(), Fault> {
    const RENEW: &str = concat!(
        "UPDATE session SET seen_at = max(coalesce(seen_at, created_at), coalesce(:seen_at, 0)),
            checked_at = max(coalesce(checked_at, created_at), coalesce(:checked_at, 0))
        WHERE id = :id AND ",
        alive!()
    );
    connection.prepare_cached(RENEW)?.execute(named_params! {
        ":id": id.as_bytes(),
        ":seen_at": renewal.seen_at.map(millis),
        ":checked_at": renewal.checked_at.map(millis),
        ":now": millis(now),
    })?;
    Ok(())
}

/// Ends a session; what is left guards the challenge for as long as that is needed, and no longer.
pub(super) fn close(connection: &Connection, id: SessionId) -> Result<(), Fault> {
    const CLOSE: &str = "UPDATE session SET closed = 1, kept_until = guarded_until WHERE id = :id AND NOT closed";
    connection.prepare_cached(CLOSE)?.execute(named_params! { ":id": id.as_bytes() })?;
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

/// The file's generation.
pub(super) fn generation(connection: &Connection) -> Result<Generation, rusqlite::Error> {
    let bytes = connection.prepare_cached("SELECT generation FROM meta")?.query_row([], |row| row.get(0))?;
    Ok(Generation::from_bytes(bytes))
}

/// Whether the challenge, which is in time, is one whose row may be gone: then the clock went back, behind what was pruned.
fn may_be_pruned(connection: &Connection, new: &NewSession) -> Result<bool, rusqlite::Error> {
    let guarded_until = millis(new.guarded_until());
    connection.prepare_cached("SELECT :guarded_until <= pruned_until FROM meta")?.query_row([guarded_until], |row| row.get(0))
}

/// Another generation: all challenges die with the rows that guarded them, and what was pruned guards nothing any more.
fn begin_anew(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection.execute("UPDATE meta SET generation = randomblob(16), pruned_until = 0", [])?;
    Ok(())
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

/// SQLite's integers end 292 million years from now; what is later than that is as good as never.
pub(super) fn millis(time: UnixMillis) -> i64 {
    i64::try_from(time.get()).unwrap_or(i64::MAX)
}
