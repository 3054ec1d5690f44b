//! Who signs in, and how that should end.

use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};
use siwn_devnet::open_authorization;

use super::TIMEOUT;
use crate::node::Site;
use crate::support::Answer;
use crate::world::{ALICE, BOB, OPEN, PANICS};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Login {
    /// The key is the account's.
    Stands,
    /// The account does not have the key.
    Lacks,
    /// The account is a contract, which agrees.
    Agrees,
    /// The account is a contract, which does not.
    Panics,
}

impl Login {
    pub(super) const BY_KEY: [Self; 2] = [Self::Stands, Self::Lacks];
    pub(super) const BY_CONTRACT: [Self; 2] = [Self::Agrees, Self::Panics];

    pub(super) const fn is_by_contract(self) -> bool {
        matches!(self, Self::Agrees | Self::Panics)
    }

    /// What it takes at most: twice the time of a call, or eight seconds with contracts.
    pub(super) const fn longest(self) -> Duration {
        if self.is_by_contract() { Duration::from_secs(8) } else { TIMEOUT.saturating_mul(2) }
    }

    const fn account(self) -> &'static str {
        match self {
            Self::Stands => ALICE,
            Self::Lacks => BOB,
            Self::Agrees => OPEN,
            Self::Panics => PANICS,
        }
    }

    /// A proof, with a challenge of its own.
    pub(super) async fn proof(self, site: &Site) -> Value {
        if self.is_by_contract() {
            authorized(site, self.account()).await
        } else {
            json!({ "authToken": site.token_of(self.account()).await })
        }
    }

    /// An answer is the right one, or it is none: 503 in the shape of errors, with the time after which to come again.
    pub(super) fn is_right_or_none(self, answer: &Answer) -> bool {
        if answer.status != StatusCode::SERVICE_UNAVAILABLE {
            return self.is_right(answer);
        }
        let is_soon = (Duration::from_secs(1)..=Duration::from_secs(30)).contains(&answer.retry_after());
        answer.error() == "chain_unavailable" && is_soon && answer.cookies().is_empty()
    }

    pub(super) fn is_right(self, answer: &Answer) -> bool {
        let refused = |code| answer.status == StatusCode::UNAUTHORIZED && answer.error() == code && answer.cookies().is_empty();
        match self {
            Self::Stands | Self::Agrees => {
                answer.status == StatusCode::OK && answer.json()["accountId"] == self.account() && answer.cookies().len() == 1
            }
            Self::Lacks => refused("key_not_found"),
            Self::Panics => refused("contract_refused"),
        }
    }
}

/// A body by which a contract is asked whether it agrees.
pub(crate) async fn authorized(site: &Site, account: &str) -> Value {
    let challenge = site.server.challenge(&[]).await.json();
    let authorization = open_authorization(challenge["payload"].as_str().unwrap());
    json!({ "accountId": account, "authorization": authorization, "nonce": challenge["nonce"] })
}
