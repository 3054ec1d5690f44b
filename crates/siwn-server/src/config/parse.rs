//! From texts to values, faults gathered.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use siwn::{
    AccountPattern, AccountRules, CallbackUrl, ContractAccounts, LimitsError, Message, Origin, PublicUrl, Rate, Recipient,
    ResolutionLimits, UnfundedAccounts,
};
use siwn_chain::{EndpointSettings, Network, RpcUrl};

use super::sources::{Given, Sources};
use super::{AuditTarget, Config, Fault, StoreUrl, accounts, endpoints};
use crate::client::TrustedProxies;
use crate::door::Rates;
use crate::pages::{LoginPage, WalletManifest, Website};
use crate::secrets::Secrets;

const DAY: Duration = Duration::from_hours(24);

pub(super) fn config(sources: &Sources) -> Result<Config, Vec<Fault>> {
    let mut reader = Reader { sources, faults: sources.faults() };
    let recipient: Option<Recipient> =
        reader.required("recipient", "people sign in to somebody: the public host, as in app.example");
    let listen = reader.one("listen", str::parse::<SocketAddr>).unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8080)));
    let dangerous_plain_http = reader.boolean("dangerous_plain_http");
    let public_url = public_url(&mut reader, listen, dangerous_plain_http);
    let message = recipient.as_ref().and_then(|recipient| match reader.one("message", |text| Message::new(text, recipient)) {
        None if sources.get("message").is_some() => None,
        message => Some(message.unwrap_or_else(|| Message::default_for(recipient))),
    });
    let secrets = secrets(&mut reader);
    let network = reader.one("network", str::parse).unwrap_or(Network::Mainnet);
    let rpc = rpc(&mut reader);
    let rpc_agreement = agreement(&mut reader, if rpc.is_empty() { network.public_endpoints().len() } else { rpc.len() });
    let rpc_hedge = reader.boolean_or("rpc_hedge", true);
    if sources.get("rpc").is_none() && network.public_endpoints().is_empty() {
        reader.fault("rpc", "this network has no public nodes that are known; name nodes of it");
    }
    let rpc_at_once = reader.one("rpc_at_once", at_once).unwrap_or(32);
    let rpc_timeout = reader.duration("rpc_timeout", Duration::from_secs(2), Duration::from_millis(1)..=Duration::from_mins(1));
    let key_cache = reader.duration("key_cache", Duration::from_secs(30), Duration::ZERO..=Duration::from_mins(10));
    let challenge_ttl = reader.duration("challenge_ttl", Duration::from_mins(5), Duration::from_secs(1)..=DAY);
    let session_ttl = reader.duration("session_ttl", 7 * DAY, Duration::from_secs(1)..=365 * DAY);
    let store = reader.one("store", store).unwrap_or_else(|| StoreUrl::Sqlite("siwn.db".into()));
    let allowed_origins = reader.list("allowed_origins", str::parse::<Origin>);
    let callback_urls = reader.list("callback_urls", str::parse::<CallbackUrl>);
    let login_page = login_page(&mut reader);
    let trusted_proxies = TrustedProxies::new(reader.list("trusted_proxies", crate::client::network));
    let unfunded_accounts = if reader.boolean("unfunded_accounts") { UnfundedAccounts::Accept } else { UnfundedAccounts::Refuse };
    let contract_accounts = reader.one("contract_accounts", contract_accounts).unwrap_or_default();
    let resolution_limits = resolution_limits(&mut reader);
    let dangerous_function_call_keys = reader.boolean("dangerous_function_call_keys");
    let account_rules = account_rules(&mut reader);
    let default = Rates::default();
    let rates = Rates {
        initiate: reader.one("initiate_limit", rate).unwrap_or(default.initiate),
        verify: reader.one("verify_limit", rate).unwrap_or(default.verify),
        account: reader.one("account_limit", rate).unwrap_or(default.account),
    };
    let audit_log = reader.one("audit_log", audit_log).unwrap_or(AuditTarget::Off);
    let stop_grace = reader.duration("stop_grace", Duration::ZERO, Duration::ZERO..=Duration::from_mins(10));

    match (recipient, message, public_url) {
        (Some(recipient), Some(message), Some(public_url)) if reader.faults.is_empty() => Ok(Config {
            listen,
            public_url,
            dangerous_plain_http,
            recipient,
            message,
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
            challenge_ttl,
            session_ttl,
            allowed_origins,
            callback_urls,
            login_page,
            trusted_proxies,
            unfunded_accounts,
            contract_accounts,
            resolution_limits,
            dangerous_function_call_keys,
            account_rules,
            rates,
            audit_log,
            stop_grace,
        }),
        _ => Err(reader.faults),
    }
}

struct Reader<'a> {
    sources: &'a Sources,
    faults: Vec<Fault>,
}

impl Reader<'_> {
    /// A fault at the place where the setting is given, or at its name where it is not.
    fn fault(&mut self, name: &'static str, problem: impl Into<String>) {
        let place = self.sources.get(name).map_or_else(|| name.to_owned(), |given| given.place.clone());
        self.faults.push(Fault { place, problem: problem.into() });
    }

    fn one<T, E: ToString>(&mut self, name: &'static str, parse: impl Fn(&str) -> Result<T, E>) -> Option<T> {
        let Given { values, .. } = self.sources.get(name)?;
        let [text] = &values[..] else {
            self.fault(name, "this setting takes one value");
            return None;
        };
        parse(text).map_err(|error| self.fault(name, error.to_string())).ok()
    }

    fn required<T: std::str::FromStr<Err: ToString>>(&mut self, name: &'static str, missing: &str) -> Option<T> {
        if self.sources.get(name).is_none() {
            self.fault(name, format!("is missing: {missing}"));
        }
        self.one(name, str::parse)
    }

    /// A list in the file, or texts between commas.
    fn list<T, E: ToString>(&mut self, name: &'static str, parse: impl Fn(&str) -> Result<T, E>) -> Vec<T> {
        let Some(Given { values, .. }) = self.sources.get(name) else { return Vec::new() };
        let texts = values.iter().flat_map(|value| value.split(',')).map(str::trim).filter(|text| !text.is_empty());
        let mut parsed = Vec::new();
        for text in texts {
            match parse(text) {
                Ok(value) => parsed.push(value),
                Err(error) => self.fault(name, error.to_string()),
            }
        }
        parsed
    }

    fn boolean(&mut self, name: &'static str) -> bool {
        self.boolean_or(name, false)
    }

    fn boolean_or(&mut self, name: &'static str, default: bool) -> bool {
        let parse = |text: &str| match text {
            "true" | "yes" => Ok(true),
            "false" | "no" => Ok(false),
            _ => Err("is true or false, yes or no"),
        };
        self.one(name, parse).unwrap_or(default)
    }

    fn duration(&mut self, name: &'static str, default: Duration, range: std::ops::RangeInclusive<Duration>) -> Duration {
        let parse = |text: &str| {
            let duration =
                humantime::parse_duration(text).map_err(|_| "a duration has units, as in 90s, 5m, 24h, 7d".to_owned())?;
            let bounds = || format!("is from {} to {}", shown(*range.start()), shown(*range.end()));
            if range.contains(&duration) { Ok(duration) } else { Err(bounds()) }
        };
        self.one(name, parse).unwrap_or(default)
    }
}

/// A bound in the largest unit that says it whole.
fn shown(duration: Duration) -> String {
    let units = [(DAY, "d"), (Duration::from_hours(1), "h"), (Duration::from_mins(1), "m"), (Duration::from_secs(1), "s")];
    let whole = |(unit, name): &(Duration, &str)| {
        let count = duration.as_millis() / unit.as_millis();
        (count > 0 && duration.as_millis().is_multiple_of(unit.as_millis())).then(|| format!("{count}{name}"))
    };
    units.iter().find_map(whole).unwrap_or_else(|| format!("{}ms", duration.as_millis()))
}

fn public_url(reader: &mut Reader<'_>, listen: SocketAddr, dangerous_plain_http: bool) -> Option<PublicUrl> {
    if reader.sources.get("public_url").is_some() {
        let parse = if dangerous_plain_http { PublicUrl::dangerous_plain_http } else { str::parse };
        return reader.one("public_url", parse);
    }
    if !listen.ip().is_loopback() {
        reader
            .fault("public_url", "is missing: who listens beyond this machine says where he is reached, as in https://app.example");
        return None;
    }
    let port = if listen.port() == 80 { String::new() } else { format!(":{}", listen.port()) };
    format!("http://localhost{port}").parse().map_err(|error: siwn::UrlError| reader.fault("public_url", error.to_string())).ok()
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

fn login_page(reader: &mut Reader) -> LoginPage {
    let mut page = LoginPage::new();
    for url in reader.list("return_urls", str::parse::<CallbackUrl>) {
        page = page.return_url(url);
    }
    if reader.sources.get("wallet_websites").is_some() {
        page = page.websites_only(reader.list("wallet_websites", str::parse::<Website>));
    }
    let manifest = |path: &str| read_file(path)?.parse::<WalletManifest>().map_err(|error| error.to_string());
    match reader.one("wallets", manifest) {
        Some(wallets) => page.wallets(wallets),
        None => page,
    }
}

fn read_file(path: &str) -> Result<String, String> {
    // The path is left out: it could be the secret itself, put into the wrong place.
    std::fs::read_to_string(path).map_err(|error| format!("the file cannot be read: {}", error.kind()))
}

/// The lists of the configuration, and those of the file behind them.
fn account_rules(reader: &mut Reader<'_>) -> AccountRules {
    let mut rules = AccountRules {
        allow: reader.list("allow_accounts", str::parse::<AccountPattern>),
        deny: reader.list("deny_accounts", str::parse::<AccountPattern>),
    };
    if let Some(file) = reader.one("account_rules", |path| accounts::rules(&read_file(path)?)) {
        rules.allow.extend(file.allow);
        rules.deny.extend(file.deny);
    }
    rules
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
        _ => Err("is sqlite:PATH, memory:, redis://HOST or postgres://HOST/DATABASE".into()),
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
