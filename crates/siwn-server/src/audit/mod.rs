//! The audit log: who signed in, who was refused, who signed out. One line for each, JSON, for programs and for years.
//!
//! Lines hold what was checked and re-encoded, addresses, and words of a closed list; no secrets, and no text as a client sent it.

#[cfg(test)]
mod disk;
mod log;
mod target;
mod writer;

use std::net::IpAddr;

use serde::Serialize;
use siwn::{AccountId, PublicKey, Session, UnixMillis};

pub use log::AuditLog;
pub(crate) use writer::Counts;

use crate::requester::Requester;
use crate::time::Rfc3339;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Event {
    /// A login opened a session.
    Login,
    /// A proof was refused, or the use of a session whose account is not let in any more.
    Refusal,
    /// A login was answered with "start over": whether it opened a session is not known.
    LoginUnknown,
    /// Somebody ended his session.
    Logout,
    /// A session was ended otherwise, or all sessions of an account were.
    Revocation,
    /// The operator lets an account sign in again.
    Unblock,
    /// The operator takes a key for one that is known.
    KeyAccepted,
}

/// Why a session was ended, where that was no logout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EndReason {
    /// Its browser signed in anew.
    SignedInAnew,
    /// Its owner ended it from another one.
    ByOwner,
    /// Its owner ended all others.
    OthersByOwner,
    /// The operator ended it, or all of the account's.
    ByOperator,
    /// The operator blocked the account.
    Blocked,
    /// The account does not have the key any more.
    KeyGone,
    /// The key may only call contracts by now.
    KeyDowngraded,
    /// The account does not exist any more.
    AccountGone,
}

impl EndReason {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::SignedInAnew => "signed_in_anew",
            Self::ByOwner => "ended_by_owner",
            Self::OthersByOwner => "others_ended_by_owner",
            Self::ByOperator => "ended_by_operator",
            Self::Blocked => "account_blocked",
            Self::KeyGone => "key_not_found",
            Self::KeyDowngraded => "key_not_full_access",
            Self::AccountGone => "account_not_found",
        }
    }
}

/// What happened, and to whom.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) event: Event,
    /// The code that the client was answered; none where all went well.
    pub(crate) reason: Option<&'static str>,
    pub(crate) person: Option<Person>,
}

/// An account and a key.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    account: AccountId,
    key: Option<PublicKey>,
    /// The session that they opened; none where they are only claimed.
    session: Option<siwn::SessionId>,
    verified: bool,
    known_key: Option<bool>,
}

/// Where the lines of one site go.
pub(crate) struct Audit {
    log: Option<AuditLog>,
    network: String,
    recipient: String,
}

/// One line. The order and the names of the members are a promise, and all of them are always there.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    time: Rfc3339,
    event: Event,
    reason: Option<&'static str>,
    account: Option<&'a str>,
    key: Option<String>,
    verified: bool,
    known_key: Option<bool>,
    session: Option<String>,
    client: Option<IpAddr>,
    request_id: Option<&'a str>,
    network: &'a str,
    recipient: &'a str,
}

impl Person {
    /// Whom a client claims to be. Nothing of it is proven.
    pub(crate) const fn claimed(account: AccountId, key: Option<PublicKey>) -> Self {
        Self { account, key, session: None, verified: false, known_key: None }
    }

    pub(crate) const fn account(&self) -> &AccountId {
        &self.account
    }

    /// Whom the operator names.
    pub(crate) const fn named(account: AccountId, key: Option<PublicKey>) -> Self {
        Self::claimed(account, key)
    }

    /// The same, when the chain has said yes.
    pub(crate) fn verified(self) -> Self {
        Self { verified: true, ..self }
    }

    /// The same, where it is known whether the account signed in with the key before.
    pub(crate) fn with_key(self, known_key: Option<bool>) -> Self {
        Self { known_key, ..self }
    }

    /// Whose session it is.
    pub(crate) fn of(session: &Session) -> Self {
        Self {
            account: session.account.clone(),
            key: session.key.clone(),
            session: Some(session.id),
            verified: true,
            known_key: None,
        }
    }
}

impl Audit {
    pub(crate) fn new(log: Option<AuditLog>, network: &str, recipient: &str, counts: &Counts) -> Self {
        if let Some(log) = &log {
            log.count_into(counts.clone());
        }
        Self { log, network: network.into(), recipient: recipient.into() }
    }

    /// Writes down that a session was ended.
    pub(crate) fn end(&self, session: &Session, reason: EndReason, requester: &Requester, now: UnixMillis) {
        let record = Record { event: Event::Revocation, reason: Some(reason.as_str()), person: Some(Person::of(session)) };
        self.write(&record, requester, now);
    }

    /// Writes a line. It does not wait for the disk.
    pub(crate) fn write(&self, record: &Record, requester: &Requester, now: UnixMillis) {
        let Some(log) = &self.log else { return };
        let Record { event, reason, person } = record;
        let line = Line {
            time: Rfc3339(now),
            event: *event,
            reason: *reason,
            account: person.as_ref().map(|person| person.account.as_str()),
            // A handle where the key is long.
            key: person.as_ref().and_then(|person| Some(person.key.as_ref()?.handle())),
            verified: person.as_ref().is_some_and(|person| person.verified),
            known_key: person.as_ref().and_then(|person| person.known_key),
            session: person.as_ref().and_then(|person| Some(person.session?.to_string())),
            client: requester.client,
            request_id: requester.id.as_ref().map(crate::request_id::RequestId::as_str),
            network: &self.network,
            recipient: &self.recipient,
        };
        let mut line = serde_json::to_vec(&line).expect("texts and numbers can be written as JSON");
        line.push(b'\n');
        log.write(line);
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::request_id::RequestId;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn the_longest_line_is_short_enough_for_syslog() {
        let lines = Lines::default();
        let log = AuditLog::stream(lines.clone()).unwrap();
        let audit = Audit::new(Some(log.clone()), &"n".repeat(64), &"r".repeat(253), &Counts::default());
        let person = Person {
            account: "a".repeat(64).parse().unwrap(),
            key: Some(PublicKey::from_ml_dsa_65([7; 1952])),
            session: Some(siwn::SessionId::from_bytes([7; 16])),
            verified: true,
            known_key: Some(false),
        };
        let record = Record { event: Event::LoginUnknown, reason: Some("callback_url_not_allowed"), person: Some(person) };
        let client = "2001:db8:1111:1111:1111:1111:1111:1111".parse().ok();
        audit.write(&record, &Requester { id: Some(RequestId::random()), client }, UnixMillis::new(1_760_000_000_000));
        log.close();
        let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        // RFC 3164, section 4.1: a packet has at most 1,024 bytes, and some of them are not ours.
        assert!(text.contains("ml-dsa-65-hash:") && text.len() < 924, "{} bytes: {text}", text.len());
    }
}
