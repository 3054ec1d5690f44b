//! Changing and seeing the devnet over HTTP. Texts become accounts, keys and permissions first; only those are kept and shown.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use siwn::{AccountId, PublicKey};

use crate::http::ControlError;
use crate::http::error::Done;
use crate::http::outage::WireOutage;
use crate::permission::WirePermission;
use crate::rpc::rfc3339;
use crate::{Block, Devnet, Outage, Permission};

type Answer = Result<Done, ControlError>;
type Body = Result<Bytes, BytesRejection>;

pub(crate) async fn state(State(devnet): State<Devnet>) -> Done {
    let ledger = devnet.ledger();
    let (head, last_final) = (ledger.head(), ledger.final_block());
    let accounts = ledger.accounts(head.height).map(|(id, account)| {
        let keys = account.keys.iter().map(
            |(key, access)| json!({"publicKey": key.to_string(), "nonce": access.nonce, "permission": access.permission.to_json()}),
        );
        json!({"accountId": id.as_str(), "keys": keys.collect::<Value>()})
    });
    let accounts: Value = accounts.collect();
    drop(ledger);

    let requests = devnet.requests();
    Done(json!({
        "success": true,
        "chainId": devnet.network().chain_id(),
        "genesisHash": devnet.network().genesis_hash().to_string(),
        "head": shown(head),
        "final": shown(last_final),
        "accounts": accounts,
        "requests": {"status": requests.status, "block": requests.block, "query": requests.query, "other": requests.other},
        "faults": devnet.outages().iter().map(WireOutage::from).map(|outage| json!(outage)).collect::<Value>(),
    }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewAccount {
    account_id: String,
    public_key: Option<String>,
    permission: Option<Value>,
}

pub(crate) async fn add_account(State(devnet): State<Devnet>, body: Body) -> Answer {
    let NewAccount { account_id, public_key, permission } = read(body)?;
    let account = account(&account_id)?;
    let key = public_key.as_deref().map(key).transpose()?;
    let permission = self::permission(permission)?;
    // Under one lock: the account never shows without its key.
    let mut ledger = devnet.ledger();
    let mut height = ledger.add_account(&account)?;
    if let Some(key) = key {
        height = ledger.add_key(&account, &key, permission)?;
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

pub(crate) async fn add_key(State(devnet): State<Devnet>, Path(id): Path<String>, body: Body) -> Answer {
    let NewKey { public_key, permission } = read(body)?;
    let height = devnet.add_key(&account(&id)?, &key(&public_key)?, self::permission(permission)?)?;
    Ok(changed(height))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct OldKey {
    public_key: String,
}

pub(crate) async fn remove_key(State(devnet): State<Devnet>, Path(id): Path<String>, body: Body) -> Answer {
    let OldKey { public_key } = read(body)?;
    Ok(changed(devnet.remove_key(&account(&id)?, &key(&public_key)?)?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Blocks {
    count: Value,
}

pub(crate) async fn make_blocks(State(devnet): State<Devnet>, body: Body) -> Answer {
    let Blocks { count } = read(body)?;
    let count = count.as_u64().filter(|count| (1..=10_000).contains(count)).ok_or(ControlError::Count)?;
    let head = devnet.advance_by(count);
    Ok(Done(json!({"success": true, "head": shown(head), "final": shown(devnet.final_block())})))
}

pub(crate) async fn fail(State(devnet): State<Devnet>, body: Body) -> Answer {
    let body: Value = read(body)?;
    let wire: WireOutage = serde_json::from_value(body).map_err(|_| ControlError::Fault)?;
    devnet.fail(Outage::try_from(wire)?);
    Ok(Done(json!({"success": true})))
}

pub(crate) async fn recover(State(devnet): State<Devnet>) -> Done {
    devnet.recover();
    Done(json!({"success": true}))
}

fn read<T: DeserializeOwned>(body: Body) -> Result<T, ControlError> {
    let body =
        body.map_err(|rejection| if rejection.status().as_u16() == 413 { ControlError::TooLarge } else { ControlError::Body })?;
    serde_json::from_slice(&body).map_err(|_| ControlError::Body)
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

fn changed(height: u64) -> Done {
    Done(json!({"success": true, "height": height}))
}

fn shown(block: Block) -> Value {
    json!({"height": block.height, "hash": block.hash.to_string(), "time": rfc3339(block.timestamp_nanos)})
}
