//! Contracts: what an account answers when it is asked whether it agrees (NEP-641, `w_resolve_auth`).

use std::borrow::Cow;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use siwn::{AccountId, PublicKey};

mod blob;
mod key;
mod wallet;

pub(crate) use blob::{AccountName, Approval, Blob};
pub(crate) use key::personal_sign;
pub use key::{EthereumAddress, EthereumAddressError, WalletKey};

use crate::permission::MethodName;
use crate::{BlockHash, Code};

/// For how long a node works on a call before its gas is used up.
const GAS_TIME: Duration = Duration::from_millis(800);

/// A contract that an account can have. It has one method, `w_resolve_auth(path, authorization)`, and no state but this.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Contract {
    /// Somebody's wallet. It agrees to what its key signed, `{"signature": {"msg": …, "proof": "…"}}`, where the message names this
    /// network, this account and the path to it and is not from the future; and to what an extension agrees to,
    /// `{"extension": {"account_id": "…", "authorization": "…", "payload": "…"}}`.
    Wallet {
        /// Its key; none where only extensions speak for it.
        key: Option<WalletKey>,
        /// The accounts that speak for it.
        extensions: Vec<AccountId>,
    },
    /// Agrees to what enough of its members agree to, each of them once:
    /// `{"multisig": {"payload": "…", "approvals": [{"account_id": "…", "authorization": "…"}, …]}}`.
    Multisig {
        /// Who may speak.
        members: Vec<AccountId>,
        /// How many must.
        threshold: usize,
    },
    /// Agrees to the payload of every authorization `{"payload": "…"}`, whoever brings it.
    Open,
    /// Has another method, but not this one.
    WithoutMethod,
    /// Panics with this text, whatever it is.
    Panics(Cow<'static, str>),
    /// Never ends: the node gives up when the gas is used up, 800 milliseconds later.
    NeverEnds,
    /// Agrees to the payload of every authorization `{"payload": "…"}`, but takes its time. Of real contracts the gas bounds it.
    Slow {
        /// How long the node works on it.
        takes: Duration,
    },
    /// Returns these bytes, whatever it is asked; no bytes are what a method without a result returns.
    Returns(Vec<u8>),
    /// Agrees to the payload of every authorization `{"payload": "…"}` if all of these accounts agree to the same authorization. A
    /// contract that names its own account has no end, one that names the next makes a chain.
    Delegates {
        /// Who is to be asked.
        to: Vec<AccountId>,
    },
    /// Agrees as [`Delegates`](Self::Delegates) does if its own account agrees, so many times over.
    Bomb {
        /// How many times.
        entries: usize,
    },
    /// Agrees to the payload of every authorization `{"payload": "…"}` if `to` agrees to the same authorization, but says that it
    /// expects another payload of it.
    LiesAboutExpect {
        /// Who is to be asked.
        to: AccountId,
    },
}

impl Contract {
    pub(crate) const REFUSES: Self = Self::Panics(Cow::Borrowed("siwn-devnet was told to refuse"));

    /// Its code as the account's own.
    pub(crate) fn code(&self) -> Code {
        Code::Own(BlockHash::of("siwn-devnet contract", &[format!("{self:?}").as_bytes()]))
    }

    /// The wallet of somebody who has a key of one of NEAR's own types, and no extensions.
    #[must_use]
    pub const fn signer_wallet(key: PublicKey) -> Self {
        Self::Wallet { key: Some(WalletKey::Near(key)), extensions: Vec::new() }
    }

    /// A contract that agrees to a payload of its own in a result of `length` bytes; of fewer than 14 bytes there is none.
    #[must_use]
    pub fn returning_bytes(length: usize) -> Self {
        let frame = json!({"payload": ""}).to_string().len();
        let payload = "a".repeat(length.saturating_sub(frame));
        Self::Returns(json!({"payload": payload}).to_string().into_bytes())
    }
}

/// A call of a contract, at a block.
pub(crate) struct Call<'a> {
    pub(crate) account: &'a AccountId,
    pub(crate) method: &'a MethodName,
    pub(crate) args: &'a [u8],
    pub(crate) chain_id: &'a str,
    /// The block's time, in nanoseconds since the Unix epoch.
    pub(crate) block_nanos: u64,
}

/// How a call ended.
pub(crate) struct Outcome {
    pub(crate) returned: Result<Vec<u8>, CallError>,
    pub(crate) logs: Vec<String>,
    pub(crate) took: Duration,
}

pub(crate) enum CallError {
    Panic(Cow<'static, str>),
    OutOfGas,
    NoMethod,
    NoCode,
}

/// The arguments of `w_resolve_auth`.
#[derive(Deserialize)]
pub(crate) struct Args {
    /// From the account's own caller upwards.
    path: Vec<AccountName>,
    authorization: String,
}

pub(crate) fn run(contract: Option<&Contract>, call: &Call<'_>) -> Outcome {
    let returned = match contract {
        None => Err(CallError::NoCode),
        Some(Contract::WithoutMethod) => Err(CallError::NoMethod),
        Some(_) if call.method.as_str() != "w_resolve_auth" => Err(CallError::NoMethod),
        Some(contract) => contract.resolve(call),
    };
    let took = match contract {
        Some(Contract::NeverEnds) if matches!(returned, Err(CallError::OutOfGas)) => GAS_TIME,
        Some(Contract::Slow { takes }) => *takes,
        _ => Duration::ZERO,
    };
    Outcome { returned, logs: Vec::new(), took }
}

impl Contract {
    fn resolve(&self, call: &Call<'_>) -> Result<Vec<u8>, CallError> {
        let args = || serde_json::from_slice::<Args>(call.args).map_err(|_| panic("Failed to deserialize input from JSON."));
        match self {
            Self::Wallet { key, extensions } => wallet::of_wallet(key.as_ref(), extensions, call, &args()?),
            Self::Multisig { members, threshold } => wallet::of_multisig(members, *threshold, &args()?),
            Self::WithoutMethod => Err(CallError::NoMethod),
            Self::Panics(text) => Err(CallError::Panic(text.clone())),
            Self::NeverEnds => Err(CallError::OutOfGas),
            Self::Returns(bytes) => Ok(bytes.clone()),
            Self::Open | Self::Slow { .. } => Ok(resolution(&Note::read(&args()?)?.payload, &[])),
            Self::Delegates { to } => delegated(&args()?, to.iter()),
            Self::Bomb { entries } => delegated(&args()?, std::iter::repeat_n(call.account, *entries)),
            Self::LiesAboutExpect { to } => {
                let args = args()?;
                let Note { payload } = Note::read(&args)?;
                let other = format!("{payload} (another payload)");
                Ok(resolution(&payload, &[pending(to, &args.authorization, &other)]))
            }
        }
    }
}

/// The authorization of the contracts that check no signature.
#[derive(Deserialize)]
struct Note {
    payload: String,
}

impl Note {
    fn read(args: &Args) -> Result<Self, CallError> {
        serde_json::from_str(&args.authorization).map_err(|_| panic("the authorization names no payload"))
    }
}

fn delegated<'a>(args: &Args, to: impl Iterator<Item = &'a AccountId>) -> Result<Vec<u8>, CallError> {
    let Note { payload } = Note::read(args)?;
    let pending: Vec<_> = to.map(|account| pending(account, &args.authorization, &payload)).collect();
    Ok(resolution(&payload, &pending))
}

/// `AuthorizationResolution`: without `pending` where nobody else is to be asked.
fn resolution(payload: &str, pending: &[Value]) -> Vec<u8> {
    let resolution = if pending.is_empty() { json!({"payload": payload}) } else { json!({"payload": payload, "pending": pending}) };
    resolution.to_string().into_bytes()
}

fn pending(account: &AccountId, authorization: &str, expect: &str) -> Value {
    json!({"account_id": account.as_str(), "authorization": authorization, "expect": expect})
}

fn panic(text: &'static str) -> CallError {
    CallError::Panic(Cow::Borrowed(text))
}
