//! The statements about an account's sessions: lists, cut-offs, blocks.

use rusqlite::{Connection, named_params};
use siwn::{AccountId, Counts, LISTED, Recipient, SessionId, SessionRow, UnixMillis};

use super::fault::Fault;
use super::rows::{alive, columns, is_open, millis, read};

/// The sessions of an account that are alive, the newest first.
pub(super) fn sessions(connection: &Connection, account: &AccountId, now: UnixMillis) -> Result<Vec<SessionRow>, Fault> {
    const LIST: &str = concat!(
        "SELECT ",
        columns!(),
        " FROM session WHERE account = :account AND ",
        alive!(),
        " ORDER BY created_at DESC, id DESC LIMIT :limit"
    );
    let mut statement = connection.prepare_cached(LIST)?;
    let limit = i64::try_from(LISTED).unwrap_or(i64::MAX);
    let mut rows = statement.query(named_params! { ":account": account.as_str(), ":now": millis(now), ":limit": limit })?;
    let mut sessions = Vec::new();
    while let Some(row) = rows.next()? {
        sessions.push(read(row)?);
    }
    Ok(sessions)
}

/// Cuts off, inside a transaction that holds the write lock: nobody opens a session meanwhile.
pub(super) fn close_all(
    connection: &Connection,
    account: &AccountId,
    recipient: Option<&Recipient>,
    spared: Option<SessionId>,
    now: UnixMillis,
) -> Result<(), Fault> {
    const NUMBER: &str = "SELECT 1 + coalesce(max(number), 0) FROM cut_off WHERE account = :account";
    const SPARE: &str = concat!("UPDATE session SET opened_after = :number WHERE id = :id AND account = :account AND ", alive!());
    const CUT_OFF: &str = "
        INSERT INTO cut_off (account, recipient, number) VALUES (:account, :recipient, :number)
        ON CONFLICT (account, recipient) DO UPDATE SET number = excluded.number";
    let account = account.as_str();
    let number: i64 = connection.prepare_cached(NUMBER)?.query_row([account], |row| row.get(0))?;
    if let Some(id) = spared {
        // While it is alive, which the cut-off would end.
        let spared = named_params! { ":id": id.as_bytes(), ":account": account, ":number": number, ":now": millis(now) };
        connection.prepare_cached(SPARE)?.execute(spared)?;
    }
    let recipient = recipient.map_or("", Recipient::as_str);
    connection
        .prepare_cached(CUT_OFF)?
        .execute(named_params! { ":account": account, ":recipient": recipient, ":number": number })?;
    Ok(())
}

/// Cuts off, and lets no session be opened.
pub(super) fn block(connection: &Connection, account: &AccountId, now: UnixMillis) -> Result<(), Fault> {
    connection.execute("INSERT INTO blocked (account) VALUES (?1) ON CONFLICT DO NOTHING", [account.as_str()])?;
    close_all(connection, account, None, None, now)
}

pub(super) fn unblock(connection: &Connection, account: &AccountId) -> Result<(), Fault> {
    connection.execute("DELETE FROM blocked WHERE account = ?1", [account.as_str()])?;
    Ok(())
}

pub(super) fn is_blocked(connection: &Connection, account: &AccountId) -> Result<bool, rusqlite::Error> {
    const BLOCKED: &str = "SELECT EXISTS (SELECT 1 FROM blocked WHERE account = ?1)";
    connection.prepare_cached(BLOCKED)?.query_row([account.as_str()], |row| row.get(0))
}

pub(super) fn counts(connection: &Connection, now: UnixMillis) -> Result<Counts, Fault> {
    const COUNT: &str = concat!("SELECT count(*), count(DISTINCT account) FROM session WHERE ", alive!());
    let count = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?));
    let (sessions, accounts) = connection.query_row(COUNT, named_params! { ":now": millis(now) }, count)?;
    Ok(Counts { sessions: sessions.unsigned_abs(), accounts: accounts.unsigned_abs() })
}
