//! The statements about one session.

use std::error::Error as StdError;
use std::time::Duration;

use rusqlite::{Connection, Row, named_params};
use siwn::{ClientLabel, Renewal, SessionId, SessionRow, UnixMillis};

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

/// SQLite's integers end 292 million years from now; what is later than that is as good as never.
pub(super) fn millis(time: UnixMillis) -> i64 {
    i64::try_from(time.get()).unwrap_or(i64::MAX)
}
