//! Accounts, keys and contracts as the tests want them, and authorizations for them.

use std::collections::HashMap;

use serde_json::{Value, json};
use siwn::{
    Access, AccessKeyAuthorization, AccessPolicy, AccountId, AccountRefusal, AuthorizationFault, AuthorizationPolicy,
    AuthorizationRefusal, Authorized, Block, ChainAnswer, ChainAsk, ChainId, Expected, KeyType, OffchainMessage, PinnedBlock,
    PrivateKey, PublicKey, Quoted, Resolution, ResolutionLimits, Resolved, Signature, Timestamp,
};

pub(crate) const PAYLOAD: &str = "login";
const NOW: Timestamp = Timestamp::from_unix_nanos(1_786_026_540_000_000_000);
pub(crate) const BLOCK: PinnedBlock =
    PinnedBlock { block: Block { height: 7, hash: [7; 32] }, timestamp: Timestamp::from_unix_nanos(NOW.unix_nanos() + 60) };

/// What a contract makes of a path and an authorization.
type Contract = Box<dyn Fn(&Value, &str) -> ChainAnswer>;

/// Everything that the chain knows. What is asked is written down.
#[derive(Default)]
pub(crate) struct Ledger {
    accounts: HashMap<AccountId, Account>,
    pub(crate) asked: Vec<ChainAsk>,
}

#[derive(Default)]
struct Account {
    keys: HashMap<PublicKey, Access>,
    contract: Option<Contract>,
}

impl Ledger {
    pub(crate) fn account(mut self, account: &str) -> Self {
        self.accounts.entry(id(account)).or_default();
        self
    }

    /// An account with a full-access key.
    pub(crate) fn key(self, account: &str, key: &PrivateKey) -> Self {
        self.key_of(account, key, Access::Full)
    }

    pub(crate) fn key_of(mut self, account: &str, key: &PrivateKey, access: Access) -> Self {
        self.accounts.entry(id(account)).or_default().keys.insert(key.public_key(), access);
        self
    }

    pub(crate) fn contract(mut self, account: &str, contract: impl Fn(&Value, &str) -> ChainAnswer + 'static) -> Self {
        self.accounts.entry(id(account)).or_default().contract = Some(Box::new(contract));
        self
    }

    /// A contract that always returns the same.
    pub(crate) fn returns(self, account: &str, value: &Value) -> Self {
        let bytes = value.to_string().into_bytes();
        self.contract(account, move |_, _| ChainAnswer::Returned(bytes.clone()))
    }

    pub(crate) fn answer(&mut self, ask: &ChainAsk) -> ChainAnswer {
        self.asked.push(ask.clone());
        match ask {
            ChainAsk::Key { account, key } => ChainAnswer::Access(match self.accounts.get(account) {
                Some(account) => account.keys.get(key).copied().unwrap_or(Access::NoKey),
                None => Access::NoAccount,
            }),
            ChainAsk::Contract { account, method, args } => {
                assert_eq!(*method, "w_resolve_auth");
                let args: Value = serde_json::from_slice(args).expect("the arguments are JSON");
                match self.accounts.get(account).map(|account| &account.contract) {
                    None => ChainAnswer::NoAccount,
                    Some(None) => ChainAnswer::NoContract,
                    Some(Some(contract)) => contract(&args["path"], args["authorization"].as_str().expect("a text")),
                }
            }
        }
    }

    pub(crate) fn resolve(&mut self, resolution: &Resolution) -> Resolved {
        resolution.ask_all(BLOCK, |ask| Ok(self.answer(ask))).expect("every question is answered")
    }

    /// What an authorization of `account` for [`PAYLOAD`] comes to.
    pub(crate) fn verdict(&mut self, account: &str, authorization: &str) -> Result<Authorized, AccountRefusal> {
        self.verdict_of(&Asked::default(), account, authorization)
    }

    pub(crate) fn verdict_of(&mut self, asked: &Asked, account: &str, authorization: &str) -> Result<Authorized, AccountRefusal> {
        let resolution = asked.resolution(account, authorization)?;
        self.resolve(&resolution).outcome().cloned().map_err(Clone::clone)
    }

    /// Whom the chain was asked about, and how.
    pub(crate) fn log(&self) -> Vec<String> {
        let line = |ask: &ChainAsk| match ask {
            ChainAsk::Key { account, .. } => format!("key of {account}"),
            ChainAsk::Contract { account, .. } => format!("contract of {account}"),
        };
        self.asked.iter().map(line).collect()
    }
}

/// How it is asked.
#[derive(Clone)]
pub(crate) struct Asked {
    pub(crate) policy: AuthorizationPolicy,
    pub(crate) access: AccessPolicy,
    pub(crate) expected: Expected,
}

impl Default for Asked {
    fn default() -> Self {
        let policy = AuthorizationPolicy::new(ChainId::new("test"));
        Self { policy, access: AccessPolicy::default(), expected: Expected::Exactly(PAYLOAD.into()) }
    }
}

impl Asked {
    pub(crate) fn within(depth: usize, authorizations: usize) -> Self {
        let mut asked = Self::default();
        asked.policy.limits = ResolutionLimits::new(depth, authorizations).expect("limits within limits");
        asked
    }

    pub(crate) fn resolution(&self, account: &str, authorization: &str) -> Result<Resolution, AuthorizationRefusal> {
        let Self { policy, access, expected } = self.clone();
        Resolution::new(policy, access, id(account), authorization.into(), expected)
    }
}

pub(crate) fn id(account: &str) -> AccountId {
    account.parse().expect("an account")
}

pub(crate) fn key(seed: u8) -> PrivateKey {
    PrivateKey::from_seed(KeyType::Ed25519, [seed; 32]).expect("a seed")
}

/// A message of `signer` on behalf of `path`, the nearest account first.
pub(crate) fn message(signer: &str, path: &[&str]) -> OffchainMessage {
    OffchainMessage {
        chain_id: ChainId::new("test"),
        signer_id: id(signer),
        path: path.iter().map(|account| id(account)).collect(),
        timestamp: NOW,
        payload: PAYLOAD.into(),
    }
}

pub(crate) fn signed(message: OffchainMessage, key: &PrivateKey) -> String {
    AccessKeyAuthorization::sign(message, None, key).to_string()
}

pub(crate) fn returned(value: &Value) -> ChainAnswer {
    ChainAnswer::Returned(value.to_string().into_bytes())
}

pub(crate) fn panics(text: &str) -> ChainAnswer {
    ChainAnswer::Failed(Quoted::reason(text))
}

pub(crate) fn pending(account: &str, authorization: &str, expect: &str) -> Value {
    json!({ "account_id": account, "authorization": authorization, "expect": expect })
}

/// A wallet with one key of its own and extensions: accounts that may speak for it.
pub(crate) fn wallet(
    account: &'static str,
    key: &PrivateKey,
    extensions: &'static [&'static str],
) -> impl Fn(&Value, &str) -> ChainAnswer + 'static {
    let key = key.public_key();
    move |path, authorization| {
        let Ok(blob) = serde_json::from_str::<Value>(authorization) else { return panics("not a blob") };
        if let Some(extension) = blob.get("extension") {
            let (account, payload) = (text(&extension["account_id"]), text(&extension["payload"]));
            if !extensions.contains(&account) {
                return panics("not an extension");
            }
            let pending = pending(account, text(&extension["authorization"]), payload);
            return returned(&json!({ "payload": payload, "pending": [pending] }));
        }
        let said = &blob["signature"]["msg"];
        let message = OffchainMessage {
            payload: text(&said["payload"]).into(),
            timestamp: text(&said["timestamp"]).parse().unwrap_or(NOW),
            ..message(account, &path.as_array().expect("a path").iter().map(text).collect::<Vec<_>>())
        };
        let proof = Signature::from_near_text(text(&blob["signature"]["proof"]));
        match proof.map(|proof| key.verify_off_chain(&message.hash(), &proof)) {
            Ok(Ok(())) if said["signer_id"] == account => returned(&json!({ "payload": message.payload })),
            _ => panics("invalid proof"),
        }
    }
}

/// A blob for a wallet, signed by its own key.
pub(crate) fn wallet_blob(message: &OffchainMessage, key: &PrivateKey) -> String {
    let path: Vec<_> = message.path.iter().map(AccountId::as_str).collect();
    let (signer, timestamp) = (message.signer_id.as_str(), message.timestamp.to_string());
    let msg = json!({ "chain_id": "test", "signer_id": signer, "path": path, "timestamp": timestamp, "payload": message.payload });
    json!({ "signature": { "msg": msg, "proof": key.sign_off_chain(message).to_near_text() } }).to_string()
}

/// A blob for a wallet, by which an extension speaks for it.
pub(crate) fn extension_blob(account: &str, authorization: &str) -> String {
    json!({ "extension": { "account_id": account, "authorization": authorization, "payload": PAYLOAD } }).to_string()
}

/// Two of three members have to agree.
pub(crate) fn two_of(members: [&'static str; 3]) -> impl Fn(&Value, &str) -> ChainAnswer + 'static {
    move |_, authorization| {
        let Ok(approvals) = serde_json::from_str::<Vec<(String, String)>>(authorization) else { return panics("no approvals") };
        let mut agreed: Vec<_> = approvals.iter().map(|(member, _)| member.as_str()).collect();
        agreed.sort_unstable();
        agreed.dedup();
        if agreed.len() < 2 || agreed.len() < approvals.len() || !agreed.iter().all(|member| members.contains(member)) {
            return panics("two members have to agree");
        }
        let pending: Vec<_> = approvals.iter().map(|(member, blob)| pending(member, blob, PAYLOAD)).collect();
        returned(&json!({ "payload": PAYLOAD, "pending": pending }))
    }
}

pub(crate) fn approvals(of: &[(&str, String)]) -> String {
    json!(of).to_string()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The fault of an authorization, and at which account.
pub(crate) fn fault(verdict: Result<Authorized, AccountRefusal>) -> (String, AuthorizationFault) {
    match verdict {
        Err(AccountRefusal::Authorization(refusal)) => (refusal.account.to_string(), refusal.fault),
        other => unreachable!("no fault of an authorization: {other:?}"),
    }
}
