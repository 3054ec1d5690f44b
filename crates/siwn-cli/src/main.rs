//! The command line: `siwn`. Data goes to standard output, words to standard error.

mod arguments;
mod command;
mod configuration;
mod failure;
mod input;
mod nodes;
mod notify;
mod output;
mod private_key;
mod reload;
mod runtime;
mod server;
mod signals;
mod store;
mod store_advice;
mod version;

use std::process::ExitCode;

use clap::Parser as _;

use arguments::{Command, ConfigCommand, SecretCommand, Siwn, WalletsCommand};
use command::{admin, config, dev, doctor, health, inspect, key, keygen, login, secret, serve, sign, verify, wallets};
use failure::Failure;

fn main() -> ExitCode {
    let ended = match Siwn::try_parse() {
        Ok(siwn) => run(siwn.command),
        Err(error) => Failure::of_command_line(&error).map_or(Ok(()), Err),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Dev(arguments) => dev::run(&arguments),
        Command::Serve(settings) => serve::run(&settings),
        Command::Doctor(arguments) => doctor::run(&arguments),
        Command::Health(arguments) => health::run(&arguments),
        Command::Login(arguments) => login::run(arguments),
        Command::Config { command: ConfigCommand::Check(settings) } => config::check(&settings),
        Command::Config { command: ConfigCommand::Reference } => config::reference(),
        Command::Secret { command: SecretCommand::Rotate(arguments) } => secret::rotate(&arguments),
        Command::Wallets { command: WalletsCommand::Pull(arguments) } => wallets::pull(&arguments),
        Command::Admin(arguments) => admin::run(&arguments),
        Command::Keygen(arguments) => keygen::run(&arguments),
        Command::Sign(arguments) => sign::run(arguments),
        Command::Verify(arguments) => verify::run(&arguments),
        Command::Key(arguments) => key::run(&arguments),
        Command::Inspect(arguments) => inspect::run(&arguments),
        Command::Completions { shell } => output::bytes(&arguments::completions(shell)),
    }
}
