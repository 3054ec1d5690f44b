//! Which NEAR is asked.

use std::fmt;
use std::str::FromStr;

use siwn::Quoted;
use thiserror::Error;

use crate::rpc_url::RpcUrl;

const MAINNET_GENESIS: &str = "EPnLgE7iEq9s7yTkos96M3cWymH5avBAPm3qx3NXqR8H";
const TESTNET_GENESIS: &str = "FWJ9kR6KFWoyMoNjpLXXGHeuiy7tEY6GmoFeCA5yuc6b";

/// Public endpoints that ask for no key: good for a start; in production an endpoint of one's own, or with a key, is better.
const MAINNET_ENDPOINTS: [&str; 2] = ["https://free.rpc.fastnear.com", "https://near.drpc.org"];
const TESTNET_ENDPOINTS: [&str; 2] = ["https://test.rpc.fastnear.com", "https://near-testnet.drpc.org"];

/// The longest chain id, in bytes.
const LONGEST: usize = 64;

/// A NEAR network. Part of the configuration: an account's name never says which network it lives on.
///
/// As text: the chain id, as in `mainnet`, `testnet` or `localnet`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Network {
    /// The network with the real money.
    Mainnet,
    /// The public network for trials.
    Testnet,
    /// A chain of one's own. Its nodes are known by the chain id alone.
    Other(ChainId),
}

/// A chain id other than `mainnet` and `testnet`: 1 to 64 characters of `A-Z a-z 0-9 - _ .`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ChainId(Box<str>);

/// Why a text names no network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NetworkError {
    /// Empty, too long, or with characters that chain ids do not have.
    #[error("a network is mainnet, testnet or a chain id of 1 to {LONGEST} letters, digits and - _ .")]
    NoChainId,
    /// `Mainnet`, `TESTNET`: taken for chain ids these would never match a node.
    #[error("mainnet and testnet are written in lower case")]
    Case,
}

impl Network {
    /// The chain id that the network's nodes say they are on.
    #[must_use]
    pub fn chain_id(&self) -> &str {
        match self {
            Self::Mainnet => "mainnet",
            Self::Testnet => "testnet",
            Self::Other(ChainId(chain_id)) => chain_id,
        }
    }

    /// The hash of the network's first block, where it is known.
    #[must_use]
    pub const fn genesis_hash(&self) -> Option<&'static str> {
        match self {
            Self::Mainnet => Some(MAINNET_GENESIS),
            Self::Testnet => Some(TESTNET_GENESIS),
            Self::Other(_) => None,
        }
    }

    /// Public endpoints that ask for no key. None for a chain of one's own.
    #[must_use]
    pub fn public_endpoints(&self) -> Vec<RpcUrl> {
        let urls: &[&str] = match self {
            Self::Mainnet => &MAINNET_ENDPOINTS,
            Self::Testnet => &TESTNET_ENDPOINTS,
            Self::Other(_) => &[],
        };
        urls.iter().map(|url| url.parse().expect("written here and tested")).collect()
    }

    /// Whether a node that reports this is a node of this network.
    pub(crate) fn is(&self, reported: &Reported) -> bool {
        reported.chain_id == self.chain_id() && self.genesis_hash().is_none_or(|genesis| reported.genesis_hash == genesis)
    }
}

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let of_chain_ids = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        match text {
            "mainnet" => Ok(Self::Mainnet),
            "testnet" => Ok(Self::Testnet),
            _ if text.eq_ignore_ascii_case("mainnet") || text.eq_ignore_ascii_case("testnet") => Err(NetworkError::Case),
            _ if (1..=LONGEST).contains(&text.len()) && text.bytes().all(of_chain_ids) => Ok(Self::Other(ChainId(text.into()))),
            _ => Err(NetworkError::NoChainId),
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.chain_id())
    }
}

/// Which network a node says it is on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reported {
    pub(crate) chain_id: String,
    pub(crate) genesis_hash: String,
}

impl fmt::Display for Reported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} with the genesis {}", Quoted::new(&self.chain_id), Quoted::new(&self.genesis_hash))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reported(chain_id: &str, genesis_hash: &str) -> Reported {
        Reported { chain_id: chain_id.into(), genesis_hash: genesis_hash.into() }
    }

    #[test]
    fn a_network_is_its_chain_id() {
        for text in ["mainnet", "testnet", "localnet", "test-chain-hIoZ0"] {
            assert_eq!(text.parse::<Network>().unwrap().to_string(), text);
        }
        for (text, why) in [
            ("", NetworkError::NoChainId),
            ("main net", NetworkError::NoChainId),
            ("mainnet\n", NetworkError::NoChainId),
            (&"x".repeat(65), NetworkError::NoChainId),
            ("Mainnet", NetworkError::Case),
            ("TESTNET", NetworkError::Case),
        ] {
            assert_eq!(text.parse::<Network>(), Err(why), "{text}");
        }
    }

    #[test]
    fn the_chain_id_alone_does_not_make_a_node_one_of_mainnet() {
        assert!(Network::Mainnet.is(&reported("mainnet", MAINNET_GENESIS)));
        assert!(!Network::Mainnet.is(&reported("mainnet", TESTNET_GENESIS)));
        assert!(!Network::Mainnet.is(&reported("testnet", MAINNET_GENESIS)));
        assert!(!Network::Mainnet.is(&reported("testnet", TESTNET_GENESIS)));
    }

    #[test]
    fn a_chain_of_ones_own_is_known_by_its_chain_id() {
        let network: Network = "localnet".parse().unwrap();
        assert!(network.is(&reported("localnet", "anything")));
        assert!(!network.is(&reported("mainnet", MAINNET_GENESIS)));
    }

    #[test]
    fn the_public_endpoints_are_well_formed() {
        let hosts = |network: Network| network.public_endpoints().iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(hosts(Network::Mainnet), MAINNET_ENDPOINTS);
        assert_eq!(hosts(Network::Testnet), TESTNET_ENDPOINTS);
        assert!(hosts("localnet".parse().unwrap()).is_empty());
    }

    #[test]
    fn a_nodes_words_are_escaped() {
        let foreign = reported("main\u{1b}[2Jnet", "\n");
        assert_eq!(foreign.to_string(), r#""main\u{1b}[2Jnet" with the genesis "\n""#);
    }
}
