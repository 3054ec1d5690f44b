//! The JSON of replies, as far as it is read. Members that are not named here are skipped, a member twice is a fault.
//!
//! Nothing here keeps more memory than the reply itself: unread parts are borrowed, not built.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use siwn::{Access, Quoted};

use crate::fault::Fault;
use crate::request::RequestId;

#[derive(Deserialize)]
pub(super) struct Envelope<'a> {
    #[serde(borrow)]
    pub(super) id: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) result: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) error: Option<&'a RawValue>,
}

#[derive(Deserialize)]
pub(super) struct Status {
    pub(super) chain_id: String,
    pub(super) genesis_hash: String,
}

#[derive(Deserialize)]
pub(super) struct Block {
    pub(super) header: Header,
}

#[derive(Deserialize)]
pub(super) struct Header {
    pub(super) height: u64,
    pub(super) hash: String,
    pub(super) timestamp_nanosec: String,
}

/// What every result of a query bears: the block that it is about, and perhaps a refusal.
#[derive(Deserialize)]
pub(super) struct Stamp {
    pub(super) block_hash: String,
    pub(super) error: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct AccessKey {
    pub(super) permission: Permission,
}

/// Only an account's own view has these members.
#[derive(Deserialize)]
pub(super) struct Account {
    #[serde(rename = "amount")]
    _amount: String,
    #[serde(rename = "code_hash")]
    _code_hash: String,
}

/// An error object. `code`, `message` and `data` beside these are of an older form, and not looked at.
#[derive(Deserialize)]
pub(super) struct Error<'a> {
    name: Option<String>,
    #[serde(borrow)]
    cause: Option<Cause<'a>>,
}

#[derive(Deserialize)]
struct Cause<'a> {
    name: Option<String>,
    #[serde(borrow)]
    info: Option<&'a RawValue>,
}

/// What an authoritative no says of itself.
#[derive(Deserialize)]
pub(super) struct NoInfo {
    pub(super) block_hash: String,
    pub(super) public_key: Option<String>,
    pub(super) requested_account_id: Option<String>,
}

impl Error<'_> {
    pub(super) fn kind(&self) -> &str {
        self.name.as_deref().unwrap_or_default()
    }

    pub(super) fn cause(&self) -> &str {
        self.cause.as_ref().and_then(|cause| cause.name.as_deref()).unwrap_or_default()
    }

    pub(super) fn is(&self, kind: &str, cause: &str) -> bool {
        self.kind() == kind && self.cause() == cause
    }

    pub(super) fn info(&self) -> Result<NoInfo, Fault> {
        super::parse(self.raw_info()?)
    }

    pub(super) fn raw_info(&self) -> Result<&RawValue, Fault> {
        self.cause.as_ref().and_then(|cause| cause.info).ok_or(Fault::Garbage)
    }

    pub(super) fn fault(&self) -> Fault {
        match (self.kind(), self.cause()) {
            ("HANDLER_ERROR", "UNKNOWN_BLOCK") => Fault::UnknownBlock,
            ("HANDLER_ERROR", "GARBAGE_COLLECTED_BLOCK") => Fault::CollectedBlock,
            (kind, cause) => Fault::Node { kind: Quoted::new(kind), cause: Quoted::new(cause) },
        }
    }
}

impl RequestId {
    pub(super) fn is(&self, raw: &RawValue) -> bool {
        raw.get().strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) == Some(&self.0)
    }
}

/// A key's permission: a name (`"FullAccess"`) or an object with one member named after it (`{"FunctionCall": {…}}`).
///
/// A name that is not known here grants what a function-call key does: it is no reason to distrust the node, and never a yes.
pub(super) struct Permission(pub(super) Access);

impl<'de> Deserialize<'de> for Permission {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PermissionVisitor)
    }
}

struct PermissionVisitor;

impl<'de> Visitor<'de> for PermissionVisitor {
    type Value = Permission;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a permission")
    }

    fn visit_str<E>(self, name: &str) -> Result<Permission, E> {
        Ok(Permission(if name == "FullAccess" { Access::Full } else { Access::FunctionCall }))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Permission, A::Error> {
        let mut access = None;
        while let Some((name, IgnoredAny)) = map.next_entry::<String, IgnoredAny>()? {
            access = match access {
                None if name == "GasKeyFullAccess" => Some(Access::Full),
                // Of an object with several members it cannot be said which one it is named after.
                _ => Some(Access::FunctionCall),
            };
        }
        access.map(Permission).ok_or_else(|| serde::de::Error::custom("a permission without a name"))
    }
}
