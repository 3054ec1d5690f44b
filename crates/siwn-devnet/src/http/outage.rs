//! Outages as the control interface takes and shows them.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::http::error::ControlError;
use crate::rpc::Method;
use crate::{Fault, Outage};

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct WireOutage {
    fault: Box<str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    milliseconds: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    blocks: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    requests: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<Box<str>>,
}

const DELAY: &str = "delay";
const LAGGING: &str = "lagging";
const BEHIND: &str = "behind";
const TOO_MANY_REQUESTS: &str = "too-many-requests";

/// The faults that take nothing.
const PLAIN: [(&str, Fault); 27] = [
    ("hang", Fault::Hang),
    ("reset", Fault::Reset),
    ("internal-error", Fault::InternalError),
    ("timed-out", Fault::TimedOut),
    ("unavailable", Fault::Unavailable),
    ("forbidden", Fault::Forbidden),
    ("redirect", Fault::Redirect),
    ("garbage", Fault::Garbage),
    ("endless-body", Fault::EndlessBody),
    ("truncated-body", Fault::TruncatedBody),
    ("stalled-body", Fault::StalledBody),
    ("wrong-status", Fault::WrongStatus),
    ("result-beside-error", Fault::ResultBesideError),
    ("wrong-block-hash", Fault::WrongBlockHash),
    ("wrong-id", Fault::WrongId),
    ("unknown-block", Fault::UnknownBlock),
    ("collected-block", Fault::CollectedBlock),
    ("unavailable-shard", Fault::UnavailableShard),
    ("unknown-cause", Fault::UnknownCause),
    ("unknown-permission", Fault::UnknownPermission),
    ("grants-all", Fault::GrantsAll),
    ("denies-all", Fault::DeniesAll),
    ("denies-accounts", Fault::DeniesAccounts),
    ("wrong-network", Fault::WrongNetwork),
    ("wrong-chain-id", Fault::WrongChainId),
    ("wrong-genesis", Fault::WrongGenesis),
    ("not-synced", Fault::NotSynced),
];

const METHODS: [(&str, Method); 5] = [
    ("status", Method::Status),
    ("block", Method::Block),
    ("query", Method::Query),
    ("view", Method::View),
    ("call", Method::Call),
];

impl TryFrom<WireOutage> for Outage {
    type Error = ControlError;

    fn try_from(wire: WireOutage) -> Result<Self, Self::Error> {
        let fault = match (&*wire.fault, wire.milliseconds, wire.blocks, wire.retry_after) {
            (DELAY, Some(millis), None, None) => Some(Fault::Delay(Duration::from_millis(millis))),
            (LAGGING, Some(millis), None, None) => Some(Fault::Lagging(Duration::from_millis(millis))),
            (BEHIND, None, Some(blocks), None) => Some(Fault::Behind(blocks)),
            (TOO_MANY_REQUESTS, None, None, retry_after) => Some(Fault::TooManyRequests { retry_after }),
            (name, None, None, None) => named(&PLAIN, name),
            _ => None,
        };
        let method = wire.method.map(|name| named(&METHODS, &name).ok_or(ControlError::Fault)).transpose()?;
        Ok(Self { fault: fault.ok_or(ControlError::Fault)?, method, requests: wire.requests })
    }
}

impl From<&Outage> for WireOutage {
    fn from(outage: &Outage) -> Self {
        let millis = |duration: Duration| u64::try_from(duration.as_millis()).ok();
        let (mut milliseconds, mut blocks, mut retry_after) = (None, None, None);
        let fault = match outage.fault {
            Fault::Delay(duration) => {
                milliseconds = millis(duration);
                DELAY
            }
            Fault::Lagging(duration) => {
                milliseconds = millis(duration);
                LAGGING
            }
            Fault::Behind(count) => {
                blocks = Some(count);
                BEHIND
            }
            Fault::TooManyRequests { retry_after: seconds } => {
                retry_after = seconds;
                TOO_MANY_REQUESTS
            }
            plain => name_of(&PLAIN, plain).unwrap_or_default(),
        };
        let method = outage.method.and_then(|method| name_of(&METHODS, method)).map(Into::into);
        Self { fault: fault.into(), milliseconds, blocks, retry_after, requests: outage.requests, method }
    }
}

pub(crate) fn named<T: Copy>(names: &[(&str, T)], wanted: &str) -> Option<T> {
    names.iter().find(|(name, _)| *name == wanted).map(|(_, value)| *value)
}

pub(crate) fn name_of<T: Copy + PartialEq>(names: &[(&'static str, T)], wanted: T) -> Option<&'static str> {
    names.iter().find(|(_, value)| *value == wanted).map(|(name, _)| *name)
}
