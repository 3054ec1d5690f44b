//! How a [`Siwn`] is made: settings as texts, checked all at once at the end.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, SystemTime};

use siwn::{
    AccountRules, Admission, AuthorizationPolicy, Chain, ChainId, ContractAccounts, Generation, Limits, Login, MemoryStore,
    ResolutionLimits, Secret, Sessions, SiteError, Store, UnfundedAccounts, UrlError,
};
use siwn_chain::{EndpointHealth, EndpointSettings, EndpointState, Readiness, RpcChain, RpcUrl};
use thiserror::Error;

use crate::audit::{self, Audit, AuditLog};
use crate::client::TrustedProxies;
use crate::cookie::{CookieMark, Cookies};
use crate::door::{self, Door, Rates};
use crate::gate::{self, Gate, LoginDenied, LoginHook, NewLogin};
use crate::key_checks::{KeyChecker, KeyChecks};
use crate::known_keys::KnownKeys;
use crate::metrics::Metrics;
use crate::pages::{LoginPage, Pages};
use crate::readiness::StoreState;
use crate::secrets::Secrets;
use crate::session_memory::SessionMemory;
use crate::site::{Served, Sites, same_host_name};
use crate::site_builder::{Built, SiteBuilder};
use crate::siwn::{Clock, Inner, ReadyCheck, Siwn};

/// Rows of the store that a handle makes for itself.
const MEMORY_ROWS: usize = 100_000;

/// Settings of a [`Siwn`] that is being made.
pub struct Builder {
    site: SiteBuilder,
    further: Vec<SiteBuilder>,
    secrets: Option<Secrets>,
    contract_accounts: ContractAccounts,
    resolution_limits: ResolutionLimits,
    chain: Option<(String, Arc<dyn Chain>)>,
    watched: Option<Arc<RpcChain>>,
    network: String,
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
    key_checks: KeyChecks,
}

/// Why a [`Siwn`] cannot be made.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BuildError {
    /// Recipient, message or lifetime.
    #[error(transparent)]
    Site(#[from] SiteError),
    /// The public address, an origin or a callback URL.
    #[error("{setting} {text:?}: {source}")]
    Url {
        /// Which setting.
        setting: &'static str,
        /// Its text.
        text: String,
        /// What is wrong with it.
        source: UrlError,
    },
    /// Two sites that nothing would tell apart.
    #[error("two sites have the same {what}, {text:?}")]
    SameSite {
        /// What they share.
        what: &'static str,
        /// Its text.
        text: String,
    },
    /// A path under which routes cannot stand.
    #[error("the path of {0:?} has segments of letters, digits and -._~ only, where there are several sites")]
    SitePath(String),
    /// The network.
    #[error("network: {0}")]
    Network(#[from] siwn_chain::NetworkError),
    /// The address of a node.
    #[error("rpc: {0}")]
    Rpc(#[from] siwn_chain::RpcUrlError),
    /// The nodes, or how they are asked.
    #[error(transparent)]
    Chain(#[from] siwn_chain::SetupError),
    /// The operating system gives no random bytes.
    #[error("the operating system gives no random bytes")]
    Random(#[source] getrandom::Error),
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
            network: "mainnet".into(),
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
            key_checks: KeyChecks::default(),
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

    /// Where the site is reached, as in `https://app.example`. Default: `https://` and the recipient.
    ///
    /// Plain http is for this machine only, as in `http://localhost:8080`.
    #[must_use]
    pub fn public_url(self, url: impl Into<String>) -> Self {
        self.with_site(|site| site.public_url(url))
    }

    /// Lets the site be reached over plain http from other machines. Whoever is on the way can take every session.
    #[must_use]
    pub fn dangerous_plain_http(self) -> Self {
        self.with_site(SiteBuilder::dangerous_plain_http)
    }

    /// What people sign. ASCII, at most 400 bytes, and it names the recipient. Default: `Sign in to {recipient}`.
    #[must_use]
    pub fn message(self, message: impl Into<String>) -> Self {
        self.with_site(|site| site.message(message))
    }

    /// Allows pages of another origin to sign people in here.
    #[must_use]
    pub fn allow_origin(self, origin: impl Into<String>) -> Self {
        self.with_site(|site| site.allow_origin(origin))
    }

    /// Allows a callback URL of somebody else's to be signed.
    #[must_use]
    pub fn allow_callback_url(self, url: impl Into<String>) -> Self {
        self.with_site(|site| site.allow_callback_url(url))
    }

    /// What the login page offers, and where it may lead. Default: the wallets' websites of the network.
    #[must_use]
    pub fn login_page(self, page: LoginPage) -> Self {
        self.with_site(|site| site.login_page(page))
    }

    /// The secret that challenges are made with, shared by all replicas; or two, of which one takes the other's place.
    ///
    /// Default: random, so that challenges of another process or of one before a restart are not taken back.
    #[must_use]
    pub fn secret(mut self, secrets: impl Into<Secrets>) -> Self {
        self.secrets = Some(secrets.into());
        self
    }

    /// How long a challenge is good. Default: 5 minutes.
    #[must_use]
    pub fn challenge_lifetime(self, lifetime: Duration) -> Self {
        self.with_site(|site| site.challenge_lifetime(lifetime))
    }

    /// How long a session lives. Default: 7 days.
    #[must_use]
    pub fn session_lifetime(self, lifetime: Duration) -> Self {
        self.with_site(|site| site.session_lifetime(lifetime))
    }

    /// How long a session lives that is not used. Default: as long as one that is.
    #[must_use]
    pub fn session_idle(self, lifetime: Duration) -> Self {
        self.with_site(|site| site.session_idle(lifetime))
    }

    /// What to do with implicit accounts that do not exist yet. Default: refuse.
    #[must_use]
    pub fn unfunded_accounts(self, what: UnfundedAccounts) -> Self {
        self.with_site(|site| site.unfunded_accounts(what))
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

    /// Lets keys in that may only call contracts. Any app that ever got such a key can then sign in as its owner.
    #[must_use]
    pub fn dangerous_function_call_keys(self) -> Self {
        self.with_site(SiteBuilder::dangerous_function_call_keys)
    }

    /// Who may sign in. Default: everybody. [`Siwn::set_account_rules`] changes it.
    #[must_use]
    pub fn account_rules(self, rules: AccountRules) -> Self {
        self.with_site(|site| site.account_rules(rules))
    }

    /// Refuses keys of an account that has signed in before, but never with them. Default: they are let in.
    ///
    /// An owner who has changed his keys is refused too, until the operator accepts the new one.
    #[must_use]
    pub fn refuse_new_keys(self) -> Self {
        self.with_site(SiteBuilder::refuse_new_keys)
    }

    fn with_site(self, set: impl FnOnce(SiteBuilder) -> SiteBuilder) -> Self {
        Self { site: set(self.site), ..self }
    }
}

impl Builder {
    /// The network: `mainnet`, `testnet` or a chain id. Default: `mainnet`.
    #[must_use]
    pub fn network(mut self, network: impl Into<String>) -> Self {
        self.network = network.into();
        self
    }

    /// Adds a node to ask; the first one is preferred. Default: public nodes of the network, which limit how often they are asked.
    #[must_use]
    pub fn rpc(mut self, url: impl Into<String>) -> Self {
        self.rpc.push(url.into());
        self
    }

    /// Somebody else who says what the chain says, and the network's name: for tests, and for a chain that is shared.
    ///
    /// It takes the place of [`network`](Self::network) and [`rpc`](Self::rpc).
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

    /// How long the key of a session is taken for granted. Default: [`KeyChecks::default`].
    #[must_use]
    pub const fn key_checks(mut self, checks: KeyChecks) -> Self {
        self.key_checks = checks;
        self
    }

    /// Adds something to `readyz`: a name, and a check that answers from memory. Its reason is shown to whoever may ask.
    #[must_use]
    pub fn ready_check(mut self, name: &'static str, check: impl Fn() -> Result<(), String> + Send + Sync + 'static) -> Self {
        let check = move || check().map(|()| "ok".to_owned());
        self.ready.push(ReadyCheck { name, check: Box::new(check) });
        self
    }

    /// Makes the handle.
    pub fn build(mut self) -> Result<Siwn, BuildError> {
        if self.chain.is_none() {
            let chain = self.own_chain()?;
            self = self.rpc_chain(chain);
        }
        let (network, chain) = self.chain.take().expect("given, or made above");
        let authorizations = AuthorizationPolicy {
            chain_id: ChainId::new(network.as_str()),
            contract_accounts: self.contract_accounts,
            limits: self.resolution_limits,
        };
        let store = match self.store.take() {
            Some(store) => store,
            None => memory_store(&self.clock)?,
        };
        let (counts, audit_counts) = (door::Counts::default(), audit::Counts::default());
        let mut metrics = Metrics::new();
        metrics.show(&counts, &audit_counts);
        let store: Arc<dyn Store> = metrics.watched_store(store);
        let store = if self.session_cache.is_zero() {
            store
        } else {
            Arc::new(SessionMemory::new(store, self.session_cache, Arc::clone(&self.clock)))
        };
        let keys = Arc::new(KnownKeys::new(Arc::clone(&store)));
        let limits = door::limits(self.limits.take());
        let ports = Ports { network, authorizations, chain, store, limits, keys, counts, audit_counts };
        let sites = self.sites(&ports)?;
        let Ports { network, chain, store, .. } = ports;
        if let Some(chain) = self.watched {
            metrics.watch(chain);
        }
        Ok(Siwn(Arc::new(Inner {
            sites,
            chain,
            store,
            network,
            clock: self.clock,
            metrics,
            ready: self.ready,
            trusted_proxies: self.trusted_proxies,
            is_stopping: AtomicBool::new(false),
            key_checker: KeyChecker::new(self.key_checks),
            store_state: StoreState::default(),
        })))
    }

    fn sites(&mut self, ports: &Ports) -> Result<Sites, BuildError> {
        let secrets = match self.secrets.take() {
            Some(secrets) => secrets,
            None => Secret::from_bytes(random()?).into(),
        };
        let mut sites: Vec<Arc<Served>> = Vec::new();
        for settings in [&self.site].into_iter().chain(&self.further) {
            let built = settings.build(&secrets)?;
            // Browsers keep cookies by host name, whatever port and path they came from.
            let shares_host = sites.iter().any(|other| same_host_name(&other.public_url, &built.public_url));
            sites.push(Arc::new(self.served(settings, built, shares_host, ports)));
        }
        Sites::new(sites)
    }

    fn served(&self, settings: &SiteBuilder, built: Built, shares_host: bool, ports: &Ports) -> Served {
        let Built { site, public_url, message } = built;
        let recipient = site.recipient().clone();
        let cookies =
            Cookies { is_secure: !public_url.origin().is_plain_http(), of: shares_host.then(|| CookieMark::of(&recipient)) };
        let door = Door::new(settings.rules().clone(), self.rates, Arc::clone(&ports.limits), ports.counts.clone());
        let door = Arc::new(door);
        let gate = Gate {
            door: Arc::clone(&door),
            keys: Arc::clone(&ports.keys),
            new_keys: settings.new_keys(),
            hook: self.hook.clone(),
            recipient: recipient.clone(),
        };
        let site = site.authorizations(ports.authorizations.clone());
        let login = Login::new(site, Arc::clone(&ports.chain), Arc::clone(&ports.store));
        Served {
            login: login.admission(Arc::new(gate) as Arc<dyn Admission>),
            keys: Arc::clone(&ports.keys),
            audit: Audit::new(self.audit.clone(), &ports.network, recipient.as_str(), &ports.audit_counts),
            sessions: Sessions::new(Arc::clone(&ports.store), recipient),
            door,
            message,
            challenge_lifetime: settings.challenge_lifetime_in_use(),
            cookies,
            pages: Pages::new(settings.login_page_in_use(), &public_url, &ports.network),
            access: settings.access(),
            public_url,
        }
    }
}

/// What the sites of a server share.
struct Ports {
    network: String,
    authorizations: AuthorizationPolicy,
    chain: Arc<dyn Chain>,
    store: Arc<dyn Store>,
    limits: Arc<dyn Limits>,
    keys: Arc<KnownKeys>,
    counts: door::Counts,
    audit_counts: audit::Counts,
}

impl Builder {
    /// A chain of these nodes; its state shows in `readyz`, its calls in the metrics.
    #[must_use]
    pub fn rpc_chain(mut self, chain: Arc<RpcChain>) -> Self {
        let readiness = Arc::clone(&chain);
        let check = move || told(&readiness.ready());
        self.ready.push(ReadyCheck { name: "chain", check: Box::new(check) });
        self.watched = Some(Arc::clone(&chain));
        self.chain(chain.network().to_string(), chain as Arc<dyn Chain>)
    }

    /// A chain of the network's nodes.
    fn own_chain(&self) -> Result<Arc<RpcChain>, BuildError> {
        let mut settings = siwn_chain::Settings::new(self.network.parse()?);
        if !self.rpc.is_empty() {
            let urls: Vec<RpcUrl> = self.rpc.iter().map(|url| url.parse()).collect::<Result<_, _>>()?;
            settings.endpoints = urls.into_iter().map(EndpointSettings::from).collect();
        }
        Ok(Arc::new(RpcChain::new(settings, Arc::clone(&self.clock))?))
    }
}

/// What `readyz` says of a chain. An endpoint of another network is a fault of the configuration: it is named whether or not others answer.
fn told(readiness: &Readiness) -> Result<String, String> {
    let strangers = readiness.endpoints.iter().filter_map(|EndpointHealth { host, state, .. }| match state {
        EndpointState::OtherNetwork { found } => Some(format!("; {host} is shut out, for it is of another network: {found}")),
        _ => None,
    });
    let strangers: String = strangers.collect();
    match (readiness.is_lost(), readiness.needed) {
        (false, _) => Ok(format!("ok{strangers}")),
        (true, 1) => Err(format!("no node of the network answers{strangers}")),
        (true, needed) => Err(format!("fewer nodes of the network answer than must agree, {needed}{strangers}")),
    }
}

fn memory_store(clock: &Clock) -> Result<Arc<dyn Store>, BuildError> {
    let clock = Arc::clone(clock);
    Ok(Arc::new(MemoryStore::new(Generation::from_bytes(random()?), MEMORY_ROWS, move || clock())))
}

fn random<const N: usize>() -> Result<[u8; N], BuildError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(BuildError::Random)?;
    Ok(bytes)
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Builder({:?})", self.site.recipient())
    }
}
