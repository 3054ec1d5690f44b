//! Who is let in, and how often: the account rules and the limits.

use std::net::IpAddr;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use siwn::{
    AccountId, AccountRules, Admission, BoxFuture, Counted, Limits, LimitsUnavailable, MemoryLimits, NotAdmitted, Rate, Session,
    Taken, UnixMillis, VerifiedAccount,
};

use crate::own_first::OwnFirst;
use crate::problem::Problem;

/// Clients and accounts that are counted at once: 1 MiB.
const COUNTED: usize = 65_536;

/// How often in a minute it is written down that an account which had been let in is not let in any more.
const TOLD: u32 = 10;
/// Accounts of which that is counted at once: 16 KiB.
const TOLD_OF: usize = 1024;
/// Accounts whose tokens are counted at once: 128 KiB.
const TOKENS_OF: usize = 8192;

/// How often what may be done. `None` is as often as anybody likes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rates {
    /// Challenges for a client's address.
    pub initiate: Option<Rate>,
    /// Proofs of a client's address, good and bad.
    pub verify: Option<Rate>,
    /// Logins of an account, counted when they open a session.
    pub account: Option<Rate>,
    /// Looks at an account's sessions, ends of them, and access tokens.
    pub sessions: Option<Rate>,
    /// near-sign-verify's tokens of an account that are let in once, counted by this process.
    pub tokens: Option<Rate>,
}

impl Default for Rates {
    /// 600 challenges and 300 proofs a minute for an address; for an account 60 logins a minute, 60 looks at its sessions and access tokens, and 120 of its
    /// near-sign-verify tokens.
    fn default() -> Self {
        let a_minute = |count| Rate::new(count, Duration::from_mins(1)).ok();
        Self {
            initiate: a_minute(600),
            verify: a_minute(300),
            account: a_minute(60),
            sessions: a_minute(60),
            tokens: a_minute(120),
        }
    }
}

/// Lets people in at one site, or not. Sites that count with the same limits count together.
pub(crate) struct Door {
    rules: RwLock<Arc<AccountRules>>,
    rates: Rates,
    limits: Arc<dyn Limits>,
    told: MemoryLimits,
    tokens: MemoryLimits,
    counts: Counts,
}

/// What the door counts, for the metrics.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts {
    /// What was refused because it came too often.
    pub(crate) limited: Family<Limit, Counter>,
    /// What was let pass because nobody could say how often it came.
    pub(crate) unknown: Counter,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct Limit {
    limit: &'static str,
}

/// Counts for this process, in memory; and then with the others, where something is shared with them.
pub(crate) fn limits(shared: Option<Arc<dyn Limits>>) -> Arc<dyn Limits> {
    let own = MemoryLimits::new(COUNTED);
    match shared {
        Some(shared) => Arc::new(OwnFirst::new(own, shared)),
        None => Arc::new(own),
    }
}

impl Door {
    pub(crate) fn new(rules: AccountRules, rates: Rates, limits: Arc<dyn Limits>, counts: Counts) -> Self {
        let (told, tokens) = (MemoryLimits::new(TOLD_OF), MemoryLimits::new(TOKENS_OF));
        Self { rules: RwLock::new(Arc::new(rules)), rates, limits, told, tokens, counts }
    }

    /// Lets a client have a challenge. `None` is not counted.
    pub(crate) async fn initiate(&self, client: Option<IpAddr>, now: UnixMillis) -> Result<(), Problem> {
        self.take(client.map(Counted::Initiate), self.rates.initiate, now).await
    }

    /// Lets a client show a proof. `None` is not counted.
    pub(crate) async fn verify(&self, client: Option<IpAddr>, now: UnixMillis) -> Result<(), Problem> {
        self.take(client.map(Counted::Verify), self.rates.verify, now).await
    }

    /// Lets whoever is signed in look at the account's sessions, end some, or have an access token.
    pub(crate) async fn sessions(&self, account: &AccountId, now: UnixMillis) -> Result<(), Problem> {
        self.take(Some(Counted::Sessions(account)), self.rates.sessions, now).await
    }

    /// Lets an account have a token spent, which takes a row in the store: by that nobody is to lock others out.
    pub(crate) async fn token(&self, account: &AccountId, now: UnixMillis) -> Result<(), Problem> {
        let Some(rate) = self.rates.tokens else { return Ok(()) };
        let counted = Counted::Account(account);
        self.judge(counted, self.tokens.take(counted, rate, now).await).map_err(Problem::rate_limited)
    }

    /// Whether the rules let `account` in, now.
    pub(crate) fn allows(&self, account: &AccountId) -> bool {
        let rules = Arc::clone(&self.rules.read().unwrap_or_else(PoisonError::into_inner));
        rules.allow(account)
    }

    /// Whether it is worth another line that `account` is not let in: whoever has a session can come as often as he likes.
    pub(crate) async fn is_told(&self, account: &AccountId, now: UnixMillis) -> bool {
        let Ok(rate) = Rate::new(TOLD, Duration::from_mins(1)) else { return true };
        matches!(self.told.take(Counted::Account(account), rate, now).await, Ok(Taken::Granted))
    }

    pub(crate) fn set_rules(&self, rules: Arc<AccountRules>) {
        *self.rules.write().unwrap_or_else(PoisonError::into_inner) = rules;
    }

    async fn take(&self, counted: Option<Counted<'_>>, rate: Option<Rate>, now: UnixMillis) -> Result<(), Problem> {
        let (Some(counted), Some(rate)) = (counted, rate) else { return Ok(()) };
        self.judge(counted, self.limits.take(counted, rate, now).await).map_err(Problem::rate_limited)
    }

    /// Passes, or says when the next is free.
    fn judge(&self, counted: Counted<'_>, taken: Result<Taken, LimitsUnavailable>) -> Result<(), Duration> {
        match taken {
            Ok(Taken::Granted) => Ok(()),
            Ok(Taken::Refused { retry_after }) => {
                self.counts.limited.get_or_create(&Limit { limit: name(counted) }).inc();
                Err(retry_after)
            }
            Err(error) => {
                // Limits are no lock: a counter that is out of reach keeps nobody out.
                let cause = error.0.to_string().escape_default().to_string();
                tracing::warn!(cause, "the limits cannot be asked; the request passes");
                self.counts.unknown.inc();
                Ok(())
            }
        }
    }
}

impl Admission for Door {
    fn admit<'a>(&'a self, account: &'a VerifiedAccount, now: UnixMillis) -> BoxFuture<'a, Result<(), NotAdmitted>> {
        Box::pin(async move {
            let account = account.account();
            if !self.allows(account) {
                return Err(NotAdmitted::NotAllowed);
            }
            let Some(rate) = self.rates.account else { return Ok(()) };
            // Counted is what opens a session: who replays another's token uses up nothing.
            let counted = Counted::Account(account);
            let left = self.judge(counted, self.limits.look(counted, rate, now).await);
            left.map_err(|retry_after| NotAdmitted::TooOften { retry_after })
        })
    }

    fn opened<'a>(&'a self, session: &'a Session, now: UnixMillis) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            let Some(rate) = self.rates.account else { return };
            // What was opened meanwhile beyond the limit counts no further.
            let _ = self.limits.take(Counted::Account(&session.account), rate, now).await;
        })
    }
}

const fn name(counted: Counted<'_>) -> &'static str {
    match counted {
        Counted::Initiate(_) => "initiate",
        Counted::Verify(_) => "verify",
        Counted::Account(_) => "account",
        Counted::Sessions(_) => "sessions",
        _ => "other",
    }
}
