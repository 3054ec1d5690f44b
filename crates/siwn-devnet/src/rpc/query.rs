//! The method `query`, and its twins that have a method each.

use std::time::Duration;

use serde_json::{Value, json};
use siwn::AccountId;

use crate::Fault;
use crate::contract::{self, Call, Contract};
use crate::key::KeyHandle;
use crate::ledger::{Account, Block, EMPTY};
use crate::permission::MethodName;
use crate::rpc::block::Node;
use crate::rpc::dialect::Dialect;
use crate::rpc::error::RpcError;
use crate::rpc::params::{Params, unreadable};
use crate::rpc::view::{self, Members, members};

/// Keys in one answer: more need a paginated request (nearcore 2.14).
const LONGEST_KEY_LIST: usize = 100;

/// Answers what `params` asks, or the type of request in `asked` where the method says it.
pub(crate) fn answer(
    asked: Option<&str>,
    params: Value,
    node: &Node<'_>,
    dialect: Dialect,
    took: &mut Duration,
) -> Result<Members, RpcError> {
    let query = || {
        if node.met == Some(Fault::NotSynced) {
            return Err(RpcError::no_synced_blocks());
        }
        let params = Params::of(params)?;
        let asked = asked.map_or_else(|| params.text("request_type"), Ok)?;
        let (question, account) = (Question::of(asked, &params)?, params.account()?);
        let block = block(&params, node)?;
        match node.met {
            Some(Fault::UnavailableShard) => return Err(RpcError::unavailable_shard()),
            Some(Fault::UnknownCause) => return Err(RpcError::unknown_cause()),
            _ => {}
        }
        let mut members = Scene { account: &account, at: block, node, dialect }.answer(question, took)?;
        members.insert("block_height".to_owned(), json!(block.height));
        members.insert("block_hash".to_owned(), json!(block.hash.to_string()));
        Ok(members)
    };
    query().map_err(|error| dialect.error(error))
}

/// The block that is meant, whose state the node has.
fn block(params: &Params, node: &Node<'_>) -> Result<Block, RpcError> {
    let reference = params.block_reference()?;
    let unknown = || RpcError::unknown_block(reference, json!({"block_reference": reference.to_json()}), node.head);
    let block = node.find(reference).ok_or_else(unknown)?;
    let lost = node.met == Some(Fault::CollectedBlock) && reference.is_id();
    if lost || node.is_collected(block) { Err(RpcError::garbage_collected(block)) } else { Ok(block) }
}

enum Question {
    Account,
    AccessKey(KeyHandle, String),
    AccessKeys { after: Option<KeyHandle>, limit: Option<u32> },
    Call { method: MethodName, args: Vec<u8> },
}

impl Question {
    fn of(asked: &str, params: &Params) -> Result<Self, RpcError> {
        match asked {
            "view_account" => Ok(Self::Account),
            "view_access_key" => {
                let key = params.public_key()?;
                Ok(Self::AccessKey(KeyHandle::from(&key), key.to_string()))
            }
            "view_access_key_list" => Ok(Self::AccessKeys { after: params.after_key()?, limit: params.limit()? }),
            "call_function" => {
                let method = params.text("method_name")?.parse().map_err(|_| unreadable("method_name is no method's name"))?;
                Ok(Self::Call { method, args: params.args()? })
            }
            _ => Err(unreadable(
                "request_type is not one of `view_account`, `view_access_key`, `view_access_key_list`, `call_function`",
            )),
        }
    }
}

/// Whom a question is about, when, and who answers it how.
struct Scene<'a> {
    account: &'a AccountId,
    at: Block,
    node: &'a Node<'a>,
    dialect: Dialect,
}

impl Scene<'_> {
    fn answer(&self, question: Question, took: &mut Duration) -> Result<Members, RpcError> {
        match question {
            Question::Account => Ok(view::account(self.existing()?)),
            Question::AccessKey(handle, key) => self.access_key(&handle, &key),
            Question::AccessKeys { after, limit } => self.access_keys(after, limit),
            Question::Call { method, args } => self.call(&method, &args, took),
        }
    }

    fn found(&self) -> Option<&Account> {
        let found = self.node.ledger.account(self.account, self.at.height);
        match self.node.met {
            Some(Fault::DeniesAccounts) => None,
            Some(Fault::GrantsAll) => Some(found.unwrap_or(&EMPTY)),
            _ => found,
        }
    }

    fn existing(&self) -> Result<&Account, RpcError> {
        self.found().ok_or_else(|| self.dialect.no_account(self.account, self.at))
    }

    fn access_key(&self, handle: &KeyHandle, key: &str) -> Result<Members, RpcError> {
        match (self.node.met, self.found()) {
            (Some(Fault::GrantsAll), _) => Ok(members([("nonce", json!(0)), ("permission", json!("FullAccess"))])),
            (Some(Fault::DeniesAll), _) => self.dialect.no_key(key, self.at),
            (_, None) if self.node.flavour.knows_missing_accounts() => self.dialect.no_account_of_key(self.account, self.at),
            (met, found) => match found.and_then(|account| account.keys.get(handle)) {
                None => self.dialect.no_key(key, self.at),
                Some(access) => {
                    let mut shown = view::access_key(access);
                    if met == Some(Fault::UnknownPermission) {
                        shown.insert("permission".to_owned(), json!({"SiwnDevnetPermission": {}}));
                    }
                    Ok(shown)
                }
            },
        }
    }

    fn access_keys(&self, after: Option<KeyHandle>, limit: Option<u32>) -> Result<Members, RpcError> {
        let account = match self.found() {
            None if !self.node.flavour.knows_missing_accounts() => &EMPTY,
            _ => self.existing()?,
        };
        if after.is_none() && limit.is_none() && account.keys.len() > LONGEST_KEY_LIST {
            return Err(RpcError::too_many_access_keys(self.account, LONGEST_KEY_LIST, self.at));
        }
        let limit = limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(LONGEST_KEY_LIST);
        Ok(view::access_key_list(account, after, limit.min(LONGEST_KEY_LIST)))
    }

    fn call(&self, method: &MethodName, args: &[u8], took: &mut Duration) -> Result<Members, RpcError> {
        let contract = match self.node.met {
            Some(Fault::GrantsAll) => Some(&Contract::Open),
            Some(Fault::DeniesAll) => Some(&Contract::REFUSES),
            _ => self.existing()?.contract.as_deref(),
        };
        let chain_id = self.node.network.chain_id();
        let call = Call { account: self.account, method, args, chain_id, block_nanos: self.node.timestamp_nanos(self.at) };
        let outcome = contract::run(contract, &call);
        *took = outcome.took;
        match outcome.returned {
            Ok(result) => Ok(members([("result", json!(result)), ("logs", json!(outcome.logs))])),
            Err(error) => self.dialect.failed_call(&error, self.account, self.at),
        }
    }
}
