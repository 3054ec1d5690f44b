//! `siwn login`: a whole login as a headless client.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use reqwest::{Client, Method, Response, StatusCode, Url, redirect};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use siwn::{
    AccessKeyAuthorization, AccountId, ChainId, JsonPayload, KeySigner, Nonce, OffchainMessage, PrivateKey, SessionToken,
    TokenRequest,
};

use super::sign;
use crate::arguments::Login;
use crate::failure::Failure;
use crate::{input, output, runtime};

/// The longest answer that is read, in bytes.
const LONGEST: usize = 64 * 1024;
const PATIENCE: Duration = Duration::from_secs(15);

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
    let url = check(&arguments.url)?;
    let account = arguments.account.clone();
    let key = arguments.key.read()?;
    runtime::run(async move {
        let client = client()?;
        let challenge = ask(&client, &url, "api/auth/initiate-login", json!({})).await?;
        let challenge: Challenge = serde_json::from_value(challenge).map_err(|_| not_a_server())?;
        check_recipient(&url, &challenge.recipient, arguments.recipient.as_deref())?;
        let proof =
            if arguments.nep641 { authorization(&challenge, &account, &key)? } else { token(challenge, account.clone(), key)? };
        // A cookie would end with this process.
        let session = ask(&client, &url, "api/auth/verify-login", proof).await?;
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

/// https, or this machine; with a slash at the end, so that the routes lie under it.
fn check(text: &str) -> Result<Url, Failure> {
    let hint = "name the login server, as in https://app.example; plain http is for localhost only";
    let mut url: Url = text.parse().map_err(|error| Failure::unknown(format!("the address cannot be read: {error}")).hint(hint))?;
    let is_good = match url.scheme() {
        "https" => url.host_str().is_some(),
        "http" => is_loopback(&url),
        _ => false,
    };
    if !is_good || !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
        return Err(Failure::unknown("this is no address of a login server").hint(hint));
    }
    if !url.path().ends_with('/') {
        url.set_path(&format!("{}/", url.path()));
    }
    Ok(url)
}

fn is_loopback(url: &Url) -> bool {
    url.host_str().is_some_and(|host| ["localhost", "127.0.0.1", "[::1]"].contains(&host))
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

fn client() -> Result<Client, Failure> {
    // `localhost` is this machine, whatever a name server says of it.
    let here = [SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), SocketAddr::from((Ipv6Addr::LOCALHOST, 0))];
    let builder =
        Client::builder().resolve_to_addrs("localhost", &here).timeout(PATIENCE).redirect(redirect::Policy::none()).no_proxy();
    builder.build().map_err(|error| Failure::unknown(format!("no HTTP client can be made: {error}")))
}

async fn ask(client: &Client, base: &Url, path: &str, body: Value) -> Result<Value, Failure> {
    let url = base.join(path).map_err(Failure::unknown)?;
    let request = client.request(Method::POST, url).header("content-type", "application/json").body(body.to_string());
    let unreachable = |error: reqwest::Error| {
        let error = error.without_url();
        let mut cause: &dyn std::error::Error = &error;
        while let Some(source) = cause.source() {
            cause = source;
        }
        Failure::unknown(format!("the server does not answer: {cause}")).hint("is the address right, and the server running?")
    };
    let response = request.send().await.map_err(unreachable)?;
    let status = response.status();
    let answer: Value = serde_json::from_slice(&read(response).await.map_err(unreachable)?).unwrap_or_default();
    if status == StatusCode::OK {
        return Ok(answer);
    }
    let text = |member: &str| {
        answer[member].as_str().map(|text| text.chars().take(200).flat_map(char::escape_default).collect::<String>())
    };
    let (Some(code), Some(message)) = (text("error"), text("message")) else { return Err(not_a_server()) };
    let is_no = [StatusCode::BAD_REQUEST, StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN].contains(&status);
    let failure = |error: String| if is_no { Failure::no(error) } else { Failure::unknown(error) };
    Err(failure(format!("{code} ({status})")).hint(message))
}

async fn read(mut response: Response) -> Result<Vec<u8>, reqwest::Error> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > LONGEST {
            return Ok(Vec::new());
        }
    }
    Ok(bytes)
}

fn not_a_server() -> Failure {
    Failure::unknown("the answer is not that of a login server")
        .hint("is this the address of siwn, or of something that speaks like it?")
}
