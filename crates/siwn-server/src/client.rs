//! The address of a client, for the log: the peer's, or what proxies that are trusted say of it.

use std::net::{IpAddr, SocketAddr};

use http::{HeaderMap, HeaderName};
use ipnet::IpNet;
use thiserror::Error;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Proxies whose word on a client's address is taken.
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies(Vec<IpNet>);

/// The text is neither an address nor a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("is an address or a network, as in 10.0.0.1 or 10.0.0.0/8")]
pub struct NetworkTextError;

/// Reads an address or a network, as in `10.0.0.1` or `10.0.0.0/8`.
pub(crate) fn network(text: &str) -> Result<IpNet, NetworkTextError> {
    let address = || text.parse::<IpAddr>().map(IpNet::from);
    text.parse().or_else(|_| address()).map_err(|_| NetworkTextError)
}

impl TrustedProxies {
    /// From addresses and networks, as in `10.0.0.1` and `10.0.0.0/8`.
    pub fn parse<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, NetworkTextError> {
        texts.into_iter().map(network).collect::<Result<_, _>>().map(Self)
    }

    pub(crate) const fn new(networks: Vec<IpNet>) -> Self {
        Self(networks)
    }

    /// The networks, as texts.
    #[must_use]
    pub fn networks(&self) -> Vec<String> {
        self.0.iter().map(ToString::to_string).collect()
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }

    /// The client's address. From right to left, each hop is believed as long as the one that wrote it is trusted.
    pub(crate) fn client(&self, peer: SocketAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.ip().to_canonical();
        let lines: Vec<&str> = headers.get_all(X_FORWARDED_FOR).into_iter().map(|line| line.to_str().unwrap_or_default()).collect();
        for hop in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
            if !self.trusts(client) {
                break;
            }
            let Ok(address) = hop.trim().parse::<IpAddr>() else { break };
            client = address.to_canonical();
        }
        client
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn client(proxies: &[&str], lines: &[&'static str]) -> String {
        let proxies = TrustedProxies::parse(proxies.iter().copied()).unwrap();
        let headers = lines.iter().map(|line| (X_FORWARDED_FOR, HeaderValue::from_static(line))).collect();
        proxies.client("10.0.0.1:5000".parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn nobody_is_believed_unless_he_is_trusted() {
        assert_eq!(client(&[], &["192.0.2.1"]), "10.0.0.1");
        assert_eq!(client(&["10.0.0.2"], &["192.0.2.1"]), "10.0.0.1");
    }

    #[test]
    fn the_right_most_hop_that_no_trusted_proxy_wrote_for_another_counts() {
        assert_eq!(client(&["10.0.0.0/8"], &["203.0.113.9, 192.0.2.1"]), "192.0.2.1");
        assert_eq!(client(&["10.0.0.0/8"], &["203.0.113.9, 192.0.2.1, 10.0.0.7"]), "192.0.2.1");
        assert_eq!(client(&["10.0.0.0/8"], &["203.0.113.9", "192.0.2.1"]), "192.0.2.1");
        assert_eq!(client(&["10.0.0.0/8"], &["192.0.2.1, junk"]), "10.0.0.1");
        assert_eq!(client(&["10.0.0.0/8"], &[]), "10.0.0.1");
    }
}
