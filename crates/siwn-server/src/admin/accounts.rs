//! An account: its sessions at all sites, whether it is blocked, and keys of its that are to be accepted.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use serde::Serialize;
use siwn::{AccountId, PublicKey, SessionRow};

use crate::audit::{EndReason, Event, Person, Record};
use crate::problem::{Code, Problem};
use crate::requester::Requester;
use crate::siwn::Siwn;
use crate::time::Rfc3339;

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer<'a> {
    /// Its name.
    account_id: &'a str,
    /// Whether it is kept out.
    blocked: bool,
    /// Those that are alive, at all sites.
    sessions: Vec<Listed<'a>>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct Listed<'a> {
    /// Its id. It opens nothing.
    id: String,
    /// Of which site.
    recipient: &'a str,
    /// What the client calls itself: printable ASCII, and not to be trusted.
    client: &'a str,
    /// The key that opened it, or its handle where the key is long; null where a contract answered.
    public_key: Option<String>,
    /// Since when.
    created_at: Rfc3339,
    /// When it was last used, to the minute.
    last_seen_at: Rfc3339,
    /// When it ends if it is not used any more.
    expires_at: Rfc3339,
}

impl<'a> From<&'a SessionRow> for Listed<'a> {
    fn from(row: &'a SessionRow) -> Self {
        Self {
            id: row.id.to_string(),
            recipient: row.recipient.as_str(),
            client: row.client.as_str(),
            public_key: row.key.as_ref().map(PublicKey::handle),
            created_at: Rfc3339(row.created_at),
            last_seen_at: Rfc3339(row.seen_at),
            expires_at: Rfc3339(row.ends_at()),
        }
    }
}

/// What an address names.
type Named<T> = Result<Path<T>, PathRejection>;

pub(super) async fn show(State(siwn): State<Siwn>, account: Named<String>) -> Result<Response, Problem> {
    let account = read(account)?;
    let sessions = siwn.0.store.sessions(&account).await?;
    let blocked = siwn.0.store.is_blocked(&account).await?;
    let answer = Answer { account_id: account.as_str(), blocked, sessions: sessions.iter().map(Listed::from).collect() };
    Ok(Json(answer).into_response())
}

pub(super) async fn end_all(State(siwn): State<Siwn>, account: Named<String>, request: Request) -> Result<Response, Problem> {
    let account = read(account)?;
    siwn.0.store.close_all(&account, None, None).await?;
    siwn.audit_operator(Event::Revocation, Some(EndReason::ByOperator), Person::named(account, None), &request);
    Ok(StatusCode::NO_CONTENT.into_response())
}

pub(super) async fn block(State(siwn): State<Siwn>, account: Named<String>, request: Request) -> Result<Response, Problem> {
    let account = read(account)?;
    siwn.0.store.block(&account).await?;
    siwn.audit_operator(Event::Revocation, Some(EndReason::Blocked), Person::named(account, None), &request);
    Ok(StatusCode::NO_CONTENT.into_response())
}

pub(super) async fn unblock(State(siwn): State<Siwn>, account: Named<String>, request: Request) -> Result<Response, Problem> {
    let account = read(account)?;
    siwn.0.store.unblock(&account).await?;
    siwn.audit_operator(Event::Unblock, None, Person::named(account, None), &request);
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Takes a key for one that the account signed in with before. It opens nothing: at its login the chain is asked as ever.
pub(super) async fn accept_key(
    State(siwn): State<Siwn>,
    named: Named<(String, String)>,
    request: Request,
) -> Result<Response, Problem> {
    let Path((account, key)) = named.map_err(|_| Problem::new(Code::AccountMalformed))?;
    let account: AccountId = account.parse().map_err(|_| Problem::new(Code::AccountMalformed))?;
    let key: PublicKey = key.parse().map_err(|_| Problem::new(Code::AccountMalformed))?;
    siwn.0.store.remember_key(&account, &key).await?;
    siwn.audit_operator(Event::KeyAccepted, None, Person::named(account, Some(key)), &request);
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn read(account: Named<String>) -> Result<AccountId, Problem> {
    let malformed = || Problem::new(Code::AccountMalformed);
    let Path(account) = account.map_err(|_| malformed())?;
    account.parse().map_err(|_| malformed())
}

impl Siwn {
    /// Writes down, at every site, what the operator did to an account.
    fn audit_operator(&self, event: Event, reason: Option<EndReason>, person: Person, request: &Request) {
        let requester = Requester::of(&self.0.trusted_proxies, request.extensions(), request.headers());
        let record = Record { event, reason: reason.map(EndReason::as_str), person: Some(person) };
        for site in self.0.sites.iter() {
            self.audit(site, &record, &requester);
        }
    }
}
