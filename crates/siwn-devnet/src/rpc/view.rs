//! Accounts and keys as queries show them.

use std::ops::Bound;

use serde_json::{Map, Value, json};

use crate::key::KeyHandle;
use crate::ledger::{AccessKey, Account, Code};

/// Every account's balance, in yoctoNEAR: 100 NEAR.
const BALANCE: &str = "100000000000000000000000000";

/// What an account is charged for, in bytes (nearcore, `storage_usage_config`).
const ACCOUNT_BYTES: usize = 100;

/// What it is charged for each key beyond that: 40, and the borsh of an ed25519 key with full access.
const KEY_BYTES: usize = 40 + 33 + 9;

pub(crate) type Members = Map<String, Value>;

pub(crate) fn account(account: &Account) -> Members {
    let code_hash = match account.code {
        Code::Own(hash) => hash,
        _ => crate::BlockHash::ZERO,
    };
    let mut shown = members([
        ("amount", json!(BALANCE)),
        ("locked", json!("0")),
        ("code_hash", json!(code_hash.to_string())),
        ("storage_usage", json!(ACCOUNT_BYTES + KEY_BYTES * account.keys.len())),
        ("storage_paid_at", json!(0)),
    ]);
    match &account.code {
        Code::None | Code::Own(_) => {}
        Code::GlobalByHash(hash) => _ = shown.insert("global_contract_hash".to_owned(), json!(hash.to_string())),
        Code::GlobalByAccount(id) => _ = shown.insert("global_contract_account_id".to_owned(), json!(id.as_str())),
    }
    if let Some(nonce) = account.bootstrap_nonce {
        shown.extend(members([("state", json!("uninitialized")), ("bootstrap_nonce", json!(nonce))]));
    }
    shown
}

pub(crate) fn access_key(access: &AccessKey) -> Members {
    members([("nonce", json!(access.nonce)), ("permission", access.permission.to_json())])
}

pub(crate) fn access_key_list(account: &Account, after: Option<KeyHandle>, limit: usize) -> Members {
    let start = after.map_or(Bound::Unbounded, Bound::Excluded);
    let mut rest = account.keys.range((start, Bound::Unbounded));
    let page: Vec<_> = rest.by_ref().take(limit).collect();
    let keys = page.iter().map(|(key, access)| json!({"public_key": key.to_string(), "access_key": access_key(access)}));
    let mut members = members([("keys", keys.collect())]);
    // Only where something follows: its presence is what tells clients to go on.
    if let (Some((last, _)), Some(_)) = (page.last(), rest.next()) {
        members.insert("last_key".to_owned(), json!(last.to_string()));
    }
    members
}

pub(crate) fn members<const N: usize>(members: [(&str, Value); N]) -> Members {
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
