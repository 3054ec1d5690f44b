//! What became of a contract's method: its bytes, or why there are none.
//!
//! The words of a failure are the machine's, with the contract's own among them: they are matched at their beginning, where a contract has
//! no say, and otherwise only quoted.

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use siwn::{AccountId, Quoted};

use super::{Asked, Content, Missing, Reply, parse, view};
use crate::block::BlockHash;
use crate::fault::Fault;

/// What a node said of a call of a contract's method at the pinned block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ContractAnswer {
    Returned(Vec<u8>),
    NoAccount,
    NoContract,
    /// The contract panicked, lacks the method, ran out of gas, …, in words that are partly its own.
    Failed(String),
}

/// Ways in which running a contract ends without an answer, and ends so at every node. What a node did not expect itself is not among them.
const FAILURES: [&str; 6] = ["CompilationError", "LinkError", "MethodResolveError", "WasmTrap", "HostError", "ExecutionError"];

/// What nodes write before the failure.
const PREFIXES: [&str; 2] = ["wasm execution failed with error: ", "Function call returned an error: "];

impl Reply<'_> {
    /// The answer of a `call_function` query at the block `pin`.
    pub(crate) fn contract_answer(&self, account: &AccountId, pin: BlockHash) -> Result<ContractAnswer, Fault> {
        let asked = Asked { account, key: None, pin };
        let result = match self.content()? {
            Content::Error(error) if error.is("HANDLER_ERROR", "CONTRACT_EXECUTION_ERROR") => {
                let failure: Failure<'_> = parse(error.raw_info()?)?;
                asked.is_at_the_pin(&failure.block_hash)?;
                return asked.failure(failure.vm_error);
            }
            Content::Error(error) => return asked.no_of_error(&error).and_then(without_account),
            Content::Result(result) => result,
        };
        let stamp: view::Stamp = parse(result)?;
        asked.is_at_the_pin(&stamp.block_hash)?;
        match stamp.error {
            Some(text) => asked.failure_of_text(&text),
            None => parse::<Returned>(result).map(|returned| ContractAnswer::Returned(returned.result)),
        }
    }
}

impl Asked<'_> {
    fn failure(&self, vm_error: &RawValue) -> Result<ContractAnswer, Fault> {
        if let Ok(text) = parse::<String>(vm_error) {
            // That the contract failed is said already: not every server says it again in front of how.
            return self.failure_of_words(without_prefix(&text).unwrap_or(&text));
        }
        let Sole { name, value } = parse(vm_error)?;
        match parse::<CodeMissing>(value) {
            Ok(CodeMissing { CodeDoesNotExist: of }) if name == "CompilationError" => self.no_contract_of(&of.account_id),
            _ if FAILURES.contains(&name.as_str()) => {
                let words = parse::<String>(value).unwrap_or_else(|_| value.get().to_owned());
                Ok(ContractAnswer::Failed(format!("{name}: {words}")))
            }
            _ => Err(Fault::Query(Quoted::new(&name))),
        }
    }

    fn failure_of_text(&self, text: &str) -> Result<ContractAnswer, Fault> {
        match without_prefix(text) {
            Some(failure) => self.failure_of_words(failure),
            None => self.no_of_text(text).and_then(without_account),
        }
    }

    fn failure_of_words(&self, failure: &str) -> Result<ContractAnswer, Fault> {
        let code_missing = failure.strip_prefix("CompilationError(CodeDoesNotExist { account_id: ");
        if let Some(account) = code_missing.and_then(|rest| rest.strip_suffix(" })")) {
            let account = account.strip_prefix("AccountId(").and_then(|inner| inner.strip_suffix(')')).unwrap_or(account);
            return self.no_contract_of(account.trim_matches('"'));
        }
        let name = failure.split(['(', ' ']).next().unwrap_or_default();
        if FAILURES.contains(&name) {
            Ok(ContractAnswer::Failed(failure.to_owned()))
        } else {
            Err(Fault::Query(Quoted::new(failure)))
        }
    }

    fn no_contract_of(&self, account: &str) -> Result<ContractAnswer, Fault> {
        if account == self.account.as_str() { Ok(ContractAnswer::NoContract) } else { Err(Fault::OtherSubject) }
    }
}

fn without_prefix(text: &str) -> Option<&str> {
    PREFIXES.iter().find_map(|prefix| text.strip_prefix(prefix))
}

fn without_account(missing: Missing) -> Result<ContractAnswer, Fault> {
    match missing {
        Missing::Account => Ok(ContractAnswer::NoAccount),
        Missing::Key => Err(Fault::OtherSubject),
    }
}

#[derive(Deserialize)]
struct Returned {
    result: Vec<u8>,
}

/// What an error object says of a failure: its words, or an object named after it.
#[derive(Deserialize)]
struct Failure<'a> {
    #[serde(borrow)]
    vm_error: &'a RawValue,
    block_hash: String,
}

#[expect(non_snake_case, reason = "the member is named so")]
#[derive(Deserialize)]
struct CodeMissing {
    CodeDoesNotExist: CodeMissingOf,
}

#[derive(Deserialize)]
struct CodeMissingOf {
    account_id: String,
}

/// An object with one member. Of one with several it cannot be said which one it is named after.
struct Sole<'a> {
    name: String,
    value: &'a RawValue,
}

impl<'de: 'a, 'a> Deserialize<'de> for Sole<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(SoleVisitor)
    }
}

struct SoleVisitor;

impl<'de> Visitor<'de> for SoleVisitor {
    type Value = Sole<'de>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object with one member")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Sole<'de>, A::Error> {
        let fault = || serde::de::Error::custom("not one member");
        let (name, value) = map.next_entry::<String, &'de RawValue>()?.ok_or_else(fault)?;
        match map.next_entry::<IgnoredAny, IgnoredAny>()? {
            None => Ok(Sole { name, value }),
            Some(_) => Err(fault()),
        }
    }
}
