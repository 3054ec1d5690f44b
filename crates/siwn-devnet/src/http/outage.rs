//! Outages as the control interface takes and shows them.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::http::ControlError;
use crate::rpc::Method;
use crate::{Fault, Outage};

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct WireOutage {
    fault: Box<str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    milliseconds: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    requests: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<Box<str>>,
}

const DELAY: &str = "delay";
const LAGGING: &str = "lagging";
const TOO_MANY_REQUESTS: &str = "too-many-requests";

/// The faults that take nothing.
const PLAIN: [(&str, Fault); 11] = [
    ("hang", Fault::Hang),
    ("reset", Fault::Reset),
    ("internal-error", Fault::InternalError),
    ("unavailable", Fault::Unavailable),
    ("garbage", Fault::Garbage),
    ("endless-body", Fault::EndlessBody),
    ("truncated-body", Fault::TruncatedBody),
    ("wrong-block-hash", Fault::WrongBlockHash),
    ("wrong-id", Fault::WrongId),
    ("wrong-network", Fault::WrongNetwork),
    ("not-synced", Fault::NotSynced),
];

const METHODS: [(&str, Method); 3] = [("status", Method::Status), ("block", Method::Block), ("query", Method::Query)];

impl TryFrom<WireOutage> for Outage {
    type Error = ControlError;

    fn try_from(wire: WireOutage) -> Result<Self, Self::Error> {
        let fault = match (&*wire.fault, wire.milliseconds, wire.retry_after) {
            (DELAY, Some(millis), None) => Some(Fault::Delay(Duration::from_millis(millis))),
            (LAGGING, Some(millis), None) => Some(Fault::Lagging(Duration::from_millis(millis))),
            (TOO_MANY_REQUESTS, None, retry_after) => Some(Fault::TooManyRequests { retry_after }),
            (name, None, None) => named(&PLAIN, name),
            _ => None,
        };
        let method = wire.method.map(|name| named(&METHODS, &name).ok_or(ControlError::Fault)).transpose()?;
        Ok(Self { fault: fault.ok_or(ControlError::Fault)?, method, requests: wire.requests })
    }
}

impl From<&Outage> for WireOutage {
    fn from(outage: &Outage) -> Self {
        let millis = |duration: Duration| u64::try_from(duration.as_millis()).ok();
        let (name, milliseconds, retry_after) = match outage.fault {
            Fault::Delay(duration) => (DELAY, millis(duration), None),
            Fault::Lagging(duration) => (LAGGING, millis(duration), None),
            Fault::TooManyRequests { retry_after } => (TOO_MANY_REQUESTS, None, retry_after),
            plain => (name_of(&PLAIN, plain).unwrap_or_default(), None, None),
        };
        let method = outage.method.and_then(|method| name_of(&METHODS, method));
        Self { fault: name.into(), milliseconds, retry_after, requests: outage.requests, method: method.map(Into::into) }
    }
}

fn named<T: Copy>(names: &[(&str, T)], wanted: &str) -> Option<T> {
    names.iter().find(|(name, _)| *name == wanted).map(|(_, value)| *value)
}

fn name_of<T: Copy + PartialEq>(names: &[(&'static str, T)], wanted: T) -> Option<&'static str> {
    names.iter().find(|(_, value)| *value == wanted).map(|(name, _)| *name)
}
