//! `siwn serve`

use std::sync::Arc;
use std::time::Duration;

use siwn_chain::{RpcChain, StartError};
use siwn_server::config::{AuditTarget, Config, Sources};
use siwn_server::{AuditLog, Siwn, app, serve};
use tokio::net::TcpListener;

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

async fn start(settings: Settings, sources: Sources, config: Config) -> Result<(), Failure> {
    let (stop, hangup, manager) = (signals::stop()?, signals::hangup()?, Manager::of_environment());
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
    let public_url = public_url(&config, &listeners)?;
    let (grace, audit_log) = (config.stop_grace, open_audit_log(&config.audit_log)?);
    let keeper = if config.secrets.is_none() { store.keeper() } else { None };
    tell_limits(&config);
    let siwn = siwn(config, public_url, chain, &store, audit_log.clone()).await?;
    let reloader =
        Reloader { siwn: siwn.clone(), settings, sources, audit_log: audit_log.clone(), keeper, manager: manager.clone() };
    let tasks = [tokio::spawn(reloader.run(hangup)), tokio::spawn(watch_store(siwn.clone()))];
    for listener in &listeners {
        if let Ok(address) = listener.local_addr() {
            tracing::info!(%address, "listening");
        }
    }
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
fn public_url(config: &Config, listeners: &[TcpListener]) -> Result<String, Failure> {
    let configured = config.public_url.to_string();
    let port = listeners[0].local_addr().map_err(Failure::unknown)?.port();
    Ok(if configured == "http://localhost:0" { format!("http://localhost:{port}") } else { configured })
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
    public_url: String,
    chain: Arc<RpcChain>,
    store: &Opened,
    audit_log: Option<AuditLog>,
) -> Result<Siwn, Failure> {
    let mut builder = Siwn::builder(config.recipient.as_str())
        .public_url(public_url)
        .message(config.message.as_str())
        .challenge_lifetime(config.challenge_ttl)
        .session_lifetime(config.session_ttl)
        .unfunded_accounts(config.unfunded_accounts)
        .contract_accounts(config.contract_accounts)
        .resolution_limits(config.resolution_limits)
        .trusted_proxies(config.trusted_proxies)
        .login_page(config.login_page)
        .account_rules(config.account_rules)
        .rates(config.rates)
        .rpc_chain(chain);
    if let Some(log) = audit_log {
        builder = builder.audit_log(log);
    }
    if config.dangerous_plain_http {
        builder = builder.dangerous_plain_http();
    }
    if config.dangerous_function_call_keys {
        builder = builder.dangerous_function_call_keys();
    }
    for origin in &config.allowed_origins {
        builder = builder.allow_origin(origin.as_str());
    }
    for url in &config.callback_urls {
        builder = builder.allow_callback_url(url.as_str());
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
    builder.build().map_err(Failure::unknown)
}
