//! What bodies look like: the answers as the types say that write them; the requests as what is read and not refused.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::problem::{self, Code};
use crate::routes::{initiate, session, sessions, token, verify};
use crate::{admin, operations, tokens};

pub(super) fn all() -> Map<String, Value> {
    let mut schemas = Map::from_iter([
        ("ChallengeWish".to_owned(), read::<initiate::Wish>()),
        ("Challenge".to_owned(), written::<initiate::Answer<'_>>()),
        ("Proof".to_owned(), proof()),
        ("SignedIn".to_owned(), written::<verify::Answer<'_>>()),
        ("Session".to_owned(), written::<session::Answer<'_>>()),
        ("Sessions".to_owned(), written::<sessions::Answer<'_>>()),
        ("AccessTokenWish".to_owned(), read::<token::Wish>()),
        ("AccessToken".to_owned(), written::<token::Answer<'_>>()),
        ("Jwks".to_owned(), written::<tokens::Jwks<'_>>()),
        ("Readiness".to_owned(), written::<operations::Readiness<'_>>()),
        ("Account".to_owned(), written::<admin::accounts::Answer<'_>>()),
        ("Counts".to_owned(), written::<admin::Counts>()),
        ("Problem".to_owned(), written::<problem::Body<'_>>()),
        ("Nothing".to_owned(), json!({ "type": "object", "description": "Members are ignored." })),
        ("Nonce".to_owned(), nonce()),
        ("AccountId".to_owned(), account_id()),
        (
            "PublicKey".to_owned(),
            json!({ "type": "string", "description": "A key: its type, a colon, base58.", "maxLength": 4096 }),
        ),
        ("SessionId".to_owned(), session_id()),
    ]);
    let codes: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
    schemas["Problem"]["properties"]["error"]["enum"] = json!(codes);
    schemas["Problem"]["properties"]["success"] = json!({ "const": false });
    schemas["SignedIn"]["properties"]["success"] = json!({ "const": true });
    schemas
}

fn written<T: JsonSchema>() -> Value {
    let mut schema = schema::<T>(SchemaSettings::draft2020_12().for_serialize());
    // What an answer may lack is never null in it.
    let required = schema["required"].clone();
    for (name, property) in schema["properties"].as_object_mut().into_iter().flatten() {
        if !required.as_array().is_some_and(|required| required.iter().any(|one| one == name))
            && let Some(types) = property["type"].as_array()
        {
            property["type"] = types[0].clone();
        }
    }
    schema
}

fn read<T: JsonSchema>() -> Value {
    schema::<T>(SchemaSettings::draft2020_12())
}

fn schema<T: JsonSchema>(settings: SchemaSettings) -> Value {
    let settings = settings.with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    let mut schema = settings.into_generator().into_root_schema_for::<T>().to_value();
    // The name is that of a type of ours.
    schema.as_object_mut().expect("a type has an object for its schema").remove("title");
    schema
}

fn account_id() -> Value {
    json!({
        "type": "string",
        "description": "An account's name.",
        "minLength": 2,
        "maxLength": 64,
        "pattern": "^(([a-z0-9]+[-_])*[a-z0-9]+\\.)*([a-z0-9]+[-_])*[a-z0-9]+$",
    })
}

fn session_id() -> Value {
    json!({ "type": "string", "description": "A session's id. It opens nothing.", "pattern": "^[A-Za-z0-9_-]{21}[AQgw]$" })
}

fn nonce() -> Value {
    let numbers = json!({
        "type": "array", "minItems": 32, "maxItems": 32, "items": { "type": "integer", "minimum": 0, "maximum": 255 },
    });
    json!({ "description": "32 numbers, or base64.", "oneOf": [numbers, { "type": "string" }] })
}

/// Three kinds of proof, of which the first that is present counts.
fn proof() -> Value {
    let text = |description: &str| json!({ "type": "string", "description": description });
    let wish = |description: &str| json!({ "type": ["string", "null"], "description": description });
    let nonce = json!({ "$ref": "#/components/schemas/Nonce" });
    let state = wish("The challenge's state; compared where it is present.");
    let form = json!({ "description": "How the session is kept.", "enum": ["cookie", "bearer", null] });
    let kind = |title: &str, required: &[&str], properties: Value| {
        let mut kind = json!({ "title": title, "type": "object", "required": required, "properties": properties });
        kind["properties"]["session"] = form.clone();
        kind
    };
    json!({
        "description": "The first of authToken, authorization and the fields that is present counts. Other members are ignored.",
        "type": "object",
        "anyOf": [
            kind("A token of near-sign-verify", &["authToken"], json!({ "authToken": text("As near-sign-verify makes it.") })),
            kind("An authorization (NEP-641)", &["authorization", "accountId", "nonce"], json!({
                "authToken": { "type": "null" },
                "authorization": text("Of the challenge's payload by the account, as its wallet gave it."),
                "accountId": text("Who authorizes."),
                "nonce": nonce,
                "state": state,
            })),
            kind("A signature (NEP-413)", &["accountId", "publicKey", "signature", "nonce"], json!({
                "authToken": { "type": "null" },
                "authorization": { "type": "null" },
                "accountId": text("Who signed."),
                "publicKey": text("With which key: its type, a colon, base58."),
                "signature": text("Base64, or the key's type, a colon, base58."),
                "nonce": nonce,
                "message": wish("What was signed; compared."),
                "recipient": wish("For whom; compared."),
                "callbackUrl": wish("Which callback URL was signed. Without it none and the server's own are tried."),
                "state": state,
            })),
        ],
    })
}
