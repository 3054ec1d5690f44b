//! How a [`Siwn`] is made: settings as texts, checked all at once at the end.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, SystemTime};

use siwn::{
    AccessPolicy, AccountRules, Admission, AuthorizationPolicy, CallbackUrl, Chain, ChainId, ContractAccounts, FunctionCallKeys,
    Generation, Limits, Login, MemoryStore, Message, Origin, PublicUrl, Recipient, ResolutionLimits, Secret, Sessions, Site,
    SiteError, Store, UnfundedAccounts, UrlError,
};
use siwn_chain::{EndpointHealth, EndpointSettings, EndpointState, Readiness, RpcChain, RpcUrl};
use thiserror::Error;

use crate::audit::{self, Audit, AuditLog};
use crate::client::TrustedProxies;
use crate::cookie::Cookies;
use crate::door::{self, Door, Rates};
use crate::metrics::Metrics;
use crate::pages::{LoginPage, Pages};
use crate::readiness::StoreState;
use crate::secrets::Secrets;
use crate::siwn::{Clock, Inner, ReadyCheck, Siwn};

const DEFAULT_CHALLENGE_LIFETIME: Duration = Duration::from_mins(5);
/// Rows of the store that a handle makes for itself.
const MEMORY_ROWS: usize = 100_000;

/// Settings of a [`Siwn`] that is being made.
pub struct Builder {
    recipient: String,
    message: Option<String>,
    public_url: Option<String>,
    plain_http: PlainHttp,
    origins: Vec<String>,
    callback_urls: Vec<String>,
    secrets: Option<Secrets>,
    challenge_lifetime: Duration,
    session_lifetime: Option<Duration>,
    access: AccessPolicy,
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
    login_page: LoginPage,
    rules: AccountRules,
    rates: Rates,
    limits: Option<Arc<dyn Limits>>,
    audit: Option<AuditLog>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum PlainHttp {
    LoopbackOnly,
    DangerouslyAnywhere,
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
        Builder {
            recipient: recipient.into(),
            message: None,
            public_url: None,
            plain_http: PlainHttp::LoopbackOnly,
            origins: Vec::new(),
            callback_urls: Vec::new(),
            secrets: None,
            challenge_lifetime: DEFAULT_CHALLENGE_LIFETIME,
            session_lifetime: None,
            access: AccessPolicy::default(),
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
            login_page: LoginPage::new(),
            rules: AccountRules::default(),
            rates: Rates::default(),
            limits: None,
            audit: None,
        }
    }
}

impl Builder {
    /// Where the site is reached, as in `https://app.example`. Default: `https://` and the recipient.
    ///
    /// Plain http is for this machine only, as in `http://localhost:8080`.
    #[must_use]
    pub fn public_url(mut self, url: impl Into<String>) -> Self {
        self.public_url = Some(url.into());
        self
    }

    /// Lets the site be reached over plain http from other machines. Whoever is on the way can take every session.
    #[must_use]
    pub const fn dangerous_plain_http(mut self) -> Self {
        self.plain_http = PlainHttp::DangerouslyAnywhere;
        self
    }

    /// What people sign. ASCII, at most 400 bytes, and it names the recipient. Default: `Sign in to {recipient}`.
    #[must_use]
    pub fn message(mut self, message: impl Into<String>) -> Self {
        self.message = Some(message.into());
        self
    }

    /// Allows pages of another origin to sign people in here.
    #[must_use]
    pub fn allow_origin(mut self, origin: impl Into<String>) -> Self {
        self.origins.push(origin.into());
        self
    }

    /// Allows a callback URL of somebody else's to be signed.
    #[must_use]
    pub fn allow_callback_url(mut self, url: impl Into<String>) -> Self {
        self.callback_urls.push(url.into());
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

    /// How long a challenge is good. Default: 5 minutes.
    #[must_use]
    pub const fn challenge_lifetime(mut self, lifetime: Duration) -> Self {
        self.challenge_lifetime = lifetime;
        self
    }

    /// How long a session lives. Default: 7 days.
    #[must_use]
    pub const fn session_lifetime(mut self, lifetime: Duration) -> Self {
        self.session_lifetime = Some(lifetime);
        self
    }

    /// What to do with implicit accounts that do not exist yet. Default: refuse.
    #[must_use]
    pub const fn unfunded_accounts(mut self, what: UnfundedAccounts) -> Self {
        self.access.unfunded_accounts = what;
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

    /// Lets keys in that may only call contracts. Any app that ever got such a key can then sign in as its owner.
    #[must_use]
    pub const fn dangerous_function_call_keys(mut self) -> Self {
        self.access.function_call_keys = FunctionCallKeys::DangerouslyAccept;
        self
    }

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

    /// Who may sign in. Default: everybody. [`Siwn::set_account_rules`] changes it.
    #[must_use]
    pub fn account_rules(mut self, rules: AccountRules) -> Self {
        self.rules = rules;
        self
    }

    /// How often clients and accounts may do what. Default: [`Rates::default`].
    #[must_use]
    pub const fn rates(mut self, rates: Rates) -> Self {
        self.rates = rates;
        self
    }

    /// Who counts how often. Default: this process, in memory.
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

    /// What the login page offers. Default: the wallets' websites of the network.
    #[must_use]
    pub fn login_page(mut self, page: LoginPage) -> Self {
        self.login_page = page;
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
        let message = self.parse_message()?;
        let site = self.site(&message)?.authorizations(authorizations);
        let (counts, audit_counts) = (door::Counts::default(), audit::Counts::default());
        let mut metrics = Metrics::new();
        metrics.show(&counts, &audit_counts);
        if let Some(chain) = self.watched {
            metrics.watch(chain);
        }
        let store = match self.store {
            Some(store) => store,
            None => memory_store(&self.clock)?,
        };
        let public_url = self.public_url.clone().unwrap_or_else(|| format!("https://{}", self.recipient));
        let pages = Pages::new(self.login_page, &public_url, &network);
        let store: Arc<dyn Store> = metrics.watched_store(store);
        let sessions = Sessions::new(Arc::clone(&store), site.recipient().clone());
        let cookies = Cookies { is_secure: site.plain_origin().is_none() };
        let door = Arc::new(Door::new(self.rules, self.rates, self.limits, counts));
        let audit = Audit::new(self.audit, &network, site.recipient().as_str(), &audit_counts);
        let login = Login::new(site, Arc::clone(&chain), Arc::clone(&store)).admission(Arc::clone(&door) as Arc<dyn Admission>);
        Ok(Siwn(Arc::new(Inner {
            login,
            message,
            challenge_lifetime: self.challenge_lifetime,
            door,
            audit,
            sessions,
            chain,
            store,
            network,
            access: self.access,
            clock: self.clock,
            cookies,
            pages,
            metrics,
            ready: self.ready,
            trusted_proxies: self.trusted_proxies,
            is_stopping: AtomicBool::new(false),
            store_state: StoreState::default(),
        })))
    }

    fn parse_message(&self) -> Result<Message, BuildError> {
        let recipient: Recipient = self.recipient.parse()?;
        Ok(match &self.message {
            Some(text) => Message::new(text, &recipient)?,
            None => Message::default_for(&recipient),
        })
    }

    fn site(&self, message: &Message) -> Result<Site, BuildError> {
        let recipient: Recipient = self.recipient.parse()?;
        let issues = match &self.secrets {
            Some(secrets) => secrets.issues(message, self.challenge_lifetime)?,
            None => Secrets::new(Secret::from_bytes(random()?)).issues(message, self.challenge_lifetime)?,
        };
        let public_url = match &self.public_url {
            Some(text) => self.parse_public_url(text)?,
            None => parse("public URL", &format!("https://{recipient}"))?,
        };
        let origins = self.origins.iter().map(|text| parse::<Origin>("allowed origin", text)).collect::<Result<_, _>>()?;
        let callback_urls =
            self.callback_urls.iter().map(|text| parse::<CallbackUrl>("callback URL", text)).collect::<Result<_, _>>()?;

        let mut site = Site::new(recipient.clone(), issues)
            .public_url(public_url)
            .origins(origins)
            .callback_urls(callback_urls)
            .access(self.access);
        if let Some(lifetime) = self.session_lifetime {
            site = site.session_lifetime(lifetime);
        }
        Ok(site)
    }
}

impl Builder {
    fn parse_public_url(&self, text: &str) -> Result<PublicUrl, BuildError> {
        let parsed = match self.plain_http {
            PlainHttp::LoopbackOnly => text.parse(),
            PlainHttp::DangerouslyAnywhere => PublicUrl::dangerous_plain_http(text),
        };
        parsed.map_err(|source| BuildError::Url { setting: "public URL", text: text.into(), source })
    }
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

fn parse<T: FromStr<Err = UrlError>>(setting: &'static str, text: &str) -> Result<T, BuildError> {
    text.parse().map_err(|source| BuildError::Url { setting, text: text.into(), source })
}

fn random<const N: usize>() -> Result<[u8; N], BuildError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(BuildError::Random)?;
    Ok(bytes)
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Builder({:?})", self.recipient)
    }
}
