//! The JSON of an access key authorization, before its texts are parsed.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use serde::{Deserialize, Serialize};

use crate::AccountId;

/// NEP-641 denies unknown members here, where other kinds of authorizations have to be told apart, and not further down.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Authorization<'a> {
    #[serde(borrow)]
    pub(super) msg: Object<Message<'a>>,
    #[serde(borrow)]
    pub(super) via: Object<Via<'a>>,
    #[serde(borrow)]
    pub(super) access_key: Text<'a>,
    #[serde(borrow)]
    pub(super) signature: Text<'a>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Message<'a> {
    #[serde(borrow)]
    pub(super) chain_id: Text<'a>,
    #[serde(borrow)]
    pub(super) signer_id: Text<'a>,
    #[serde(default, skip_serializing_if = "Path::is_empty")]
    pub(super) path: Path,
    #[serde(borrow)]
    pub(super) timestamp: Text<'a>,
    #[serde(borrow)]
    pub(super) payload: Text<'a>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Via<'a> {
    #[serde(borrow)]
    pub(super) schema: Text<'a>,
    #[serde(borrow)]
    pub(super) extra: Object<Extra<'a>>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Extra<'a> {
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub(super) callback_url: Option<Text<'a>>,
}

/// A text, borrowed from the input where it has no escapes.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Text<'a>(#[serde(borrow)] pub(super) Cow<'a, str>);

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Self {
        Self(text.into())
    }
}

impl From<String> for Text<'_> {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

/// A JSON object: derived readers take an array for one, too.
#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct Object<T>(pub(super) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData)).map(Self)
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map))
    }
}

/// Account ids, parsed while they are read.
#[derive(Default)]
pub(super) struct Path(pub(super) Vec<AccountId>);

impl Path {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Path {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(AccountId::as_str))
    }
}

impl<'de> Deserialize<'de> for Path {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let accounts = Vec::<Text<'de>>::deserialize(deserializer)?.into_iter();
        accounts.map(|Text(account)| account.parse().map_err(D::Error::custom)).collect::<Result<_, _>>().map(Self)
    }
}
