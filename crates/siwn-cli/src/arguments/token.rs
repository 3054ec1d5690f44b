//! The commands of whoever has a key, or a token to look at.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use siwn::{AccountId, Nonce, PublicKey, Timestamp};

use crate::nodes::Nodes;
use crate::private_key::KeySource;

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

fn parse_nonce(text: &str) -> Result<Nonce, String> {
    // The lengths differ, so that no text can be read both ways.
    let parsed = if text.len() == 64 { Nonce::from_hex(text) } else { Nonce::from_base64(text) };
    parsed.map_err(|_| "a nonce is 32 bytes: 64 hexadecimal digits, or 44 characters of base64".into())
}

fn parse_duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|_| "a duration has units, as in 90s, 5m, 24h, 7d".into())
}
