//! The end of a login, as operators see it: who it was, and what is written down of it.

use siwn::{AccountRefusal, Client, LoginError, OpenedSession, Proof, Refusal, SessionSecret, SessionToken, Unavailable};

use crate::audit::{EndReason, Event, Person, Record};
use crate::gate;
use crate::problem::{Code, Problem};
use crate::random::random;
use crate::requester::Requester;
use crate::site::Served;
use crate::siwn::Siwn;

/// A session that was just opened.
pub(crate) struct NewSession {
    pub(crate) opened: OpenedSession,
    /// Whether the account signed in with this key before.
    known_key: Option<bool>,
}

impl Siwn {
    /// Ends a login. Where it fails, the problem says whose login it was.
    pub(crate) async fn finish(&self, site: &Served, proof: Proof, client: &Client) -> Result<NewSession, Problem> {
        let person = Person::claimed(proof.account().clone(), proof.key().cloned());
        let secret = SessionSecret::from_bytes(random()?);
        let opened = site.login.finish(proof, client, self.now(), secret).await.map_err(|error| {
            let is_new = matches!(error, LoginError::Refused(Refusal::Account(AccountRefusal::NewKey(_)))).then_some(false);
            let person = if key_stood(&error) { person.verified() } else { person };
            Problem::from(error).about(person.with_key(is_new))
        })?;
        let known_key = gate::known(site.keys.remember(&opened.session).await);
        Ok(NewSession { opened, known_key })
    }

    /// Writes down that somebody signed in, or was refused. What cannot be read is no login, and an outage no refusal.
    pub(crate) fn audit_login(&self, site: &Served, outcome: &Result<NewSession, Problem>, requester: &Requester) {
        match outcome {
            Ok(NewSession { opened, known_key }) => {
                let person = Some(Person::of(&opened.session).with_key(*known_key));
                self.audit(site, &Record { event: Event::Login, reason: None, person }, requester);
            }
            Err(problem) => self.audit_refusal(site, problem, requester),
        }
    }

    /// Ends the session that a browser had before it signed in anew.
    pub(crate) async fn replace(&self, site: &Served, earlier: &SessionToken, requester: &Requester) {
        match site.sessions.close(earlier, self.now()).await {
            Ok(Some(session)) => site.audit.end(&session, EndReason::SignedInAnew, requester, self.now()),
            Ok(None) => {}
            // Whoever has just signed in is not turned away for it; the session has an end of its own.
            Err(error) => {
                let problem = Problem::from(error);
                tracing::warn!(cause = problem.cause, "the session before a new login could not be ended");
            }
        }
    }

    /// Writes down that somebody was refused.
    pub(crate) fn audit_refusal(&self, site: &Served, problem: &Problem, requester: &Requester) {
        let event = match problem.code.status().as_u16() {
            401 | 403 => Event::Refusal,
            // A flood from one address is counted and not written down.
            429 if problem.person.is_some() => Event::Refusal,
            _ if problem.code == Code::StartOver => Event::LoginUnknown,
            _ => return,
        };
        let person = problem.person.as_deref().cloned();
        self.audit(site, &Record { event, reason: Some(problem.code.as_str()), person }, requester);
    }

    pub(crate) fn audit(&self, site: &Served, record: &Record, requester: &Requester) {
        site.audit.write(record, requester, self.now());
    }
}

/// Whether the login came as far as to show that the key is the account's.
const fn key_stood(error: &LoginError) -> bool {
    match error {
        LoginError::Refused(refusal) => matches!(
            refusal,
            Refusal::Account(AccountRefusal::NotAllowed(_) | AccountRefusal::NewKey(_) | AccountRefusal::ByApplication { .. })
                | Refusal::Blocked
                | Refusal::Spent
                | Refusal::ExpiredMeanwhile
                | Refusal::Forgotten
        ),
        LoginError::Unavailable(unavailable) => {
            matches!(unavailable, Unavailable::TooOften { .. } | Unavailable::StartOver(_))
        }
    }
}
