//! A close look at an endpoint, for an operator: whether it can be used, how fresh and fast it is, what it knows.

use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::{Value, json};
use siwn::{AccountId, PublicKey, Question, UnixMillis};
use tokio::time::{Instant, timeout};

use super::{Endpoint, Shared};
use crate::block::Tip;
use crate::fault::Fault;
use crate::http::Address;
use crate::reply::Reply;
use crate::request::{Call, RequestId};

/// What [`RpcChain::examine`](crate::RpcChain::examine) found at one endpoint. Shows no secret of an address.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EndpointReport {
    /// Host and port.
    pub host: String,
    /// What keeps logins from being answered by it; none where it is good.
    pub trouble: Option<Trouble>,
    /// Its newest final block, however old.
    pub tip: Option<TipReport>,
    /// How long one call took, over a connection that was open.
    pub latency: Option<Duration>,
    /// What it knows of what is asked of endpoints, and of newer forms of that.
    pub methods: Vec<MethodReport>,
}

/// What is wrong with an endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Trouble {
    /// From the list of [`CallCount::outcome`](crate::CallCount::outcome): `unreachable`, `timed_out`, `lagging`, `other_network`, …
    pub cause: &'static str,
    /// The same in words that follow the endpoint's name, as in "did not answer in time". Foreign text in it is escaped.
    pub text: String,
}

/// The newest final block of an endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TipReport {
    /// Its height.
    pub height: u64,
    /// Its hash, in base58.
    pub hash: String,
    /// When it was made, by its own word.
    pub made_at: UnixMillis,
    /// When it arrived here, by the chain's clock.
    pub seen_at: UnixMillis,
}

/// Whether an endpoint knows a method.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MethodReport {
    /// `status`, `block`, `view_access_key`, `view_account`, `call_function`, `EXPERIMENTAL_view_access_key` or
    /// `EXPERIMENTAL_call_function`.
    pub method: &'static str,
    /// Whether logins need it. Without `call_function` only accounts that are contracts cannot sign in.
    pub need: Need,
    /// What came of asking.
    pub state: MethodState,
}

/// What a method is needed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Every login.
    Logins,
    /// Logins of accounts that are contracts.
    Contracts,
    /// Nothing yet.
    Nothing,
}

/// What came of asking for a method.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MethodState {
    /// It was understood.
    Known,
    /// The endpoint does not have it.
    Unknown,
    /// It cannot be said: the reason, in words that follow the endpoint's name.
    Failed(String),
    /// It was not asked for, as the endpoint is of no use.
    NotAsked,
}

/// A key that everybody knows. Nothing about it matters but that there is an answer.
const KEY: &str = "ed25519:GmaDrppBC7P5ARKV8g3djiwP89vz1jLK23V2GBjuAEGB";

const METHODS: [(&str, Need); 7] = [
    ("status", Need::Logins),
    ("block", Need::Logins),
    ("view_access_key", Need::Logins),
    ("view_account", Need::Logins),
    ("call_function", Need::Contracts),
    ("EXPERIMENTAL_view_access_key", Need::Nothing),
    ("EXPERIMENTAL_call_function", Need::Nothing),
];

impl Endpoint {
    /// Looks at it closely, whatever is remembered of it, with one call after the other, the queries at once: ends after the time of
    /// three calls. Nothing of that is counted or remembered.
    pub(crate) async fn examine(&self) -> EndpointReport {
        let Self { address, shared, .. } = self;
        let mut report = EndpointReport {
            host: address.host(),
            trouble: None,
            tip: None,
            latency: None,
            methods: METHODS.map(|(method, need)| MethodReport { method, need, state: MethodState::NotAsked }).into(),
        };
        let outcome = Examination { address, shared, report: &mut report }.run().await;
        report.trouble = outcome.err().map(|fault| Trouble { cause: fault.label(), text: fault.to_string() });
        report
    }
}

struct Examination<'a> {
    address: &'a Address,
    shared: &'a Shared,
    report: &'a mut EndpointReport,
}

impl Examination<'_> {
    async fn run(&mut self) -> Result<(), Fault> {
        let reported = self.asked(Call::Status.request(), |reply| reply.reported()).await;
        self.note("status", &reported);
        let reported = reported?;
        if !self.shared.network.is(&reported) {
            return Err(Fault::OtherNetwork(reported.to_string()));
        }

        let began = Instant::now();
        let tip = self.asked(Call::FinalBlock.request(), |reply| reply.tip()).await;
        self.note("block", &tip);
        let tip = tip?;
        self.report.latency = Some(began.elapsed());
        let seen_at = (self.shared.clock)();
        self.report.tip = Some(TipReport { height: tip.height, hash: tip.hash.to_string(), made_at: tip.made_at(), seen_at });

        let of_queries = self.query(tip).await;
        let age = tip.age(seen_at);
        if age > self.shared.oldest_tip { Err(Fault::Lagging { age }) } else { of_queries }
    }

    /// Asks about an account at the tip. The first fault of what logins need is the endpoint's.
    async fn query(&mut self, tip: Tip) -> Result<(), Fault> {
        let key: &PublicKey = &KEY.parse().expect("a key, as the tests show");
        let account: &AccountId = &key.implicit_account().expect("every ed25519 key has one");
        let question = Question::new(account, key);
        let at = tip.hash;
        let view = json!({"block_id": at.to_string(), "account_id": account.as_str(), "public_key": key.to_string()});
        let call = json!({"block_id": at.to_string(), "account_id": account.as_str(), "method_name": "w_resolve_auth",
            "args_base64": "e30="});
        let mut query = call.clone();
        query["request_type"] = json!("call_function");

        let (has_key, has_account, calls, views_newly, calls_newly) = tokio::join!(
            self.asked(Call::AccessKey { question, at }.request(), |reply| reply.key_answer(question, at).map(drop)),
            self.asked(Call::Account { account, at }.request(), |reply| reply.account_answer(account, at).map(drop)),
            self.asked(("query", query), |_| Ok(())),
            self.asked(("EXPERIMENTAL_view_access_key", view), |_| Ok(())),
            self.asked(("EXPERIMENTAL_call_function", call), |_| Ok(())),
        );
        self.note("view_access_key", &has_key);
        self.note("view_account", &has_account);
        self.note("call_function", &calls);
        self.note("EXPERIMENTAL_view_access_key", &views_newly);
        self.note("EXPERIMENTAL_call_function", &calls_newly);
        has_key.and(has_account)
    }

    async fn asked<T>(
        &self,
        (method, params): (&str, Value),
        judge: impl FnOnce(Reply<'_>) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let id = RequestId(format!("siwn-{}", self.shared.requests.fetch_add(1, Ordering::Relaxed)));
        let body = json!({"jsonrpc": "2.0", "id": id.0, "method": method, "params": params}).to_string().into_bytes();
        let sent = self.shared.transport.post(self.address, body);
        let received = timeout(self.shared.timeout, sent).await.unwrap_or(Err(Fault::TimedOut))?;
        let reply = Reply { status: received.status, retry_after: received.retry_after, body: &received.body, id: &id };
        reply.is_understood()?;
        judge(reply)
    }

    fn note<T>(&mut self, method: &str, outcome: &Result<T, Fault>) {
        let state = match outcome {
            Ok(_) => MethodState::Known,
            Err(Fault::UnknownCall) => MethodState::Unknown,
            Err(fault) => MethodState::Failed(fault.to_string()),
        };
        for report in self.report.methods.iter_mut().filter(|report| report.method == method) {
            report.state = state.clone();
        }
    }
}
