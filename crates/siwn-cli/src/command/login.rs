//! `siwn login`: a whole login as a headless client.

use reqwest::Url;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use siwn::{
    AccessKeyAuthorization, AccountId, ChainId, JsonPayload, KeySigner, Nonce, OffchainMessage, PrivateKey, SessionToken,
    TokenRequest,
};

use super::sign;
use crate::arguments::Login;
use crate::failure::Failure;
use crate::server::{self, Server, is_loopback, not_a_server};
use crate::{input, output, runtime};

/// The part of a challenge that is signed.
#[derive(Deserialize)]
struct Challenge {
    message: String,
    nonce: Vec<u64>,
    recipient: String,
    state: Option<String>,
    network: Option<String>,
    payload: Option<String>,
}

/// The session, as the server answers it and as it is printed.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Session {
    success: bool,
    account_id: String,
    public_key: Option<String>,
    network: String,
    expires_at: String,
    token: String,
}

pub(crate) fn run(arguments: Login) -> Result<(), Failure> {
    let url = server::address(&arguments.url)?;
    let account = arguments.account.clone();
    let key = arguments.key.read()?;
    runtime::run(async move {
        let server = Server::at(url.clone())?;
        let challenge = server.post("api/auth/initiate-login", &json!({})).await?;
        let challenge: Challenge = serde_json::from_value(challenge).map_err(|_| not_a_server())?;
        check_recipient(&url, &challenge.recipient, arguments.recipient.as_deref())?;
        let proof =
            if arguments.nep641 { authorization(&challenge, &account, &key)? } else { token(challenge, account.clone(), key)? };
        // A cookie would end with this process.
        let session = server.post("api/auth/verify-login", &proof).await?;
        let session: Session = serde_json::from_value(session).map_err(|_| not_a_server())?;
        let token = SessionToken::from_bearer(&session.token).map_err(|_| not_a_server())?;
        if !session.success || session.account_id != account.as_str() {
            return Err(not_a_server());
        }
        output::json(&Session { token: token.expose_bearer(), ..session })
    })
}

/// near-sign-verify's token.
fn token(challenge: Challenge, account: AccountId, key: PrivateKey) -> Result<Value, Failure> {
    let request = TokenRequest {
        nonce: nonce(&challenge)?,
        message: challenge.message,
        recipient: challenge.recipient,
        callback_url: None,
        state: challenge.state,
    };
    let answer = KeySigner::new(account, key).sign(request.payload());
    let token = request.into_token(answer).map_err(Failure::unknown)?;
    Ok(json!({ "authToken": token.encode(), "session": "bearer" }))
}

/// An authorization of NEP-641 by the account's key.
fn authorization(challenge: &Challenge, account: &AccountId, key: &PrivateKey) -> Result<Value, Failure> {
    let (Some(payload), Some(network)) = (&challenge.payload, &challenge.network) else {
        return Err(Failure::no("the server takes no authorizations of NEP-641").hint("leave out --nep641; nothing was signed"));
    };
    // The recipient was checked: what names another one in here would be good there.
    let msg = format!("{}\n\nNonce: {}", challenge.message, nonce(challenge)?);
    if *payload != (JsonPayload { domain: &challenge.recipient, action: "Login", msg: &msg }).to_json() {
        return Err(
            Failure::no("the payload is not that of the challenge").hint("the server may be up to something; nothing was signed")
        );
    }
    let message = OffchainMessage {
        chain_id: ChainId::new(network.as_str()),
        signer_id: account.clone(),
        path: Vec::new(),
        timestamp: sign::before(input::now()),
        payload: payload.clone(),
    };
    let authorization = AccessKeyAuthorization::sign(message, None, key).to_string();
    Ok(json!({
        "accountId": account.as_str(),
        "authorization": authorization,
        "nonce": challenge.nonce,
        "state": challenge.state,
        "session": "bearer",
    }))
}

fn nonce(challenge: &Challenge) -> Result<Nonce, Failure> {
    Nonce::from_numbers(&challenge.nonce).map_err(|_| not_a_server())
}

/// Signs for the server's own host, or for whom the user named: another recipient's signature could be used there.
fn check_recipient(url: &Url, recipient: &str, named: Option<&str>) -> Result<(), Failure> {
    let host = url.host_str().unwrap_or_default();
    let with_port = url.port().map(|port| format!("{host}:{port}"));
    let is_own = match named {
        Some(named) => recipient == named,
        None => recipient == host || with_port.as_deref() == Some(recipient) || (is_loopback(url) && recipient == "localhost"),
    };
    if is_own {
        return Ok(());
    }
    let recipient = recipient.escape_default();
    Err(Failure::no(format!("the server asks for a signature for \"{recipient}\", which is not its own name"))
        .hint("if that is right, name it with --recipient; nothing was signed"))
}
