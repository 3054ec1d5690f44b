//! The routes of the administration.

use serde_json::{Value, json};

use super::operation::{Operation, component};
use crate::problem::Code;

pub(super) fn all() -> Vec<Operation> {
    let account = || parameter("account", "Its name.", &component("schemas", "AccountId"));
    let of_account = |method, path, id, summary| {
        administration(method, path, id, summary).with_parameter(account()).refuses(&[Code::AccountMalformed])
    };
    vec![
        administration("get", "/admin/counts", "counts", "How many sessions and accounts there are").answers(
            200,
            "Of all sites that share the store.",
            "Counts",
        ),
        of_account("get", "/admin/accounts/{account}", "account", "An account's sessions, and whether it is blocked").answers(
            200,
            "What the store knows. An account that nobody has signed in with has none.",
            "Account",
        ),
        of_account("delete", "/admin/accounts/{account}/sessions", "endAccountSessions", "End all sessions of an account")
            .answers_empty(204, "They are over, at all sites."),
        of_account("put", "/admin/accounts/{account}/block", "block", "Block an account")
            .answers_empty(204, "Its sessions are over, and it opens no more."),
        of_account("delete", "/admin/accounts/{account}/block", "unblock", "Let a blocked account in again")
            .answers_empty(204, "It may sign in. What the block ended stays ended."),
        of_account(
            "put",
            "/admin/accounts/{account}/keys/{key}",
            "acceptKey",
            "Take a key for one that the account signed in with before",
        )
        .with_parameter(parameter("key", "Its type, a colon, base58.", &component("schemas", "PublicKey")))
        .answers_empty(204, "The key is known. It opens nothing: at its login the chain is asked as ever."),
        administration("delete", "/admin/sessions/{id}", "endAnySession", "End a session")
            .with_parameter(parameter("id", "As lists and the audit log name it.", &component("schemas", "SessionId")))
            .answers_empty(204, "It is over.")
            .refuses(&[Code::SessionUnknown]),
    ]
}

fn administration(method: &'static str, path: &'static str, id: &'static str, summary: &'static str) -> Operation {
    Operation::new(method, path, id, summary).tagged("administration").secured(json!([{ "admin": [] }])).refuses(&[
        Code::AdminTokenRefused,
        Code::NotFound,
        Code::MethodNotAllowed,
        Code::StoreUnavailable,
    ])
}

fn parameter(name: &str, description: &str, schema: &Value) -> Value {
    json!({ "name": name, "in": "path", "required": true, "description": description, "schema": schema })
}
