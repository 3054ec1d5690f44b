//! `siwn inspect`

use serde::Serialize;
use siwn::{AuthToken, TokenFields};

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

pub(crate) fn run(arguments: &Inspect) -> Result<(), Failure> {
    let bytes = input::argument_or_stdin(&arguments.token, Failure::no)?;
    let text = String::from_utf8_lossy(&bytes);
    let fields = TokenFields::decode(&text).map_err(|error| Failure::no(error).hint("a token is base64 of eight fields"))?;
    eprintln!("note: nothing is verified; `siwn verify` does that");
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
