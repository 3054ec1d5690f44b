//! A login server, as the command line asks it: over https, or on this machine.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use reqwest::header::AUTHORIZATION;
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, Url, redirect};
use serde_json::Value;
use zeroize::Zeroizing;

use crate::failure::Failure;

/// The longest answer that is read, in bytes: room for a list of a thousand sessions.
const LONGEST: usize = 1024 * 1024;
const PATIENCE: Duration = Duration::from_secs(15);

/// A server at an address.
pub(crate) struct Server {
    client: Client,
    base: Url,
}

impl Server {
    /// The server whose routes lie under `base`.
    pub(crate) fn at(base: Url) -> Result<Self, Failure> {
        Ok(Self { client: client(&base)?, base })
    }

    /// Sends an object.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        let request = self.request(Method::POST, path)?;
        answer(request.header("content-type", "application/json").body(body.to_string())).await
    }

    /// What an address answers, whatever that is; null where it is no JSON.
    pub(crate) async fn ask(&self, path: &str) -> Result<(StatusCode, Value), Failure> {
        let response = self.request(Method::GET, path)?.send().await.map_err(unreachable)?;
        let status = response.status();
        let bytes = read(response).await.map_err(unreachable)?;
        Ok((status, serde_json::from_slice(&bytes).unwrap_or_default()))
    }

    /// Sends nothing but the token.
    pub(crate) async fn administer(&self, method: Method, path: &str, token: &str) -> Result<Value, Failure> {
        let value = Zeroizing::new(format!("Bearer {token}"));
        answer(self.request(method, path)?.header(AUTHORIZATION, value.as_str())).await
    }

    fn request(&self, method: Method, path: &str) -> Result<RequestBuilder, Failure> {
        Ok(self.client.request(method, self.base.join(path).map_err(Failure::unknown)?))
    }
}

/// https, or this machine; with a slash at the end, so that the routes lie under it.
pub(crate) fn address(text: &str) -> Result<Url, Failure> {
    let hint = "name it as in https://app.example; plain http is for this machine only";
    let mut url: Url = text.parse().map_err(|error| Failure::unknown(format!("the address cannot be read: {error}")).hint(hint))?;
    let is_good = match url.scheme() {
        "https" => url.host_str().is_some(),
        "http" => is_loopback(&url),
        _ => false,
    };
    if !is_good || !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
        return Err(Failure::unknown("this is no address of a server").hint(hint));
    }
    if !url.path().ends_with('/') {
        url.set_path(&format!("{}/", url.path()));
    }
    Ok(url)
}

pub(crate) fn is_loopback(url: &Url) -> bool {
    url.host_str().is_some_and(|host| ["localhost", "127.0.0.1", "[::1]"].contains(&host))
}

fn client(base: &Url) -> Result<Client, Failure> {
    // `localhost` is this machine, whatever a name server says of it.
    let here = [SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), SocketAddr::from((Ipv6Addr::LOCALHOST, 0))];
    let builder =
        Client::builder().resolve_to_addrs("localhost", &here).timeout(PATIENCE).redirect(redirect::Policy::none()).no_proxy();
    // Plain http needs none of the system's authorities, and a container may have none.
    let builder = if base.scheme() == "http" { builder.tls_certs_only([]) } else { builder };
    builder.build().map_err(|error| {
        Failure::caused("no HTTP client can be made", &error).hint("https needs the system's certificates, as of ca-certificates")
    })
}

/// The answer's object; null where there is none.
async fn answer(request: RequestBuilder) -> Result<Value, Failure> {
    let response = request.send().await.map_err(unreachable)?;
    let status = response.status();
    let answer: Value = serde_json::from_slice(&read(response).await.map_err(unreachable)?).unwrap_or_default();
    if [StatusCode::OK, StatusCode::NO_CONTENT].contains(&status) {
        return Ok(answer);
    }
    let text = |member: &str| {
        answer[member].as_str().map(|text| text.chars().take(200).flat_map(char::escape_default).collect::<String>())
    };
    let (Some(code), Some(message)) = (text("error"), text("message")) else { return Err(not_a_server()) };
    let no = [StatusCode::BAD_REQUEST, StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN, StatusCode::NOT_FOUND];
    let failure = |error: String| if no.contains(&status) { Failure::no(error) } else { Failure::unknown(error) };
    Err(failure(format!("{code} ({status})")).hint(message))
}

fn unreachable(error: reqwest::Error) -> Failure {
    let error = error.without_url();
    let mut cause: &dyn std::error::Error = &error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    Failure::unknown(format!("the server does not answer: {cause}")).hint("is the address right, and the server running?")
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

pub(crate) fn not_a_server() -> Failure {
    Failure::unknown("the answer is not that of a login server")
        .hint("is this the address of siwn, or of something that speaks like it?")
}
