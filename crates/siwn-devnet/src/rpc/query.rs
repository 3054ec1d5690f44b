//! The method `query`. Errors come in two channels: a missing key, or a contract that fails, inside of `result`; all others as
//! errors (nearcore, `process_query_response`).

use std::ops::Bound;

use serde_json::{Map, Value, json};
use siwn::AccountId;

use crate::key::KeyHandle;
use crate::ledger::{AccessKey, Account, Block};
use crate::permission::MethodName;
use crate::rpc::block::Node;
use crate::rpc::error::RpcError;
use crate::rpc::params::{Params, unreadable};

/// Keys in one answer: more need a paginated request (nearcore 2.14).
const LONGEST_KEY_LIST: usize = 100;

/// Every account's balance, in yoctoNEAR: 100 NEAR.
const BALANCE: &str = "100000000000000000000000000";

/// What an account is charged for, in bytes (nearcore, `storage_usage_config`).
const ACCOUNT_BYTES: usize = 100;

/// What it is charged for each key beyond that: 40, and the borsh of an ed25519 key with full access.
const KEY_BYTES: usize = 40 + 33 + 9;

type Members = Map<String, Value>;

pub(crate) fn answer(params: Value, node: &Node<'_>) -> Result<Members, RpcError> {
    let params = Params::of(params)?;
    let question = Question::of(&params)?;
    let reference = params.block_reference()?;
    let account = params.account()?;

    let unknown = || RpcError::unknown_block(reference, json!({"block_reference": reference.to_json()}), node.head);
    let block = node.find(reference).ok_or_else(unknown)?;
    if node.is_collected(block) {
        return Err(RpcError::garbage_collected(block));
    }
    let mut members = question.answer(&account, node.ledger.account(&account, block.height), block)?;
    members.insert("block_height".to_owned(), json!(block.height));
    members.insert("block_hash".to_owned(), json!(block.hash.to_string()));
    Ok(members)
}

enum Question {
    Account,
    AccessKey(KeyHandle, String),
    AccessKeys { after: Option<KeyHandle>, limit: Option<u32> },
    Call,
}

impl Question {
    fn of(params: &Params) -> Result<Self, RpcError> {
        match params.text("request_type")? {
            "view_account" => Ok(Self::Account),
            "view_access_key" => {
                let key = params.public_key()?;
                Ok(Self::AccessKey(KeyHandle::from(&key), key.to_string()))
            }
            "view_access_key_list" => Ok(Self::AccessKeys { after: params.after_key()?, limit: params.limit()? }),
            "call_function" => {
                let is_method = params.text("method_name")?.parse::<MethodName>().is_ok();
                params.text("args_base64")?;
                if is_method { Ok(Self::Call) } else { Err(unreadable("method_name is no method's name")) }
            }
            _ => Err(unreadable(
                "request_type is not one of `view_account`, `view_access_key`, `view_access_key_list`, `call_function`",
            )),
        }
    }

    fn answer(self, id: &AccountId, account: Option<&Account>, at: Block) -> Result<Members, RpcError> {
        match (self, account) {
            (Self::AccessKey(..), None) => Ok(flat(&format!("account {id} does not exist while viewing"))),
            (_, None) => Err(RpcError::unknown_account(id, at)),
            (Self::Account, Some(account)) => Ok(view_account(account)),
            (Self::AccessKey(handle, key), Some(account)) => Ok(match account.keys.get(&handle) {
                Some(access) => view_access_key(access),
                None => flat(&format!("access key {key} does not exist while viewing")),
            }),
            (Self::AccessKeys { after: None, limit: None }, Some(account)) => {
                if account.keys.len() > LONGEST_KEY_LIST {
                    return Err(RpcError::too_many_access_keys(id, LONGEST_KEY_LIST, at));
                }
                Ok(view_access_key_list(account, None, LONGEST_KEY_LIST))
            }
            (Self::AccessKeys { after, limit }, Some(account)) => {
                let limit = limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(LONGEST_KEY_LIST);
                Ok(view_access_key_list(account, after, limit.min(LONGEST_KEY_LIST)))
            }
            (Self::Call, Some(_)) => Ok(flat(&format!(
                "wasm execution failed with error: CompilationError(CodeDoesNotExist {{ account_id: \"{id}\" }})"
            ))),
        }
    }
}

fn view_account(account: &Account) -> Members {
    members([
        ("amount", json!(BALANCE)),
        ("locked", json!("0")),
        ("code_hash", json!(crate::BlockHash::ZERO.to_string())),
        ("storage_usage", json!(ACCOUNT_BYTES + KEY_BYTES * account.keys.len())),
        ("storage_paid_at", json!(0)),
    ])
}

fn view_access_key(access: &AccessKey) -> Members {
    members([("nonce", json!(access.nonce)), ("permission", access.permission.to_json())])
}

fn view_access_key_list(account: &Account, after: Option<KeyHandle>, limit: usize) -> Members {
    let start = after.map_or(Bound::Unbounded, Bound::Excluded);
    let mut rest = account.keys.range((start, Bound::Unbounded));
    let page: Vec<_> = rest.by_ref().take(limit).collect();
    let keys = page.iter().map(|(key, access)| json!({"public_key": key.to_string(), "access_key": view_access_key(access)}));
    let mut members = members([("keys", keys.collect())]);
    // Only where something follows: its presence is what tells clients to go on.
    if let (Some((last, _)), Some(_)) = (page.last(), rest.next()) {
        members.insert("last_key".to_owned(), json!(last.to_string()));
    }
    members
}

fn flat(error: &str) -> Members {
    members([("error", json!(error)), ("logs", json!([]))])
}

fn members<const N: usize>(members: [(&str, Value); N]) -> Members {
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
