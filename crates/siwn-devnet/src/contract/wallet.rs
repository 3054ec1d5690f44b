//! The contracts that are somebody's: a wallet with a key and extensions, and a multisig.

use serde_json::Value;
use siwn::{AccountId, OffchainMessage};

use crate::contract::blob::{AccountName, Approval, Blob, Message};
use crate::contract::{Args, Call, CallError, WalletKey, panic, pending, resolution};

/// A wallet's answer: by its key's signature, or by the word of one of its extensions.
pub(crate) fn of_wallet(
    key: Option<&WalletKey>,
    extensions: &[AccountId],
    call: &Call<'_>,
    args: &Args,
) -> Result<Vec<u8>, CallError> {
    match read(args)? {
        Blob::Signature { msg, proof } => {
            let key = key.ok_or_else(|| panic("signature is disabled"))?;
            let message = checked(msg, call, args)?;
            if !key.verify(&message.hash(), &proof) {
                return Err(panic("invalid signature"));
            }
            Ok(resolution(&message.payload, &[]))
        }
        Blob::Extension { account_id: AccountName(account), authorization, payload } => {
            if !extensions.contains(&account) {
                return Err(panic("extension is not enabled"));
            }
            Ok(resolution(&payload, &[pending(&account, &authorization, &payload)]))
        }
        Blob::Multisig { .. } => Err(panic("this is no multisig")),
    }
}

/// A multisig's answer: enough members, each once, are to be asked.
pub(crate) fn of_multisig(members: &[AccountId], threshold: usize, args: &Args) -> Result<Vec<u8>, CallError> {
    let Blob::Multisig { payload, approvals } = read(args)? else { return Err(panic("this is a multisig")) };
    let mut asked: Vec<&AccountId> = Vec::new();
    for Approval { account_id: AccountName(account), .. } in &approvals {
        if !members.contains(account) {
            return Err(panic("not a member"));
        }
        if asked.contains(&account) {
            return Err(panic("a member counts once"));
        }
        asked.push(account);
    }
    if asked.len() < threshold {
        return Err(panic("too few members"));
    }
    let pending: Vec<Value> =
        approvals.iter().map(|approval| pending(&approval.account_id.0, &approval.authorization, &payload)).collect();
    Ok(resolution(&payload, &pending))
}

fn read(args: &Args) -> Result<Blob, CallError> {
    serde_json::from_str(&args.authorization).map_err(|_| panic("invalid authorization"))
}

/// The message if it is of this network, this account, this path, and not from the future (NEP-641, `w_resolve_auth`).
fn checked(message: Message, call: &Call<'_>, args: &Args) -> Result<OffchainMessage, CallError> {
    let message: OffchainMessage = message.try_into().map_err(|_| panic("invalid timestamp"))?;
    if message.chain_id.as_str() != call.chain_id {
        return Err(panic("invalid chain id"));
    }
    if message.signer_id != *call.account {
        return Err(panic("invalid signer"));
    }
    if !message.path.iter().eq(args.path.iter().map(|AccountName(id)| id)) {
        return Err(panic("invalid path"));
    }
    if message.timestamp.unix_nanos() > call.block_nanos {
        return Err(panic("the message is from the future"));
    }
    Ok(message)
}
