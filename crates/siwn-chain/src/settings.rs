//! How the chain is asked.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
use siwn::UnixMillis;
use thiserror::Error;

use crate::error::SetupError;
use crate::network::Network;
use crate::rpc_url::RpcUrl;

/// Says what time it is. A server gives the machine's clock, a test its own.
pub type Clock = Arc<dyn Fn() -> UnixMillis + Send + Sync>;

/// How the chain is asked.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Settings {
    /// The network. Endpoints of another are shut out.
    pub network: Network,
    /// The endpoints. Those of the lowest priority number are asked first; of one number, in this order.
    pub endpoints: Vec<EndpointSettings>,
    /// How many endpoints must give the same answer at the same block: 1, up to the number of endpoints.
    pub agreement: usize,
    /// Whether a second endpoint is asked when the first one is slower than it mostly is: yes.
    pub hedge: bool,
    /// The most that one call takes: 2 s, from 1 ms to 60 s. A look-up ends after twice that.
    pub timeout: Duration,
    /// The age from which on an endpoint's newest final block is a lagging node's: 30 s.
    pub oldest_tip: Duration,
    /// How long after its block a full-access key is taken for granted, from nothing, which asks every time, to 10 min: 30 s.
    pub key_cache: Duration,
    /// How many questions may be asked.
    pub rations: Rations,
}

/// How many questions may be asked, so that nobody uses up the endpoints or locks others out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rations {
    /// Different pairs of an account and a key that one challenge may ask about: 3.
    pub pairs_per_challenge: u32,
    /// Questions of one client in a minute that do not end with a full-access key: 30. A question counts while it is under way.
    pub noes_per_minute: u32,
    /// Questions that are asked at once: 32. Others wait in line.
    pub at_once: usize,
    /// More of them, for pairs that had full access before: 16.
    pub at_once_for_known_pairs: usize,
}

/// An endpoint, and how it is asked.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct EndpointSettings {
    /// Its address.
    pub url: RpcUrl,
    /// Headers that every request to it bears.
    pub headers: Vec<RpcHeader>,
    /// Lower numbers are asked first: 0.
    pub priority: u8,
}

/// A header of requests to an endpoint, as in `authorization: Bearer KEY`. Its value is sent and never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct RpcHeader {
    name: HeaderName,
    value: HeaderValue,
}

/// Why a text is no header. Never shows a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RpcHeaderError {
    /// Not the name of a header.
    #[error("a header's name is of letters, digits and hyphens")]
    Name,
    /// A header that a client sets itself.
    #[error("this header is set by the client itself")]
    Reserved,
    /// Empty, or with characters that headers do not have.
    #[error("a header's value is of printable ASCII characters")]
    Value,
}

/// What a request bears anyway, or what would change where it ends.
const RESERVED: [HeaderName; 7] = [
    header::HOST,
    header::CONTENT_LENGTH,
    header::CONTENT_TYPE,
    header::CONNECTION,
    header::TRANSFER_ENCODING,
    header::ACCEPT_ENCODING,
    header::EXPECT,
];

impl Settings {
    /// The defaults: the network's public endpoints, 2 s for a call, blocks and remembered keys up to 30 s old.
    #[must_use]
    pub fn new(network: Network) -> Self {
        Self {
            endpoints: network.public_endpoints().into_iter().map(EndpointSettings::from).collect(),
            network,
            agreement: 1,
            hedge: true,
            timeout: Duration::from_secs(2),
            oldest_tip: Duration::from_secs(30),
            key_cache: Duration::from_secs(30),
            rations: Rations::default(),
        }
    }

    pub(crate) fn check(&self) -> Result<(), SetupError> {
        if self.endpoints.is_empty() {
            return Err(SetupError::NoEndpoint(self.network.clone()));
        }
        if !(1..=self.endpoints.len()).contains(&self.agreement) {
            return Err(SetupError::Agreement { of: self.endpoints.len(), asked: self.agreement });
        }
        if !(Duration::from_millis(1)..=Duration::from_mins(1)).contains(&self.timeout) {
            return Err(SetupError::Timeout(self.timeout));
        }
        if self.key_cache > Duration::from_mins(10) {
            return Err(SetupError::KeyCache(self.key_cache));
        }
        let Rations { pairs_per_challenge, noes_per_minute, at_once, .. } = self.rations;
        if pairs_per_challenge == 0 || noes_per_minute == 0 || at_once == 0 {
            return Err(SetupError::Rations);
        }
        Ok(())
    }
}

impl Default for Rations {
    fn default() -> Self {
        Self { pairs_per_challenge: 3, noes_per_minute: 30, at_once: 32, at_once_for_known_pairs: 16 }
    }
}

impl EndpointSettings {
    /// Without headers, among those that are asked first.
    #[must_use]
    pub const fn new(url: RpcUrl) -> Self {
        Self { url, headers: Vec::new(), priority: 0 }
    }
}

impl From<RpcUrl> for EndpointSettings {
    fn from(url: RpcUrl) -> Self {
        Self::new(url)
    }
}

impl RpcHeader {
    /// A header. The value is of printable ASCII characters.
    pub fn new(name: &str, value: &str) -> Result<Self, RpcHeaderError> {
        let name = name.parse::<HeaderName>().map_err(|_| RpcHeaderError::Name)?;
        if RESERVED.contains(&name) {
            return Err(RpcHeaderError::Reserved);
        }
        let is_printable = !value.is_empty() && value.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        let mut value = HeaderValue::from_str(value).ok().filter(|_| is_printable).ok_or(RpcHeaderError::Value)?;
        value.set_sensitive(true);
        Ok(Self { name, value })
    }

    /// Its name, in lower case.
    #[must_use]
    pub fn name(&self) -> &str {
        self.name.as_str()
    }

    pub(crate) fn all(headers: Vec<Self>) -> HeaderMap {
        let mut map = HeaderMap::new();
        for Self { name, value } in headers {
            map.append(name, value);
        }
        map
    }
}

impl fmt::Debug for RpcHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: [redacted]", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_headers_value_is_not_shown() {
        let header = RpcHeader::new("Authorization", "Bearer hush").unwrap();
        let mut endpoint = EndpointSettings::new("https://user:hush@rpc.example/hush".parse().unwrap());
        endpoint.headers.push(header.clone());
        let shown = format!("{header:?} {endpoint:?} {:?}", RpcHeader::all(endpoint.headers.clone()));
        assert!(shown.starts_with("authorization: [redacted]") && !shown.contains("hush"), "{shown}");
        assert_eq!(RpcHeader::all(endpoint.headers)["authorization"].as_bytes(), b"Bearer hush");
    }

    #[test]
    fn headers_that_cannot_be_sent_are_refused() {
        for (name, value, why) in [
            ("", "x", RpcHeaderError::Name),
            ("a b", "x", RpcHeaderError::Name),
            ("x-api-key:", "x", RpcHeaderError::Name),
            ("Host", "x", RpcHeaderError::Reserved),
            ("content-length", "1", RpcHeaderError::Reserved),
            ("x-api-key", "", RpcHeaderError::Value),
            ("x-api-key", "a\r\nb: c", RpcHeaderError::Value),
            ("x-api-key", "é", RpcHeaderError::Value),
        ] {
            assert_eq!(RpcHeader::new(name, value), Err(why), "{name}: {value}");
        }
    }
}
