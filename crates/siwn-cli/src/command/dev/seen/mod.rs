//! What the server saw, and why it said what it said: for the one who develops against it, on the page and nowhere else.
//!
//! Each request of the routes for logins is written down with its outcome and the reason in words. Tokens, cookies and signatures are
//! not.

mod chain;
mod node;
mod proof;
mod visit;
mod words;

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use http::header::CONTENT_LENGTH;
use serde::{Deserialize, Serialize};
use siwn_server::Answered;

use self::chain::Asked;
use self::node::Node;
use self::proof::Claim;
use self::visit::Visit;
use super::clock::Clock;
use crate::output;

pub(super) use self::chain::WatchedChain;
pub(super) use self::node::NODE;
pub(super) use self::visit::has_session_cookie;

/// How many requests are remembered.
const MOST: usize = 200;
/// The longest body that is looked at, in bytes: no login's is longer.
const LONGEST_BODY: usize = 64 * 1024;

tokio::task_local! {
    /// What came to be known of the request that this task answers.
    static TRACE: Arc<Trace>;
}

/// What is known of one request beside the request.
#[derive(Debug, Default)]
struct Trace {
    told: Mutex<Option<Told>>,
    asked: Mutex<Vec<Asked>>,
}

/// What the server says of its answer.
#[derive(Clone, Debug)]
struct Told {
    request_id: String,
    outcome: &'static str,
    reason: Option<String>,
}

/// The requests, the newest last. Clones are the same.
#[derive(Clone)]
pub(super) struct Seen(Arc<Inner>);

struct Inner {
    clock: Clock,
    public_url: String,
    recipient: &'static str,
    node: Node,
    log: Mutex<Log>,
}

#[derive(Default)]
struct Log {
    last: u64,
    entries: VecDeque<Entry>,
}

/// One request, as the page shows it.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    number: u64,
    time: String,
    method: String,
    route: String,
    /// Who asked.
    from: String,
    status: u16,
    outcome: String,
    request_id: String,
    /// Why, in one sentence.
    why: String,
    /// How far a login came.
    steps: Vec<Step>,
    /// What NEAR was asked, and what it answered.
    asked: Vec<String>,
    /// The calls of the node that this took.
    calls: Vec<String>,
    milliseconds: u64,
}

/// A step of a login.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Step {
    name: &'static str,
    went: Went,
    what: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Went {
    Good,
    /// This step said no, or could not find out.
    Bad,
    /// The login did not come so far.
    Open,
}

/// What the page asks for again and again.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct News {
    last: u64,
    /// How far the server's clock is ahead, in seconds.
    ahead: u64,
    entries: Vec<Entry>,
}

impl Seen {
    pub(super) fn new(clock: Clock, public_url: String, recipient: &'static str) -> Self {
        Self(Arc::new(Inner { clock, public_url, recipient, node: Node::default(), log: Mutex::default() }))
    }

    /// Everything after the request with this number.
    pub(super) fn after(&self, number: u64) -> News {
        let log = self.log();
        let entries = log.entries.iter().filter(|entry| entry.number > number).cloned().collect();
        News { last: log.last, ahead: self.0.clock.ahead().as_secs(), entries }
    }

    /// Takes what the server says of an answer, for the request that it belongs to.
    pub(super) fn tell(answered: &Answered<'_>) {
        let told = Told {
            request_id: answered.request_id.to_owned(),
            outcome: answered.outcome,
            reason: answered.reason.map(|reason| reason.chars().take(500).collect()),
        };
        // Requests that are not watched have no trace.
        let _ = TRACE.try_with(|trace| *locked(&trace.told) = Some(told));
    }

    fn push(&self, mut entry: Entry) {
        entry.time = output::time(self.0.clock.now());
        let mut log = self.log();
        log.last += 1;
        entry.number = log.last;
        if log.entries.len() == MOST {
            log.entries.pop_front();
        }
        log.entries.push_back(entry);
    }

    /// What the server did without having been asked.
    fn push_own(&self, outcome: &str, why: String, asked: Vec<Asked>) {
        let entry = Entry { route: "the server itself".into(), outcome: outcome.into(), why, ..Entry::default() };
        self.push(entry.with_asked(asked));
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        locked(&self.0.log)
    }
}

/// Writes down what becomes of a request of the routes for logins, and what the node is asked.
pub(super) async fn watch(State(seen): State<Seen>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if path == NODE {
        return seen.0.node.watch(request, next).await;
    }
    if !visit::is_watched(path) {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let visit = Visit::of(&parts);
    let is_proof = visit.route == "/api/auth/verify-login" && visit.method == "POST";
    let (body, sent) = if is_proof && visit.length.is_some_and(|length| length <= LONGEST_BODY) {
        // Whoever breaks off reads no answer.
        let Ok(bytes) = to_bytes(body, LONGEST_BODY).await else { return StatusCode::BAD_REQUEST.into_response() };
        (Body::from(bytes.clone()), Some(bytes))
    } else {
        (body, None)
    };
    let claim = sent.map(|sent| Claim::read(&sent, seen.0.recipient, &seen.0.public_url, &visit));
    let (began, trace) = (Instant::now(), Arc::new(Trace::default()));
    let response = TRACE.scope(Arc::clone(&trace), next.run(Request::from_parts(parts, body))).await;
    let took = began.elapsed();
    let (response, account) = signed_in_as(&visit, response).await;
    let told = locked(&trace.told).take();
    let asked = std::mem::take(&mut *locked(&trace.asked));
    let mut entry = words::entry(&visit, told.as_ref(), claim.as_ref(), &asked, account.as_deref());
    entry.status = response.status().as_u16();
    entry.milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    seen.push(entry.with_asked(asked));
    response
}

/// Whose session it is, read from the answer that says so.
async fn signed_in_as(visit: &Visit, response: Response) -> (Response, Option<String>) {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Session {
        account_id: String,
    }
    if visit.route != "/api/auth/session" || response.status() != StatusCode::OK {
        return (response, None);
    }
    let (mut parts, body) = response.into_parts();
    let body = to_bytes(body, LONGEST_BODY).await.unwrap_or_else(|_| Bytes::new());
    let session = serde_json::from_slice::<Session>(&body).ok();
    parts.headers.remove(CONTENT_LENGTH);
    (Response::from_parts(parts, Body::from(body)), session.map(|session| session.account_id))
}

impl Entry {
    fn with_asked(mut self, asked: Vec<Asked>) -> Self {
        for Asked { question, answer, calls, .. } in asked {
            self.asked.push(format!("{question}: {answer}"));
            self.calls.extend(calls);
        }
        self
    }
}

/// What the audit log says of sessions that the server ended by itself.
impl Write for Seen {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Line {
            event: String,
            reason: Option<String>,
            account: Option<String>,
            request_id: Option<String>,
        }
        for line in line.split(|byte| *byte == b'\n') {
            let Ok(Line { event, reason, account, request_id: None }) = serde_json::from_slice(line) else { continue };
            if event == "revocation" {
                let account = account.unwrap_or_default();
                let reason = reason.unwrap_or_default();
                self.push_own(&reason, format!("A session of {account} was ended: {}", words::of_end(&reason)), Vec::new());
            }
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Every change is complete before anything could panic.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
