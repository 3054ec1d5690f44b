//! `verify-only TOKEN RECIPIENT [NETWORK [RPC]]`: whether a near-sign-verify token was signed by the account that it names. No server.
//!
//! Ends with 0 and prints who signed what; with 1 where the token is refused; with 2 where nobody could be asked.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use siwn::{AccessPolicy, AuthToken, NonceRule, Policy, UnixMillis, VerifiedToken, VerifyError};
use siwn_chain::{RpcChain, Settings};

type Failure = Box<dyn std::error::Error>;

fn now() -> UnixMillis {
    SystemTime::now().into()
}

/// NEAR's nodes: public ones of the network, or this one.
fn chain(network: &str, rpc: Option<&str>) -> Result<RpcChain, Failure> {
    let mut settings = Settings::new(network.parse()?);
    if let Some(url) = rpc {
        settings.endpoints = vec![url.parse::<siwn_chain::RpcUrl>()?.into()];
    }
    Ok(RpcChain::new(settings, Arc::new(now))?)
}

async fn verify(token: &str, recipient: &str, chain: &RpcChain) -> Result<VerifiedToken, Failure> {
    let policy = Policy::new(recipient, NonceRule::timestamp(Duration::from_mins(5)));
    let signed = policy.check(token.parse::<AuthToken>()?, now())?;
    Ok(signed.confirm(chain, AccessPolicy::default()).await?)
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [token, recipient, rest @ ..] = &arguments[..] else {
        eprintln!("usage: verify-only TOKEN RECIPIENT [NETWORK [RPC]]");
        return ExitCode::from(2);
    };
    let network = rest.first().map_or("mainnet", String::as_str);
    let verdict = match chain(network, rest.get(1).map(String::as_str)) {
        Ok(chain) => verify(token, recipient, &chain).await,
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::from(2);
        }
    };
    match verdict {
        Ok(token) => {
            println!("{} signed: {}", token.account.account(), token.message);
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            // "Could not ask" is no refusal.
            let is_outage = matches!(error.downcast_ref(), Some(VerifyError::Unavailable(_)));
            ExitCode::from(if is_outage { 2 } else { 1 })
        }
    }
}
