//! `siwn config check` and `siwn config reference`

use serde::Serialize;
use siwn::{ContractAccounts, Rate, UnfundedAccounts};
use siwn_chain::RpcUrl;
use siwn_server::config::{AuditTarget, Config, Setting, SiteConfig, StoreUrl, duration_text, settings};

use crate::configuration::{Settings, told};
use crate::failure::Failure;
use crate::output;

/// What holds, without what is secret.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Summary {
    #[serde(flatten)]
    sites: Sites,
    listen: String,
    network: String,
    rpc: Vec<String>,
    rpc_agreement: usize,
    rpc_hedge: bool,
    rpc_at_once: usize,
    rpc_timeout: String,
    key_cache: String,
    store: String,
    secret: String,
    session_cache: String,
    forward_cache: String,
    session_recheck: String,
    session_stale: String,
    session_grace: String,
    token_key_lifetime: String,
    trusted_proxies: Vec<String>,
    initiate_limit: String,
    verify_limit: String,
    account_limit: String,
    sessions_limit: String,
    audit_log: String,
    admin_listen: Option<String>,
    stop_grace: String,
    contract_accounts: &'static str,
    resolve_depth: usize,
    resolve_authorizations: usize,
    dangerous_plain_http: bool,
    dangerous_function_call_keys: bool,
}

/// The only site beside the rest, or several in a list.
#[derive(Serialize)]
#[serde(untagged)]
enum Sites {
    One(Box<Site>),
    Several { sites: Vec<Site> },
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Site {
    recipient: String,
    public_url: String,
    message: String,
    challenge_ttl: String,
    session_ttl: String,
    session_idle: Option<String>,
    allowed_origins: Vec<String>,
    callback_urls: Vec<String>,
    token_audiences: Vec<String>,
    return_urls: Vec<String>,
    wallet_websites: Vec<String>,
    wallets: Vec<String>,
    unfunded_accounts: bool,
    allow_accounts: Vec<String>,
    deny_accounts: Vec<String>,
    refuse_new_keys: bool,
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
        sites: sites(&config),
        listen: config.listen.to_string(),
        network: config.network.to_string(),
        rpc: if rpc.is_empty() { public() } else { rpc },
        rpc_agreement: config.rpc_agreement,
        rpc_hedge: config.rpc_hedge,
        rpc_at_once: config.rpc_at_once,
        rpc_timeout: duration_text(config.rpc_timeout),
        key_cache: duration_text(config.key_cache),
        store: config.store.to_string(),
        secret: match &config.secrets {
            None if config.store == StoreUrl::Memory => "made anew at every start".into(),
            None => "made, and kept in the store".into(),
            Some(secrets) => secrets.to_string(),
        },
        session_cache: duration_text(config.session_cache),
        forward_cache: duration_text(config.forward_cache),
        session_recheck: duration_text(config.key_checks.recheck),
        session_stale: duration_text(config.key_checks.stale),
        session_grace: duration_text(config.key_checks.grace),
        token_key_lifetime: duration_text(config.token_key_lifetime),
        trusted_proxies: config.trusted_proxies.networks(),
        initiate_limit: limit(config.rates.initiate),
        verify_limit: limit(config.rates.verify),
        account_limit: limit(config.rates.account),
        sessions_limit: limit(config.rates.sessions),
        audit_log: match &config.audit_log {
            AuditTarget::Stdout => "stdout".into(),
            AuditTarget::Stderr => "stderr".into(),
            AuditTarget::File(path) => format!("file:{}", path.display()),
            _ => "off".into(),
        },
        admin_listen: config.admin.as_ref().map(|admin| admin.listen.to_string()),
        stop_grace: duration_text(config.stop_grace),
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

fn sites(config: &Config) -> Sites {
    let network = config.network.to_string();
    let mut sites: Vec<_> = config.sites.iter().map(|one| site(one, &network)).collect();
    if sites.len() == 1 { Sites::One(Box::new(sites.remove(0))) } else { Sites::Several { sites } }
}

fn site(site: &SiteConfig, network: &str) -> Site {
    Site {
        recipient: site.recipient.to_string(),
        public_url: site.public_url.to_string(),
        message: site.message.to_string(),
        challenge_ttl: duration_text(site.challenge_ttl),
        session_ttl: duration_text(site.session_ttl),
        session_idle: site.session_idle.map(duration_text),
        allowed_origins: site.allowed_origins.iter().map(ToString::to_string).collect(),
        callback_urls: site.callback_urls.iter().map(ToString::to_string).collect(),
        token_audiences: site.token_audiences.iter().map(ToString::to_string).collect(),
        return_urls: site.login_page.return_urls().iter().map(ToString::to_string).collect(),
        wallet_websites: site.login_page.websites(network).iter().map(ToString::to_string).collect(),
        wallets: site.login_page.wallet_names().map(str::to_owned).collect(),
        unfunded_accounts: site.unfunded_accounts == UnfundedAccounts::Accept,
        allow_accounts: site.account_rules.allow.iter().map(ToString::to_string).collect(),
        deny_accounts: site.account_rules.deny.iter().map(ToString::to_string).collect(),
        refuse_new_keys: site.refuse_new_keys,
    }
}

/// Every setting there is, as a table of Markdown.
pub(crate) fn reference() -> Result<(), Failure> {
    output::line("| File | Variable | Flag | Default | Meaning |\n|---|---|---|---|---|")?;
    settings().iter().try_for_each(|setting| output::line(&row(setting)))
}

fn row(setting: &Setting) -> String {
    let Setting { name, help, default, flag, .. } = setting;
    // A default in words is no text to copy.
    let default = match *default {
        "" => "–".into(),
        words if words.contains(' ') || words == "everybody" => words.to_owned(),
        value => format!("`{value}`"),
    };
    let flag = if setting.is_flag { format!("`--{flag}`") } else { "(never)".into() };
    format!("| `{name}` | `SIWN_{}` | {flag} | {default} | {help} |", name.to_uppercase())
}

fn limit(rate: Option<Rate>) -> String {
    rate.map_or_else(|| "off".into(), |rate| rate.to_string())
}
