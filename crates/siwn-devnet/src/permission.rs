//! What an access key may do, in NEAR's own JSON.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use serde_json::{Value, json};
use siwn::AccountId;
use thiserror::Error;

/// The longest name of a method, in bytes (nearcore, `max_length_method_name`).
const LONGEST_METHOD_NAME: usize = 256;

/// What an access key may do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Permission {
    /// Everything.
    FullAccess,
    /// Calls of one contract.
    FunctionCall(FunctionCall),
    /// Everything, and gas paid from the key's own balance.
    GasKeyFullAccess(GasKey),
    /// Calls of one contract, and gas paid from the key's own balance.
    GasKeyFunctionCall(GasKey, FunctionCall),
}

/// Which calls a function-call key may make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionCall {
    /// The contract.
    pub receiver_id: AccountId,
    /// Its methods; empty for all of them.
    pub method_names: Vec<MethodName>,
    /// What the key may still spend on fees, in yoctoNEAR; `None` for no limit.
    pub allowance: Option<u128>,
}

/// What a gas key has beside its permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GasKey {
    /// In yoctoNEAR.
    pub balance: u128,
    /// How many nonces run in parallel.
    pub num_nonces: u16,
}

/// The name of a contract's method: 1 to 256 letters, digits and underscores.
#[derive(Clone, PartialEq, Eq)]
pub struct MethodName(Box<str>);

/// Why a text is no name of a method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a method's name has 1 to {LONGEST_METHOD_NAME} letters, digits and underscores")]
pub struct MethodNameError;

impl FromStr for MethodName {
    type Err = MethodNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = (1..=LONGEST_METHOD_NAME).contains(&text.len());
        let is_name = fits && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if is_name { Ok(Self(text.into())) } else { Err(MethodNameError) }
    }
}

impl MethodName {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MethodName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for MethodName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MethodName({self})")
    }
}

impl Permission {
    /// Whether nearcore counts the key's nonces apart from the key, and shows 0 for it.
    pub(crate) const fn is_gas_key(&self) -> bool {
        matches!(self, Self::GasKeyFullAccess(_) | Self::GasKeyFunctionCall(..))
    }

    /// The permission as `view_access_key` shows it.
    pub(crate) fn to_json(&self) -> Value {
        match self {
            Self::FullAccess => json!("FullAccess"),
            Self::FunctionCall(call) => json!({"FunctionCall": call.to_json()}),
            Self::GasKeyFullAccess(gas) => json!({"GasKeyFullAccess": gas.to_json()}),
            Self::GasKeyFunctionCall(gas, call) => {
                let mut members = gas.to_json();
                if let (Value::Object(members), Value::Object(more)) = (&mut members, call.to_json()) {
                    members.extend(more);
                }
                json!({"GasKeyFunctionCall": members})
            }
        }
    }
}

impl FunctionCall {
    fn to_json(&self) -> Value {
        let methods: Vec<_> = self.method_names.iter().map(ToString::to_string).collect();
        let allowance = self.allowance.map(|yocto| yocto.to_string());
        json!({"allowance": allowance, "receiver_id": self.receiver_id.as_str(), "method_names": methods})
    }
}

impl GasKey {
    fn to_json(self) -> Value {
        json!({"balance": self.balance.to_string(), "num_nonces": self.num_nonces})
    }
}

/// A permission as the control interface takes it: [`Permission::to_json`], where all but the receiver may be left out.
#[derive(Deserialize)]
pub(crate) enum WirePermission {
    FullAccess,
    FunctionCall(WireCall),
    GasKeyFullAccess(WireGas),
    GasKeyFunctionCall(WireGasCall),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WireCall {
    receiver_id: String,
    #[serde(default)]
    method_names: Vec<String>,
    allowance: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WireGas {
    balance: Option<String>,
    num_nonces: Option<u16>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WireGasCall {
    balance: Option<String>,
    num_nonces: Option<u16>,
    receiver_id: String,
    #[serde(default)]
    method_names: Vec<String>,
    allowance: Option<String>,
}

/// A permission that holds a text which is no account, method or amount.
#[derive(Debug)]
pub(crate) struct NoPermission;

impl TryFrom<WirePermission> for Permission {
    type Error = NoPermission;

    fn try_from(wire: WirePermission) -> Result<Self, Self::Error> {
        Ok(match wire {
            WirePermission::FullAccess => Self::FullAccess,
            WirePermission::FunctionCall(call) => Self::FunctionCall(call.try_into()?),
            WirePermission::GasKeyFullAccess(gas) => Self::GasKeyFullAccess(gas.try_into()?),
            WirePermission::GasKeyFunctionCall(WireGasCall { balance, num_nonces, receiver_id, method_names, allowance }) => {
                let call = WireCall { receiver_id, method_names, allowance };
                Self::GasKeyFunctionCall(WireGas { balance, num_nonces }.try_into()?, call.try_into()?)
            }
        })
    }
}

impl TryFrom<WireCall> for FunctionCall {
    type Error = NoPermission;

    fn try_from(wire: WireCall) -> Result<Self, Self::Error> {
        let method_names: Result<_, _> = wire.method_names.iter().map(|name| name.parse()).collect();
        Ok(Self {
            receiver_id: wire.receiver_id.parse().map_err(|_| NoPermission)?,
            method_names: method_names.map_err(|_| NoPermission)?,
            allowance: wire.allowance.as_deref().map(yocto).transpose()?,
        })
    }
}

impl TryFrom<WireGas> for GasKey {
    type Error = NoPermission;

    fn try_from(wire: WireGas) -> Result<Self, Self::Error> {
        let balance = wire.balance.as_deref().map_or(Ok(0), yocto)?;
        Ok(Self { balance, num_nonces: wire.num_nonces.unwrap_or(1) })
    }
}

fn yocto(text: &str) -> Result<u128, NoPermission> {
    // `u128` also reads a sign.
    if text.starts_with('+') { Err(NoPermission) } else { text.parse().map_err(|_| NoPermission) }
}
