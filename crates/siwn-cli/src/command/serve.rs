//! `siwn serve`

use std::sync::Arc;
use std::time::Duration;

use siwn_chain::{RpcChain, StartError};
use siwn_server::config::Config;
use siwn_server::{Siwn, app, serve};
use tokio::net::TcpListener;

use crate::configuration::Settings;
use crate::failure::Failure;
use crate::runtime;
use crate::store::Opened;

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
    let public_url = public_url(&config, &listeners)?;
    let siwn = siwn(config, public_url, chain, &store).await?;
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
    settings.timeout = config.rpc_timeout;
    settings.key_cache = config.key_cache;
    RpcChain::new(settings, runtime::clock()).map_err(Failure::unknown)
}

async fn siwn(config: Config, public_url: String, chain: Arc<RpcChain>, store: &Opened) -> Result<Siwn, Failure> {
    let mut builder = Siwn::builder(config.recipient.as_str())
        .public_url(public_url)
        .message(config.message.as_str())
        .challenge_lifetime(config.challenge_ttl)
        .session_lifetime(config.session_ttl)
        .unfunded_accounts(config.unfunded_accounts)
        .trusted_proxies(config.trusted_proxies)
        .rpc_chain(chain);
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
    let kept = if config.secrets.is_empty() { store.secret().await? } else { None };
    for secret in config.secrets.into_iter().chain(kept) {
        builder = builder.secret(secret);
    }
    if let Some(store) = store.port() {
        builder = builder.store(store);
    }
    builder.build().map_err(Failure::unknown)
}
