//! Which settings there are.

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

pub(super) const SETTINGS: &[Setting] = &[
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
        "forward_cache",
        "forward-cache",
        "DURATION",
        "5s",
        "The same for reverse proxies that ask at each request, 5s at most; 0s asks the store every time",
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
    setting(
        "token_audiences",
        "token-audiences",
        "NAMES",
        "",
        "Whom access tokens may be for beside the recipient, comma-separated: names of APIs, as in api.example",
    )
    .of(Scope::Site),
    setting(
        "token_key_lifetime",
        "token-key-lifetime",
        "DURATION",
        "30d",
        "How long a key signs tokens before the next one does, which is published a day ahead",
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
    setting(
        "wallets",
        "wallets",
        "PATH",
        "",
        "The wallets that run in a sandbox of the login page: a folder of siwn wallets pull, or a manifest",
    )
    .of(Scope::Default),
    setting("login_name", "login-name", "TEXT", "recipient", "What the login page calls the site").of(Scope::Site),
    setting("login_logo", "login-logo", "FILE", "", "A picture for the login page: SVG, PNG or WebP, at most 64 KiB")
        .of(Scope::Default),
    setting(
        "login_theme",
        "login-theme",
        "NAME=VALUE",
        "",
        "How the login page looks, comma-separated: accent, background and card, the same with _dark, radius, font, scheme",
    )
    .of(Scope::Default),
    setting("login_style", "login-style", "FILE", "", "A style sheet behind those of the login page").of(Scope::Default),
    setting("login_template", "login-template", "FILE", "", "An HTML document around the login page, with {{head}} and {{login}}")
        .of(Scope::Default),
    setting(
        "trusted_proxies",
        "trusted-proxies",
        "NETS",
        "",
        "Addresses or networks of proxies whose word on clients and their requests is believed, comma-separated",
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
        "sessions_limit",
        "sessions-limit",
        "RATE",
        "60/1m",
        "Looks of one account at its sessions, ends of them, and access tokens; off for no limit",
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

/// What a server that runs takes over when it is told to reload. All else needs a start.
pub(super) const RELOADED: [&str; 5] = ["secret", "secret_file", "allow_accounts", "deny_accounts", "account_rules"];

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
