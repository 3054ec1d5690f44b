//! How a query tells what is missing or fails. nearcore has two ways for one question, and other servers a third.

use serde_json::{Value, json};
use siwn::AccountId;

use crate::contract::CallError;
use crate::ledger::Block;
use crate::rpc::error::RpcError;
use crate::rpc::view::{Members, members};

/// The way in which a query tells that a key is missing or a contract fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// `query` of nearcore: a text inside of `result` (`process_query_response`).
    Flat,
    /// `query` of other servers: an error, whose `vm_error` is a text.
    Structured,
    /// The `EXPERIMENTAL_` twins: an error, whose `vm_error` is an object. Some errors of `query` are internal ones here (the
    /// conversions in near-jsonrpc-primitives).
    Experimental,
}

impl Dialect {
    pub(crate) fn no_key(self, key: &str, at: Block) -> Result<Members, RpcError> {
        match self {
            Self::Flat => Ok(flat(&format!("access key {key} does not exist while viewing"))),
            _ => Err(RpcError::unknown_access_key(key, at)),
        }
    }

    /// As `view_access_key` tells it where it tells it at all.
    pub(crate) fn no_account_of_key(self, account: &AccountId, at: Block) -> Result<Members, RpcError> {
        match self {
            Self::Flat => Ok(flat(&format!("account {account} does not exist while viewing"))),
            _ => Err(self.no_account(account, at)),
        }
    }

    pub(crate) fn no_account(self, account: &AccountId, at: Block) -> RpcError {
        RpcError::unknown_account(account, if self == Self::Experimental { "Account" } else { "account" }, at)
    }

    pub(crate) fn failed_call(self, error: &CallError, account: &AccountId, at: Block) -> Result<Members, RpcError> {
        let text = || format!("wasm execution failed with error: {}", in_the_runtime_s_words(error, account));
        match self {
            Self::Flat => Ok(flat(&text())),
            Self::Structured => {
                let text = text();
                let data = format!("Function call returned an error: {text}");
                Err(RpcError::contract_execution(&json!(text), &data, at))
            }
            Self::Experimental => {
                let (vm_error, words) = as_a_value(error, account);
                Err(RpcError::contract_execution(&vm_error, &format!("Function call returned an error: {words}"), at))
            }
        }
    }

    pub(crate) fn error(self, error: RpcError) -> RpcError {
        if self == Self::Experimental { error.collapsed() } else { error }
    }
}

/// `VMError`'s debug text.
fn in_the_runtime_s_words(error: &CallError, account: &AccountId) -> String {
    match error {
        CallError::Panic(text) => format!("HostError(GuestPanic {{ panic_msg: {text:?} }})"),
        CallError::OutOfGas => "HostError(GasLimitExceeded)".to_owned(),
        CallError::NoMethod => "MethodResolveError(MethodNotFound)".to_owned(),
        CallError::NoCode => format!("CompilationError(CodeDoesNotExist {{ account_id: \"{account}\" }})"),
    }
}

/// `FunctionCallError` in JSON, and its debug text.
fn as_a_value(error: &CallError, account: &AccountId) -> (Value, String) {
    let execution = |text: String| (json!({"ExecutionError": text}), format!("ExecutionError({text:?})"));
    match error {
        CallError::Panic(text) => execution(format!("Smart contract panicked: {text}")),
        CallError::OutOfGas => execution("Exceeded the maximum amount of gas allowed to burn per contract.".to_owned()),
        CallError::NoMethod => (json!({"MethodResolveError": "MethodNotFound"}), "MethodResolveError(MethodNotFound)".to_owned()),
        CallError::NoCode => (
            json!({"CompilationError": {"CodeDoesNotExist": {"account_id": account.as_str()}}}),
            format!("CompilationError(CodeDoesNotExist {{ account_id: AccountId(\"{account}\") }})"),
        ),
    }
}

fn flat(error: &str) -> Members {
    members([("error", json!(error)), ("logs", json!([]))])
}
