//! The statements about the keys that accounts signed in with.

use rusqlite::{Connection, OptionalExtension as _};
use siwn::{AccountId, KEYS_REMEMBERED, KeyMemory};

use super::fault::Fault;

/// What is remembered of a key.
pub(super) fn recall(connection: &Connection, account: &AccountId, handle: &str) -> Result<KeyMemory, Fault> {
    const RECALL: &str = "SELECT handle = ?2 FROM known_key WHERE account = ?1 ORDER BY handle = ?2 DESC LIMIT 1";
    let known = connection.prepare_cached(RECALL)?.query_row([account.as_str(), handle], |row| row.get(0)).optional()?;
    Ok(match known {
        None => KeyMemory::FirstOfAccount,
        Some(true) => KeyMemory::Known,
        Some(false) => KeyMemory::New,
    })
}

/// Whether no other key of the account was used since this one was: then there is nothing to write.
pub(super) fn is_last_used(connection: &Connection, account: &AccountId, handle: &str) -> Result<bool, Fault> {
    const LAST: &str = "SELECT handle = ?2 FROM known_key WHERE account = ?1 ORDER BY used DESC LIMIT 1";
    let last = connection.prepare_cached(LAST)?.query_row([account.as_str(), handle], |row| row.get(0)).optional()?;
    Ok(last.unwrap_or(false))
}

/// Remembers a key, inside a transaction that holds the write lock. Answers what was remembered before.
pub(super) fn remember(connection: &Connection, account: &AccountId, handle: &str) -> Result<KeyMemory, Fault> {
    const REMEMBER: &str = "
        INSERT INTO known_key (account, handle, used)
        SELECT ?1, ?2, 1 + coalesce(max(used), 0) FROM known_key WHERE account = ?1
        ON CONFLICT (account, handle) DO UPDATE SET used = excluded.used";
    const FORGET: &str = "
        DELETE FROM known_key
        WHERE account = ?1 AND handle NOT IN (SELECT handle FROM known_key WHERE account = ?1 ORDER BY used DESC LIMIT ?2)";
    let before = recall(connection, account, handle)?;
    connection.prepare_cached(REMEMBER)?.execute([account.as_str(), handle])?;
    if before != KeyMemory::Known {
        let limit = i64::try_from(KEYS_REMEMBERED).unwrap_or(i64::MAX);
        connection.prepare_cached(FORGET)?.execute((account.as_str(), limit))?;
    }
    Ok(before)
}
