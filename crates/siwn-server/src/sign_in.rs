//! The end of a login, as operators see it: who it was, and what is written down of it.

use siwn::{AccountRefusal, Client, LoginError, OpenedSession, Proof, Refusal, SessionSecret, Unavailable};

use crate::audit::{Event, Person, Record};
use crate::problem::{Code, Problem};
use crate::random::random;
use crate::requester::Requester;
use crate::siwn::Siwn;

impl Siwn {
    /// Ends a login. Where it fails, the problem says whose login it was.
    pub(crate) async fn finish(&self, proof: Proof, client: &Client) -> Result<OpenedSession, Problem> {
        let person = Person::claimed(proof.account().clone(), proof.key().cloned());
        let secret = SessionSecret::from_bytes(random()?);
        self.0.login.finish(proof, client, self.now(), secret).await.map_err(|error| {
            let person = if key_stood(&error) { person.verified() } else { person };
            Problem::from(error).about(person)
        })
    }

    /// Writes down that somebody signed in, or was refused. What cannot be read is no login, and an outage no refusal.
    pub(crate) fn audit_login(&self, outcome: &Result<OpenedSession, Problem>, requester: &Requester) {
        match outcome {
            Ok(opened) => {
                let person = Some(Person::of(&opened.session));
                self.audit(&Record { event: Event::Login, reason: None, person }, requester);
            }
            Err(problem) => self.audit_refusal(problem, requester),
        }
    }

    /// Writes down that somebody was refused.
    pub(crate) fn audit_refusal(&self, problem: &Problem, requester: &Requester) {
        let event = match problem.code.status().as_u16() {
            401 | 403 => Event::Refusal,
            // A flood from one address is counted and not written down.
            429 if problem.person.is_some() => Event::Refusal,
            _ if problem.code == Code::StartOver => Event::LoginUnknown,
            _ => return,
        };
        let person = problem.person.as_deref().cloned();
        self.audit(&Record { event, reason: Some(problem.code.as_str()), person }, requester);
    }

    pub(crate) fn audit(&self, record: &Record, requester: &Requester) {
        self.0.audit.write(record, requester, self.now());
    }
}

/// Whether the login came as far as to show that the key is the account's.
const fn key_stood(error: &LoginError) -> bool {
    match error {
        LoginError::Refused(refusal) => matches!(
            refusal,
            Refusal::Account(AccountRefusal::NotAllowed(_))
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
