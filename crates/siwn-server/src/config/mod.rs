//! Configuration: a TOML file, over it `SIWN_…` variables, over them flags. Unknown names are refused; all faults are told at once,
//! each with its place.

mod accounts;
mod duration;
mod endpoints;
mod parse;
mod reader;
mod setting;
mod site;
mod sources;

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use siwn::{
    AccountRules, CallbackUrl, ContractAccounts, Message, Origin, PublicUrl, Recipient, ResolutionLimits, UnfundedAccounts,
};
use siwn_chain::{EndpointSettings, Network};

pub use duration::duration_text;
pub use setting::{Scope, Setting, settings};
pub use sources::Sources;

use crate::admin::AdminToken;
use crate::client::TrustedProxies;
use crate::door::Rates;
use crate::key_checks::KeyChecks;
use crate::pages::LoginPage;
use crate::secrets::Secrets;
use crate::tokens::Audience;

/// Everything that a server is told, checked.
#[derive(Debug)]
#[non_exhaustive]
pub struct Config {
    /// Where to listen.
    pub listen: SocketAddr,
    /// The sites: one at least.
    pub sites: Vec<SiteConfig>,
    /// Whether plain http to other machines was asked for.
    pub dangerous_plain_http: bool,
    /// The secrets; none means that one is made and kept in the store.
    pub secrets: Option<Secrets>,
    /// The file that the secrets were read from, where that is what they were.
    pub secret_file: Option<PathBuf>,
    /// `mainnet`, `testnet` or a chain id.
    pub network: Network,
    /// The nodes to ask, those of the lowest priority number first; none means the network's public ones.
    pub rpc: Vec<EndpointSettings>,
    /// How many nodes must give the same answer.
    pub rpc_agreement: usize,
    /// Whether a second node is asked where the first one is slow.
    pub rpc_hedge: bool,
    /// How many questions are asked of nodes at once.
    pub rpc_at_once: usize,
    /// How long one call of a node may take.
    pub rpc_timeout: Duration,
    /// How long a full-access key is taken for granted after its block; zero asks every time.
    pub key_cache: Duration,
    /// Where sessions are kept.
    pub store: StoreUrl,
    /// How long who is signed in is answered from memory.
    pub session_cache: Duration,
    /// The same for reverse proxies.
    pub forward_cache: Duration,
    /// How long the key of a session is taken for granted.
    pub key_checks: KeyChecks,
    /// How long a key signs tokens.
    pub token_key_lifetime: Duration,
    /// Whose word on a client's address is taken.
    pub trusted_proxies: TrustedProxies,
    /// Whether contracts are asked for accounts that they are.
    pub contract_accounts: ContractAccounts,
    /// How far the authorization of a contract is followed.
    pub resolution_limits: ResolutionLimits,
    /// Whether keys that may only call contracts are let in.
    pub dangerous_function_call_keys: bool,
    /// How often clients and accounts may do what.
    pub rates: Rates,
    /// Where audit lines go.
    pub audit_log: AuditTarget,
    /// The administration, if there is one.
    pub admin: Option<AdminConfig>,
    /// How long a stop is announced at `/readyz` before nobody is accepted any more.
    pub stop_grace: Duration,
}

/// What one site is told, checked.
#[derive(Debug)]
#[non_exhaustive]
pub struct SiteConfig {
    /// Whom people sign in to.
    pub recipient: Recipient,
    /// Where the site is reached from outside.
    pub public_url: PublicUrl,
    /// What people sign.
    pub message: Message,
    /// How long a challenge is good.
    pub challenge_ttl: Duration,
    /// How long a session lives.
    pub session_ttl: Duration,
    /// How long a session lives that is not used; none where that makes no difference.
    pub session_idle: Option<Duration>,
    /// Other origins whose pages may sign people in.
    pub allowed_origins: Vec<Origin>,
    /// Callback URLs of others that may be signed.
    pub callback_urls: Vec<CallbackUrl>,
    /// Whom access tokens may be for beside the recipient.
    pub token_audiences: Vec<Audience>,
    /// What the login page offers, and where it may lead.
    pub login_page: LoginPage,
    /// What to do with implicit accounts that do not exist yet.
    pub unfunded_accounts: UnfundedAccounts,
    /// Who may sign in.
    pub account_rules: AccountRules,
    /// Whether keys are refused that are new for an account that is known.
    pub refuse_new_keys: bool,
}

/// Where the administration is, and what opens it.
#[derive(Debug)]
#[non_exhaustive]
pub struct AdminConfig {
    /// Where to listen.
    pub listen: SocketAddr,
    /// What opens it.
    pub token: AdminToken,
}

/// Where audit lines go.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AuditTarget {
    /// Nowhere.
    Off,
    /// Standard output.
    Stdout,
    /// Standard error, beside the log.
    Stderr,
    /// The end of a file.
    File(PathBuf),
}

/// Where sessions are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreUrl {
    /// `sqlite:PATH`: one file.
    Sqlite(PathBuf),
    /// `memory:`: gone with the process.
    Memory,
    /// `redis://…` or `rediss://…`: a Redis, a Valkey, or a cluster of them.
    #[cfg(feature = "redis")]
    Redis(siwn_store::RedisUrl),
    /// `postgres://…`: a database.
    #[cfg(feature = "postgres")]
    Postgres(siwn_store::PostgresUrl),
}

impl fmt::Display for StoreUrl {
    /// Without what is secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Memory => f.write_str("memory:"),
            #[cfg(feature = "redis")]
            Self::Redis(url) => url.fmt(f),
            #[cfg(feature = "postgres")]
            Self::Postgres(url) => url.fmt(f),
        }
    }
}

/// One thing that is wrong, or probably not meant, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The variable, the flag, or the file and the key in it.
    pub place: String,
    /// What is wrong.
    pub problem: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.problem)
    }
}

impl Config {
    /// Reads and checks everything.
    ///
    /// # Errors
    ///
    /// All faults at once.
    pub fn load(sources: &Sources) -> Result<Self, Vec<Fault>> {
        parse::config(sources)
    }

    /// What is allowed and probably not meant.
    #[must_use]
    pub fn warnings(&self) -> Vec<Fault> {
        let mut warnings = Vec::new();
        let mut warn = |place: &str, problem: String| warnings.push(Fault { place: place.to_owned(), problem });
        for site in self.sites.iter().filter(|site| site.public_url.origin().is_plain_http()) {
            for origin in site.allowed_origins.iter().filter(|origin| !origin.is_plain_http()) {
                warn("allowed_origins", format!("pages of {origin} cannot reach {} over plain http", site.public_url));
            }
        }
        // On this machine one tries things out; under a path the host alone is not the site.
        for site in self.sites.iter().filter(|site| !site.public_url.origin().is_plain_http() && site.public_url.path().is_empty())
        {
            let address = site.public_url.origin().as_str().trim_start_matches("https://");
            let host = address.trim_end_matches(|c: char| c.is_ascii_digit()).strip_suffix(':').unwrap_or(address);
            if ![address, host].contains(&site.recipient.as_str()) {
                let problem = format!("people are at {host} and sign for {:?}; best both are the same", site.recipient.as_str());
                warn("recipient", problem);
            }
        }
        for site in &self.sites {
            let (idle, lifetime) = (site.session_idle.unwrap_or_default(), site.session_ttl);
            if idle > lifetime {
                let (idle, lifetime) = (duration_text(idle), duration_text(lifetime));
                warn("session_idle", format!("a session of {} ends after {lifetime}, before {idle} without use", site.recipient));
            }
        }
        if self.dangerous_plain_http {
            warn("dangerous_plain_http", "whoever is on the way can take every session".into());
        }
        if self.dangerous_function_call_keys {
            warn("dangerous_function_call_keys", "any app that holds such a key can sign in as its owner".into());
        }
        if self.store == StoreUrl::Memory {
            warn("store", "sessions are gone when the process ends".into());
        }
        if self.rpc_agreement == 1 && self.rpc.len() > 2 {
            warn("rpc_agreement", "any one of these nodes can let anybody in; of three or more, have two agree".into());
        }
        // Nobody reaches this machine over https but through a proxy on it.
        let is_behind_proxy = self.sites.iter().any(|site| !site.public_url.origin().is_plain_http());
        let has_limits = self.rates.initiate.or(self.rates.verify).is_some();
        if is_behind_proxy && self.listen.ip().is_loopback() && self.trusted_proxies.networks().is_empty() && has_limits {
            warn("trusted_proxies", "clients of a proxy on this machine are not limited by address unless it is named".into());
        }
        if self.admin.as_ref().is_some_and(|admin| !admin.listen.ip().is_loopback()) {
            warn("admin_listen", "the token travels in the clear; other machines than this one want an encrypted way to it".into());
        }
        if self.rpc.is_empty() {
            warn("rpc", "public nodes limit how often they are asked; production wants nodes of its own".into());
        }
        warnings
    }
}
