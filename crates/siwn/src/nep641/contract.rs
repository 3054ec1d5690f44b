//! What a contract is asked, and what it answers: the arguments and the result of `w_resolve_auth`.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer, Error as _, IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};

use crate::AccountId;
use crate::nep641::policy::MOST_AUTHORIZATIONS;
use crate::nep641::wire::{Object, Text};
use crate::quoted::Quoted;

pub(super) const METHOD: &str = "w_resolve_auth";

/// The arguments, as JSON.
pub(super) fn arguments(path: &[AccountId], authorization: &str) -> Vec<u8> {
    #[derive(Serialize)]
    struct Arguments<'a> {
        path: Vec<&'a str>,
        authorization: &'a str,
    }
    let path = path.iter().map(AccountId::as_str).collect();
    serde_json::to_vec(&Arguments { path, authorization }).expect("texts are JSON")
}

/// What the contract answered. Members that are not known are ignored.
#[derive(Deserialize)]
pub(super) struct Answer {
    pub(super) payload: String,
    #[serde(default)]
    pub(super) pending: PendingList,
}

/// Who has to be asked, too. However long a contract's list is, no more of it is kept than could ever be followed.
#[derive(Default)]
pub(super) struct PendingList {
    pub(super) kept: Vec<Pending>,
    pub(super) found: usize,
}

pub(super) struct Pending {
    pub(super) account: AccountId,
    pub(super) authorization: String,
    pub(super) expect: String,
}

impl Answer {
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, Quoted> {
        let parsed: Result<Object<Self>, _> = serde_json::from_slice(bytes);
        parsed.map(|Object(answer)| answer).map_err(|error| Quoted::new(&error.to_string()))
    }
}

#[derive(Deserialize)]
struct WirePending<'a> {
    #[serde(borrow)]
    account_id: Cow<'a, str>,
    #[serde(borrow)]
    authorization: Text<'a>,
    #[serde(borrow)]
    expect: Text<'a>,
}

impl<'de> Deserialize<'de> for PendingList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(PendingVisitor)
    }
}

struct PendingVisitor;

impl<'de> Visitor<'de> for PendingVisitor {
    type Value = PendingList;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of pending authorizations")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<PendingList, A::Error> {
        let mut pending = PendingList::default();
        while pending.kept.len() < MOST_AUTHORIZATIONS {
            let Some(Object(WirePending { account_id, authorization, expect })) = list.next_element()? else { return Ok(pending) };
            let account = account_id.parse().map_err(A::Error::custom)?;
            pending.kept.push(Pending { account, authorization: authorization.0.into_owned(), expect: expect.0.into_owned() });
            pending.found += 1;
        }
        while list.next_element::<IgnoredAny>()?.is_some() {
            pending.found += 1;
        }
        Ok(pending)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_are_those_of_the_standard() {
        assert_eq!(arguments(&[], "<blob>"), br#"{"path":[],"authorization":"<blob>"}"#);
        let path = ["wallet.near".parse().unwrap(), "v1.signer".parse().unwrap()];
        assert_eq!(arguments(&path, "\""), br#"{"path":["wallet.near","v1.signer"],"authorization":"\""}"#);
    }

    #[test]
    fn an_answer_has_a_payload_and_may_have_more() {
        let answer = Answer::parse(br#"{"payload":"login"}"#).unwrap();
        assert_eq!((answer.payload.as_str(), answer.pending.found), ("login", 0));
        let answer = br#"{"pending":[{"account_id":"extension.near","authorization":"{}","expect":"login","more":1}],"payload":"login","more":[]}"#;
        let answer = Answer::parse(answer).unwrap();
        let pending = &answer.pending.kept[0];
        assert_eq!((pending.account.as_str(), &*pending.authorization, &*pending.expect), ("extension.near", "{}", "login"));
    }

    #[test]
    fn what_is_not_as_the_standard_says_is_refused() {
        for answer in [
            "",
            "null",
            "\"login\"",
            "{}",
            "[\"login\",[]]",
            r#"{"payload":1}"#,
            r#"{"payload":"a","payload":"b"}"#,
            r#"{"payload":"a","pending":null}"#,
            r#"{"payload":"a","pending":[["extension.near","{}","login"]]}"#,
            r#"{"payload":"a","pending":[{"account_id":"Extension.near","authorization":"{}","expect":"login"}]}"#,
            r#"{"payload":"a","pending":[{"account_id":"extension.near","authorization":"{}"}]}"#,
            r#"{"payload":"a"} more"#,
        ] {
            assert!(Answer::parse(answer.as_bytes()).is_err(), "{answer}");
        }
    }

    #[test]
    fn of_a_bomb_no_more_is_kept_than_could_be_followed() {
        let entry = r#"{"account_id":"aa","authorization":"","expect":""}"#;
        let bomb = format!(r#"{{"payload":"login","pending":[{}]}}"#, vec![entry; 15_000].join(","));
        let answer = Answer::parse(bomb.as_bytes()).unwrap();
        assert_eq!((answer.pending.kept.len(), answer.pending.found), (MOST_AUTHORIZATIONS, 15_000));
        assert_eq!(answer.payload, "login");
    }
}
