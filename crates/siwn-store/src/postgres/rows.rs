//! The statements, and what their answers mean.

use std::collections::HashMap;
use std::error::Error as StdError;
use std::sync::Arc;

use siwn::{Generation, NewSession, Opening, SessionId, SessionRow, UnixMillis};
use sqlx::Row as _;
use sqlx::postgres::PgRow;

use super::error::{ColumnError, Fault};
use super::literal::{bytes, list, millis, numbers, unhex};
use crate::Clock;

/// What the memory of spent challenges depends on: one run of the server, and the file that the table is in. Whatever may have lost rows,
/// such as a backup that was put back, a standby that took over, or a table that was made anew, is another one.
macro_rules! run {
    () => {
        "concat_ws(':', extract(epoch FROM pg_postmaster_start_time()), 'siwn.session'::regclass::oid, \
         pg_relation_filenode('siwn.session'))"
    };
}

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
pub(super) fn renew(known: Generation) -> String {
    change(&format!(
        "UPDATE siwn.meta SET generation = uuid_send(gen_random_uuid()), pruned_until = 0 WHERE generation = {}",
        bytes(known.as_bytes())
    ))
}

/// The database's secret; made of `if_new` and of the server's own random bytes where there is none yet, so that it stands in no log of
/// statements.
pub(super) fn kept_secret(if_new: &[u8; 32]) -> String {
    let made = format!("sha256({} || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()))", bytes(if_new));
    change(&format!(
        "UPDATE siwn.meta SET secret = {made} WHERE secret IS NULL; SELECT encode(secret, 'hex') AS secret FROM siwn.meta"
    ))
}

pub(super) fn secret(rows: &[PgRow]) -> Result<[u8; 32], Fault> {
    let secret = rows.first().and_then(|row| digits(row, "secret")?.try_into().ok());
    secret.ok_or_else(|| Fault::of_statement(sqlx::Error::Decode(Box::new(ColumnError("secret")))))
}

/// The store's time, as an expression.
fn now(clock: Option<&Clock>) -> String {
    match clock {
        None => "floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint".into(),
        Some(clock) => format!("{}::bigint", millis(clock())),
    }
}

/// A statement that changes something is on disk before it is answered, whatever the server's or the user's setting.
fn change(sql: &str) -> String {
    format!("SET LOCAL synchronous_commit = on; {sql}")
}

/// Spends the challenges and opens their sessions. The insert decides; in the order of ids, so that no two statements wait for each other.
pub(super) fn open(batch: &[&NewSession], clock: Option<&Clock>) -> String {
    let list = |of: &dyn for<'a> Fn(&'a NewSession) -> &'a [u8]| list(batch.iter().map(|new| Some(of(new))));
    let times = |of: &dyn Fn(&NewSession) -> UnixMillis| numbers(batch.iter().map(|new| millis(of(new))));
    let keys: Vec<_> = batch.iter().map(|new| new.row().key.as_ref().map(ToString::to_string)).collect();
    let values = [
        list(&|new| new.row().id.as_bytes()),
        list(&|new| &new.row().secret_hash),
        list(&|new| new.row().recipient.as_str().as_bytes()),
        list(&|new| new.row().account.as_str().as_bytes()),
        super::literal::list(keys.iter().map(|key| key.as_ref().map(String::as_bytes))),
        times(&|new| new.row().created_at),
        times(&|new| new.row().expires_at),
        times(&NewSession::guarded_until),
        times(&NewSession::kept_until),
        times(&NewSession::challenge_expires_at),
        generations(batch),
    ]
    .join(", ");
    change(&format!(
        "WITH wanted AS (
            SELECT place, decode(id, 'hex') AS id, decode(secret_hash, 'hex') AS secret_hash,
                convert_from(decode(recipient, 'hex'), 'UTF8') AS recipient, convert_from(decode(account, 'hex'), 'UTF8') AS account,
                convert_from(decode(key, 'hex'), 'UTF8') AS key, created_at, expires_at, guarded_until, kept_until,
                challenge_expires_at, decode(generation, 'hex') AS generation
            FROM unnest({values}) WITH ORDINALITY AS list (id, secret_hash, recipient, account, key, created_at, expires_at,
                guarded_until, kept_until, challenge_expires_at, generation, place)
        ), judged AS MATERIALIZED (
            SELECT wanted.*, CASE
                WHEN wanted.generation <> meta.generation OR meta.run <> {run} THEN 'other generation'
                WHEN {now} >= challenge_expires_at THEN 'expired'
                WHEN guarded_until <= pruned_until THEN 'pruned'
                ELSE 'good' END AS verdict
            FROM wanted CROSS JOIN siwn.meta
        ), opened AS (
            INSERT INTO siwn.session (id, secret_hash, recipient, account, key, created_at, expires_at, guarded_until, kept_until)
            SELECT id, secret_hash, recipient, account, key, created_at, expires_at, guarded_until, kept_until
            FROM judged WHERE verdict = 'good' ORDER BY id
            ON CONFLICT (id) DO NOTHING
            RETURNING id, secret_hash
        )
        SELECT verdict, encode(coalesce(opened.secret_hash, session.secret_hash), 'hex') AS secret_hash,
            coalesce(session.closed, false) AS closed, {now} AS now
        FROM judged LEFT JOIN opened ON opened.id = judged.id LEFT JOIN siwn.session ON session.id = judged.id
        ORDER BY place",
        run = run!(),
        now = now(clock),
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
        let is_open = !row.try_get::<bool, _>("closed")?;
        return Ok(Verdict::Is(if is_same && is_open { Opening::Opened } else { Opening::AlreadySpent }));
    }
    Ok(match row.try_get("verdict")? {
        "other generation" => Verdict::Is(Opening::OtherGeneration),
        "expired" => Verdict::Is(Opening::ChallengeExpired),
        "pruned" => Verdict::MayBePruned,
        _ => Verdict::Unseen,
    })
}

/// The store's time, where a row tells it.
pub(super) fn told_time(row: &PgRow) -> Option<UnixMillis> {
    let now: i64 = row.try_get("now").ok()?;
    now.try_into().ok().map(UnixMillis::new)
}

/// The rows of sessions that are open and in time.
pub(super) fn find(ids: &[SessionId], clock: Option<&Clock>) -> String {
    let ids: Vec<_> = ids.iter().map(|id| bytes(id.as_bytes())).collect();
    format!(
        "SELECT encode(id, 'hex') AS id, encode(secret_hash, 'hex') AS secret_hash, recipient, account, key, created_at, expires_at
        FROM siwn.session WHERE id IN ({}) AND NOT closed AND {} < expires_at",
        ids.join(", "),
        now(clock),
    )
}

/// What was found for each id.
pub(super) fn found(ids: &[SessionId], rows: &[PgRow]) -> Vec<Result<Option<SessionRow>, Fault>> {
    let read: HashMap<_, _> = rows.iter().filter_map(|row| id(row).map(|id| (id, read(id, row)))).collect();
    let one = |id: &SessionId| match read.get(id) {
        None => Ok(None),
        Some(Ok(row)) => Ok(Some(row.clone())),
        Some(Err(source)) => Err(Fault::Row { id: *id, source: Arc::clone(source) }),
    };
    ids.iter().map(one).collect()
}

fn id(row: &PgRow) -> Option<SessionId> {
    digits(row, "id")?.try_into().ok().map(SessionId::from_bytes)
}

type ReadError = Arc<dyn StdError + Send + Sync>;

fn read(id: SessionId, row: &PgRow) -> Result<SessionRow, ReadError> {
    let row_of = || -> Result<SessionRow, Box<dyn StdError + Send + Sync>> {
        let time = |column| Ok::<_, Box<dyn StdError + Send + Sync>>(UnixMillis::new(row.try_get::<i64, _>(column)?.try_into()?));
        Ok(SessionRow {
            id,
            secret_hash: digits(row, "secret_hash").and_then(|bytes| bytes.try_into().ok()).ok_or(ColumnError("secret_hash"))?,
            recipient: row.try_get::<&str, _>("recipient")?.parse()?,
            account: row.try_get::<&str, _>("account")?.parse()?,
            key: row.try_get::<Option<&str>, _>("key")?.map(str::parse).transpose()?,
            created_at: time("created_at")?,
            expires_at: time("expires_at")?,
        })
    };
    row_of().map_err(Arc::from)
}

fn digits(row: &PgRow, column: &str) -> Option<Vec<u8>> {
    unhex(row.try_get(column).ok()?)
}

/// Ends a session; what is left guards the challenge for as long as that is needed, and no longer.
pub(super) fn close(id: SessionId) -> String {
    change(&format!(
        "UPDATE siwn.session SET closed = true, kept_until = guarded_until WHERE id = {} AND NOT closed",
        bytes(id.as_bytes())
    ))
}

/// Removes at most `limit` rows that nobody asks for any more, the oldest first, and none that somebody else is at.
///
/// Only guards that an earlier statement announced: by then whoever could still judge without the announcement has ended.
pub(super) fn prune(clock: Option<&Clock>, limit: u16) -> String {
    format!(
        "WITH old AS (
            SELECT id FROM siwn.session
            WHERE kept_until <= {} AND guarded_until <= (SELECT pruned_until FROM siwn.meta)
            ORDER BY kept_until LIMIT {limit} FOR UPDATE SKIP LOCKED
        ), gone AS (
            DELETE FROM siwn.session USING old WHERE session.id = old.id RETURNING 1
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
