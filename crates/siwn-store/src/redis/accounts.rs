//! An account's sessions: the list that is a hint, the mark that decides.

use std::cmp::Reverse;
use std::time::{Duration, SystemTime};

use futures_util::future::{join_all, try_join_all};
use redis::Value;
use siwn::{AccountId, LISTED, NewSession, Recipient, SessionId, SessionRow, UnixMillis};

use super::core::Core;
use super::deadline::Deadline;
use super::error::Fault;
use super::rows::{Found, millis};
use super::scripts::{CLOSE, CUT_OFF, ENLIST, UNBLOCK};

/// How long a mark is kept at least: longer than any session lives that was opened before, which also prolongs it.
const MARK_KEPT: Duration = Duration::from_hours(24 * 400);
/// How long an entry without a row stays on a list: its session may be about to be opened.
const ENTRY_KEPT: Duration = Duration::from_mins(1);
/// How often a cut-off that spares a session is tried while others cut off too.
const TRIES: usize = 64;

/// What decides on an account's sessions at one site.
pub(super) struct Mark {
    last: String,
    blocked: bool,
    scopes: [(u64, Option<Vec<u8>>); 2],
}

impl Mark {
    /// Whether neither a block nor a cut-off ended the session.
    pub(super) fn lets(&self, found: &Found) -> bool {
        let id = found.row.id.to_string();
        let is_spared = |spared: &Option<Vec<u8>>| spared.as_deref() == Some(id.as_bytes());
        !self.blocked && self.scopes.iter().all(|(cut_off, spared)| found.after >= *cut_off || is_spared(spared))
    }
}

/// Which session goes on, and from what the caller knew that it may.
enum Spared {
    Nobody,
    Alive { id: SessionId, last: String },
}

impl Core {
    /// Puts a session on its account's list before it is opened. Answers the cut-off that it is opened after; none if it may not be.
    pub(super) async fn enlist(&self, new: &NewSession, deadline: Deadline) -> Result<Option<String>, Fault> {
        let row = new.row();
        let call = ENLIST
            .on([self.keys.list(&row.account), self.keys.mark(&row.account)])
            .with(self.now())
            .with(row.id.to_string())
            .with(millis(row.created_at))
            .with(millis(new.kept_until()))
            .with(LISTED.to_string())
            .with(row.recipient.as_str());
        match self.link.run(&call, deadline).await? {
            Value::Nil => Ok(None),
            Value::BulkString(cut_off) => Ok(Some(String::from_utf8_lossy(&cut_off).into_owned())),
            _ => Err(Fault::Answer("an entry")),
        }
    }

    pub(super) async fn mark(&self, account: &AccountId, recipient: &Recipient, deadline: Deadline) -> Result<Mark, Fault> {
        let mut command = redis::cmd("HMGET");
        command.arg(self.keys.mark(account)).arg(&["last", "blocked", "every", "spared"]);
        command.arg(format!("at:{recipient}")).arg(format!("spared:{recipient}"));
        let Value::Array(fields) = self.link.send_again(&command, deadline).await? else { return Err(Fault::Answer("a mark")) };
        let fields: [Value; 6] = fields.try_into().map_err(|_| Fault::Answer("a mark"))?;
        let [last, blocked, every, every_spared, at, at_spared] = fields.map(|field| match field {
            Value::BulkString(bytes) => Some(bytes),
            _ => None,
        });
        let number = |field: Option<Vec<u8>>| match field {
            None => Ok(0),
            Some(bytes) => String::from_utf8_lossy(&bytes).parse().map_err(|_| Fault::Answer("a mark")),
        };
        Ok(Mark {
            last: String::from_utf8_lossy(&last.unwrap_or_default()).into_owned(),
            blocked: blocked.is_some(),
            scopes: [(number(every)?, every_spared), (number(at)?, at_spared)],
        })
    }

    /// The sessions that are alive, the newest first. What is over leaves the list.
    pub(super) async fn sessions(&self, account: &AccountId, deadline: Deadline) -> Result<Vec<SessionRow>, Fault> {
        let entries = self.entries(account, deadline).await?;
        let found = try_join_all(entries.iter().map(|(id, _)| self.look_up(*id, deadline))).await?;
        let mut rows = Vec::new();
        let mut over = Vec::new();
        let mut marks: Vec<(Recipient, Mark)> = Vec::new();
        for ((id, opened), found) in entries.into_iter().zip(found) {
            let Some(found) = found.filter(|found| found.row.account == *account) else {
                over.push((id, opened));
                continue;
            };
            let recipient = &found.row.recipient;
            if !marks.iter().any(|(known, _)| known == recipient) {
                marks.push((recipient.clone(), self.mark(account, recipient, deadline).await?));
            }
            let lets = marks.iter().any(|(known, mark)| known == recipient && mark.lets(&found));
            if lets {
                rows.push(found.row);
            } else {
                over.push((id, opened));
            }
        }
        self.strike_off(account, over, deadline).await;
        rows.sort_by_key(|row| Reverse((row.created_at, row.id)));
        Ok(rows)
    }

    pub(super) async fn close_all(
        &self,
        account: &AccountId,
        recipient: Option<&Recipient>,
        spared: Option<SessionId>,
        deadline: Deadline,
    ) -> Result<(), Fault> {
        for _ in 0..TRIES {
            let spared = self.spared(account, spared, deadline).await?;
            if let Some(number) = self.cut_off(account, recipient, &spared, "", deadline).await? {
                self.close_before(account, recipient, &spared, &number, deadline).await;
                return Ok(());
            }
        }
        Err(Fault::Contended)
    }

    pub(super) async fn block(&self, account: &AccountId, deadline: Deadline) -> Result<(), Fault> {
        if let Some(number) = self.cut_off(account, None, &Spared::Nobody, "block", deadline).await? {
            self.close_before(account, None, &Spared::Nobody, &number, deadline).await;
        }
        Ok(())
    }

    pub(super) async fn unblock(&self, account: &AccountId, deadline: Deadline) -> Result<(), Fault> {
        let call = UNBLOCK.on([self.keys.mark(account), self.keys.list(account)]).with(MARK_KEPT.as_millis().to_string());
        self.link.run(&call, deadline).await.map(drop)
    }

    pub(super) async fn is_blocked(&self, account: &AccountId, deadline: Deadline) -> Result<bool, Fault> {
        let mut command = redis::cmd("HEXISTS");
        command.arg(self.keys.mark(account)).arg("blocked");
        Ok(self.link.send_again(&command, deadline).await? == Value::Int(1))
    }

    /// Whether the session may be spared: it is the account's, and alive.
    async fn spared(&self, account: &AccountId, id: Option<SessionId>, deadline: Deadline) -> Result<Spared, Fault> {
        let Some(id) = id else { return Ok(Spared::Nobody) };
        let found = self.look_up(id, deadline).await?;
        let Some(found) = found.filter(|found| found.row.account == *account) else { return Ok(Spared::Nobody) };
        let mark = self.mark(account, &found.row.recipient, deadline).await?;
        Ok(if mark.lets(&found) { Spared::Alive { id, last: mark.last } } else { Spared::Nobody })
    }

    /// Writes a cut-off. Where a session is spared, only if there was no other since it was found alive: it may be over by now.
    async fn cut_off(
        &self,
        account: &AccountId,
        recipient: Option<&Recipient>,
        spared: &Spared,
        block: &'static str,
        deadline: Deadline,
    ) -> Result<Option<String>, Fault> {
        let (last, id) = match spared {
            Spared::Nobody => ("*".to_owned(), String::new()),
            Spared::Alive { id, last } => (last.clone(), id.to_string()),
        };
        let call = CUT_OFF
            .on([self.keys.mark(account), self.keys.list(account)])
            .with(last)
            .with(recipient.map_or("", Recipient::as_str))
            .with(id)
            .with(block)
            .with(MARK_KEPT.as_millis().to_string());
        match self.link.run(&call, deadline).await? {
            Value::Nil => Ok(None),
            Value::BulkString(number) => Ok(Some(String::from_utf8_lossy(&number).into_owned())),
            _ => Err(Fault::Answer("a cut-off")),
        }
    }

    /// Ends the rows that a cut-off has ended already, one by one: to make room, and in case that the mark's node loses its memory while
    /// theirs do not. What fails here is over all the same.
    async fn close_before(
        &self,
        account: &AccountId,
        recipient: Option<&Recipient>,
        spared: &Spared,
        number: &str,
        deadline: Deadline,
    ) {
        let Ok(mut entries) = self.entries(account, deadline).await else { return };
        if let Spared::Alive { id: spared, .. } = spared {
            entries.retain(|(id, _)| id != spared);
        }
        let close = |id: SessionId| {
            let recipient = recipient.map_or("", Recipient::as_str);
            CLOSE.on([self.keys.row(id)]).with(self.now()).with(number).with(recipient)
        };
        let closing = entries.into_iter().map(|entry| async move {
            let closed = self.link.run(&close(entry.0), deadline).await;
            matches!(closed, Ok(Value::BulkString(_))).then_some(entry)
        });
        let closed = join_all(closing).await.into_iter().flatten().collect();
        self.strike_off(account, closed, deadline).await;
    }

    /// An account's list: ids, and when each was opened.
    async fn entries(&self, account: &AccountId, deadline: Deadline) -> Result<Vec<(SessionId, UnixMillis)>, Fault> {
        let mut command = redis::cmd("ZREVRANGE");
        command.arg(self.keys.list(account)).arg(0).arg(LISTED - 1).arg("WITHSCORES");
        let Value::Array(fields) = self.link.send_again(&command, deadline).await? else { return Err(Fault::Answer("a list")) };
        let text = |field: &Value| match field {
            Value::BulkString(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
            _ => None,
        };
        let entry = |pair: &[Value]| {
            let [id, opened] = pair else { return None };
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a score is a time, and saturates")]
            let opened = text(opened)?.parse::<f64>().ok()? as u64;
            Some((text(id)?.parse().ok()?, UnixMillis::new(opened)))
        };
        fields.chunks(2).map(|pair| entry(pair).ok_or(Fault::Answer("a list"))).collect()
    }

    /// Takes what is over off the list, but for what may be about to begin. What fails is tried again at the next reading.
    async fn strike_off(&self, account: &AccountId, over: Vec<(SessionId, UnixMillis)>, deadline: Deadline) {
        let now = self.clock.as_ref().map_or_else(|| SystemTime::now().into(), |clock| clock());
        let over: Vec<_> =
            over.into_iter().filter(|(_, opened)| now.since(*opened) >= ENTRY_KEPT).map(|(id, _)| id.to_string()).collect();
        if !over.is_empty() {
            let mut command = redis::cmd("ZREM");
            command.arg(self.keys.list(account)).arg(over);
            let _ = self.link.send(&command, deadline).await;
        }
    }
}
