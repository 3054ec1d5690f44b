//! `siwn serve`

use std::sync::Arc;
use std::time::Duration;

use siwn::{Secret, Store};
use siwn_chain::{RpcChain, StartError};
use siwn_server::config::{Config, SiteConfig, StoreUrl};
use siwn_server::{Builder, Secrets, SiteBuilder, Siwn, app, serve};
use siwn_store::SqliteStore;

use crate::configuration::Settings;
use crate::failure::Failure;
use crate::{input, runtime};

/// How often nodes are asked while none answers.
const RECHECK: Duration = Duration::from_secs(10);

pub(crate) fn run(settings: &Settings) -> Result<(), Failure> {
    runtime::log("info")?;
    let config = settings.require()?;
    runtime::run(start(config))
}

async fn start(config: Config) -> Result<(), Failure> {
    let stop = runtime::stop()?;
    let listeners = runtime::listen(config.listen).await?;
    let chain = Arc::new(chain(&config)?);
    // A start without a reachable node is a start; only a node of another network ends it.
    match chain.check().await {
        Ok(readiness) if readiness.is_ready() => {}
        Ok(_) => tracing::warn!("no node answers yet; logins answer 503 until one does"),
        Err(error @ StartError::OtherNetwork { .. }) => {
            return Err(Failure::unknown(error).hint("set network to that of the nodes, or rpc to nodes of that network"));
        }
        Err(error) => return Err(Failure::unknown(error)),
    }
    let store = Opened::open(&config.store).await?;
    tokio::spawn(watch(Arc::clone(&chain)));
    let port = listeners[0].local_addr().map_err(Failure::unknown)?.port();
    let siwn = siwn(config, port, chain, &store).await?;
    for listener in &listeners {
        if let Ok(address) = listener.local_addr() {
            tracing::info!(%address, "listening");
        }
    }
    serve(listeners, app(&siwn), stop).await;
    store.close().await;
    Ok(())
}

/// The public address; where any free port was asked for, with the port that was found.
fn public_url(site: &SiteConfig, port: u16) -> String {
    let configured = site.public_url.to_string();
    if configured == "http://localhost:0" { format!("http://localhost:{port}") } else { configured }
}

/// Notices the end of an outage. A server that is taken out of rotation while no node answers gets no login that could notice.
async fn watch(chain: Arc<RpcChain>) {
    let mut ticks = tokio::time::interval(RECHECK);
    loop {
        ticks.tick().await;
        if !chain.ready().is_ready() {
            // What it finds shows in `readyz` and in the log.
            let _ = chain.check().await;
        }
    }
}

fn chain(config: &Config) -> Result<RpcChain, Failure> {
    let mut settings = siwn_chain::Settings::new(config.network.clone());
    if !config.rpc.is_empty() {
        settings.endpoints.clone_from(&config.rpc);
    }
    settings.timeout = config.rpc_timeout;
    settings.key_cache = config.key_cache;
    RpcChain::new(settings, runtime::clock()).map_err(Failure::unknown)
}

/// The store of the configuration.
enum Opened {
    Memory,
    Sqlite(Arc<SqliteStore>),
}

impl Opened {
    async fn open(url: &StoreUrl) -> Result<Self, Failure> {
        let StoreUrl::Sqlite(path) = url.clone() else { return Ok(Self::Memory) };
        let generation = siwn::Generation::from_bytes(input::random()?);
        let opening = tokio::task::spawn_blocking(move || SqliteStore::open_file(&path, generation, runtime::clock()));
        match opening.await {
            Ok(Ok(store)) => Ok(Self::Sqlite(Arc::new(store))),
            Ok(Err(error)) => Err(Failure::caused("store", &error).hint("name another file with --store sqlite:PATH")),
            Err(error) => Err(Failure::caused("store", &error)),
        }
    }

    /// The secret that the store keeps for all processes that share it.
    async fn secret(&self) -> Result<Option<Secret>, Failure> {
        let Self::Sqlite(store) = self else { return Ok(None) };
        store.kept_secret(input::random()?).await.map(Some).map_err(|error| Failure::caused("store", &error))
    }

    async fn close(self) {
        if let Self::Sqlite(store) = self {
            store.shutdown().await;
        }
    }
}

async fn siwn(config: Config, port: u16, chain: Arc<RpcChain>, store: &Opened) -> Result<Siwn, Failure> {
    let mut sites = config.sites.iter().map(|site| site_builder(&config, site, port));
    let first = sites.next().ok_or_else(|| Failure::unknown("there is no site"))?;
    let mut builder = Builder::new(first).rpc_chain(chain);
    for further in sites {
        builder = builder.site(further);
    }
    let kept = if config.secrets.is_none() { store.secret().await?.map(Secrets::from) } else { None };
    if let Some(secrets) = config.secrets.or(kept) {
        builder = builder.secret(secrets);
    }
    if let Opened::Sqlite(store) = store {
        builder = builder.store(Arc::clone(store) as Arc<dyn Store>);
    }
    builder
        .trusted_proxies(config.trusted_proxies)
        .rates(config.rates)
        .session_cache(config.session_cache)
        .key_checks(config.key_checks)
        .build()
        .map_err(Failure::unknown)
}

fn site_builder(config: &Config, site: &SiteConfig, port: u16) -> SiteBuilder {
    let mut builder = SiteBuilder::new(site.recipient.as_str())
        .public_url(public_url(site, port))
        .message(site.message.as_str())
        .challenge_lifetime(site.challenge_ttl)
        .session_lifetime(site.session_ttl)
        .unfunded_accounts(site.unfunded_accounts)
        .account_rules(site.account_rules.clone());
    if let Some(lifetime) = site.session_idle {
        builder = builder.session_idle(lifetime);
    }
    if config.dangerous_plain_http {
        builder = builder.dangerous_plain_http();
    }
    if config.dangerous_function_call_keys {
        builder = builder.dangerous_function_call_keys();
    }
    for origin in &site.allowed_origins {
        builder = builder.allow_origin(origin.as_str());
    }
    for url in &site.callback_urls {
        builder = builder.allow_callback_url(url.as_str());
    }
    builder
}
