//! `siwn config check`

use std::time::Duration;

use serde::Serialize;
use siwn::{ContractAccounts, Rate, UnfundedAccounts};
use siwn_chain::RpcUrl;
use siwn_server::config::{AuditTarget, StoreUrl};

use crate::configuration::{Settings, told};
use crate::failure::Failure;
use crate::output;

/// What holds, without what is secret.
#[expect(clippy::struct_excessive_bools, reason = "one for each setting that is on or off")]
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Summary {
    recipient: String,
    public_url: String,
    listen: String,
    message: String,
    network: String,
    rpc: Vec<String>,
    rpc_agreement: usize,
    rpc_hedge: bool,
    rpc_at_once: usize,
    rpc_timeout: String,
    key_cache: String,
    store: String,
    secret: String,
    challenge_ttl: String,
    session_ttl: String,
    allowed_origins: Vec<String>,
    callback_urls: Vec<String>,
    return_urls: Vec<String>,
    wallet_websites: Vec<String>,
    wallets: Vec<String>,
    trusted_proxies: Vec<String>,
    unfunded_accounts: bool,
    allow_accounts: Vec<String>,
    deny_accounts: Vec<String>,
    initiate_limit: String,
    verify_limit: String,
    account_limit: String,
    audit_log: String,
    stop_grace: String,
    contract_accounts: &'static str,
    resolve_depth: usize,
    resolve_authorizations: usize,
    dangerous_plain_http: bool,
    dangerous_function_call_keys: bool,
}

pub(crate) fn check(settings: &Settings) -> Result<(), Failure> {
    let config =
        settings.load().map_err(|faults| Failure::no(told(&faults)).hint("`siwn config check --help` names every setting"))?;
    let mut rpc = config.rpc.clone();
    rpc.sort_by_key(|node| node.priority);
    let rpc: Vec<_> = rpc.iter().map(|node| node.url.host()).collect();
    let public = || config.network.public_endpoints().iter().map(RpcUrl::host).collect();
    for warning in config.warnings() {
        eprintln!("warning: {warning}");
    }
    output::json(&Summary {
        recipient: config.recipient.to_string(),
        public_url: config.public_url.to_string(),
        listen: config.listen.to_string(),
        message: config.message.to_string(),
        network: config.network.to_string(),
        rpc: if rpc.is_empty() { public() } else { rpc },
        rpc_agreement: config.rpc_agreement,
        rpc_hedge: config.rpc_hedge,
        rpc_at_once: config.rpc_at_once,
        rpc_timeout: shown(config.rpc_timeout),
        key_cache: shown(config.key_cache),
        store: config.store.to_string(),
        secret: match &config.secrets {
            None if config.store == StoreUrl::Memory => "made anew at every start".into(),
            None => "made, and kept in the store".into(),
            Some(secrets) => secrets.to_string(),
        },
        challenge_ttl: shown(config.challenge_ttl),
        session_ttl: shown(config.session_ttl),
        allowed_origins: config.allowed_origins.iter().map(ToString::to_string).collect(),
        callback_urls: config.callback_urls.iter().map(ToString::to_string).collect(),
        return_urls: config.login_page.return_urls().iter().map(ToString::to_string).collect(),
        wallet_websites: config.login_page.websites(&config.network.to_string()).iter().map(ToString::to_string).collect(),
        wallets: config.login_page.wallet_names().map(str::to_owned).collect(),
        trusted_proxies: config.trusted_proxies.networks(),
        unfunded_accounts: config.unfunded_accounts == UnfundedAccounts::Accept,
        allow_accounts: config.account_rules.allow.iter().map(ToString::to_string).collect(),
        deny_accounts: config.account_rules.deny.iter().map(ToString::to_string).collect(),
        initiate_limit: limit(config.rates.initiate),
        verify_limit: limit(config.rates.verify),
        account_limit: limit(config.rates.account),
        audit_log: match &config.audit_log {
            AuditTarget::Stdout => "stdout".into(),
            AuditTarget::Stderr => "stderr".into(),
            AuditTarget::File(path) => format!("file:{}", path.display()),
            _ => "off".into(),
        },
        stop_grace: shown(config.stop_grace),
        contract_accounts: match config.contract_accounts {
            ContractAccounts::Ask => "allow",
            ContractAccounts::Refuse => "refuse",
        },
        resolve_depth: config.resolution_limits.depth(),
        resolve_authorizations: config.resolution_limits.authorizations(),
        dangerous_plain_http: config.dangerous_plain_http,
        dangerous_function_call_keys: config.dangerous_function_call_keys,
    })
}

fn limit(rate: Option<Rate>) -> String {
    rate.map_or_else(|| "off".into(), |rate| rate.to_string())
}

fn shown(duration: Duration) -> String {
    humantime::format_duration(duration).to_string()
}
