//! `siwn inspect`

use serde::Serialize;
use siwn::{AccessKeyAuthorization, AccountId, AuthToken, TokenFields};

use crate::arguments::Inspect;
use crate::failure::Failure;
use crate::{input, output};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Fields {
    account_id: String,
    public_key: String,
    signature: String,
    message: String,
    nonce: [u8; 32],
    recipient: String,
    callback_url: Option<String>,
    state: Option<String>,
}

/// An authorization, and what a wallet shows of it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AuthorizationFields<'a> {
    account_id: &'a str,
    public_key: String,
    signature: String,
    chain_id: &'a str,
    path: Vec<&'a str>,
    timestamp: String,
    payload: &'a str,
    /// What a wallet is asked to sign, as of NEP-413.
    message: &'a str,
    nonce: [u8; 32],
    recipient: &'a str,
    callback_url: Option<&'a str>,
}

pub(crate) fn run(arguments: &Inspect) -> Result<(), Failure> {
    let bytes = input::argument_or_stdin(&arguments.token, Failure::no)?;
    let text = String::from_utf8_lossy(&bytes);
    if input::is_json(&bytes) { authorization(&text) } else { token(&text) }
}

fn token(text: &str) -> Result<(), Failure> {
    let fields = TokenFields::decode(text).map_err(|error| Failure::no(error).hint("a token is base64 of eight fields"))?;
    nothing_verified();
    if let Err(error) = AuthToken::try_from(fields.clone()) {
        eprintln!("note: this token can never be valid: {error}");
    }
    output::json(&Fields {
        account_id: fields.account_id,
        public_key: fields.public_key,
        signature: fields.signature,
        message: fields.message,
        nonce: *fields.nonce.as_bytes(),
        recipient: fields.recipient,
        callback_url: fields.callback_url,
        state: fields.state,
    })
}

fn authorization(text: &str) -> Result<(), Failure> {
    let authorization: AccessKeyAuthorization = text.parse().map_err(|error| {
        Failure::no(error).hint("an access key authorization is what `siwn sign --nep641` gives; what is meant for a contract, only that contract can read")
    })?;
    nothing_verified();
    let message = authorization.message();
    let signed = message.nep413(authorization.callback_url());
    let payload = signed.payload();
    output::json(&AuthorizationFields {
        account_id: message.signer_id.as_str(),
        public_key: authorization.access_key().to_string(),
        signature: authorization.signature().to_string(),
        chain_id: message.chain_id.as_str(),
        path: message.path.iter().map(AccountId::as_str).collect(),
        timestamp: message.timestamp.to_string(),
        payload: &message.payload,
        message: payload.message,
        nonce: *payload.nonce.as_bytes(),
        recipient: payload.recipient,
        callback_url: payload.callback_url,
    })
}

fn nothing_verified() {
    eprintln!("note: nothing is verified; `siwn verify` does that");
}
