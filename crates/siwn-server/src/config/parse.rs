//! The whole configuration, setting by setting; faults are gathered.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use siwn::{ContractAccounts, LimitsError, Rate, ResolutionLimits};
use siwn_chain::{EndpointSettings, Network, RpcUrl};

use super::reader::{DAY, Reader, read_file};
use super::sources::{Given, Sources};
use super::{AdminConfig, AuditTarget, Config, Fault, StoreUrl, endpoints, site};
use crate::admin::AdminToken;
use crate::client::TrustedProxies;
use crate::door::Rates;
use crate::key_checks::KeyChecks;
use crate::secrets::Secrets;
use crate::{session_memory, tokens};

pub(super) fn config(sources: &Sources) -> Result<Config, Vec<Fault>> {
    if sources.is_torn() {
        return Err(sources.faults());
    }
    let mut reader = Reader::new(sources);
    let listen = reader.one("listen", address).unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8080)));
    let dangerous_plain_http = reader.boolean("dangerous_plain_http");
    let sites = site::sites(&mut reader, listen, dangerous_plain_http);
    let secrets = secrets(&mut reader);
    let network = reader.one("network", str::parse).unwrap_or(Network::Mainnet);
    let rpc = rpc(&mut reader);
    let rpc_agreement = agreement(&mut reader, if rpc.is_empty() { network.public_endpoints().len() } else { rpc.len() });
    let rpc_hedge = reader.boolean_or("rpc_hedge", true);
    if sources.get("rpc").is_none() && network.public_endpoints().is_empty() {
        reader.fault("rpc", format!("no public nodes of the network {:?} are known; name nodes of it", network.chain_id()));
    }
    let rpc_at_once = reader.one("rpc_at_once", at_once).unwrap_or(32);
    let rpc_timeout = reader.duration("rpc_timeout", Duration::from_secs(2), Duration::from_millis(1)..=Duration::from_mins(1));
    let key_cache = reader.duration("key_cache", Duration::from_secs(30), Duration::ZERO..=Duration::from_mins(10));
    let session_cache = reader.duration("session_cache", Duration::ZERO, Duration::ZERO..=session_memory::LONGEST);
    let forward_cache = reader.duration("forward_cache", session_memory::LONGEST, Duration::ZERO..=session_memory::LONGEST);
    let key_checks = key_checks(&mut reader);
    let token_key_lifetime = reader.duration("token_key_lifetime", tokens::KEY_LIFETIME, 2 * DAY..=365 * DAY);
    let store = reader.one("store", store).unwrap_or_else(|| StoreUrl::Sqlite("siwn.db".into()));
    let trusted_proxies = TrustedProxies::new(reader.list("trusted_proxies", crate::client::network));
    let contract_accounts = reader.one("contract_accounts", contract_accounts).unwrap_or_default();
    let resolution_limits = resolution_limits(&mut reader);
    let dangerous_function_call_keys = reader.boolean("dangerous_function_call_keys");
    let default = Rates::default();
    let rates = Rates {
        initiate: reader.one("initiate_limit", rate).unwrap_or(default.initiate),
        verify: reader.one("verify_limit", rate).unwrap_or(default.verify),
        account: reader.one("account_limit", rate).unwrap_or(default.account),
        sessions: reader.one("sessions_limit", rate).unwrap_or(default.sessions),
        ..default
    };
    let audit_log = reader.one("audit_log", audit_log).unwrap_or(AuditTarget::Off);
    let admin = admin(&mut reader);
    let stop_grace = reader.duration("stop_grace", Duration::ZERO, Duration::ZERO..=Duration::from_mins(10));

    match sites {
        Some(sites) if reader.faults.is_empty() => Ok(Config {
            listen,
            sites,
            dangerous_plain_http,
            secrets,
            secret_file: sources.get("secret_file").and_then(|given| given.values.first()).map(PathBuf::from),
            network,
            rpc,
            rpc_agreement,
            rpc_hedge,
            rpc_at_once,
            rpc_timeout,
            key_cache,
            store,
            session_cache,
            forward_cache,
            key_checks,
            token_key_lifetime,
            trusted_proxies,
            contract_accounts,
            resolution_limits,
            dangerous_function_call_keys,
            rates,
            audit_log,
            admin,
            stop_grace,
        }),
        _ => Err(reader.faults),
    }
}

/// Addresses, or tables with headers and priorities.
fn rpc(reader: &mut Reader<'_>) -> Vec<EndpointSettings> {
    let Some(Given { place, tables, .. }) = reader.sources.get("rpc").filter(|given| !given.tables.is_empty()) else {
        return reader.list("rpc", str::parse::<RpcUrl>).into_iter().map(EndpointSettings::from).collect();
    };
    endpoints::endpoints(tables).unwrap_or_else(|faults| {
        let told = |(number, problem)| Fault { place: format!("{place}.endpoints, number {number}"), problem };
        reader.faults.extend(faults.into_iter().map(told));
        Vec::new()
    })
}

fn at_once(text: &str) -> Result<usize, &'static str> {
    text.parse().ok().filter(|number| (1..=1000).contains(number)).ok_or("is a number from 1 to 1000")
}

fn contract_accounts(text: &str) -> Result<ContractAccounts, &'static str> {
    match text {
        "allow" => Ok(ContractAccounts::Ask),
        "refuse" => Ok(ContractAccounts::Refuse),
        _ => Err("is allow or refuse"),
    }
}

fn resolution_limits(reader: &mut Reader<'_>) -> ResolutionLimits {
    let defaults = ResolutionLimits::default();
    let number = |text: &str| text.parse::<usize>().map_err(|_| "is a number");
    let depth = reader.one("resolve_depth", number).unwrap_or(defaults.depth());
    let authorizations = reader.one("resolve_authorizations", number).unwrap_or(defaults.authorizations());
    ResolutionLimits::new(depth, authorizations).unwrap_or_else(|error| {
        let place = if error == LimitsError::Authorizations { "resolve_authorizations" } else { "resolve_depth" };
        reader.fault(place, error.to_string());
        defaults
    })
}

fn agreement(reader: &mut Reader<'_>, nodes: usize) -> usize {
    let parse = |text: &str| match text.parse() {
        Ok(number) if number == 1 || (2..=nodes).contains(&number) => Ok(number),
        _ => Err(format!("is a number from 1 to the number of nodes, which is {nodes}")),
    };
    reader.one("rpc_agreement", parse).unwrap_or(1)
}

fn secrets(reader: &mut Reader<'_>) -> Option<Secrets> {
    if reader.sources.get("secret").is_some() && reader.sources.get("secret_file").is_some() {
        reader.fault("secret_file", "the secret is given twice; keep one of secret and secret_file");
        return None;
    }
    if reader.sources.get("secret_file").is_some() {
        let parse = |path: &str| read_file(path)?.parse::<Secrets>().map_err(|error| error.to_string());
        return reader.one("secret_file", parse);
    }
    // A list in the file, or texts between commas.
    let text = reader.sources.get("secret")?.values.join(",");
    text.parse().map_err(|error: crate::secrets::SecretsError| reader.fault("secret", error.to_string())).ok()
}

/// Up to a day each: a session whose key is not asked for is good for whoever has lost the account.
fn key_checks(reader: &mut Reader<'_>) -> KeyChecks {
    let KeyChecks { recheck, stale, grace } = KeyChecks::default();
    let checks = KeyChecks {
        recheck: reader.duration("session_recheck", recheck, Duration::ZERO..=DAY),
        stale: reader.duration("session_stale", stale, Duration::ZERO..=DAY),
        grace: reader.duration("session_grace", grace, Duration::ZERO..=DAY),
    };
    if checks.recheck > checks.stale {
        reader.fault("session_recheck", "is at most session_stale: what is asked before the answer is not asked after it");
    }
    checks
}

/// The administration: a listener with a token, or neither.
fn admin(reader: &mut Reader<'_>) -> Option<AdminConfig> {
    let listen = reader.one("admin_listen", admin_address);
    if reader.get("admin_token").is_some() && reader.get("admin_token_file").is_some() {
        reader.fault("admin_token_file", "the token is given twice; keep one of admin_token and admin_token_file");
        return None;
    }
    let parse = |text: &str| text.trim().parse::<AdminToken>().map_err(|error| error.to_string());
    let token = match reader.get("admin_token_file") {
        Some(_) => reader.one("admin_token_file", |path| parse(&read_file(path)?)),
        None => reader.one("admin_token", parse),
    };
    let has_token = reader.get("admin_token").or(reader.get("admin_token_file")).is_some();
    let listen = listen.flatten();
    if listen.is_some() && !has_token {
        reader.fault("admin_token", "is missing: whoever reaches the administration needs a token");
    }
    Some(AdminConfig { listen: listen?, token: token? })
}

fn address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse().map_err(|_| "is an address and a port, as in 127.0.0.1:8080 or [::1]:8080")
}

fn admin_address(text: &str) -> Result<Option<SocketAddr>, &'static str> {
    if text == "off" { Ok(None) } else { address(text).map(Some) }
}

fn rate(text: &str) -> Result<Option<Rate>, String> {
    match text {
        "off" => Ok(None),
        text => text.parse().map(Some).map_err(|error: siwn::RateError| format!("{error}, or off")),
    }
}

fn audit_log(text: &str) -> Result<AuditTarget, &'static str> {
    match text {
        "off" => Ok(AuditTarget::Off),
        "stdout" => Ok(AuditTarget::Stdout),
        "stderr" => Ok(AuditTarget::Stderr),
        _ => match text.strip_prefix("file:") {
            Some(path) if !path.is_empty() => Ok(AuditTarget::File(path.into())),
            _ => Err("is file:PATH, stdout, stderr or off"),
        },
    }
}

fn store(text: &str) -> Result<StoreUrl, String> {
    match text.split_once(':') {
        Some(("memory", "")) => Ok(StoreUrl::Memory),
        Some(("sqlite", path)) if !path.is_empty() => Ok(StoreUrl::Sqlite(PathBuf::from(path))),
        Some(("redis" | "rediss", _)) => redis(text),
        Some(("postgres" | "postgresql", _)) => postgres(text),
        _ => Err("is sqlite:PATH, memory:, redis://HOST, rediss://HOST or postgres://HOST/DATABASE".into()),
    }
}

#[cfg(any(not(feature = "redis"), not(feature = "postgres")))]
const NOT_BUILT: &str = "this program was built without such a store";

#[cfg(feature = "redis")]
fn redis(text: &str) -> Result<StoreUrl, String> {
    text.parse().map(StoreUrl::Redis).map_err(|error: siwn_store::redis::RedisUrlError| error.to_string())
}

#[cfg(not(feature = "redis"))]
fn redis(_: &str) -> Result<StoreUrl, String> {
    Err(NOT_BUILT.into())
}

#[cfg(feature = "postgres")]
fn postgres(text: &str) -> Result<StoreUrl, String> {
    text.parse().map(StoreUrl::Postgres).map_err(|error: siwn_store::postgres::PostgresUrlError| error.to_string())
}

#[cfg(not(feature = "postgres"))]
fn postgres(_: &str) -> Result<StoreUrl, String> {
    Err(NOT_BUILT.into())
}
