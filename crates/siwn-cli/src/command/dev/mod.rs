//! `siwn dev`: the login server, a devnet and a test wallet in one process, for this machine only.

mod page;
mod people;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use siwn_chain::{RpcChain, RpcUrl};
use siwn_devnet::Devnet;
use siwn_server::{LoginPage, Siwn, Website, app_with, serve};

use self::people::{People, WithKey};
use crate::arguments::Dev;
use crate::failure::Failure;
use crate::{output, runtime, signals};

const RECIPIENT: &str = "localhost";

pub(crate) fn run(arguments: &Dev) -> Result<(), Failure> {
    runtime::log("warn")?;
    runtime::run(start(arguments.listen))
}

async fn start(listen: SocketAddr) -> Result<(), Failure> {
    let stop = signals::stop()?;
    let listeners = runtime::listen(listen).await?;
    let address = listeners[0].local_addr().map_err(Failure::unknown)?;
    let devnet = Devnet::new(runtime::clock());
    let people = People::move_in(&devnet)?;
    let chain = chain(address, &devnet)?;
    let siwn = siwn(address, Arc::clone(&chain))?;
    let router = app_with(&siwn, devnet.router().merge(page::router(RECIPIENT, &people, &devnet)));
    tokio::spawn(devnet.run());

    // The network is checked before the first login, as soon as there is somebody to answer.
    tokio::spawn(async move { chain.check().await });
    announce(address.port(), &people)?;
    serve(listeners, router, stop).await;
    Ok(())
}

/// The devnet is asked as any node is: over HTTP.
fn chain(address: SocketAddr, devnet: &Devnet) -> Result<Arc<RpcChain>, Failure> {
    let network = devnet.network().chain_id().parse().map_err(Failure::unknown)?;
    let mut settings = siwn_chain::Settings::new(network);
    let node: RpcUrl = format!("http://{address}/_devnet/rpc").parse().map_err(Failure::unknown)?;
    settings.endpoints = vec![node.into()];
    // Who removes a key here wants to see it refused at once.
    settings.key_cache = Duration::ZERO;
    RpcChain::new(settings, runtime::clock()).map(Arc::new).map_err(Failure::unknown)
}

fn siwn(address: SocketAddr, chain: Arc<RpcChain>) -> Result<Siwn, Failure> {
    let public_url = public_url(address.port());
    let url = format!("{public_url}{}", page::WALLET).parse().map_err(Failure::unknown)?;
    let website = Website { name: "Test wallet".into(), url };
    let wallets = page::MANIFEST.parse().map_err(Failure::unknown)?;
    let login_page = LoginPage::new().websites_only(vec![website]).wallets(wallets);
    Siwn::builder(RECIPIENT).public_url(public_url).rpc_chain(chain).login_page(login_page).build().map_err(Failure::unknown)
}

fn public_url(port: u16) -> String {
    // A browser leaves the default port out of an origin.
    if port == 80 { "http://localhost".into() } else { format!("http://localhost:{port}") }
}

/// The address, and a line for each account: its name and its private key.
fn announce(port: u16, people: &People) -> Result<(), Failure> {
    output::line(&public_url(port))?;
    for WithKey { account, .. } in people.with_key.iter().filter(|person| person.has_full_access) {
        output::line(&format!("{} {}", account.name, account.private_key.expose_text()))?;
    }
    eprintln!("\nOpen the address and sign in, or: siwn login {} --account alice.test.near", public_url(port));
    eprintln!("with the account's key in SIWN_PRIVATE_KEY. These keys are thrown away when this ends: Ctrl-C.");
    let contracts: Vec<_> = people.contracts.iter().map(|contract| contract.name.as_str()).collect();
    eprintln!("On the page there are accounts that are contracts, too: {}.", contracts.join(", "));
    Ok(())
}
