//! Changing and seeing the devnet over HTTP. Texts become accounts, keys and permissions first; only those are kept and shown.

use std::sync::Arc;

use axum::extract::{Path, State};
use serde::Deserialize;
use serde_json::{Value, json};
use siwn::{AccountId, PublicKey};

use crate::http::body::{WholeBody, read};
use crate::http::contract::{WireCode, WireContract};
use crate::http::error::{Answer, ControlError, Done};
use crate::http::nodes;
use crate::permission::WirePermission;
use crate::rpc::rfc3339;
use crate::{Block, Code, Contract, Devnet, Permission};

pub(crate) async fn state(State(devnet): State<Devnet>) -> Done {
    let ledger = devnet.ledger();
    let (head, last_final) = (ledger.head(), ledger.final_block());
    let accounts = ledger.accounts(head.height).map(|(id, account)| {
        let keys = account.keys.iter().map(
            |(key, access)| json!({"publicKey": key.to_string(), "nonce": access.nonce, "permission": access.permission.to_json()}),
        );
        let mut shown = json!({"accountId": id.as_str(), "keys": keys.collect::<Value>()});
        if let Some(contract) = &account.contract {
            shown["contract"] = json!(WireContract::name_of(contract));
        }
        if account.bootstrap_nonce.is_some() {
            shown["uninitialized"] = json!(true);
        }
        shown
    });
    let accounts: Value = accounts.collect();
    drop(ledger);

    Done(json!({
        "success": true,
        "chainId": devnet.network().chain_id(),
        "genesisHash": devnet.network().genesis_hash().to_string(),
        "head": shown(head),
        "final": shown(last_final),
        "accounts": accounts,
        "requests": nodes::requests(&devnet),
        "faults": nodes::faults(&devnet),
        "nodes": devnet.nodes().iter().map(nodes::shown).collect::<Value>(),
    }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewAccount {
    account_id: String,
    public_key: Option<String>,
    permission: Option<Value>,
    contract: Option<Value>,
    #[serde(default)]
    uninitialized: bool,
}

pub(crate) async fn add_account(State(devnet): State<Devnet>, body: WholeBody) -> Answer {
    let NewAccount { account_id, public_key, permission, contract, uninitialized } = read(body)?;
    let account = account(&account_id)?;
    let key = public_key.as_deref().map(key).transpose()?;
    let permission = self::permission(permission)?;
    let contract = contract.map(self::contract).transpose()?;
    if uninitialized && contract.is_some() {
        return Err(ControlError::Contract);
    }
    // Under one lock: the account never shows without its key and its contract.
    let mut ledger = devnet.ledger();
    let mut height = if uninitialized { ledger.add_uninitialized_account(&account)? } else { ledger.add_account(&account)? };
    if let Some(key) = key {
        height = ledger.add_key(&account, &key, permission)?;
    }
    if let Some(contract) = contract {
        let code = contract.code();
        height = ledger.deploy(&account, Arc::new(contract), code)?;
    }
    Ok(changed(height))
}

pub(crate) async fn remove_account(State(devnet): State<Devnet>, Path(id): Path<String>) -> Answer {
    Ok(changed(devnet.remove_account(&account(&id)?)?))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewKey {
    public_key: String,
    permission: Option<Value>,
}

pub(crate) async fn add_key(State(devnet): State<Devnet>, Path(id): Path<String>, body: WholeBody) -> Answer {
    let NewKey { public_key, permission } = read(body)?;
    let height = devnet.add_key(&account(&id)?, &key(&public_key)?, self::permission(permission)?)?;
    Ok(changed(height))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct OldKey {
    public_key: String,
}

pub(crate) async fn remove_key(State(devnet): State<Devnet>, Path(id): Path<String>, body: WholeBody) -> Answer {
    let OldKey { public_key } = read(body)?;
    Ok(changed(devnet.remove_key(&account(&id)?, &key(&public_key)?)?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewContract {
    contract: Value,
    code: Option<Value>,
}

pub(crate) async fn deploy(State(devnet): State<Devnet>, Path(id): Path<String>, body: WholeBody) -> Answer {
    let NewContract { contract, code } = read(body)?;
    let (account, contract) = (account(&id)?, self::contract(contract)?);
    let code = match code {
        None => contract.code(),
        Some(code) => self::code(code, &contract)?,
    };
    Ok(changed(devnet.deploy_from(&account, contract, code)?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Blocks {
    count: Value,
}

pub(crate) async fn make_blocks(State(devnet): State<Devnet>, body: WholeBody) -> Answer {
    let Blocks { count } = read(body)?;
    let count = count.as_u64().filter(|count| (1..=10_000).contains(count)).ok_or(ControlError::Count)?;
    let head = devnet.advance_by(count);
    Ok(Done(json!({"success": true, "head": shown(head), "final": shown(devnet.final_block())})))
}

fn account(text: &str) -> Result<AccountId, ControlError> {
    text.parse().map_err(|_| ControlError::Account)
}

fn key(text: &str) -> Result<PublicKey, ControlError> {
    text.parse().map_err(|_| ControlError::Key)
}

fn permission(value: Option<Value>) -> Result<Permission, ControlError> {
    let Some(value) = value else { return Ok(Permission::FullAccess) };
    let wire: WirePermission = serde_json::from_value(value).map_err(|_| ControlError::Permission)?;
    wire.try_into().map_err(|_| ControlError::Permission)
}

fn contract(value: Value) -> Result<Contract, ControlError> {
    let wire: WireContract = serde_json::from_value(value).map_err(|_| ControlError::Contract)?;
    wire.try_into().map_err(|_| ControlError::Contract)
}

fn code(value: Value, contract: &Contract) -> Result<Code, ControlError> {
    let wire: WireCode = serde_json::from_value(value).map_err(|_| ControlError::Contract)?;
    wire.code_of(contract).ok_or(ControlError::Contract)
}

fn changed(height: u64) -> Done {
    Done(json!({"success": true, "height": height}))
}

fn shown(block: Block) -> Value {
    json!({"height": block.height, "hash": block.hash.to_string(), "time": rfc3339(block.timestamp_nanos)})
}
