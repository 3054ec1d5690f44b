//! Contracts as the control interface takes and shows them.

use std::str::FromStr;
use std::time::Duration;

use serde::Deserialize;

use crate::{BlockHash, Code, Contract, WalletKey};

/// The most entries of a bomb: more would be a bomb for the devnet itself.
const LONGEST_BOMB: usize = 100_000;

/// The longest result.
const LONGEST_RESULT: usize = 4 * 1024 * 1024;

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "camelCase", tag = "kind", deny_unknown_fields)]
pub(crate) enum WireContract {
    Wallet { public_key: Option<String>, ethereum_address: Option<String>, extensions: Option<Vec<String>> },
    Multisig { members: Vec<String>, threshold: usize },
    Open {},
    WithoutMethod {},
    Panics { text: String },
    NeverEnds {},
    Slow { milliseconds: u64 },
    Returns { text: Option<String>, bytes: Option<usize> },
    Delegates { to: Vec<String> },
    Bomb { entries: usize },
    LiesAboutExpect { to: String },
}

/// What is no contract: a text in it is no account, or a number in it is too large.
pub(crate) struct NoContract;

impl WireContract {
    pub(crate) const fn name_of(contract: &Contract) -> &'static str {
        match contract {
            Contract::Wallet { .. } => "wallet",
            Contract::Multisig { .. } => "multisig",
            Contract::Open => "open",
            Contract::WithoutMethod => "without-method",
            Contract::Panics(_) => "panics",
            Contract::NeverEnds => "never-ends",
            Contract::Slow { .. } => "slow",
            Contract::Returns(_) => "returns",
            Contract::Delegates { .. } => "delegates",
            Contract::Bomb { .. } => "bomb",
            Contract::LiesAboutExpect { .. } => "lies-about-expect",
        }
    }
}

impl TryFrom<WireContract> for Contract {
    type Error = NoContract;

    fn try_from(wire: WireContract) -> Result<Self, Self::Error> {
        Ok(match wire {
            WireContract::Wallet { public_key, ethereum_address, extensions } => {
                let key = match (public_key, ethereum_address) {
                    (None, None) => None,
                    (Some(key), None) => Some(WalletKey::Near(parsed(&key)?)),
                    (None, Some(address)) => Some(WalletKey::Ethereum(parsed(&address)?)),
                    (Some(_), Some(_)) => return Err(NoContract),
                };
                Self::Wallet { key, extensions: all_parsed(&extensions.unwrap_or_default())? }
            }
            WireContract::Multisig { members, threshold } => Self::Multisig { members: all_parsed(&members)?, threshold },
            WireContract::Open {} => Self::Open,
            WireContract::WithoutMethod {} => Self::WithoutMethod,
            WireContract::Panics { text } => Self::Panics(text.into()),
            WireContract::NeverEnds {} => Self::NeverEnds,
            WireContract::Slow { milliseconds } => Self::Slow { takes: Duration::from_millis(milliseconds) },
            WireContract::Returns { text, bytes: None } => Self::Returns(text.unwrap_or_default().into_bytes()),
            WireContract::Returns { text: None, bytes: Some(length) } if length <= LONGEST_RESULT => Self::returning_bytes(length),
            WireContract::Delegates { to } => Self::Delegates { to: all_parsed(&to)? },
            WireContract::Bomb { entries } if entries <= LONGEST_BOMB => Self::Bomb { entries },
            WireContract::LiesAboutExpect { to } => Self::LiesAboutExpect { to: parsed(&to)? },
            WireContract::Returns { .. } | WireContract::Bomb { .. } => return Err(NoContract),
        })
    }
}

fn parsed<T: FromStr>(text: &str) -> Result<T, NoContract> {
    text.parse().map_err(|_| NoContract)
}

fn all_parsed<T: FromStr>(texts: &[String]) -> Result<Vec<T>, NoContract> {
    texts.iter().map(|text| parsed(text)).collect()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum WireCode {
    Own,
    GlobalHash(String),
    GlobalAccount(String),
}

impl WireCode {
    pub(crate) fn code_of(self, contract: &Contract) -> Option<Code> {
        match self {
            Self::Own => Some(contract.code()),
            Self::GlobalHash(hash) => BlockHash::parse(&hash).map(Code::GlobalByHash),
            Self::GlobalAccount(account) => account.parse().ok().map(Code::GlobalByAccount),
        }
    }
}
