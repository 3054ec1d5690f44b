//! The commands of whoever runs a server.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use siwn_server::Website;

use crate::configuration::Settings;

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  siwn dev\n  siwn dev --listen 127.0.0.1:9000 --wallet \"My wallet=http://localhost:4000/sign-message\""
)]
pub(crate) struct Dev {
    /// Where to listen: a loopback address
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080", value_parser = parse_loopback, allow_hyphen_values = true)]
    pub(crate) listen: SocketAddr,
    /// A wallet's website of your own, for the login page's list; may be repeated
    #[arg(long = "wallet", value_name = "NAME=URL", allow_hyphen_values = true)]
    pub(crate) wallets: Vec<Website>,
}

fn parse_loopback(text: &str) -> Result<SocketAddr, String> {
    let address = text.replacen("localhost:", "127.0.0.1:", 1);
    match address.parse::<SocketAddr>() {
        Ok(address) if address.ip() == IpAddr::from([127, 0, 0, 1]) || address.ip() == Ipv6Addr::LOCALHOST => Ok(address),
        Ok(_) => Err("this server is for this machine only: 127.0.0.1, [::1] or localhost, and a port".into()),
        Err(_) => Err("an address has a port, as in 127.0.0.1:8080".into()),
    }
}

#[derive(Debug, Args)]
#[command(after_help = "Exit codes: 0 it answers, or is ready; 1 it does not, or is not; 2 wrong command line or configuration.")]
pub(crate) struct Health {
    /// Ask whether logins can succeed (/readyz) instead
    #[arg(long)]
    pub(crate) ready: bool,
    #[command(flatten)]
    pub(crate) settings: Settings,
}

#[derive(Debug, Args)]
#[command(after_help = "Exit codes: 0 nothing failed (there may be warnings), 1 something did, 2 wrong command line.\n\n\
        Example:\n  siwn doctor --config siwn.toml")]
pub(crate) struct Doctor {
    /// Print what was found as JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) settings: Settings,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Read the whole configuration, tell every fault and warning, start nothing
    #[command(after_help = "Exit codes: 0 nothing is wrong (there may be warnings), 1 something is, 2 wrong command line.\n\n\
        Example:\n  siwn config check --config /etc/siwn/siwn.toml")]
    Check(Settings),
    /// Print every setting as a table of Markdown
    Reference,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SecretCommand {
    /// Put a new secret beside the present one; it takes over by itself, and nobody who signs in notices
    #[command(long_about = ROTATE, after_help = "Example:\n  siwn secret rotate --config /etc/siwn/siwn.toml --after 10m")]
    Rotate(Rotate),
}

#[derive(Debug, Args)]
pub(crate) struct Rotate {
    /// When the new secret makes the first challenge, from 2m to 30d from now: until then every process must have heard of it
    #[arg(long, value_name = "DURATION", default_value = "10m", value_parser = parse_lead, allow_hyphen_values = true)]
    pub(crate) after: Duration,
    #[command(flatten)]
    pub(crate) settings: Settings,
}

/// How long all processes have to hear of the new secret.
fn parse_lead(text: &str) -> Result<Duration, String> {
    let lead = humantime::parse_duration(text).map_err(|_| "a duration has units, as in 90s, 5m, 24h")?;
    let bounds = Duration::from_mins(2)..=Duration::from_hours(24 * 30);
    if bounds.contains(&lead) { Ok(lead) } else { Err("it must be from 2m to 30d".into()) }
}

const ROTATE: &str = "Put a new secret beside the present one.\n\n\
    Challenges of both are taken back from the moment that a process hears of the new one; after the time that --after sets it makes the \
    challenges, and the old one is over when the last of its challenges has expired. A secret in a file is written there, in one step and \
    for its owner alone: send SIGHUP to every process. A secret in the store is found there by every process within a minute. For a \
    secret in a variable, what to write behind it is printed.";

#[derive(Debug, Subcommand)]
pub(crate) enum WalletsCommand {
    /// Put the scripts of wallets into a folder, each held to its hash
    #[command(long_about = PULL)]
    Pull(Pull),
}

#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 done, 1 a script has another hash than it should have, 2 could not find out or wrong command line.\n\n\
        Examples:\n  siwn wallets pull /var/lib/siwn/wallets\n  \
        siwn wallets pull wallets --from https://wallets.example/manifest.json --only a-wallet"
)]
pub(crate) struct Pull {
    /// The folder
    #[arg(value_name = "DIR", allow_hyphen_values = true)]
    pub(crate) folder: PathBuf,
    /// The address of a manifest: https, or http on this machine [default: the wallets that this program knows]
    #[arg(long, value_name = "URL", allow_hyphen_values = true)]
    pub(crate) from: Option<String>,
    /// Only these wallets, comma-separated, by their ids
    #[arg(long, value_name = "IDS", value_delimiter = ',', allow_hyphen_values = true)]
    pub(crate) only: Vec<String>,
    /// Take over scripts that have changed since they were first seen, and what a manifest says that they may reach
    #[arg(long)]
    pub(crate) update: bool,
}

const PULL: &str = "Put the scripts of wallets into a folder, with the manifest that the setting `wallets` names.\n\n\
    Without --from they are those that this program knows, each pinned to a commit and to a hash: HOT, Meteor, MyNearWallet, Ledger, OKX and \
    Nightly. With --from they are those of a manifest in the form of NEAR Connect's; each script is held to the one that was first \
    seen, and to the hash that the manifest names.\n\n\
    Wallets that are in the folder already stay there. Nothing is written where a script has another hash than it should have.";
