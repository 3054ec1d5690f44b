//! The settings become a handle.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use siwn::{
    Admission, AuthorizationPolicy, Chain, ChainId, Generation, Limits, Login, MemoryStore, ReplayGuard, Secret, Sessions, Store,
};

use super::site::Built;
use super::sites::{same_host_name, told_apart};
use super::{BuildError, Builder, SiteBuilder};
use crate::audit::{self, Audit};
use crate::cookie::{CookieMark, Cookies};
use crate::door::{self, Door};
use crate::gate::Gate;
use crate::key_checks::{self, KeyChecker};
use crate::known_keys::KnownKeys;
use crate::metrics::Metrics;
use crate::pages::Pages;
use crate::readiness::StoreState;
use crate::secrets::Secrets;
use crate::session_memory::SessionMemory;
use crate::site::{Served, Sites};
use crate::siwn::{Inner, Siwn};
use crate::time::Clock;
use crate::tokens::{Identities, Tokens};

/// Rows of the store that a handle makes for itself.
const MEMORY_ROWS: usize = 100_000;

impl Builder {
    /// Makes the handle.
    pub fn build(mut self) -> Result<Siwn, BuildError> {
        let (network, chain) = match self.chain.take() {
            Some(chain) => chain,
            None => self.own_chain()?,
        };
        let authorizations = AuthorizationPolicy {
            chain_id: ChainId::new(network.as_str()),
            contract_accounts: self.contract_accounts,
            limits: self.resolution_limits,
        };
        let store = match self.store.take() {
            Some(store) => store,
            None => memory_store(&self.clock)?,
        };
        let (counts, audit_counts, key_counts) = (door::Counts::default(), audit::Counts::default(), key_checks::Counts::default());
        let mut metrics = Metrics::new();
        metrics.show(&counts, &audit_counts, &key_counts);
        let store: Arc<dyn Store> = metrics.watched_store(store);
        let memory = SessionMemory::new(store, self.session_cache, Arc::clone(&self.clock));
        let forwarding = Arc::new(memory.for_others(self.forward_cache));
        let store: Arc<dyn Store> = Arc::new(memory);
        let keys = Arc::new(KnownKeys::new(Arc::clone(&store)));
        let limits = door::limits(self.limits.take());
        let ports = Ports { network, authorizations, chain, store, forwarding, limits, keys, counts, audit_counts };
        let (secrets, keeper) = match self.secrets.take() {
            Some(secrets) => (secrets, Arc::clone(&ports.store)),
            // What is sealed with a secret that nobody else will ever have is kept here, and nowhere else.
            None => (Secret::from_bytes(random()?).into(), memory_store(&self.clock)?),
        };
        let sites = self.sites(&secrets, &ports)?;
        let key_checker = KeyChecker::new(self.key_checks, Arc::clone(&ports.chain), Arc::clone(&self.clock), key_counts);
        let tokens = Tokens::new(keeper, &secrets, self.token_key_lifetime, ports.network.clone());
        let Ports { network, chain, store, .. } = ports;
        if let Some(watched) = self.watched {
            metrics.watch(watched);
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
            key_checker: Arc::new(key_checker),
            store_state: StoreState::default(),
            tokens,
            identities: Identities::default(),
            on_answer: self.on_answer,
        })))
    }

    fn sites(&self, secrets: &Secrets, ports: &Ports) -> Result<Sites, BuildError> {
        let mut sites: Vec<Arc<Served>> = Vec::new();
        for settings in [&self.site].into_iter().chain(&self.further) {
            let built = settings.build(secrets)?;
            // Browsers keep cookies by host name, whatever port and path they came from.
            let shares_host = sites.iter().any(|other| same_host_name(&other.public_url, &built.public_url));
            sites.push(Arc::new(self.served(settings, built, shares_host, ports)));
        }
        told_apart(sites)
    }

    fn served(&self, settings: &SiteBuilder, built: Built, shares_host: bool, ports: &Ports) -> Served {
        let Built { site, public_url, message, audiences } = built;
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
        let pages = Pages::new(settings.login_page_in_use(), recipient.clone(), message.clone(), &public_url, &ports.network);
        let site = site.authorizations(ports.authorizations.clone());
        let login = Login::new(site, Arc::clone(&ports.chain), Arc::clone(&ports.store));
        Served {
            login: login.admission(Arc::new(gate) as Arc<dyn Admission>),
            keys: Arc::clone(&ports.keys),
            audit: Audit::new(self.audit.clone(), &ports.network, recipient.as_str(), &ports.audit_counts),
            tokens: ReplayGuard::new(Arc::clone(&ports.store), recipient.clone()),
            sessions: Sessions::new(Arc::clone(&ports.store), recipient.clone()),
            forwarded: Sessions::new(Arc::clone(&ports.forwarding), recipient),
            door,
            message,
            challenge_lifetime: settings.challenge_lifetime_in_use(),
            cookies,
            pages,
            access: settings.access(),
            audiences,
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
    /// The same, as old as an answer to a proxy may be.
    forwarding: Arc<dyn Store>,
    limits: Arc<dyn Limits>,
    keys: Arc<KnownKeys>,
    counts: door::Counts,
    audit_counts: audit::Counts,
}

#[cfg(not(feature = "rpc"))]
impl Builder {
    #[expect(clippy::unused_self, reason = "with the feature rpc it reads the settings")]
    fn own_chain(&mut self) -> Result<(String, Arc<dyn Chain>), BuildError> {
        Err(BuildError::NoChain)
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
