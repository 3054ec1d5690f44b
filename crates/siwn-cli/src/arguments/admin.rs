//! The commands of whoever administrates a running server.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use siwn::{AccountId, PublicKey, SessionId};

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

fn parse_session(text: &str) -> Result<SessionId, String> {
    text.parse().map_err(|_| "a session's id has 22 characters, as `siwn admin show` prints it".into())
}
