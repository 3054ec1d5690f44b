//! The statements about one session, and what their answers mean.

use std::collections::HashMap;
use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use siwn::{ClientLabel, NewSession, Opening, Renewal, SessionId, SessionRow, UnixMillis};
use sqlx::Row as _;
use sqlx::postgres::PgRow;

use super::error::{ColumnError, Fault};
use super::expression::{now, run};
use super::literal::{bytes, duration, list, millis, numbers, unhex};
use crate::Clock;

/// A statement that changes something is on disk before it is answered, whatever the server's or the user's setting.
pub(super) fn change(sql: &str) -> String {
    format!("SET LOCAL synchronous_commit = on; {sql}")
}

/// The columns of a row that [`read`] reads.
pub(super) const COLUMNS: &str =
    "id, secret_hash, recipient, account, key, client, created_at, expires_at, idle_lifetime, seen_at, checked_at";

/// The number of the last cut-off of an account at a site, which `row` names.
fn last_cut_off(row: &str) -> String {
    format!(
        "coalesce((SELECT max(number) FROM siwn.cut_off
            WHERE cut_off.account = {row}.account AND cut_off.recipient IN ('', {row}.recipient)), 0)"
    )
}

/// Whether nobody ended the session.
fn is_open() -> String {
    format!("NOT session.closed AND session.opened_after >= {}", last_cut_off("session"))
}

/// Whether the session is alive.
pub(super) fn is_alive(clock: Option<&Clock>) -> String {
    let now = now(clock);
    format!("{} AND {now} < expires_at AND (idle_lifetime IS NULL OR {now} - seen_at < idle_lifetime)", is_open())
}

/// Spends the challenges and opens their sessions. The insert decides; in the order of ids, so that no two statements wait for each other.
///
/// Every other table is asked by scalar or limited subqueries, which leave the planner no choice but an index, whatever it takes the tables
/// for.
pub(super) fn open(batch: &[&NewSession], clock: Option<&Clock>) -> String {
    let list = |of: &dyn for<'a> Fn(&'a NewSession) -> &'a [u8]| list(batch.iter().map(|new| Some(of(new))));
    let times = |of: &dyn Fn(&NewSession) -> UnixMillis| numbers(batch.iter().map(|new| Some(millis(of(new)))));
    let keys: Vec<_> = batch.iter().map(|new| new.row().key.as_ref().map(ToString::to_string)).collect();
    let values = [
        list(&|new| new.row().id.as_bytes()),
        list(&|new| &new.row().secret_hash),
        list(&|new| new.row().recipient.as_str().as_bytes()),
        list(&|new| new.row().account.as_str().as_bytes()),
        super::literal::list(keys.iter().map(|key| key.as_ref().map(String::as_bytes))),
        list(&|new| new.row().client.as_str().as_bytes()),
        times(&|new| new.row().created_at),
        times(&|new| new.row().expires_at),
        numbers(batch.iter().map(|new| new.row().idle_lifetime.map(duration))),
        times(&|new| new.row().seen_at),
        times(&|new| new.row().checked_at),
        times(&NewSession::guarded_until),
        times(&NewSession::kept_until),
        times(&NewSession::challenge_expires_at),
        generations(batch),
    ]
    .join(", ");
    change(&format!(
        "WITH wanted AS (
            SELECT place, decode(id, 'hex') AS id, decode(secret_hash, 'hex') AS secret_hash,
                convert_from(decode(recipient, 'hex'), 'UTF8') COLLATE \"default\" AS recipient,
                convert_from(decode(account, 'hex'), 'UTF8') COLLATE \"default\" AS account,
                convert_from(decode(key, 'hex'), 'UTF8') AS key, convert_from(decode(client, 'hex'), 'UTF8') AS client,
                created_at, expires_at, idle_lifetime, seen_at, checked_at, guarded_until, kept_until, challenge_expires_at,
                decode(generation, 'hex') AS generation
            FROM unnest({values}) WITH ORDINALITY AS list ({COLUMNS}, guarded_until, kept_until, challenge_expires_at,
                generation, place)
        ), judged AS MATERIALIZED (
            SELECT wanted.*, CASE
                WHEN generation <> (SELECT meta.generation FROM siwn.meta) OR {run} <> (SELECT run FROM siwn.meta)
                    THEN 'other generation'
                WHEN {now} >= challenge_expires_at THEN 'expired'
                WHEN guarded_until <= (SELECT pruned_until FROM siwn.meta) THEN 'pruned'
                WHEN (SELECT blocked FROM siwn.account WHERE account.account = wanted.account) THEN 'blocked'
                ELSE 'good' END AS verdict
            FROM wanted
        ), opened AS (
            INSERT INTO siwn.session ({COLUMNS}, opened_after, guarded_until, kept_until)
            SELECT {COLUMNS}, {last_cut_off}, guarded_until, kept_until
            FROM judged WHERE verdict = 'good' ORDER BY id
            ON CONFLICT (id) DO NOTHING
            RETURNING id, secret_hash
        )
        SELECT verdict, encode(coalesce(opened.secret_hash, before.secret_hash), 'hex') AS secret_hash,
            opened.id IS NOT NULL OR before.is_open AS is_open, {now} AS now
        FROM judged LEFT JOIN opened ON opened.id = judged.id LEFT JOIN LATERAL (
            SELECT secret_hash, {is_open} AS is_open FROM siwn.session WHERE session.id = judged.id LIMIT 1
        ) AS before ON true
        ORDER BY place",
        run = run!(),
        now = now(clock),
        last_cut_off = last_cut_off("judged"),
        is_open = is_open(),
    ))
}

fn generations(batch: &[&NewSession]) -> String {
    let all: Vec<_> = batch.iter().map(|new| new.generation()).collect();
    list(all.iter().map(|generation| Some(&generation.as_bytes()[..])))
}

/// What became of one of them.
pub(super) enum Verdict {
    Is(Opening),
    /// Its row may have been pruned: the server's clock went back.
    MayBePruned,
    /// Somebody else opened it meanwhile, and this statement does not see it yet.
    Unseen,
}

pub(super) fn verdict(row: &PgRow, new: &NewSession) -> Result<Verdict, sqlx::Error> {
    let stored: Option<String> = row.try_get("secret_hash")?;
    if let Some(stored) = stored {
        let is_same = unhex(&stored).is_some_and(|stored| stored == new.row().secret_hash);
        return Ok(Verdict::Is(if is_same && row.try_get("is_open")? { Opening::Opened } else { Opening::AlreadySpent }));
    }
    Ok(match row.try_get("verdict")? {
        "other generation" => Verdict::Is(Opening::OtherGeneration),
        "expired" => Verdict::Is(Opening::ChallengeExpired),
        "blocked" => Verdict::Is(Opening::Blocked),
        "pruned" => Verdict::MayBePruned,
        _ => Verdict::Unseen,
    })
}

/// The store's time, where a row tells it.
pub(super) fn told_time(row: &PgRow) -> Option<UnixMillis> {
    let now: i64 = row.try_get("now").ok()?;
    now.try_into().ok().map(UnixMillis::new)
}

/// The rows of sessions that are alive.
pub(super) fn find(ids: &[SessionId], clock: Option<&Clock>) -> String {
    let ids: Vec<_> = ids.iter().map(|id| bytes(id.as_bytes())).collect();
    format!("{} WHERE id IN ({}) AND {}", select(), ids.join(", "), is_alive(clock))
}

/// Rows in the form that [`read`] reads.
pub(super) fn select() -> String {
    let columns = COLUMNS.replacen("id, secret_hash", "encode(id, 'hex') AS id, encode(secret_hash, 'hex') AS secret_hash", 1);
    format!("SELECT {columns} FROM siwn.session")
}

/// What was found for each id.
pub(super) fn found(ids: &[SessionId], rows: &[PgRow]) -> Result<Vec<Result<Option<SessionRow>, Fault>>, Fault> {
    let mut read_rows = HashMap::new();
    for row in rows {
        read_rows.insert(id(row)?, read(row));
    }
    Ok(ids.iter().map(|id| read_rows.get(id).cloned().transpose()).collect())
}

/// A row from what [`select`] selects.
pub(super) fn read(row: &PgRow) -> Result<SessionRow, Fault> {
    let id = id(row)?;
    read_of(id, row).map_err(|source| Fault::Row { id, source: Arc::from(source) })
}

fn id(row: &PgRow) -> Result<SessionId, Fault> {
    let id = digits(row, "id").and_then(|bytes| bytes.try_into().ok());
    id.map(SessionId::from_bytes).ok_or_else(|| Fault::of_statement(sqlx::Error::Decode(Box::new(ColumnError("id")))))
}

fn read_of(id: SessionId, row: &PgRow) -> Result<SessionRow, Box<dyn StdError + Send + Sync>> {
    let number = |column| Ok::<u64, Box<dyn StdError + Send + Sync>>(row.try_get::<i64, _>(column)?.try_into()?);
    let time = |column| number(column).map(UnixMillis::new);
    let idle: Option<i64> = row.try_get("idle_lifetime")?;
    Ok(SessionRow {
        id,
        secret_hash: digits(row, "secret_hash").and_then(|bytes| bytes.try_into().ok()).ok_or(ColumnError("secret_hash"))?,
        recipient: row.try_get::<&str, _>("recipient")?.parse()?,
        account: row.try_get::<&str, _>("account")?.parse()?,
        key: row.try_get::<Option<&str>, _>("key")?.map(str::parse).transpose()?,
        client: ClientLabel::new(row.try_get::<&str, _>("client")?.as_bytes()),
        created_at: time("created_at")?,
        expires_at: time("expires_at")?,
        idle_lifetime: idle.map(u64::try_from).transpose()?.map(Duration::from_millis),
        seen_at: time("seen_at")?,
        checked_at: time("checked_at")?,
    })
}

pub(super) fn digits(row: &PgRow, column: &str) -> Option<Vec<u8>> {
    unhex(row.try_get(column).ok()?)
}

/// Writes down that a session is in use, while it is alive.
pub(super) fn renew(id: SessionId, renewal: Renewal, clock: Option<&Clock>) -> String {
    let time = |time: Option<UnixMillis>| time.map_or(0, millis);
    change(&format!(
        "UPDATE siwn.session SET seen_at = greatest(seen_at, {}), checked_at = greatest(checked_at, {}) WHERE id = {} AND {}",
        time(renewal.seen_at),
        time(renewal.checked_at),
        bytes(id.as_bytes()),
        is_alive(clock),
    ))
}

/// Ends a session; what is left guards the challenge for as long as that is needed, and no longer.
pub(super) fn close(id: SessionId) -> String {
    change(&format!(
        "UPDATE siwn.session SET closed = true, kept_until = guarded_until WHERE id = {} AND NOT closed",
        bytes(id.as_bytes())
    ))
}
