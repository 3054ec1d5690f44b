//! The command line's grammar and its help.

mod admin;
mod server;
mod token;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{CommandFactory as _, Parser, Subcommand};

pub(crate) use self::admin::{Admin, AdminCommand};
pub(crate) use self::server::{ConfigCommand, Dev, Doctor, Health, Pull, Rotate, SecretCommand, WalletsCommand};
pub(crate) use self::token::{GeneratedType, Inspect, Keygen, Login, LookUp, Sign, Verify};

use crate::configuration::Settings;
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

const SERVE: &str = "Run the login server.\n\n\
    Settings come from a TOML file, over it variables (SIWN_RECIPIENT, SIWN_PUBLIC_URL, …), over them flags. The secret comes from \
    SIWN_SECRET, from a file, or is made and kept in the store.";

const SERVE_EXAMPLES: &str = "Examples:\n  \
    siwn serve --recipient app.example --public-url https://app.example\n  \
    siwn serve --config /etc/siwn/siwn.toml";

/// The completions for a shell.
pub(crate) fn completions(shell: clap_complete::Shell) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Siwn::command(), "siwn", &mut script);
    script
}
