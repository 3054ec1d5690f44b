//! `siwn serve`

use std::sync::Arc;
use std::time::Duration;

use siwn_chain::{RpcChain, StartError};
use siwn_server::config::{AdminConfig, AuditTarget, Config, SiteConfig, Sources};
use siwn_server::{AdminToken, AuditLog, Builder, SiteBuilder, Siwn, admin, app, serve};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::configuration::Settings;
use crate::failure::Failure;
use crate::notify::Manager;
use crate::reload::Reloader;
use crate::store::Opened;
use crate::{runtime, signals};

/// How often nodes are asked while none answers, and the store whether it can be written to.
const RECHECK: Duration = Duration::from_secs(10);

pub(crate) fn run(settings: &Settings) -> Result<(), Failure> {
    runtime::log("info")?;
    let sources = settings.sources().unwrap_or_default().fixed();
    let config = settings.require()?;
    runtime::run(start(settings.clone(), sources, config))
}

async fn start(settings: Settings, sources: Sources, mut config: Config) -> Result<(), Failure> {
    let (stop, hangup, manager) = (signals::stop()?, signals::hangup()?, Manager::of_environment());
    let listeners = runtime::listen(config.listen).await?;
    let administration = Administration::listen(config.admin.take()).await?;
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
    tokio::spawn(watch_nodes(Arc::clone(&chain)));
    let port = listeners[0].local_addr().map_err(Failure::unknown)?.port();
    let (grace, audit_log) = (config.stop_grace, open_audit_log(&config.audit_log)?);
    let keeper = if config.secrets.is_none() { store.keeper() } else { None };
    tell_limits(&config);
    let siwn = siwn(config, port, chain, &store, audit_log.clone()).await?;
    let reloader =
        Reloader { siwn: siwn.clone(), settings, sources, audit_log: audit_log.clone(), keeper, manager: manager.clone() };
    let tasks = [tokio::spawn(reloader.run(hangup)), tokio::spawn(watch_store(siwn.clone()))];
    for listener in &listeners {
        if let Ok(address) = listener.local_addr() {
            tracing::info!(%address, "listening");
        }
    }
    let (ending, ended) = watch::channel(());
    let administration = administration.map(|administration| tokio::spawn(administration.serve(siwn.clone(), ended)));
    manager.ready();
    manager.keep_alive();
    let stop = async {
        stop.await;
        manager.stopping();
        // Whoever sends requests here is given the time to notice.
        siwn.announce_stop();
        tokio::time::sleep(grace).await;
    };
    serve(listeners, app(&siwn), stop).await;
    drop(ending);
    if let Some(administration) = administration {
        let _ = administration.await;
    }
    for task in tasks {
        task.abort();
    }
    store.close().await;
    if let Some(log) = audit_log {
        log.close();
    }
    Ok(())
}

/// Notices that the store cannot be written to, before somebody who signs in does.
async fn watch_store(siwn: Siwn) {
    let mut ticks = tokio::time::interval(RECHECK);
    loop {
        ticks.tick().await;
        siwn.check_store().await;
    }
}

/// The listener of the administration, and what opens it.
struct Administration {
    listeners: Vec<TcpListener>,
    token: AdminToken,
}

impl Administration {
    async fn listen(config: Option<AdminConfig>) -> Result<Option<Self>, Failure> {
        let Some(AdminConfig { listen, token, .. }) = config else { return Ok(None) };
        let listeners = runtime::listen(listen).await?;
        for listener in &listeners {
            if let Ok(address) = listener.local_addr() {
                tracing::info!(%address, "listening for the administration");
            }
        }
        Ok(Some(Self { listeners, token }))
    }

    /// Answers as long as the server does: a stop is no reason to leave a session open that somebody ends.
    async fn serve(self, siwn: Siwn, mut ended: watch::Receiver<()>) {
        let stop = async { drop(ended.changed().await) };
        serve(self.listeners, admin(&siwn, self.token), stop).await;
    }
}

fn open_audit_log(target: &AuditTarget) -> Result<Option<AuditLog>, Failure> {
    let opened = match target {
        AuditTarget::Stdout => AuditLog::stream(std::io::stdout()),
        AuditTarget::Stderr => AuditLog::stream(std::io::stderr()),
        AuditTarget::File(path) => AuditLog::file(path),
        _ => return Ok(None),
    };
    opened.map(Some).map_err(|error| Failure::caused("audit log", &error).hint("name another target with --audit-log"))
}

/// Whom the limits do not hold for.
fn tell_limits(config: &Config) {
    if config.listen.ip().is_loopback() && config.trusted_proxies.networks().is_empty() {
        tracing::info!("clients on this machine are not limited by address; a proxy here is to be named in trusted_proxies");
    }
}

/// The public address; where any free port was asked for, with the port that was found.
fn public_url(site: &SiteConfig, port: u16) -> String {
    let configured = site.public_url.to_string();
    if configured == "http://localhost:0" { format!("http://localhost:{port}") } else { configured }
}

/// Notices the end of an outage. A server that is taken out of rotation while no node answers gets no login that could notice.
async fn watch_nodes(chain: Arc<RpcChain>) {
    let mut ticks = tokio::time::interval(RECHECK);
    loop {
        ticks.tick().await;
        if !chain.ready().is_ready() {
            // What it finds shows in `readyz` and in the log.
            let _ = chain.check().await;
        }
    }
}

pub(super) fn chain(config: &Config) -> Result<RpcChain, Failure> {
    let mut settings = siwn_chain::Settings::new(config.network.clone());
    if !config.rpc.is_empty() {
        settings.endpoints.clone_from(&config.rpc);
    }
    (settings.agreement, settings.hedge) = (config.rpc_agreement, config.rpc_hedge);
    settings.rations.at_once = config.rpc_at_once;
    settings.timeout = config.rpc_timeout;
    settings.key_cache = config.key_cache;
    RpcChain::new(settings, runtime::clock()).map_err(Failure::unknown)
}

async fn siwn(
    config: Config,
    port: u16,
    chain: Arc<RpcChain>,
    store: &Opened,
    audit_log: Option<AuditLog>,
) -> Result<Siwn, Failure> {
    let mut sites = config.sites.iter().map(|site| site_builder(&config, site, port));
    let first = sites.next().ok_or_else(|| Failure::unknown("there is no site"))?;
    let mut builder = Builder::new(first)
        .contract_accounts(config.contract_accounts)
        .resolution_limits(config.resolution_limits)
        .rpc_chain(chain);
    for further in sites {
        builder = builder.site(further);
    }
    if let Some(log) = audit_log {
        builder = builder.audit_log(log);
    }
    let kept = if config.secrets.is_none() { store.secrets().await? } else { None };
    if let Some(secrets) = config.secrets.or(kept) {
        builder = builder.secret(secrets);
    }
    if let Some(limits) = store.limits() {
        builder = builder.limits(limits);
    }
    if let Some(store) = store.port() {
        builder = builder.store(store);
    }
    builder
        .trusted_proxies(config.trusted_proxies)
        .rates(config.rates)
        .session_cache(config.session_cache)
        .forward_cache(config.forward_cache)
        .key_checks(config.key_checks)
        .token_key_lifetime(config.token_key_lifetime)
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
        .account_rules(site.account_rules.clone())
        .login_page(site.login_page.clone());
    if site.refuse_new_keys {
        builder = builder.refuse_new_keys();
    }
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
    for audience in &site.token_audiences {
        builder = builder.token_audience(audience.as_str());
    }
    builder
}
