//! `readyz`, with the check that the binary makes.

use std::sync::Arc;

use http::StatusCode;
use siwn::Chain;
use siwn_chain::{RpcChain, RpcUrl, Settings};
use siwn_devnet::Fault;

use crate::node::{Node, reader};
use crate::support::Server;

/// A server whose readiness is that of its chain client.
fn with_ready_check(node: &Node) -> (Server, Arc<RpcChain>) {
    let mut settings = Settings::new("siwn-devnet".parse().unwrap());
    settings.endpoints = vec![node.socket.url().parse::<RpcUrl>().unwrap().into()];
    let chain = Arc::new(RpcChain::new(settings, reader(&node.clock)).unwrap());
    let (asks, readiness) = (Arc::clone(&chain) as Arc<dyn Chain>, Arc::clone(&chain));
    let check = move || if readiness.ready().is_ready() { Ok(()) } else { Err("no node of the network answers".into()) };
    let server = Server::with(|own| own.chain("siwn-devnet", asks).clock(reader(&node.clock)).ready_check("chain", check));
    (server, chain)
}

async fn readyz(server: &Server) -> (StatusCode, String) {
    let answer = server.get("/readyz", &[]).await;
    (answer.status, answer.json()["checks"]["chain"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_server_without_a_node_is_not_ready_and_notices_its_return() {
    let node = Node::new().await;
    let (server, chain) = with_ready_check(&node);
    let red = (StatusCode::SERVICE_UNAVAILABLE, "no node of the network answers".to_owned());
    node.devnet.fail(Fault::Unavailable);
    assert!(!chain.check().await.unwrap().is_ready());
    assert_eq!(readyz(&server).await, red);
    assert_eq!(server.get("/healthz", &[]).await.status, StatusCode::OK);

    node.devnet.recover();
    assert_eq!(readyz(&server).await, red, "nothing is asked for readyz itself");
    assert!(chain.check().await.unwrap().is_ready());
    assert_eq!(readyz(&server).await, (StatusCode::OK, "ok".to_owned()));
}

#[tokio::test]
async fn a_node_of_another_network_makes_nobody_ready() {
    let node = Node::new().await;
    let (server, chain) = with_ready_check(&node);
    node.devnet.fail(Fault::WrongNetwork);
    chain.check().await.unwrap_err();
    assert_eq!(readyz(&server).await.0, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn a_login_that_meets_an_outage_turns_readiness_red_and_one_that_succeeds_green() {
    let node = Node::new().await;
    let (server, chain) = with_ready_check(&node);
    chain.check().await.unwrap();
    assert_eq!(readyz(&server).await.0, StatusCode::OK);
    let token = server.token().await;
    for (outage, expected) in [(true, StatusCode::SERVICE_UNAVAILABLE), (false, StatusCode::OK)] {
        if outage {
            node.devnet.fail(Fault::Reset);
        } else {
            node.devnet.recover();
        }
        let answer = server.post("/api/auth/verify-login", &[], &serde_json::json!({ "authToken": token })).await;
        assert_eq!((answer.status, readyz(&server).await.0), (expected, expected));
    }
}
