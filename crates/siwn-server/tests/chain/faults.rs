//! No node at all, and a node of another network: 503, and nothing is spent.

use std::future::pending;

use http::StatusCode;
use siwn_chain::StartError;
use siwn_devnet::Fault;
use tokio::net::TcpSocket;

use crate::node::{Node, Site, devnet, sharing};
use crate::support::{Answer, NOW};

fn assert_unavailable(answer: &Answer, what: &str) {
    let seen = (answer.status, answer.error());
    assert_eq!(seen, (StatusCode::SERVICE_UNAVAILABLE, "chain_unavailable".into()), "{what}");
    assert_eq!(answer.retry_after().as_secs(), 2, "{what}");
    assert!(answer.cookies().is_empty(), "{what}");
}

#[tokio::test]
async fn nobody_listening_burns_nothing() {
    // The port is taken, and nobody listens until the test does.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let url = format!("http://{}/_devnet/rpc", socket.local_addr().unwrap());
    let clock = siwn::conformance::TestClock::at(NOW);
    let site = Site::new(&[url], &clock, |_| {}, |builder| builder);
    let token = site.server.token().await;
    assert_unavailable(&site.log_in(&token).await, "nobody");

    let node = siwn_server::serve(vec![socket.listen(16).unwrap()], devnet(&clock).router(), pending());
    let node = tokio::spawn(node);
    let answer = site.log_in(&token).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    node.abort();
}

#[tokio::test]
async fn a_node_of_another_network_is_shut_out_and_a_new_start_takes_the_token() {
    let node = Node::new().await;
    let shared = sharing(&node.clock);
    let start = || Site::new(&[node.socket.url()], &node.clock, |_| {}, &shared);
    let site = start();
    let token = site.server.token().await;
    node.devnet.fail(Fault::WrongNetwork);
    assert!(matches!(site.chain.check().await.unwrap_err(), StartError::OtherNetwork { .. }));
    assert_unavailable(&site.log_in(&token).await, "another network");

    node.devnet.recover();
    assert_unavailable(&site.log_in(&token).await, "shut out");
    let site = start();
    let answer = site.log_in(&token).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert_eq!(site.log_in(&token).await.error(), "challenge_used");
}
