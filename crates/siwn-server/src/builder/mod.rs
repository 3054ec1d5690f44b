//! How a [`Siwn`] is made: settings as texts, checked all at once at the end.

mod build;
mod error;
mod first_site;
#[cfg(feature = "rpc")]
mod rpc;
mod site;
mod sites;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use prometheus_client::collector::Collector;
use siwn::{Chain, ContractAccounts, Limits, ResolutionLimits, Store};

use crate::answered::{AnswerHook, Answered};
use crate::audit::AuditLog;
use crate::client::TrustedProxies;
use crate::door::Rates;
use crate::gate::{self, LoginDenied, LoginHook, NewLogin};
use crate::key_checks::KeyChecks;
use crate::readiness::ReadyCheck;
use crate::secrets::Secrets;
use crate::session_memory;
use crate::siwn::Siwn;
use crate::time::Clock;
use crate::tokens;

pub use error::BuildError;
pub use site::SiteBuilder;

/// Settings of a [`Siwn`] that is being made.
pub struct Builder {
    site: SiteBuilder,
    further: Vec<SiteBuilder>,
    secrets: Option<Secrets>,
    contract_accounts: ContractAccounts,
    resolution_limits: ResolutionLimits,
    chain: Option<(String, Arc<dyn Chain>)>,
    watched: Option<Box<dyn Collector>>,
    #[cfg(feature = "rpc")]
    network: String,
    #[cfg(feature = "rpc")]
    rpc: Vec<String>,
    store: Option<Arc<dyn Store>>,
    clock: Clock,
    ready: Vec<ReadyCheck>,
    trusted_proxies: TrustedProxies,
    rates: Rates,
    limits: Option<Arc<dyn Limits>>,
    audit: Option<AuditLog>,
    hook: Option<LoginHook>,
    session_cache: Duration,
    forward_cache: Duration,
    key_checks: KeyChecks,
    token_key_lifetime: Duration,
    on_answer: Option<AnswerHook>,
}

impl Siwn {
    /// Begins a handle for the site that people know as `recipient`: best its public host, as in `app.example`.
    pub fn builder(recipient: impl Into<String>) -> Builder {
        Builder::new(SiteBuilder::new(recipient))
    }
}

impl Builder {
    /// Begins a handle for a site that has its settings, and perhaps for [further](Self::site) ones.
    #[must_use]
    pub fn new(site: SiteBuilder) -> Self {
        Self {
            site,
            further: Vec::new(),
            secrets: None,
            contract_accounts: ContractAccounts::default(),
            resolution_limits: ResolutionLimits::default(),
            chain: None,
            watched: None,
            #[cfg(feature = "rpc")]
            network: "mainnet".into(),
            #[cfg(feature = "rpc")]
            rpc: Vec::new(),
            store: None,
            clock: Arc::new(|| SystemTime::now().into()),
            ready: Vec::new(),
            trusted_proxies: TrustedProxies::default(),
            rates: Rates::default(),
            limits: None,
            audit: None,
            hook: None,
            session_cache: Duration::ZERO,
            forward_cache: session_memory::LONGEST,
            key_checks: KeyChecks::default(),
            token_key_lifetime: tokens::KEY_LIFETIME,
            on_answer: None,
        }
    }

    /// Serves a further site. Then a request's host and path say which one it is for, and a session of one is nothing to another.
    ///
    /// Sites have recipients and addresses of their own. The routes of each stand under its path: whoever protects a route of a site at
    /// `https://example.org/app` puts it under `/app` too. Pages of one host can act for each other, whatever their paths: sites that do
    /// not trust each other have hosts of their own.
    #[must_use]
    pub fn site(mut self, site: SiteBuilder) -> Self {
        self.further.push(site);
        self
    }

    /// The secret that challenges are made with, shared by all replicas; or two, of which one takes the other's place.
    ///
    /// Default: random, so that challenges of another process or of one before a restart are not taken back.
    #[must_use]
    pub fn secret(mut self, secrets: impl Into<Secrets>) -> Self {
        self.secrets = Some(secrets.into());
        self
    }

    /// What to do with accounts that are contracts. Default: ask the contract (NEP-641).
    #[must_use]
    pub const fn contract_accounts(mut self, what: ContractAccounts) -> Self {
        self.contract_accounts = what;
        self
    }

    /// How far the authorization of a contract is followed. Default: one level, four accounts.
    #[must_use]
    pub const fn resolution_limits(mut self, limits: ResolutionLimits) -> Self {
        self.resolution_limits = limits;
        self
    }

    /// Somebody else who says what the chain says, and the network's name: for tests, and for a chain that is shared.
    ///
    /// It takes the place of the network and its nodes (feature `rpc`).
    #[must_use]
    pub fn chain(mut self, network: impl Into<String>, chain: Arc<dyn Chain>) -> Self {
        self.chain = Some((network.into(), chain));
        self
    }

    /// Where sessions are kept. Default: in memory, gone with the process.
    #[must_use]
    pub fn store(mut self, store: Arc<dyn Store>) -> Self {
        self.store = Some(store);
        self
    }

    /// Another clock, for tests.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Believes these proxies on the address of a client.
    #[must_use]
    pub fn trusted_proxies(mut self, proxies: TrustedProxies) -> Self {
        self.trusted_proxies = proxies;
        self
    }

    /// How often clients and accounts may do what. Default: [`Rates::default`].
    #[must_use]
    pub const fn rates(mut self, rates: Rates) -> Self {
        self.rates = rates;
        self
    }

    /// Who counts how often, beside this process, which counts in memory: what several processes share. Default: nobody.
    #[must_use]
    pub fn limits(mut self, limits: Arc<dyn Limits>) -> Self {
        self.limits = Some(limits);
        self
    }

    /// Writes a line here for every login, refusal and logout. Default: nowhere.
    #[must_use]
    pub fn audit_log(mut self, log: AuditLog) -> Self {
        self.audit = Some(log);
        self
    }

    /// Asks the application at every login, when the key stood and before the session is opened: to make the user, or to refuse.
    ///
    /// It may be asked more than once for one login, and a login may still fail after it: copies of one request arrive at once, and only
    /// one of them opens a session.
    ///
    /// Who is signed in stays so: where the application bans somebody, it says so here and ends his sessions by [`Siwn::end_sessions`].
    ///
    /// ```
    /// use siwn_server::{LoginDenied, NewLogin, Siwn};
    ///
    /// async fn at_login(login: NewLogin) -> Result<(), LoginDenied> {
    ///     if login.known_key() == Some(false) {
    ///         return Err(LoginDenied::Refused { reason: "this key is new here; ask us to add it".into() });
    ///     }
    ///     Ok(()) // make the user login.account, if it is not there
    /// }
    ///
    /// let siwn = Siwn::builder("app.example").on_login(at_login).build()?;
    /// # Ok::<(), siwn_server::BuildError>(())
    /// ```
    #[must_use]
    pub fn on_login<F>(mut self, at_login: impl Fn(NewLogin) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), LoginDenied>> + Send + 'static,
    {
        self.hook = Some(gate::hook(at_login));
        self
    }

    /// Answers from memory who is signed in, for so long and at most for five seconds. Default: zero, which asks the store every time.
    ///
    /// What this process ends is over at once. What another one ends that shares the store may be taken for alive for so long.
    #[must_use]
    pub const fn session_cache(mut self, lifetime: Duration) -> Self {
        self.session_cache = lifetime;
        self
    }

    /// The same for what a reverse proxy asks for each request. Default, and most: five seconds.
    #[must_use]
    pub const fn forward_cache(mut self, lifetime: Duration) -> Self {
        self.forward_cache = lifetime;
        self
    }

    /// How long the key of a session is taken for granted. Default: [`KeyChecks::default`].
    #[must_use]
    pub const fn key_checks(mut self, checks: KeyChecks) -> Self {
        self.key_checks = checks;
        self
    }

    /// How long a key signs tokens before the next one does. Default: 30 days.
    ///
    /// The next one is published a day ahead, or for half of the lifetime where that is shorter. Less than an hour is taken for an hour.
    #[must_use]
    pub const fn token_key_lifetime(mut self, lifetime: Duration) -> Self {
        self.token_key_lifetime = lifetime;
        self
    }

    /// Tells of every request that was answered, and why so: for a screen that one developer looks at. Called before the answer is
    /// sent, so it must not take long. Operators have the log, the audit log and the metrics.
    #[must_use]
    pub fn on_answer(mut self, tell: impl Fn(&Answered<'_>) + Send + Sync + 'static) -> Self {
        self.on_answer = Some(Box::new(tell));
        self
    }

    /// Adds something to `readyz`: a name, and a check that answers from memory. Its reason is shown to whoever may ask.
    #[must_use]
    pub fn ready_check(mut self, name: &'static str, check: impl Fn() -> Result<(), String> + Send + Sync + 'static) -> Self {
        let check = move || check().map(|()| "ok".to_owned());
        self.ready.push(ReadyCheck { name, check: Box::new(check) });
        self
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Builder({:?})", self.site.recipient())
    }
}
