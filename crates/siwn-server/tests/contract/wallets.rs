//! Accounts that are contracts sign in.

use std::net::SocketAddr;
use std::time::Duration;

use axum::extract::ConnectInfo;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use siwn_devnet::{Authorizer, Flavour};
use siwn_server::TrustedProxies;

use crate::stage::{Stage, refusal, refused, signed_in};
use crate::support::request;

#[tokio::test]
async fn wallets_that_are_contracts_sign_in_without_a_key() {
    let stage = Stage::new().await;
    let accounts = &stage.accounts;
    for wallet in [&accounts.wallet, &accounts.extension, &accounts.secp256k1, &accounts.ethereum, &accounts.multisig] {
        let answer = stage.log_in(wallet).await;
        assert_eq!(signed_in(&answer), (wallet.name.to_string(), Value::Null));
        let session = stage.site.server.get("/api/auth/session", &[("cookie", &answer.cookies().concat())]).await.json();
        assert_eq!((&session["accountId"], &session["publicKey"]), (&json!(wallet.name.as_str()), &Value::Null));
    }
}

#[tokio::test]
async fn a_proxy_is_told_that_a_contract_has_no_key() {
    let stage = Stage::with(|builder| builder.trusted_proxies(TrustedProxies::parse(["10.0.0.1"]).unwrap())).await;
    let cookie = stage.log_in(&stage.accounts.wallet).await.cookies().concat();
    let headers = [("host", "app.example"), ("x-forwarded-method", "GET"), ("x-forwarded-uri", "/"), ("cookie", &cookie)];
    let mut question = request(Method::GET, "/api/auth/forward", &headers, "");
    question.extensions_mut().insert(ConnectInfo(SocketAddr::from(([10, 0, 0, 1], 40_000))));
    let answer = stage.site.server.send(question).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert_eq!(answer.headers["x-siwn-account"], stage.accounts.wallet.name.as_str());
    assert_eq!(answer.headers["x-siwn-key"], "");
}

#[tokio::test]
async fn a_contracts_session_lives_an_hour_at_most() {
    let stage = Stage::with(|builder| builder.session_lifetime(Duration::from_hours(24))).await;
    let cookie = stage.log_in(&stage.accounts.wallet).await.cookies().concat();
    let by_key = stage.log_in(&stage.accounts.people.alice).await.cookies().concat();
    let is_alive = async |cookie: &str| stage.site.server.get("/api/auth/session", &[("cookie", cookie)]).await.status.is_success();
    stage.node.pass(Duration::from_mins(59));
    assert!(is_alive(&cookie).await && is_alive(&by_key).await);
    stage.node.pass(Duration::from_mins(1));
    assert!(!is_alive(&cookie).await);
    assert!(is_alive(&by_key).await, "a key's session lives as long as it is set to");
}

#[tokio::test]
async fn a_wallet_signs_in_by_the_word_of_an_extension() {
    let stage = Stage::new().await;
    let accounts = &stage.accounts;
    let extensions: [&dyn Authorizer; 2] = [&accounts.extension, &accounts.people.alice];
    for extension in extensions {
        let challenge = stage.challenge().await;
        let authorization = accounts.wallet.authorize_by_extension(extension, &stage.ask(&challenge));
        let answer = stage.post(&accounts.wallet.name, &challenge, &authorization).await;
        assert_eq!(signed_in(&answer), (accounts.wallet.name.to_string(), Value::Null), "{}", extension.account());
    }
}

#[tokio::test]
async fn a_multisig_signs_in_by_any_two_of_its_members() {
    let stage = Stage::new().await;
    let (multisig, people) = (&stage.accounts.multisig, &stage.accounts.people);
    let pairs: [[&dyn Authorizer; 2]; 3] =
        [[&people.alice, &people.bob], [&people.bob, &people.carol], [&people.carol, &people.alice]];
    for members in pairs {
        let challenge = stage.challenge().await;
        let authorization = multisig.authorize_by_members(&members, &stage.ask(&challenge));
        assert_eq!(signed_in(&stage.post(&multisig.name, &challenge, &authorization).await).0, multisig.name.as_str());
    }
}

#[tokio::test]
async fn nodes_of_every_kind_can_be_asked_about_contracts() {
    let stage = Stage::new().await;
    for flavour in [Flavour::Nearcore, Flavour::OldNearcore, Flavour::ReadRpc] {
        stage.node.devnet.set_flavour(flavour);
        for who in [&stage.accounts.wallet, &stage.accounts.multisig] {
            assert_eq!(signed_in(&stage.log_in(who).await).0, who.name.as_str(), "{flavour:?}");
        }
    }
}

#[tokio::test]
async fn a_contracts_authorization_opens_one_session() {
    let stage = Stage::new().await;
    let wallet = &stage.accounts.wallet;
    let challenge = stage.challenge().await;
    let authorization = wallet.authorize(&stage.ask(&challenge));
    signed_in(&stage.post(&wallet.name, &challenge, &authorization).await);
    for _ in 0..2 {
        assert_eq!(refusal(&stage.post(&wallet.name, &challenge, &authorization).await), refused("challenge_used"));
    }
}
