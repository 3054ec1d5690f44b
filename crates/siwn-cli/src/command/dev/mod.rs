//! `siwn dev`: the login server, a devnet and test wallets in one process, for this machine only.

mod announce;
mod clock;
mod installed;
mod localhost;
mod page;
mod people;
mod seen;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use siwn::Chain;
use siwn_chain::{RpcChain, RpcUrl};
use siwn_devnet::Devnet;
use siwn_server::{AuditLog, LoginPage, Siwn, Website, app_with, serve};

use self::clock::Clock;
use self::people::People;
use self::seen::{NODE, Seen, WatchedChain};
use crate::arguments::Dev;
use crate::failure::Failure;
use crate::{runtime, signals};

const RECIPIENT: &str = "localhost";

pub(crate) fn run(arguments: &Dev) -> Result<(), Failure> {
    runtime::log("warn")?;
    runtime::run(start(arguments.listen, &arguments.wallets))
}

async fn start(listen: SocketAddr, wallets: &[Website]) -> Result<(), Failure> {
    let stop = signals::stop()?;
    let listeners = runtime::listen(listen).await?;
    let address = listeners[0].local_addr().map_err(Failure::unknown)?;
    let public_url = public_url(address.port());
    let clock = Clock::default();
    let devnet = Devnet::new(clock.shared());
    let people = People::move_in(&devnet)?;
    let chain = chain(address, &devnet, &clock)?;
    let seen = Seen::new(clock.clone(), public_url.clone(), RECIPIENT);
    let login_page = login_page(&public_url, wallets)?;
    let siwn = siwn(&public_url, &chain, &seen, &clock, login_page)?;
    let page = page::router(RECIPIENT, &people, &devnet, &clock, &seen);
    let router = around(app_with(&siwn, devnet.router().merge(page)), &public_url, seen);
    tokio::spawn(devnet.run());

    // The network is checked before the first login, as soon as there is somebody to answer.
    tokio::spawn(async move { chain.check().await });
    announce::announce(&public_url, &people, siwn.has_browser_client())?;
    serve(listeners, router, stop).await;
    Ok(())
}

/// What stands around the server here, and around no other.
fn around(server: Router, public_url: &str, seen: Seen) -> Router {
    let public_url: Arc<str> = public_url.into();
    server
        .layer(from_fn(installed::install))
        .layer(from_fn_with_state(seen, seen::watch))
        .layer(from_fn_with_state(public_url, localhost::by_name))
}

/// The devnet is asked as any node is: over HTTP.
fn chain(address: SocketAddr, devnet: &Devnet, clock: &Clock) -> Result<Arc<RpcChain>, Failure> {
    let network = devnet.network().chain_id().parse().map_err(Failure::unknown)?;
    let mut settings = siwn_chain::Settings::new(network);
    let node: RpcUrl = format!("http://{address}{NODE}").parse().map_err(Failure::unknown)?;
    settings.endpoints = vec![node.into()];
    // Who removes a key here wants to see it refused at once.
    settings.key_cache = Duration::ZERO;
    RpcChain::new(settings, clock.shared()).map(Arc::new).map_err(Failure::unknown)
}

/// The test wallets, as one chooses among real ones.
fn login_page(public_url: &str, wallets: &[Website]) -> Result<LoginPage, Failure> {
    let url = format!("{public_url}{}", page::WALLET).parse().map_err(Failure::unknown)?;
    let own = Website { name: "Test wallet".into(), url };
    let websites = [own].into_iter().chain(wallets.iter().cloned()).collect();
    let manifest = page::MANIFEST.parse().map_err(Failure::unknown)?;
    Ok(LoginPage::new().websites_only(websites).wallets(manifest))
}

fn siwn(public_url: &str, chain: &Arc<RpcChain>, seen: &Seen, clock: &Clock, login_page: LoginPage) -> Result<Siwn, Failure> {
    let watched = WatchedChain::new(Arc::clone(chain), seen.clone());
    Siwn::builder(RECIPIENT)
        .public_url(public_url)
        .dangerous_local_origins()
        // Its state is shown, and the one that tells is asked.
        .rpc_chain(Arc::clone(chain))
        .chain(chain.network().to_string(), Arc::new(watched) as Arc<dyn Chain>)
        .login_page(login_page)
        .clock(clock.shared())
        .on_answer(Seen::tell)
        .audit_log(AuditLog::stream(seen.clone()).map_err(Failure::unknown)?)
        .build()
        .map_err(Failure::unknown)
}

fn public_url(port: u16) -> String {
    // A browser leaves the default port out of an origin.
    if port == 80 { "http://localhost".into() } else { format!("http://localhost:{port}") }
}
