//! A devnet with accounts that are contracts, and a login server that asks it.

use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};
use siwn::AccountId;
use siwn_devnet::{Ask, Authorizer, ContractAccounts};
use siwn_server::Builder;

use crate::node::{Node, PATIENT, Site, VERIFY};
use crate::support::Answer;

pub(crate) struct Stage {
    pub(crate) node: Node,
    pub(crate) site: Site,
    pub(crate) accounts: ContractAccounts,
}

impl Stage {
    pub(crate) async fn new() -> Self {
        Self::with(|builder| builder).await
    }

    pub(crate) async fn with(settings: impl FnOnce(Builder) -> Builder) -> Self {
        let node = Node::new().await;
        let accounts = node.devnet.add_contract_accounts([7; 32]);
        let site = Site::new(&[node.socket.url()], &node.clock, |chain| chain.timeout = PATIENT, settings);
        Self { node, site, accounts }
    }

    /// A program's challenge.
    pub(crate) async fn challenge(&self) -> Value {
        self.site.server.challenge(&[]).await.json()
    }

    /// What a wallet is asked for a challenge.
    pub(crate) fn ask(&self, challenge: &Value) -> Ask {
        self.node.devnet.ask(challenge["payload"].as_str().unwrap())
    }

    pub(crate) async fn log_in(&self, who: &dyn Authorizer) -> Answer {
        let challenge = self.challenge().await;
        self.post(who.account(), &challenge, &who.authorize(&self.ask(&challenge))).await
    }

    pub(crate) async fn post(&self, account: &AccountId, challenge: &Value, authorization: &str) -> Answer {
        let body = json!({ "accountId": account.as_str(), "authorization": authorization, "nonce": challenge["nonce"] });
        self.site.server.post(VERIFY, &[], &body).await
    }

    /// Lets changes of the devnet become final, and time pass so that they are seen.
    pub(crate) fn settle(&self) {
        self.node.pass(Duration::from_secs(2));
    }
}

/// The account and the key that a login opened a session for.
#[track_caller]
pub(crate) fn signed_in(answer: &Answer) -> (String, Value) {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    (answer.json()["accountId"].as_str().unwrap().to_owned(), answer.json()["publicKey"].clone())
}

pub(crate) fn refusal(answer: &Answer) -> (StatusCode, String) {
    (answer.status, answer.error())
}

pub(crate) fn refused(code: &str) -> (StatusCode, String) {
    (StatusCode::UNAUTHORIZED, code.to_owned())
}
