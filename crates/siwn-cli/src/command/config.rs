//! `siwn config check`

use serde::Serialize;
use siwn_chain::RpcUrl;
use siwn_server::config::StoreUrl;

use crate::configuration::Settings;
use crate::failure::Failure;
use crate::output;

/// What holds, without what is secret.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Summary {
    recipient: String,
    public_url: String,
    listen: String,
    message: String,
    network: String,
    rpc: Vec<String>,
    store: String,
    secret: &'static str,
    allowed_origins: Vec<String>,
    callback_urls: Vec<String>,
}

pub(crate) fn check(settings: &Settings) -> Result<(), Failure> {
    let config = settings.load().map_err(|faults| Failure::no(faults.join("\nerror: ")))?;
    let rpc: Result<Vec<RpcUrl>, _> = config.rpc.iter().map(|url| url.parse()).collect();
    let mut rpc = rpc.map_err(|error| Failure::no(format!("rpc: {error}")))?;
    if let (true, Ok(network)) = (rpc.is_empty(), config.network.parse::<siwn_chain::Network>()) {
        rpc = network.public_endpoints();
    }
    for warning in config.warnings() {
        eprintln!("warning: {warning}");
    }
    output::json(&Summary {
        recipient: config.recipient.to_string(),
        public_url: config.public_url.to_string(),
        listen: config.listen.to_string(),
        message: config.message.to_string(),
        network: config.network,
        rpc: rpc.iter().map(RpcUrl::host).collect(),
        store: match config.store {
            StoreUrl::Sqlite(path) => format!("sqlite:{}", path.display()),
            _ => "memory:".into(),
        },
        secret: match config.secrets.len() {
            0 => "made, and kept in the store",
            1 => "given",
            _ => "given, and a second one",
        },
        allowed_origins: config.allowed_origins.iter().map(ToString::to_string).collect(),
        callback_urls: config.callback_urls.iter().map(ToString::to_string).collect(),
    })
}
