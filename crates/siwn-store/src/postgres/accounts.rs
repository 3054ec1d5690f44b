//! The statements about an account's sessions: lists, cut-offs, blocks.

use siwn::{AccountId, Counts, LISTED, Recipient, SessionId};
use sqlx::Row as _;
use sqlx::postgres::PgRow;

use super::literal::{bytes, text};
use super::rows::{change, is_alive, select};
use crate::Clock;

/// The sessions of an account that are alive, the newest first.
pub(super) fn sessions(account: &AccountId, clock: Option<&Clock>) -> String {
    format!(
        "{} WHERE account = {} AND {} ORDER BY created_at DESC, siwn.session.id DESC LIMIT {LISTED}",
        select(),
        text(account.as_str()),
        is_alive(clock),
    )
}

/// Cuts off. The account's row is locked first; each statement sees what others did before that.
///
/// A session that is opened meanwhile has the number of an earlier cut-off, and is over with the others.
pub(super) fn close_all(
    account: &AccountId,
    recipient: Option<&Recipient>,
    spared: Option<SessionId>,
    clock: Option<&Clock>,
) -> String {
    cut_off(account, recipient, spared, "", clock)
}

/// Cuts off, and lets no session be opened.
pub(super) fn block(account: &AccountId, clock: Option<&Clock>) -> String {
    cut_off(account, None, None, "; UPDATE siwn.account SET blocked = true WHERE account = {account}", clock)
}

fn cut_off(
    account: &AccountId,
    recipient: Option<&Recipient>,
    spared: Option<SessionId>,
    and: &str,
    clock: Option<&Clock>,
) -> String {
    let account = text(account.as_str());
    let number = format!("(SELECT cut_offs FROM siwn.account WHERE account = {account})");
    // While it is alive, which the cut-off would end.
    let spare = spared.map_or(String::new(), |id| {
        let (id, is_alive) = (bytes(id.as_bytes()), is_alive(clock));
        format!("UPDATE siwn.session SET opened_after = {number} WHERE id = {id} AND account = {account} AND {is_alive};")
    });
    change(&format!(
        "INSERT INTO siwn.account (account, cut_offs) VALUES ({account}, 1)
        ON CONFLICT (account) DO UPDATE SET cut_offs = account.cut_offs + 1;
        {spare}
        INSERT INTO siwn.cut_off (account, recipient, number) VALUES ({account}, {recipient}, {number})
        ON CONFLICT (account, recipient) DO UPDATE SET number = excluded.number{and}",
        recipient = text(recipient.map_or("", Recipient::as_str)),
        and = and.replace("{account}", &account),
    ))
}

pub(super) fn unblock(account: &AccountId) -> String {
    change(&format!("UPDATE siwn.account SET blocked = false WHERE account = {} AND blocked", text(account.as_str())))
}

pub(super) fn is_blocked(account: &AccountId) -> String {
    format!("SELECT 1 FROM siwn.account WHERE account = {} AND blocked", text(account.as_str()))
}

pub(super) fn count(clock: Option<&Clock>) -> String {
    format!("SELECT count(*) AS sessions, count(DISTINCT account) AS accounts FROM siwn.session WHERE {}", is_alive(clock))
}

pub(super) fn counts(rows: &[PgRow]) -> Counts {
    let number = |column| rows.first().and_then(|row| row.try_get(column).ok()).map_or(0, i64::unsigned_abs);
    Counts { sessions: number("sessions"), accounts: number("accounts") }
}
