//! What comes back, judged: from a status and bytes to a typed answer, or a fault. Pure.
//!
//! A node refuses in two ways: inside of a result (`{"result": {"error": "…"}}`) or in an error object
//! (`{"error": {"name": …, "cause": {"name": …}}}`). Both are understood on every call. A yes and a no need our request's id and our
//! pinned block's hash; a yes also needs a 2xx status and a permission that grants everything. Whatever else arrives is a [`Fault`].

mod contract;
mod view;

#[cfg(test)]
mod tests;

use std::time::Duration;

use serde::Deserialize;
use serde_json::value::RawValue;
use siwn::{Access, AccountId, PublicKey, Question, Quoted};

use crate::block::{BlockHash, Tip};
use crate::fault::Fault;
use crate::network::Reported;
use crate::request::RequestId;
pub(crate) use contract::ContractAnswer;

/// What a node said of an account and a key at the pinned block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyAnswer {
    Has(Access),
    KeyMissing,
    AccountMissing,
}

/// What a node said of an account at the pinned block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AccountAnswer {
    Exists,
    Missing,
}

/// What arrived for one request.
#[derive(Clone, Copy)]
pub(crate) struct Reply<'a> {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) body: &'a [u8],
    pub(crate) id: &'a RequestId,
}

impl<'a> Reply<'a> {
    /// The network that a `status` reply names.
    pub(crate) fn reported(&self) -> Result<Reported, Fault> {
        let view: view::Status = parse(self.result()?)?;
        Ok(Reported { chain_id: view.chain_id, genesis_hash: view.genesis_hash })
    }

    /// The block of a `block` reply.
    pub(crate) fn tip(&self) -> Result<Tip, Fault> {
        let view::Block { header } = parse(self.result()?)?;
        let hash = header.hash.parse().map_err(|_| Fault::Garbage)?;
        // The number beside it is larger than what every JSON parser keeps exact.
        let nanoseconds: u64 = header.timestamp_nanosec.parse().map_err(|_| Fault::Garbage)?;
        Ok(Tip { height: header.height, hash, nanoseconds })
    }

    /// The answer of a `view_access_key` query at the block `pin`.
    pub(crate) fn key_answer(&self, question: Question<'_>, pin: BlockHash) -> Result<KeyAnswer, Fault> {
        let asked = Asked { account: question.account, key: Some(question.key), pin };
        match self.answer(asked)? {
            Answer::Missing(Missing::Key) => Ok(KeyAnswer::KeyMissing),
            Answer::Missing(Missing::Account) => Ok(KeyAnswer::AccountMissing),
            Answer::Result(result) => Ok(KeyAnswer::Has(parse::<view::AccessKey>(result)?.permission.0)),
        }
    }

    /// The answer of a `view_account` query at the block `pin`.
    pub(crate) fn account_answer(&self, account: &AccountId, pin: BlockHash) -> Result<AccountAnswer, Fault> {
        match self.answer(Asked { account, key: None, pin })? {
            Answer::Missing(Missing::Account) => Ok(AccountAnswer::Missing),
            Answer::Missing(Missing::Key) => Err(Fault::Garbage),
            Answer::Result(result) => parse::<view::Account>(result).map(|view::Account { .. }| AccountAnswer::Exists),
        }
    }

    /// Whether the call was understood, whatever came of it.
    pub(crate) fn is_understood(&self) -> Result<(), Fault> {
        match self.content()? {
            Content::Result(_) => Ok(()),
            Content::Error(error) if error.kind() == "HANDLER_ERROR" => Ok(()),
            // The second is a gateway's refusal in the words of JSON-RPC alone, which have no name for anything.
            Content::Error(error) if ["REQUEST_VALIDATION_ERROR", ""].contains(&error.kind()) => Err(Fault::UnknownCall),
            Content::Error(error) => Err(error.fault()),
        }
    }

    /// An authoritative answer of a query: at the pinned block, about what was asked.
    fn answer(&self, asked: Asked<'_>) -> Result<Answer<'a>, Fault> {
        let result = match self.content()? {
            Content::Error(error) => return asked.no_of_error(&error).map(Answer::Missing),
            Content::Result(result) => result,
        };
        let stamp: view::Stamp = parse(result)?;
        asked.is_at_the_pin(&stamp.block_hash)?;
        match stamp.error {
            Some(text) => asked.no_of_text(&text).map(Answer::Missing),
            None => Ok(Answer::Result(result)),
        }
    }

    /// The result of a call that is not about an account.
    fn result(&self) -> Result<&'a RawValue, Fault> {
        match self.content()? {
            Content::Result(result) => Ok(result),
            Content::Error(error) => Err(error.fault()),
        }
    }

    /// The JSON-RPC envelope. An error object counts whatever the HTTP status is; a result only under 2xx.
    fn content(&self) -> Result<Content<'a>, Fault> {
        let is_success = (200..300).contains(&self.status);
        let otherwise = |fault| {
            if is_success { fault } else { Fault::Status { status: self.status, retry_after: self.retry_after } }
        };
        // RFC 8259, section 8.1. Parsed as bytes, a member that nobody reads could be anything.
        let text = str::from_utf8(self.body).map_err(|_| otherwise(Fault::Garbage))?;
        let envelope: view::Envelope<'a> = serde_json::from_str(text).map_err(|_| otherwise(Fault::Garbage))?;
        if !envelope.id.is_some_and(|id| self.id.is(id)) {
            return Err(otherwise(Fault::OtherId));
        }
        match (envelope.result, envelope.error) {
            (Some(result), None) if is_success => Ok(Content::Result(result)),
            (None, Some(error)) => parse(error).map(Content::Error),
            _ => Err(otherwise(Fault::Garbage)),
        }
    }
}

/// What a query was about.
#[derive(Clone, Copy)]
struct Asked<'a> {
    account: &'a AccountId,
    key: Option<&'a PublicKey>,
    pin: BlockHash,
}

enum Content<'a> {
    Result(&'a RawValue),
    Error(view::Error<'a>),
}

enum Answer<'a> {
    Result(&'a RawValue),
    Missing(Missing),
}

#[derive(Clone, Copy)]
enum Missing {
    Key,
    Account,
}

impl Asked<'_> {
    fn is_at_the_pin(&self, hash: &str) -> Result<(), Fault> {
        if hash.parse().is_ok_and(|hash: BlockHash| hash == self.pin) { Ok(()) } else { Err(Fault::OtherBlock) }
    }

    /// The no in an error object, if it is one.
    fn no_of_error(&self, error: &view::Error<'_>) -> Result<Missing, Fault> {
        let (missing, info) = match (error.kind(), error.cause()) {
            ("HANDLER_ERROR", "UNKNOWN_ACCESS_KEY") => (Missing::Key, error.info()?),
            ("HANDLER_ERROR", "UNKNOWN_ACCOUNT") => (Missing::Account, error.info()?),
            _ => return Err(error.fault()),
        };
        self.is_at_the_pin(&info.block_hash)?;
        let is_the_key = info.public_key.is_none_or(|text| self.is_the_key(&text));
        let is_the_account = info.requested_account_id.is_none_or(|text| text == self.account.as_str());
        if is_the_key && is_the_account { Ok(missing) } else { Err(Fault::OtherSubject) }
    }

    /// The no in a result's error text, if it is one. The text must be the node's own, to the letter.
    fn no_of_text(&self, text: &str) -> Result<Missing, Fault> {
        let subject = text.strip_suffix(" does not exist while viewing");
        if let Some(account) = subject.and_then(|subject| subject.strip_prefix("account ")) {
            return if account == self.account.as_str() { Ok(Missing::Account) } else { Err(Fault::OtherSubject) };
        }
        if let Some(key) = subject.and_then(|subject| subject.strip_prefix("access key ")) {
            return if self.is_the_key(key) { Ok(Missing::Key) } else { Err(Fault::OtherSubject) };
        }
        Err(Fault::Query(Quoted::new(text)))
    }

    fn is_the_key(&self, text: &str) -> bool {
        self.key.is_some_and(|key| text == key.to_string() || text == key.handle())
    }
}

/// Parses what is nested in a reply that is otherwise in good form.
fn parse<'a, T: Deserialize<'a>>(raw: &'a RawValue) -> Result<T, Fault> {
    serde_json::from_str(raw.get()).map_err(|_| Fault::Garbage)
}

/// Runs every parser of replies over arbitrary bytes, for a fuzzer. Panics when bytes that name no full access are taken for a yes.
#[doc(hidden)]
pub fn fuzz_reply(bytes: &[u8]) {
    let (account, key) = fuzz_question();
    let question = Question::new(&account, &key);
    let pin: BlockHash = "4YKWDpQRHr6FB9shtd86NkMhaHGDSTdYi4mCnmMgAgrk".parse().expect("the hash of 32 bytes");
    let id = RequestId("dontcare".into());
    for status in [200, 422] {
        let reply = Reply { status, retry_after: None, body: bytes, id: &id };
        let _ = (reply.reported(), reply.tip(), reply.account_answer(&account, pin));
        if let Ok(ContractAnswer::Returned(returned)) = reply.contract_answer(&account, pin) {
            assert!(status == 200 && returned.len() < bytes.len(), "an answer out of nothing");
        }
        if reply.key_answer(question, pin) == Ok(KeyAnswer::Has(Access::Full)) {
            let text = std::str::from_utf8(bytes).expect("JSON is UTF-8");
            // An escape may stand for any letter.
            assert!(status == 200 && (text.contains("FullAccess") || text.contains("\\u")), "a yes out of nothing");
        }
    }
}

fn fuzz_question() -> (AccountId, PublicKey) {
    let account = "alice.near".parse().expect("an account id");
    let key = "ed25519:9DtCCdgtfxbgmFYJMCgE7Fc6zvEGj9yZAdTYuoNMgMPE".parse().expect("a key");
    (account, key)
}
