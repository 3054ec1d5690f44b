//! The statements about the keys that accounts signed in with.

use siwn::{AccountId, KEYS_REMEMBERED, KeyMemory, PublicKey};
use sqlx::Row as _;
use sqlx::postgres::PgRow;

use super::literal::list;
use super::rows::change;

/// An account, and a key that signs for it.
#[derive(Clone)]
pub(super) struct Pair {
    pub(super) account: AccountId,
    handle: String,
}

impl Pair {
    pub(super) fn new(account: &AccountId, key: &PublicKey) -> Self {
        Self { account: account.clone(), handle: key.handle() }
    }
}

/// What is remembered of each, in their order.
pub(super) fn recall(pairs: &[&Pair]) -> String {
    recall_in(&wanted(pairs))
}

fn recall_in(wanted: &str) -> String {
    format!(
        "{wanted} SELECT
            (SELECT used FROM siwn.known_key AS key WHERE key.account = wanted.account AND key.handle = wanted.handle) AS used,
            (SELECT max(used) FROM siwn.known_key AS key WHERE key.account = wanted.account) AS last
        FROM wanted ORDER BY place"
    )
}

/// Remembers keys of different accounts, under the locks of their rows. Answers what was remembered of each before, in their order.
///
/// The locks are taken in the order of names, so that no two statements wait for each other. What is forgotten is found by its place: the
/// planner has no choice but an index, whatever it takes the table for.
pub(super) fn remember(pairs: &[&Pair]) -> String {
    let wanted = wanted(pairs);
    let recall = recall_in(&wanted);
    change(&format!(
        "{wanted} INSERT INTO siwn.account (account, uses) SELECT account, 1 FROM wanted ORDER BY account
        ON CONFLICT (account) DO UPDATE SET uses = account.uses + 1;
        {recall};
        {wanted} INSERT INTO siwn.known_key (account, handle, used)
        SELECT account, handle, (SELECT uses FROM siwn.account WHERE account.account = wanted.account) FROM wanted ORDER BY account
        ON CONFLICT (account, handle) DO UPDATE SET used = excluded.used;
        {wanted} DELETE FROM siwn.known_key WHERE ctid = ANY (ARRAY(
            SELECT old.place FROM wanted CROSS JOIN LATERAL (
                SELECT key.ctid AS place FROM siwn.known_key AS key WHERE key.account = wanted.account
                ORDER BY used DESC OFFSET {KEYS_REMEMBERED}
            ) AS old))"
    ))
}

fn wanted(pairs: &[&Pair]) -> String {
    let accounts = list(pairs.iter().map(|pair| Some(pair.account.as_str().as_bytes())));
    let handles = list(pairs.iter().map(|pair| Some(pair.handle.as_bytes())));
    format!(
        "WITH wanted AS (
            SELECT place, convert_from(decode(account, 'hex'), 'UTF8') COLLATE \"default\" AS account,
                convert_from(decode(handle, 'hex'), 'UTF8') COLLATE \"default\" AS handle
            FROM unnest({accounts}, {handles}) WITH ORDINALITY AS list (account, handle, place)
        )"
    )
}

/// What a [`recall`] found of one.
pub(super) struct Recalled {
    pub(super) memory: KeyMemory,
    /// No other key of the account was used since: there is nothing to write.
    pub(super) is_last_used: bool,
}

pub(super) fn recalled(row: &PgRow) -> Result<Recalled, sqlx::Error> {
    let (used, last): (Option<i64>, Option<i64>) = (row.try_get("used")?, row.try_get("last")?);
    let memory = match (used, last) {
        (_, None) => KeyMemory::FirstOfAccount,
        (None, Some(_)) => KeyMemory::New,
        (Some(_), Some(_)) => KeyMemory::Known,
    };
    Ok(Recalled { memory, is_last_used: used.is_some() && used >= last })
}
