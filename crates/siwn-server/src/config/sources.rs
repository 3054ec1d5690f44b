//! Where settings come from, and which there are.

use std::collections::BTreeMap;
use std::fmt;

use siwn::Quoted;
use toml::{Table, Value};

use super::{Fault, endpoints};

/// One setting: `rpc_timeout` in the file, `SIWN_RPC_TIMEOUT` as a variable, `--rpc-timeout` as a flag.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Its name in the file.
    pub name: &'static str,
    /// What it does, in a line.
    pub help: &'static str,
    /// What a value looks like.
    pub value: &'static str,
    /// What holds without it, as text.
    pub default: &'static str,
    /// Its name on the command line, without the dashes.
    pub flag: &'static str,
    /// Whether it can be given on the command line. Secrets cannot: every user of the machine could read them.
    pub is_flag: bool,
    /// Whose it is, where there are several sites.
    pub scope: Scope,
}

/// Whether the sites of a server have a setting each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// There is one for the whole server.
    Server,
    /// Each site has its own; what stands beside the sites holds where a site says nothing.
    Default,
    /// Each site has its own, and beside the sites it means nothing.
    Site,
}

impl Setting {
    const fn of(self, scope: Scope) -> Self {
        Self { scope, ..self }
    }
}

const fn setting(
    name: &'static str,
    flag: &'static str,
    value: &'static str,
    default: &'static str,
    help: &'static str,
) -> Setting {
    Setting { name, flag, help, value, default, is_flag: true, scope: Scope::Server }
}

const fn secret(name: &'static str, flag: &'static str, value: &'static str, default: &'static str, help: &'static str) -> Setting {
    Setting { is_flag: false, ..setting(name, flag, value, default, help) }
}

const SETTINGS: &[Setting] = &[
    setting("recipient", "recipient", "NAME", "", "Whom people sign in to: best the public host. Required").of(Scope::Site),
    setting(
        "public_url",
        "public-url",
        "URL",
        "http://localhost:PORT on loopback",
        "Where the site is reached. Required unless the listener is loopback",
    )
    .of(Scope::Site),
    setting("listen", "listen", "ADDRESS", "127.0.0.1:8080", "Where to listen"),
    setting(
        "message",
        "message",
        "TEXT",
        "Sign in to {recipient}",
        "What people sign: ASCII, at most 400 bytes, naming the recipient",
    )
    .of(Scope::Site),
    secret(
        "secret",
        "secret",
        "HEX",
        "made, and kept in the store",
        "32 bytes as 64 hexadecimal digits; a second one after a comma is taken back too, and makes challenges from @TIME on",
    ),
    setting("secret_file", "secret-file", "FILE", "", "A file with the secret, in place of the secret itself"),
    setting("network", "network", "NAME", "mainnet", "mainnet, testnet or a chain id"),
    setting("rpc", "rpc", "URLS", "the network's public nodes", "Nodes to ask, comma-separated, in order"),
    setting(
        "rpc_agreement",
        "rpc-agreement",
        "NUMBER",
        "1",
        "How many nodes must give the same answer at the same block; with fewer there is none",
    ),
    setting(
        "rpc_hedge",
        "rpc-hedge",
        "BOOL",
        "true",
        "Ask a second node where the first one is slower than it mostly is, for at most one login in ten",
    ),
    setting(
        "rpc_at_once",
        "rpc-at-once",
        "NUMBER",
        "32",
        "How many questions are asked of nodes at once, up to 1000; the others wait in line",
    ),
    setting(
        "rpc_timeout",
        "rpc-timeout",
        "DURATION",
        "2s",
        "How long one call of a node may take; a look-up ends after twice that",
    ),
    setting(
        "key_cache",
        "key-cache",
        "DURATION",
        "30s",
        "How long a full-access key is taken for granted after its block; 0s asks every time",
    ),
    setting(
        "store",
        "store",
        "URL",
        "sqlite:siwn.db",
        "Where sessions are kept: sqlite:PATH, memory:, redis://HOST, rediss://HOST or postgres://HOST/DATABASE",
    ),
    setting("challenge_ttl", "challenge-ttl", "DURATION", "5m", "How long a challenge is good").of(Scope::Default),
    setting("session_ttl", "session-ttl", "DURATION", "7d", "How long a session lives").of(Scope::Default),
    setting("session_idle", "session-idle", "DURATION", "session_ttl", "How long a session lives that is not used")
        .of(Scope::Default),
    setting(
        "session_cache",
        "session-cache",
        "DURATION",
        "0s",
        "How long who is signed in is answered from memory, 5s at most; what other processes end goes unnoticed for so long",
    ),
    setting(
        "session_recheck",
        "session-recheck",
        "DURATION",
        "10m",
        "From then on the key of a session that is used is asked for again in the background",
    ),
    setting("session_stale", "session-stale", "DURATION", "20m", "From then on it is asked for before the answer"),
    setting(
        "session_grace",
        "session-grace",
        "DURATION",
        "40m",
        "So much longer a session is good while NEAR cannot be asked; then its use answers 503",
    ),
    setting("allowed_origins", "allowed-origins", "URLS", "", "Other origins whose pages may sign people in here, comma-separated")
        .of(Scope::Site),
    setting(
        "callback_urls",
        "callback-urls",
        "URLS",
        "",
        "Callback URLs of others that may be signed, comma-separated, compared byte for byte",
    )
    .of(Scope::Site),
    setting(
        "return_urls",
        "return-urls",
        "URLS",
        "",
        "Addresses to go on to from the login page, comma-separated, byte for byte; paths of the own origin are allowed anyway",
    )
    .of(Scope::Site),
    setting(
        "wallet_websites",
        "wallet-websites",
        "NAME=URL",
        "those known for the network",
        "Wallets that are websites and send the browser back, comma-separated",
    )
    .of(Scope::Site),
    setting("wallets", "wallets", "FILE", "", "A file with the wallets that run in a sandbox of the login page").of(Scope::Site),
    setting(
        "trusted_proxies",
        "trusted-proxies",
        "NETS",
        "",
        "Addresses or networks of proxies whose X-Forwarded-For is believed, comma-separated",
    ),
    setting(
        "unfunded_accounts",
        "unfunded-accounts",
        "BOOL",
        "false",
        "Let implicit accounts in that do not exist yet: true or false",
    )
    .of(Scope::Default),
    setting(
        "allow_accounts",
        "allow-accounts",
        "ACCOUNTS",
        "everybody",
        "Only these accounts may sign in, comma-separated: alice.near, or *.team.near for all under a name",
    )
    .of(Scope::Default),
    setting(
        "deny_accounts",
        "deny-accounts",
        "ACCOUNTS",
        "",
        "These accounts may not sign in, whoever allows them, comma-separated",
    )
    .of(Scope::Default),
    setting("account_rules", "account-rules", "FILE", "", "A file with more of both, a rule a line: allow ACCOUNT, deny ACCOUNT")
        .of(Scope::Default),
    setting(
        "refuse_new_keys",
        "refuse-new-keys",
        "BOOL",
        "false",
        "Refuse keys of an account that has signed in before, but never with them, until the operator accepts them",
    )
    .of(Scope::Default),
    setting("initiate_limit", "initiate-limit", "RATE", "600/1m", "Challenges for one client's address; off for no limit"),
    setting("verify_limit", "verify-limit", "RATE", "300/1m", "Proofs of one client's address, good and bad; off for no limit"),
    setting(
        "account_limit",
        "account-limit",
        "RATE",
        "60/1m",
        "Logins of one account, counted when they open a session; off for no limit",
    ),
    setting(
        "audit_log",
        "audit-log",
        "TARGET",
        "off",
        "Where each login, refusal and logout is written down: file:PATH, stdout, stderr or off",
    ),
    setting(
        "stop_grace",
        "stop-grace",
        "DURATION",
        "0s",
        "How long /readyz announces a stop before no more connections are accepted",
    ),
    setting("admin_listen", "admin-listen", "ADDRESS", "off", "Where to listen for the administration"),
    secret("admin_token", "admin-token", "TEXT", "", "What opens the administration: 32 to 256 characters without spaces"),
    setting("admin_token_file", "admin-token-file", "FILE", "", "A file with the token, in place of the token itself"),
    setting(
        "contract_accounts",
        "contract-accounts",
        "WHAT",
        "allow",
        "What to do with accounts that are contracts: allow, which asks the contract, or refuse",
    ),
    setting(
        "resolve_depth",
        "resolve-depth",
        "NUMBER",
        "1",
        "How many levels of other accounts a contract may have asked for it, at most 4",
    ),
    setting(
        "resolve_authorizations",
        "resolve-authorizations",
        "NUMBER",
        "4",
        "How many other accounts a contract may have asked for it in all, at most 16",
    ),
    setting(
        "dangerous_plain_http",
        "dangerous-plain-http",
        "BOOL",
        "false",
        "Let the site be reached over plain http from other machines",
    ),
    setting(
        "dangerous_function_call_keys",
        "dangerous-function-call-keys",
        "BOOL",
        "false",
        "Let keys in that may only call contracts",
    ),
];

/// The tables of a file that are a site each.
const SITES: &str = "sites";

/// What a server that runs takes over when it is told to reload. All else needs a start.
const RELOADED: [&str; 5] = ["secret", "secret_file", "allow_accounts", "deny_accounts", "account_rules"];

impl Setting {
    /// Whether a server that runs takes a change over when it is told to reload.
    #[must_use]
    pub fn is_reloaded(&self) -> bool {
        RELOADED.contains(&self.name)
    }
}

/// Every setting there is.
#[must_use]
pub const fn settings() -> &'static [Setting] {
    SETTINGS
}

/// The texts of all settings that are given, each from where it counts.
#[derive(Debug, Default)]
pub struct Sources {
    given: Settings,
    sites: Vec<Settings>,
    faults: Vec<Fault>,
    /// What is missing is not known, for a file could not be read.
    is_torn: bool,
}

/// What is given, by the setting's name.
pub(super) type Settings = BTreeMap<&'static str, Given>;

/// A value and where it stands.
pub(super) struct Given {
    pub(super) place: String,
    pub(super) values: Vec<String>,
    /// In place of values: tables of `[[rpc.endpoints]]`.
    pub(super) tables: Vec<Table>,
}

impl Given {
    const fn of(place: String, values: Vec<String>) -> Self {
        Self { place, values, tables: Vec::new() }
    }
}

impl Sources {
    /// Nothing given yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the text of a file, which `name` names in faults.
    #[must_use]
    pub fn file(mut self, name: &str, text: &str) -> Self {
        let table: Table = match text.parse() {
            Ok(table) => table,
            // The parser's own words quote the line, which can hold a secret.
            Err(error) => {
                let line = error_line(text, &error);
                self.faults.push(Fault { place: format!("{name}: line {line}"), problem: "this is not TOML".into() });
                self.is_torn = true;
                return self;
            }
        };
        for (key, value) in table {
            if key == SITES {
                self.file_sites(name, value);
                continue;
            }
            match given(&key, value, name, |_| true) {
                Ok((setting, given)) => _ = self.given.insert(setting, given),
                Err(fault) => self.faults.push(fault),
            }
        }
        self
    }

    /// The tables `[[sites]]`.
    fn file_sites(&mut self, name: &str, value: Value) {
        let Ok(tables) = value.try_into::<Vec<Table>>() else {
            self.faults.push(Fault { place: format!("{name}: {SITES}"), problem: "each site is a table, [[sites]]".into() });
            return;
        };
        for (number, table) in (1..).zip(tables) {
            let name = format!("{name}: site {number}");
            let mut site = Settings::new();
            for (key, value) in table {
                match given(&key, value, &name, |setting| setting.scope != Scope::Server) {
                    Ok((setting, given)) => _ = site.insert(setting, given),
                    Err(fault) => self.faults.push(fault),
                }
            }
            self.sites.push(site);
        }
    }

    /// Adds the environment's `SIWN_…` variables. An empty one counts as absent.
    #[must_use]
    pub fn environment(mut self, variables: impl IntoIterator<Item = (String, String)>) -> Self {
        for (name, value) in variables {
            let Some(rest) = name.strip_prefix("SIWN_") else { continue };
            if value.is_empty() || is_others(rest) {
                continue;
            }
            match SETTINGS.iter().find(|setting| setting.name == rest.to_ascii_lowercase() && rest == rest.to_ascii_uppercase()) {
                Some(setting) => _ = self.given.insert(setting.name, Given::of(name, vec![value])),
                None => self.faults.push(Fault { place: name, problem: "there is no such setting".into() }),
            }
        }
        self
    }

    /// Adds a flag. `name` is the setting's.
    #[must_use]
    pub fn flag(mut self, name: &'static str, value: String) -> Self {
        let place = SETTINGS.iter().find(|setting| setting.name == name).map_or(name, |setting| setting.flag);
        self.given.insert(name, Given::of(format!("--{place}"), vec![value]));
        self
    }

    /// Where a setting is given, if it is.
    #[must_use]
    pub fn place(&self, name: &str) -> Option<&str> {
        self.given.get(name).map(|given| given.place.as_str())
    }

    /// Without what a running server takes over, secrets among it: what is to be compared with later.
    #[must_use]
    pub fn fixed(mut self) -> Self {
        for settings in [&mut self.given].into_iter().chain(&mut self.sites) {
            settings.retain(|name, _| !RELOADED.contains(name));
        }
        self
    }

    /// The settings that `other` gives otherwise, of those that a running server does not take over.
    #[must_use]
    pub fn differing(&self, other: &Self) -> Vec<&'static str> {
        // Beside the sites, and in each of them.
        let values = |sources: &'_ Self, name| {
            let all = [&sources.given].into_iter().chain(&sources.sites);
            all.map(|settings| settings.get(name).map(|given| (given.values.clone(), given.tables.clone()))).collect::<Vec<_>>()
        };
        if self.sites.len() != other.sites.len() {
            return vec![SITES];
        }
        let differs = |setting: &&Setting| !setting.is_reloaded() && values(self, setting.name) != values(other, setting.name);
        SETTINGS.iter().filter(differs).map(|setting| setting.name).collect()
    }

    pub(super) fn get(&self, name: &'static str) -> Option<&Given> {
        debug_assert!(SETTINGS.iter().any(|setting| setting.name == name), "{name} is a setting");
        self.given.get(name)
    }

    /// What each of several sites is given; nothing where the server's own settings are those of its only site.
    pub(super) fn sites(&self) -> &[Settings] {
        &self.sites
    }

    pub(super) const fn is_torn(&self) -> bool {
        self.is_torn
    }

    pub(super) fn faults(&self) -> Vec<Fault> {
        self.faults.clone()
    }
}

impl fmt::Debug for Given {
    /// Without the values: one of them can be the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.place)
    }
}

/// Variables that begin like ours and belong to the command line, or to an orchestrator that announces a service named siwn.
fn is_others(rest: &str) -> bool {
    ["CONFIG", "LOG", "LOG_FORMAT", "PRIVATE_KEY", "ADMIN_URL"].contains(&rest)
        || rest == "PORT"
        || rest.starts_with("PORT_")
        || rest.starts_with("SERVICE_")
}

/// Reads one setting of a file, if it is one of those that stand here.
fn given(key: &str, value: Value, name: &str, stands_here: impl Fn(&Setting) -> bool) -> Result<(&'static str, Given), Fault> {
    let Some(setting) = SETTINGS.iter().find(|setting| setting.name == key) else {
        return Err(Fault { place: format!("{name}: {}", Quoted::new(key)), problem: "there is no such setting".into() });
    };
    let place = format!("{name}: {}", setting.name);
    if !stands_here(setting) {
        return Err(Fault { place, problem: "this is a setting of the whole server".into() });
    }
    if let ("rpc", Value::Table(rpc)) = (setting.name, &value) {
        let tables = endpoints::tables(rpc.clone());
        let Some(tables) = tables else {
            return Err(Fault { place, problem: "is a list of addresses, or tables [[rpc.endpoints]]".into() });
        };
        return Ok((setting.name, Given { place, values: Vec::new(), tables }));
    }
    match texts(value) {
        Some(values) => Ok((setting.name, Given::of(place, values))),
        None => Err(Fault { place, problem: "a value is a text, a number, true, false, or a list of texts".into() }),
    }
}

fn texts(value: Value) -> Option<Vec<String>> {
    match value {
        Value::String(text) => Some(vec![text]),
        Value::Integer(value) => Some(vec![value.to_string()]),
        Value::Boolean(value) => Some(vec![value.to_string()]),
        Value::Array(values) => values.into_iter().map(|value| value.as_str().map(str::to_owned)).collect(),
        _ => None,
    }
}

fn error_line(text: &str, error: &toml::de::Error) -> usize {
    let end = error.span().map_or(0, |span| span.start.min(text.len()));
    text.as_bytes()[..end].split(|byte| *byte == b'\n').count()
}
