//! What is sent: the JSON-RPC calls that a look-up needs.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::{Value, json};
use siwn::{AccountId, Question};

use crate::block::BlockHash;

/// One call. Accounts and keys are sent as the text that their types print, never as a caller wrote them.
#[derive(Clone, Copy)]
pub(crate) enum Call<'a> {
    Status,
    FinalBlock,
    /// The block that the node has at a height.
    BlockAt(u64),
    AccessKey {
        question: Question<'a>,
        at: BlockHash,
    },
    Account {
        account: &'a AccountId,
        at: BlockHash,
    },
    Contract {
        account: &'a AccountId,
        method: &'a str,
        args: &'a [u8],
        at: BlockHash,
    },
}

/// What a call is counted as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Method {
    Status,
    Block,
    AccessKey,
    Account,
    Contract,
}

/// The number of a request, which its reply must bear. Sent as a JSON string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RequestId(pub(crate) String);

impl Call<'_> {
    pub(crate) const fn method(&self) -> Method {
        match self {
            Self::Status => Method::Status,
            Self::FinalBlock | Self::BlockAt(_) => Method::Block,
            Self::AccessKey { .. } => Method::AccessKey,
            Self::Account { .. } => Method::Account,
            Self::Contract { .. } => Method::Contract,
        }
    }

    /// The body of the request.
    pub(crate) fn body(&self, id: &RequestId) -> Vec<u8> {
        let (method, params) = self.request();
        json!({"jsonrpc": "2.0", "id": id.0, "method": method, "params": params}).to_string().into_bytes()
    }

    /// The method and its parameters.
    pub(crate) fn request(&self) -> (&'static str, Value) {
        match self {
            Self::Status => ("status", json!([])),
            Self::FinalBlock => ("block", json!({"finality": "final"})),
            Self::BlockAt(height) => ("block", json!({"block_id": height})),
            Self::AccessKey { question: Question { account, key, .. }, at } => (
                "query",
                json!({
                    "request_type": "view_access_key",
                    "block_id": at.to_string(),
                    "account_id": account.as_str(),
                    "public_key": key.to_string(),
                }),
            ),
            Self::Account { account, at } => {
                ("query", json!({"request_type": "view_account", "block_id": at.to_string(), "account_id": account.as_str()}))
            }
            Self::Contract { account, method, args, at } => (
                "query",
                json!({
                    "request_type": "call_function",
                    "block_id": at.to_string(),
                    "account_id": account.as_str(),
                    "method_name": method,
                    "args_base64": BASE64_STANDARD.encode(args),
                }),
            ),
        }
    }
}

impl Method {
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Block => "block",
            Self::AccessKey => "view_access_key",
            Self::Account => "view_account",
            Self::Contract => "call_function",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `fixture` is what another implementation sends.
    fn is_sent(call: Call<'_>, fixture: &str) {
        let sent: Value = serde_json::from_slice(&call.body(&RequestId("dontcare".into()))).unwrap();
        assert_eq!(sent, serde_json::from_str::<Value>(fixture).unwrap());
    }

    fn at() -> BlockHash {
        "4YKWDpQRHr6FB9shtd86NkMhaHGDSTdYi4mCnmMgAgrk".parse().unwrap()
    }

    #[test]
    fn calls_without_an_account_are_sent_as_nodes_read_them() {
        is_sent(Call::Status, include_str!("../tests/fixtures/req_status.json"));
        is_sent(Call::FinalBlock, include_str!("../tests/fixtures/req_block_final.json"));
    }

    #[test]
    fn questions_are_sent_as_nodes_read_them() {
        let account = &"alice.near".parse().unwrap();
        let key = &"ed25519:9DtCCdgtfxbgmFYJMCgE7Fc6zvEGj9yZAdTYuoNMgMPE".parse().unwrap();
        let call = Call::AccessKey { question: Question::new(account, key), at: at() };
        is_sent(call, include_str!("../tests/fixtures/req_query_view_access_key_at_hash.json"));
        is_sent(Call::Account { account, at: at() }, include_str!("../tests/fixtures/req_query_view_account.json"));
    }

    #[test]
    fn a_contracts_method_is_called_as_nodes_read_it() {
        let account = &"0scdb6cfeed476fc878af9d3246768cbe803714c87".parse().unwrap();
        let args = br#"{"path":[],"authorization":"<blob>"}"#;
        let call = Call::Contract { account, method: "w_resolve_auth", args, at: at() };
        is_sent(call, include_str!("../tests/fixtures/req_query_call_function_w_resolve_auth.json"));
    }

    #[test]
    fn an_ml_dsa_65_key_is_sent_whole() {
        let fixture = include_str!("../tests/fixtures/req_query_view_access_key_ml_dsa_65.json");
        let mut expected: Value = serde_json::from_str(fixture).unwrap();
        let params = &mut expected["params"];
        let key = &params["public_key"].as_str().unwrap().parse().unwrap();
        let account = &params["account_id"].as_str().unwrap().parse().unwrap();
        // The fixture asks at the final block; ours asks at a pinned one.
        params.as_object_mut().unwrap().remove("finality");
        params["block_id"] = at().to_string().into();
        is_sent(Call::AccessKey { question: Question::new(account, key), at: at() }, &expected.to_string());
    }
}
