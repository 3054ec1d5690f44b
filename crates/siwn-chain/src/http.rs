//! One POST: the status and the bytes, or why there are none.

use std::error::Error as StdError;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::{Certificate, Client, Response, redirect};
use siwn::{BoxFuture, Quoted};

use crate::error::SetupError;
use crate::fault::Fault;
use crate::rpc_url::RpcUrl;
use crate::settings::RpcHeader;

/// The longest body that is read, in bytes.
const LONGEST_BODY: usize = 1 << 20;

/// The way to the endpoints. The network, or a test's own.
pub(crate) trait Transport: Send + Sync {
    /// Sends `body` and reads what comes back.
    fn post<'a>(&'a self, to: &'a Address, body: Vec<u8>) -> BoxFuture<'a, Result<Received, Fault>>;
}

/// Where and with what headers requests are sent. Holds secrets, shows none.
pub(crate) struct Address {
    url: RpcUrl,
    headers: HeaderMap,
}

/// Sends requests; keeps connections.
pub(crate) struct Http(Client);

/// What came back.
pub(crate) struct Received {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) body: Vec<u8>,
}

impl Http {
    /// HTTP/1.1 over TLS with the roots of Mozilla's programme; no proxy, no redirect, no cookie, no compression.
    pub(crate) fn new() -> Result<Self, SetupError> {
        let roots = webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().map(|root| Certificate::from_der(root));
        let roots = roots.collect::<Result<Vec<_>, _>>().map_err(SetupError::tls)?;
        // What is allowed to be plain because it stays on this machine must not leave it by a name server's word.
        let loopback = [SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), SocketAddr::from((Ipv6Addr::LOCALHOST, 0))];
        Client::builder()
            .tls_certs_only(roots)
            .no_proxy()
            .redirect(redirect::Policy::none())
            .referer(false)
            .resolve_to_addrs("localhost", &loopback)
            // Shorter than what gateways commonly keep, so that a request seldom meets a connection that is being closed.
            .pool_idle_timeout(Duration::from_secs(30))
            .user_agent(concat!("siwn/", env!("CARGO_PKG_VERSION")))
            .build()
            .map(Self)
            .map_err(SetupError::tls)
    }

    async fn exchange(&self, to: &Address, body: Vec<u8>) -> Result<Received, Fault> {
        let request = self.0.post(to.url.whole().clone()).header(CONTENT_TYPE, "application/json");
        let request = request.headers(to.headers.clone()).body(body);
        let mut response = request.send().await.map_err(unreachable)?;
        let (status, retry_after) = (response.status().as_u16(), retry_after(&response));
        match status {
            // A gateway's own words, in whatever form: not a node's.
            429 => Err(Fault::Limited { retry_after }),
            401 | 403 => Err(Fault::LockedOut(status)),
            300..=399 => Err(Fault::Status { status, retry_after }),
            _ => Ok(Received { status, retry_after, body: read(&mut response).await? }),
        }
    }
}

impl Transport for Http {
    fn post<'a>(&'a self, to: &'a Address, body: Vec<u8>) -> BoxFuture<'a, Result<Received, Fault>> {
        Box::pin(self.exchange(to, body))
    }
}

impl Address {
    pub(crate) fn new(url: RpcUrl, headers: Vec<RpcHeader>) -> Self {
        Self { url, headers: RpcHeader::all(headers) }
    }

    pub(crate) fn host(&self) -> String {
        self.url.host()
    }
}

/// Reads the body piece by piece; what it says of its length is not asked.
async fn read(response: &mut Response) -> Result<Vec<u8>, Fault> {
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(unreachable)? {
        if body.len() + piece.len() > LONGEST_BODY {
            return Err(Fault::TooLong(LONGEST_BODY));
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

/// Whole seconds only (RFC 9110, section 10.2.3): a date would need the gateway's clock to be ours.
fn retry_after(response: &Response) -> Option<Duration> {
    let seconds = response.headers().get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// The innermost cause says what happened. The outer ones repeat the address, which may hold secrets.
fn unreachable(error: reqwest::Error) -> Fault {
    let error = error.without_url();
    let mut cause: &dyn StdError = &error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    Fault::Unreachable(Quoted::new(&cause.to_string()))
}
