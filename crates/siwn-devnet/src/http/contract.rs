//! Contracts as the control interface takes and shows them.

use serde::Deserialize;

use crate::{BlockHash, Code, Contract};

/// The most entries of a bomb: more would be a bomb for the devnet itself.
const LONGEST_BOMB: usize = 100_000;

/// The longest result.
const LONGEST_RESULT: usize = 4 * 1024 * 1024;

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "camelCase", tag = "kind", deny_unknown_fields)]
pub(crate) enum WireContract {
    Open {},
    WithoutMethod {},
    Panics { text: String },
    NeverEnds {},
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
            Contract::Open => "open",
            Contract::WithoutMethod => "without-method",
            Contract::Panics(_) => "panics",
            Contract::NeverEnds => "never-ends",
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
        let account = |text: String| text.parse().map_err(|_| NoContract);
        Ok(match wire {
            WireContract::Open {} => Self::Open,
            WireContract::WithoutMethod {} => Self::WithoutMethod,
            WireContract::Panics { text } => Self::Panics(text.into()),
            WireContract::NeverEnds {} => Self::NeverEnds,
            WireContract::Returns { text, bytes: None } => Self::Returns(text.unwrap_or_default().into_bytes()),
            WireContract::Returns { text: None, bytes: Some(length) } if length <= LONGEST_RESULT => Self::returning_bytes(length),
            WireContract::Delegates { to } => Self::Delegates { to: to.into_iter().map(account).collect::<Result<_, _>>()? },
            WireContract::Bomb { entries } if entries <= LONGEST_BOMB => Self::Bomb { entries },
            WireContract::LiesAboutExpect { to } => Self::LiesAboutExpect { to: account(to)? },
            WireContract::Returns { .. } | WireContract::Bomb { .. } => return Err(NoContract),
        })
    }
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
