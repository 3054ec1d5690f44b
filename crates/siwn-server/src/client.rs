//! The address of a client, for the log and for rations: the peer's, or what proxies that are trusted say of it.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::extract::ConnectInfo;
use http::{Extensions, HeaderMap, HeaderName, HeaderValue};
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

    #[cfg(feature = "config")]
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
        // In bytes: what a client wrote in front of it must not hide the hop that a proxy wrote.
        let lines: Vec<&[u8]> = headers.get_all(X_FORWARDED_FOR).into_iter().map(HeaderValue::as_bytes).collect();
        for hop in lines.iter().rev().flat_map(|line| line.rsplit(|byte| *byte == b',')) {
            if !self.trusts(client) {
                break;
            }
            let Some(address) = address(hop) else { break };
            client = address.to_canonical();
        }
        client
    }

    /// Whether a request comes from one of them.
    pub(crate) fn sent(&self, extensions: &Extensions) -> bool {
        extensions.get::<ConnectInfo<SocketAddr>>().is_some_and(|ConnectInfo(peer)| self.trusts(peer.ip().to_canonical()))
    }

    /// The address by which a client's questions to the chain are rationed.
    ///
    /// None where there is no connection, and for this machine: a proxy here that nobody trusts would stand for all its clients.
    pub(crate) fn rationed(&self, extensions: &Extensions, headers: &HeaderMap) -> Option<IpAddr> {
        let ConnectInfo(peer) = extensions.get::<ConnectInfo<SocketAddr>>()?;
        rationed(self.client(*peer, headers))
    }
}

/// What one client has of an address, where it is one that is rationed.
pub(crate) fn rationed(client: IpAddr) -> Option<IpAddr> {
    (!client.is_loopback()).then(|| first_64_bits(client))
}

fn address(hop: &[u8]) -> Option<IpAddr> {
    std::str::from_utf8(hop).ok()?.trim().parse().ok()
}

/// What one client has: an address of IPv4, or a network of 64 bits of IPv6.
fn first_64_bits(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(proxies: &[&str], lines: &[&'static str]) -> String {
        let proxies = TrustedProxies::parse(proxies.iter().copied()).unwrap();
        let headers = lines.iter().map(|line| (X_FORWARDED_FOR, HeaderValue::from_static(line))).collect();
        proxies.client("10.0.0.1:5000".parse().unwrap(), &headers).to_string()
    }

    fn rationed(peer: Option<&str>, proxies: &[&str], line: &'static str) -> Option<String> {
        let mut extensions = Extensions::new();
        if let Some(peer) = peer {
            extensions.insert(ConnectInfo(peer.parse::<SocketAddr>().unwrap()));
        }
        let headers = [(X_FORWARDED_FOR, HeaderValue::from_static(line))].into_iter().collect();
        let proxies = TrustedProxies::parse(proxies.iter().copied()).unwrap();
        proxies.rationed(&extensions, &headers).map(|address| address.to_string())
    }

    #[test]
    fn a_client_is_rationed_by_what_it_cannot_change() {
        assert_eq!(rationed(Some("192.0.2.1:5000"), &[], "").as_deref(), Some("192.0.2.1"));
        assert_eq!(rationed(Some("[2001:db8:1:2:3:4:5:6]:5000"), &[], "").as_deref(), Some("2001:db8:1:2::"));
        assert_eq!(rationed(Some("[::ffff:192.0.2.1]:5000"), &[], "").as_deref(), Some("192.0.2.1"));
        assert_eq!(rationed(Some("192.0.2.1:5000"), &[], "198.51.100.7").as_deref(), Some("192.0.2.1"));
        assert_eq!(rationed(Some("127.0.0.1:5000"), &["127.0.0.1"], "198.51.100.7").as_deref(), Some("198.51.100.7"));
    }

    #[test]
    fn whoever_stands_for_others_is_not_rationed() {
        assert_eq!(rationed(Some("127.0.0.1:5000"), &[], "198.51.100.7"), None, "a proxy of this machine that is not trusted");
        assert_eq!(rationed(Some("[::1]:5000"), &["::1"], ""), None);
        assert_eq!(rationed(None, &[], "198.51.100.7"), None, "no connection");
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

    #[test]
    fn what_a_client_writes_in_front_hides_no_hop_of_a_proxy() {
        let proxies = TrustedProxies::parse(["127.0.0.1"]).unwrap();
        for front in [&b"\xff"[..], b"\xc3\xa9", b"127.0.0.1", b"127.0.0.1, \xff", b""] {
            let line = HeaderValue::from_bytes(&[front, b", 192.0.2.1"].concat()).unwrap();
            let headers = [(X_FORWARDED_FOR, line)].into_iter().collect();
            assert_eq!(proxies.client("127.0.0.1:5000".parse().unwrap(), &headers).to_string(), "192.0.2.1", "{front:?}");
        }
    }
}
