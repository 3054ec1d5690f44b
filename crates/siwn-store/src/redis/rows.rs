//! Rows as the server keeps them.

use std::error::Error as StdError;
use std::time::Duration;

use redis::Value;
use siwn::{ClientLabel, NewSession, SessionId, SessionRow, UnixMillis};

use super::error::Fault;
use super::scripts::Call;

/// Adds a row's fields and values to a call, but for those that the script sets.
pub(super) fn with_row(call: Call, new: &NewSession) -> Call {
    let row = new.row();
    let optional =
        [("key", row.key.as_ref().map(ToString::to_string)), ("idle", row.idle_lifetime.map(|idle| idle.as_millis().to_string()))];
    let call = call
        .with("site")
        .with(row.recipient.as_str())
        .with("account")
        .with(row.account.as_str())
        .with("client")
        .with(row.client.as_str())
        .with("created")
        .with(millis(row.created_at))
        .with("expires")
        .with(millis(row.expires_at))
        .with("seen")
        .with(millis(row.seen_at))
        .with("checked")
        .with(millis(row.checked_at))
        .with("guard")
        .with(millis(new.guarded_until()));
    let present = optional.into_iter().filter_map(|(name, value)| Some((name, value?)));
    present.fold(call, |call, (name, value)| call.with(name).with(value))
}

/// A row, and the cut-off that it was opened after.
pub(super) struct Found {
    pub(super) row: SessionRow,
    pub(super) after: u64,
}

/// What the script that finds rows answers.
pub(super) fn read(id: SessionId, answer: Value) -> Result<Option<Found>, Fault> {
    match answer {
        Value::Nil => Ok(None),
        Value::Array(fields) => read_fields(id, fields).map(Some).map_err(|source| Fault::Row { id, source }),
        _ => Err(Fault::Answer("a look-up")),
    }
}

fn read_fields(id: SessionId, fields: Vec<Value>) -> Result<Found, Box<dyn StdError + Send + Sync>> {
    let fields: [Value; 11] = fields.try_into().map_err(|_| "a row of another shape")?;
    let [hash, site, account, key, client, created, expires, idle, seen, checked, after] = fields.map(|field| match field {
        Value::BulkString(bytes) => Some(bytes),
        _ => None,
    });
    let row = SessionRow {
        id,
        secret_hash: hash.ok_or("no hash")?.try_into().map_err(|_| "a hash of another length")?,
        recipient: text(site)?.parse()?,
        account: text(account)?.parse()?,
        key: key.map(|key| text(Some(key))).transpose()?.map(|key| key.parse()).transpose()?,
        client: ClientLabel::new(&client.unwrap_or_default()),
        created_at: time(created)?,
        expires_at: time(expires)?,
        idle_lifetime: idle.map(|idle| number(Some(idle))).transpose()?.map(Duration::from_millis),
        seen_at: time(seen)?,
        checked_at: time(checked)?,
    };
    Ok(Found { row, after: number(after)? })
}

fn text(field: Option<Vec<u8>>) -> Result<String, Box<dyn StdError + Send + Sync>> {
    Ok(String::from_utf8(field.ok_or("a field is missing")?)?)
}

fn number(field: Option<Vec<u8>>) -> Result<u64, Box<dyn StdError + Send + Sync>> {
    Ok(text(field)?.parse()?)
}

fn time(field: Option<Vec<u8>>) -> Result<UnixMillis, Box<dyn StdError + Send + Sync>> {
    Ok(UnixMillis::new(number(field)?))
}

pub(super) fn millis(time: UnixMillis) -> String {
    time.get().to_string()
}
