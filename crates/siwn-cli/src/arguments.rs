//! The command line's grammar and its help.

use std::ffi::OsString;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, Parser, Subcommand, ValueEnum};
use siwn::{AccountId, Nonce, PublicKey, SessionId, Timestamp};
use siwn_server::Website;

use crate::command::secret::parse_lead;
use crate::configuration::Settings;
use crate::nodes::Nodes;
use crate::private_key::KeySource;
use crate::version;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

/// Sign In With NEAR: log people in by their NEAR account
#[derive(Debug, Parser)]
#[command(name = "siwn", version, long_version = version::long(), styles = STYLES, max_term_width = 100, arg_required_else_help = true)]
#[command(after_help = "Exit codes: 0 yes, 1 no, 2 could not find out or wrong command line.\n\
    Data goes to standard output, words to standard error.")]
pub(crate) struct Siwn {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a login server, a devnet and test wallets, with nothing to configure
    #[command(long_about = DEV)]
    Dev(Dev),
    /// Run the login server
    #[command(long_about = SERVE, after_help = SERVE_EXAMPLES)]
    Serve(Settings),
    /// Look at everything that a login needs, and say what to do about it; changes nothing
    #[command(long_about = DOCTOR)]
    Doctor(Doctor),
    /// Ask the server on this machine whether it answers, for whoever watches over it
    #[command(long_about = HEALTH)]
    Health(Health),
    /// Sign in to a server as a headless client, and print the session
    #[command(long_about = LOGIN)]
    Login(Login),
    /// Make a key pair
    #[command(long_about = KEYGEN)]
    Keygen(Keygen),
    /// Sign a message and print the auth token
    #[command(long_about = SIGN)]
    Sign(Sign),
    /// Verify an auth token and print what its owner signed
    #[command(long_about = VERIFY)]
    Verify(Verify),
    /// Ask NEAR what an account grants a key
    #[command(long_about = KEY)]
    Key(LookUp),
    /// Show the fields of an auth token or of an authorization, verifying nothing
    #[command(long_about = INSPECT)]
    Inspect(Inspect),
    /// Check the configuration
    Config {
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// Change the secret that challenges are made with
    Secret {
        #[command(subcommand)]
        command: SecretCommand,
    },
    /// Wallets that run in a sandbox of the login page
    Wallets {
        #[command(subcommand)]
        command: WalletsCommand,
    },
    /// Look at and end sessions of a running server, block accounts
    #[command(long_about = ADMIN)]
    Admin(Admin),
    /// Print completions for a shell
    #[command(after_help = "Example:\n  siwn completions bash > ~/.local/share/bash-completion/completions/siwn")]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

const DEV: &str = "Run a login server, a devnet and test wallets in one process, for this machine only: nothing to configure, no network \
        needed.\n\n\
        Prints the address, then a line per test account with its name and its private key, which are thrown away when it ends. The page at \
        the address signs in, shows what the server saw and why it said what it said, and plays wallets and nodes that behave badly. Pages of \
        your own may use the server from any port of this machine: docs/develop.md shows how.";

const DOCTOR: &str = "Look at everything that a login needs: configuration, secret, store, clock, and every endpoint (reachable, of the right network, \
        up to date, how fast, what it knows). A line each, and what to do where something is wrong.\n\n\
        It takes the settings of `siwn serve`, makes and changes nothing, and ends after three times rpc-timeout. It can run beside a \
        server; run it as the user that siwn runs as.";

const HEALTH: &str = "Ask the server on this machine whether it answers (/healthz), for whoever watches over it, such as a container's health check.\n\n\
        It takes the settings of `siwn serve`, which say where that listens.";

const LOGIN: &str = "Sign in to a server as a headless client, and print its answer with the session's bearer token.\n\n\
        It signs only for the server's own host, or for the recipient that is named.";

const KEYGEN: &str = "Make a key pair.\n\n\
        Prints it as JSON in the form of NEAR's credentials files, so that the output is a key file for `siwn sign`. The account is the \
        key's implicit one, which ml-dsa-65 has not; give the key to any account of yours with NEAR's own tools.";

const SIGN: &str = "Sign a message with a private key and print the auth token, as the `sign` of near-sign-verify does.\n\n\
        With --nep641 it is an access key authorization (NEP-641) instead: for a contract that the account extends, or for whoever \
        takes the place of a signature.";

const VERIFY: &str = "Verify an auth token and print what its owner signed.\n\n\
        Checks the recipient, the nonce, the signature, and on chain that the key is a full-access key of the account.\n\n\
        With --payload it is an authorization (NEP-641) instead: one of a full-access key, or one that the account's contract accepts.";

const KEY: &str = "Ask NEAR what an account grants a key, at the newest final block.\n\n\
        Prints the answer, the block and the node that gave it. Only a key with full access signs anybody in.";

const INSPECT: &str = "Show the fields of an auth token, or of an access key authorization of NEP-641, as JSON, verifying nothing.";

const ADMIN: &str = "Look at and end sessions of a running server, block accounts.\n\n\
    It asks the administration of the server (admin_listen), whose token comes from a file or from the variable SIWN_ADMIN_TOKEN.";

const ROTATE: &str = "Put a new secret beside the present one.\n\n\
    Challenges of both are taken back from the moment that a process hears of the new one; after the time that --after sets it makes the \
    challenges, and the old one is over when the last of its challenges has expired. A secret in a file is written there, in one step and \
    for its owner alone: send SIGHUP to every process. A secret in the store is found there by every process within a minute. For a \
    secret in a variable, what to write behind it is printed.";

const PULL: &str = "Put the scripts of wallets into a folder, with the manifest that the setting `wallets` names.\n\n\
    Without --from they are those that this program knows, each pinned to a commit and to a hash: HOT, Meteor, MyNearWallet, Ledger, OKX and \
    Nightly. With --from they are those of a manifest in the form of NEAR Connect's; each script is held to the one that was first \
    seen, and to the hash that the manifest names.\n\n\
    Wallets that are in the folder already stay there. Nothing is written where a script has another hash than it should have.";

const SERVE: &str = "Run the login server.\n\n\
    Settings come from a TOML file, over it variables (SIWN_RECIPIENT, SIWN_PUBLIC_URL, …), over them flags. The secret comes from \
    SIWN_SECRET, from a file, or is made and kept in the store.";

const SERVE_EXAMPLES: &str = "Examples:\n  \
    siwn serve --recipient app.example --public-url https://app.example\n  \
    siwn serve --config /etc/siwn/siwn.toml";

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
#[command(after_help = "Exit codes: 0 signed in, 1 refused, 2 could not find out or wrong command line.\n\n\
        Example:\n  siwn login https://app.example --account alice.near --key-file alice.json")]
pub(crate) struct Login {
    /// Where the server is: https, or http on this machine
    #[arg(value_name = "URL", allow_hyphen_values = true)]
    pub(crate) url: String,
    /// The account that the key belongs to
    #[arg(long, value_name = "ACCOUNT", allow_hyphen_values = true)]
    pub(crate) account: AccountId,
    #[command(flatten)]
    pub(crate) key: KeySource,
    /// Whom to sign for, where that is not the server's host
    #[arg(long, value_name = "RECIPIENT", allow_hyphen_values = true)]
    pub(crate) recipient: Option<String>,
    /// Authorize the challenge's payload as of NEP-641, in place of a token
    #[arg(long)]
    pub(crate) nep641: bool,
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

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  siwn keygen --out bot.json")]
pub(crate) struct Keygen {
    /// Type of the key
    #[arg(long = "type", value_name = "TYPE", value_enum, default_value_t = GeneratedType::Ed25519)]
    pub(crate) key_type: GeneratedType,
    /// Write it to a new file that only you can read, instead of printing it
    #[arg(long, value_name = "FILE", allow_hyphen_values = true)]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum GeneratedType {
    Ed25519,
    Secp256k1,
    #[value(name = "ml-dsa-65")]
    MlDsa65,
}

#[derive(Debug, Args)]
#[command(
    override_usage = "siwn sign [OPTIONS] --account <ACCOUNT> --recipient <RECIPIENT> <MESSAGE>\n       \
        siwn sign [OPTIONS] --account <ACCOUNT> --nep641 <MESSAGE>",
    after_help = "Example:\n  siwn sign \"Sign in to app.example\" --account alice.near --recipient app.example --key-file k.json"
)]
pub(crate) struct Sign {
    /// The message; `-` reads it from standard input and drops one trailing newline
    #[arg(value_name = "MESSAGE", allow_hyphen_values = true)]
    pub(crate) message: OsString,
    /// The account that the key belongs to
    #[arg(long, value_name = "ACCOUNT", allow_hyphen_values = true)]
    pub(crate) account: AccountId,
    /// Whom the token is for
    #[arg(long, value_name = "RECIPIENT", required_unless_present = "nep641", allow_hyphen_values = true)]
    pub(crate) recipient: Option<String>,
    #[command(flatten)]
    pub(crate) key: KeySource,
    /// The server's nonce: 32 bytes in hexadecimal or base64 [default: the time and random bytes]
    #[arg(long, value_name = "NONCE", value_parser = parse_nonce, allow_hyphen_values = true)]
    pub(crate) nonce: Option<Nonce>,
    /// A state that travels with the token, unsigned
    #[arg(long, value_name = "STATE", allow_hyphen_values = true)]
    pub(crate) state: Option<String>,
    /// A callback URL that is signed too
    #[arg(long, value_name = "URL", allow_hyphen_values = true)]
    pub(crate) callback_url: Option<String>,
    /// Authorize MESSAGE as a payload of NEP-641, and print that as JSON; it is for a network, not for a recipient
    #[arg(long, conflicts_with_all = ["recipient", "nonce", "state"])]
    pub(crate) nep641: bool,
    // Not `env`: clap would take the variable for a use of the flag.
    #[arg(
        help = "NEP-641: the network, mainnet, testnet or a chain id [default: $SIWN_NETWORK, or mainnet]",
        long,
        visible_alias = "chain-id",
        value_name = "NAME",
        conflicts_with = "recipient",
        allow_hyphen_values = true
    )]
    pub(crate) network: Option<String>,
    /// NEP-641: when it is signed, as in 2026-08-06T14:29:00Z [default: a minute ago, for blocks are a little behind]
    #[arg(long, value_name = "TIME", conflicts_with = "recipient", allow_hyphen_values = true)]
    pub(crate) timestamp: Option<Timestamp>,
    /// NEP-641: accounts that ask the signer, comma-separated, from the nearest up to the one that signs in
    #[arg(long, value_name = "ACCOUNTS", conflicts_with = "recipient", value_delimiter = ',', allow_hyphen_values = true)]
    pub(crate) path: Vec<AccountId>,
}

#[derive(Debug, Args)]
#[command(
    override_usage = "siwn verify [OPTIONS] --recipient <RECIPIENT> <TOKEN>\n       \
        siwn verify [OPTIONS] --payload <PAYLOAD> <TOKEN>",
    after_help = "Exit codes: 0 it is good, 1 it is not, 2 could not find out or wrong command line.\n\n\
        Examples:\n  siwn verify \"$TOKEN\" --recipient app.example --max-age 5m\n  \
        siwn verify \"$AUTHORIZATION\" --payload \"$PAYLOAD\" --account wallet.near"
)]
pub(crate) struct Verify {
    /// The token, or an authorization of NEP-641; `-` reads it from standard input and drops one trailing newline
    #[arg(value_name = "TOKEN", allow_hyphen_values = true)]
    pub(crate) token: OsString,
    /// Whom the token must be for
    #[arg(long, value_name = "RECIPIENT", required_unless_present = "payload", allow_hyphen_values = true)]
    pub(crate) recipient: Option<String>,
    /// The message that must have been signed
    #[arg(long, value_name = "MESSAGE", allow_hyphen_values = true)]
    pub(crate) message: Option<String>,
    /// The state that must travel with it
    #[arg(long, value_name = "STATE", allow_hyphen_values = true)]
    pub(crate) state: Option<String>,
    /// The nonce that must have been signed, in hexadecimal or base64; the time in it does not matter then
    #[arg(long, value_name = "NONCE", value_parser = parse_nonce, allow_hyphen_values = true)]
    pub(crate) nonce: Option<Nonce>,
    /// How old the time in the nonce may be
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = parse_duration, allow_hyphen_values = true)]
    pub(crate) max_age: Duration,
    /// How far ahead the time in the nonce may be
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = parse_duration, allow_hyphen_values = true)]
    pub(crate) skew: Duration,
    /// Judge as of this time, in Unix milliseconds, instead of now
    #[arg(long, value_name = "UNIX_MS", allow_hyphen_values = true)]
    pub(crate) now: Option<u64>,
    /// NEP-641: the payload that must be authorized; `siwn verify` takes an authorization then, and no token
    #[arg(
        long,
        value_name = "PAYLOAD",
        allow_hyphen_values = true,
        conflicts_with_all = ["recipient", "message", "state", "nonce", "max_age", "skew", "now"]
    )]
    pub(crate) payload: Option<String>,
    /// NEP-641: the account that must have authorized it [default: the one that the authorization names]
    #[arg(long, value_name = "ACCOUNT", conflicts_with = "recipient", allow_hyphen_values = true)]
    pub(crate) account: Option<AccountId>,
    /// Leave out the chain: whether the key is the account's stays open
    #[arg(long)]
    pub(crate) offline: bool,
    #[command(flatten)]
    pub(crate) nodes: Nodes,
}

#[derive(Debug, Args)]
#[command(after_help = "Exit codes: 0 full access, 1 anything less, 2 could not find out or wrong command line.\n\n\
        Example:\n  siwn key alice.near ed25519:BVxnyzHPsMeyy2nWwVJTfCnbgg3rbycrYb6AUTZRQUCL")]
pub(crate) struct LookUp {
    /// The account
    #[arg(value_name = "ACCOUNT", allow_hyphen_values = true)]
    pub(crate) account: AccountId,
    /// The public key, as in ed25519:…; not its handle
    #[arg(value_name = "KEY", allow_hyphen_values = true)]
    pub(crate) key: PublicKey,
    #[command(flatten)]
    pub(crate) nodes: Nodes,
}

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  siwn inspect \"$TOKEN\"")]
pub(crate) struct Inspect {
    /// The token, or an authorization of NEP-641; `-` reads it from standard input and drops one trailing newline
    #[arg(value_name = "TOKEN", allow_hyphen_values = true)]
    pub(crate) token: OsString,
}

fn parse_session(text: &str) -> Result<SessionId, String> {
    text.parse().map_err(|_| "a session's id has 22 characters, as `siwn admin show` prints it".into())
}

fn parse_nonce(text: &str) -> Result<Nonce, String> {
    // The lengths differ, so that no text can be read both ways.
    let parsed = if text.len() == 64 { Nonce::from_hex(text) } else { Nonce::from_base64(text) };
    parsed.map_err(|_| "a nonce is 32 bytes: 64 hexadecimal digits, or 44 characters of base64".into())
}

fn parse_loopback(text: &str) -> Result<SocketAddr, String> {
    let address = text.replacen("localhost:", "127.0.0.1:", 1);
    match address.parse::<SocketAddr>() {
        Ok(address) if address.ip() == IpAddr::from([127, 0, 0, 1]) || address.ip() == Ipv6Addr::LOCALHOST => Ok(address),
        Ok(_) => Err("this server is for this machine only: 127.0.0.1, [::1] or localhost, and a port".into()),
        Err(_) => Err("an address has a port, as in 127.0.0.1:8080".into()),
    }
}

fn parse_duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|_| "a duration has units, as in 90s, 5m, 24h, 7d".into())
}

#[derive(Debug, Args)]
#[command(after_help = "Exit codes: 0 done, 1 no, 2 could not find out or wrong command line.\n\n\
        Example:\n  siwn admin --token-file /etc/siwn/admin-token block mallory.near")]
pub(crate) struct Admin {
    /// Where the administration is: https, or http on this machine
    #[arg(long, value_name = "URL", env = "SIWN_ADMIN_URL", hide_env = true, default_value = "http://127.0.0.1:8081")]
    #[arg(global = true, allow_hyphen_values = true)]
    pub(crate) url: String,
    #[arg(long, value_name = "FILE", global = true, allow_hyphen_values = true)]
    #[arg(help = "File with the token [default: $SIWN_ADMIN_TOKEN]")]
    pub(crate) token_file: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) command: AdminCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AdminCommand {
    /// Print how many sessions and accounts there are
    Counts,
    /// Print an account's sessions, and whether it is blocked
    Show {
        /// The account
        #[arg(value_name = "ACCOUNT", allow_hyphen_values = true)]
        account: AccountId,
    },
    /// End one session
    End {
        /// Its id, of the list
        #[arg(value_name = "SESSION", value_parser = parse_session, allow_hyphen_values = true)]
        session: SessionId,
    },
    /// End all sessions of an account, at all sites
    EndAll {
        /// The account
        #[arg(value_name = "ACCOUNT", allow_hyphen_values = true)]
        account: AccountId,
    },
    /// End all sessions of an account, and let it open no more
    Block {
        /// The account
        #[arg(value_name = "ACCOUNT", allow_hyphen_values = true)]
        account: AccountId,
    },
    /// Let a blocked account sign in again
    Unblock {
        /// The account
        #[arg(value_name = "ACCOUNT", allow_hyphen_values = true)]
        account: AccountId,
    },
    /// Take a key for one that the account signed in with before, where new keys are refused
    AcceptKey {
        /// The account
        #[arg(value_name = "ACCOUNT", allow_hyphen_values = true)]
        account: AccountId,
        /// The public key, as in ed25519:…
        #[arg(value_name = "KEY", allow_hyphen_values = true)]
        key: PublicKey,
    },
}
