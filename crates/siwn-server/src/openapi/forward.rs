//! What reverse proxies ask.

use serde_json::{Value, json};

use super::operation::{Operation, SIGNED_IN, SITE};
use crate::problem::Code;

/// The headers of every answer, which are empty where there is nothing to say.
const ALWAYS: [(&str, &str); 6] = [
    ("Remote-User", "The account."),
    ("X-Siwn-Account", "The account."),
    ("X-Siwn-Key", "The key that signed, by its handle where it is long; empty where a contract answered for the account."),
    ("X-Siwn-Network", "The chain's id."),
    ("X-Siwn-Identity", "A token of type `siwn-id+jwt` for the site's origin, good for 40 seconds or more, one minute at most."),
    ("X-Siwn-Login", "Where a browser signs in that asked for a page; empty otherwise."),
];

pub(super) fn operation() -> Operation {
    let operation = Operation::new("get", "/api/auth/forward", "forward", "Whether a request may pass, and whose it is")
        .tagged("proxies")
        .described(
            "Answers proxies that are named in `trusted_proxies`, about the request whose headers they hand on. Its identity headers are in \
             every answer, empty where there is nothing to say.",
        )
        .secured(json!([{ "cookie": [] }, { "bearer": [] }]));
    let text = || json!({ "type": "string" });
    let asked = [
        header("X-Forwarded-Method", "The method of the request; X-Original-Method is the same.", true),
        header("X-Forwarded-Uri", "Its path and query; X-Original-URI is the same.", true),
        header("X-Forwarded-Host", "Its host, where Host is none of a site.", false),
        header("Sec-Siwn-Credentials", "`strip` asks for Cookie and Authorization without what is ours in them.", false),
        json!({
            "name": "redirect", "in": "query", "description": "Whether a browser that asked for a page is sent to the login page.",
            "schema": { "const": "true" },
        }),
    ];
    let operation = asked.into_iter().fold(operation, Operation::with_parameter);
    let operation = operation
        .answers_empty(200, "It may, and it is this account's.")
        .answers_empty(303, "To the login page, and from there back.")
        .with_header(303, "Location", json!({ "required": true, "schema": text() }));
    let operation = ALWAYS.into_iter().fold(operation, |operation, (name, description)| {
        let header = || json!({ "description": description, "required": true, "schema": text() });
        operation.with_header(200, name, header()).with_header(303, name, header())
    });
    ["Cookie", "Authorization"]
        .into_iter()
        .fold(operation, |operation, name| {
            let header = json!({ "description": "What is left of the request's, where that was asked for.", "schema": text() });
            operation.with_header(200, name, header)
        })
        .refuses(SITE)
        .refuses(SIGNED_IN)
        .refuses(&[Code::OriginalMissing, Code::ProxyUnknown, Code::OriginNotAllowed])
}

fn header(name: &str, description: &str, required: bool) -> Value {
    json!({ "name": name, "in": "header", "description": description, "required": required, "schema": { "type": "string" } })
}
