//! `siwn admin`: sessions and accounts of a running server, through its administration.

use std::path::Path;

use reqwest::Method;
use serde_json::Value;
use siwn::{AccountId, PublicKey, SessionId};
use zeroize::Zeroizing;

use crate::arguments::{Admin, AdminCommand};
use crate::failure::Failure;
use crate::server::{self, Server};
use crate::{output, runtime};

const VARIABLE: &str = "SIWN_ADMIN_TOKEN";

pub(crate) fn run(arguments: &Admin) -> Result<(), Failure> {
    let server = Server::at(server::address(&arguments.url)?)?;
    let token = token(arguments.token_file.as_deref())?;
    let (method, path) = request(&arguments.command);
    let answer = runtime::run(async { server.administer(method, &path, &token).await })?;
    match answer {
        // What is done is done; there is nothing to print.
        Value::Null => Ok(()),
        answer => output::json(&answer),
    }
}

fn request(command: &AdminCommand) -> (Method, String) {
    let account = |account: &AccountId, rest: &str| format!("admin/accounts/{account}{rest}");
    match command {
        AdminCommand::Counts => (Method::GET, "admin/counts".into()),
        AdminCommand::Show { account: name } => (Method::GET, account(name, "")),
        AdminCommand::End { session } => (Method::DELETE, session_path(*session)),
        AdminCommand::EndAll { account: name } => (Method::DELETE, account(name, "/sessions")),
        AdminCommand::Block { account: name } => (Method::PUT, account(name, "/block")),
        AdminCommand::Unblock { account: name } => (Method::DELETE, account(name, "/block")),
        AdminCommand::AcceptKey { account: name, key } => (Method::PUT, key_path(name, key)),
    }
}

fn session_path(session: SessionId) -> String {
    format!("admin/sessions/{session}")
}

fn key_path(account: &AccountId, key: &PublicKey) -> String {
    format!("admin/accounts/{account}/keys/{key}")
}

/// The token: never an argument, which every user of the machine could read.
fn token(file: Option<&Path>) -> Result<Zeroizing<String>, Failure> {
    let hint = "name a file with --token-file, or put the token into the variable SIWN_ADMIN_TOKEN";
    let text = match file {
        Some(path) => {
            std::fs::read_to_string(path).map_err(|error| Failure::unknown(format!("{}: {error}", path.display())).hint(hint))?
        }
        None => std::env::var(VARIABLE).unwrap_or_default(),
    };
    let text = Zeroizing::new(text);
    let token = text.trim();
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Failure::unknown("there is no token for the administration").hint(hint));
    }
    Ok(Zeroizing::new(token.to_owned()))
}
