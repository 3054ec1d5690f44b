//! The statements about the keys that accounts signed in with.

use siwn::{AccountId, KEYS_REMEMBERED, KeyMemory};
use sqlx::Row as _;
use sqlx::postgres::PgRow;

use super::literal::text;
use super::rows::change;

/// What is remembered of a key, and whether no other key of the account was used since.
pub(super) fn recall(account: &AccountId, handle: &str) -> String {
    recall_in(&text(account.as_str()), &text(handle))
}

fn recall_in(account: &str, handle: &str) -> String {
    format!(
        "SELECT handle = {handle} AS known, used >= (SELECT max(used) FROM siwn.known_key WHERE account = {account}) AS last
        FROM siwn.known_key WHERE account = {account} ORDER BY handle = {handle} DESC LIMIT 1"
    )
}

/// Remembers a key, under the lock of the account's row. Answers what was remembered before.
pub(super) fn remember(account: &AccountId, handle: &str) -> String {
    let (account, handle) = (text(account.as_str()), text(handle));
    let recall = recall_in(&account, &handle);
    change(&format!(
        "INSERT INTO siwn.account (account, uses) VALUES ({account}, 1)
        ON CONFLICT (account) DO UPDATE SET uses = account.uses + 1;
        {recall};
        INSERT INTO siwn.known_key (account, handle, used)
        SELECT account, {handle}, uses FROM siwn.account WHERE account = {account}
        ON CONFLICT (account, handle) DO UPDATE SET used = excluded.used;
        DELETE FROM siwn.known_key WHERE account = {account} AND handle NOT IN (
            SELECT handle FROM siwn.known_key WHERE account = {account} ORDER BY used DESC LIMIT {KEYS_REMEMBERED})"
    ))
}

/// What a [`recall`] found.
pub(super) struct Recalled {
    pub(super) memory: KeyMemory,
    /// No other key of the account was used since: there is nothing to write.
    pub(super) is_last_used: bool,
}

pub(super) fn recalled(rows: &[PgRow]) -> Result<Recalled, sqlx::Error> {
    let Some(row) = rows.first() else { return Ok(Recalled { memory: KeyMemory::FirstOfAccount, is_last_used: false }) };
    let memory = if row.try_get("known")? { KeyMemory::Known } else { KeyMemory::New };
    Ok(Recalled { memory, is_last_used: memory == KeyMemory::Known && row.try_get("last")? })
}
