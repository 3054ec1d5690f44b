//! A node that fails or lies: 503 within the deadline, never a refusal and never a pass, and nothing is spent.

use std::future::pending;
use std::time::{Duration, Instant};

use http::StatusCode;
use siwn_chain::StartError;
use siwn_devnet::{Fault, Outage};
use tokio::net::TcpSocket;

use crate::node::{Node, PATIENT, Site, devnet, sharing};
use crate::support::{Answer, NOW};

const IMPATIENT: Duration = Duration::from_millis(150);
/// What a busy machine may add to a deadline.
const MARGIN: Duration = Duration::from_secs(2);

/// Faults that show at once, whatever is asked for.
const QUICK: [Fault; 8] = [
    Fault::Reset,
    Fault::InternalError,
    Fault::Unavailable,
    Fault::Garbage,
    Fault::EndlessBody,
    Fault::TruncatedBody,
    Fault::WrongId,
    Fault::NotSynced,
];
/// Nodes that ask for a pause, which is kept.
const LIMITS: [Fault; 2] = [Fault::TooManyRequests { retry_after: Some(7) }, Fault::TooManyRequests { retry_after: None }];
const LAGGING: Fault = Fault::Lagging(Duration::from_secs(31));

fn assert_unavailable(answer: &Answer, what: &str) {
    let seen = (answer.status, answer.error());
    assert_eq!(seen, (StatusCode::SERVICE_UNAVAILABLE, "chain_unavailable".into()), "{what}");
    let seconds: u64 = answer.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert_eq!(seconds, if what.contains("Some(7)") { 7 } else { 2 }, "{what}");
    assert!(answer.cookies().is_empty(), "{what}");
}

/// The login cannot be judged while the outage lasts, and the same token signs in afterwards.
async fn burns_nothing(node: &Node, site: &Site, outage: Outage) {
    let what = format!("{outage:?}");
    let token = site.server.token().await;
    node.devnet.fail(outage);
    for _ in 0..2 {
        assert_unavailable(&site.log_in(&token).await, &what);
    }
    node.devnet.recover();
    let answer = site.log_in(&token).await;
    assert_eq!(answer.status, StatusCode::OK, "{what} {}", answer.body);
    assert_eq!(site.log_in(&token).await.error(), "challenge_used", "{what}");
}

#[tokio::test]
async fn a_fault_before_the_first_answer_burns_nothing() {
    for fault in QUICK.into_iter().chain([Fault::WrongBlockHash, LAGGING]) {
        let node = Node::new().await;
        burns_nothing(&node, &node.site(PATIENT), fault.into()).await;
    }
}

#[tokio::test]
async fn a_fault_of_a_node_that_answered_before_burns_nothing() {
    let node = Node::new().await;
    let site = node.site(PATIENT);
    site.chain.check().await.unwrap();
    let of_the_block = QUICK.into_iter().chain([LAGGING]).map(Fault::on_block);
    let of_the_key = QUICK.into_iter().chain([Fault::WrongBlockHash]).map(Fault::on_query);
    for outage in of_the_block.chain(of_the_key) {
        node.pass(Duration::from_secs(2));
        burns_nothing(&node, &site, outage).await;
    }
}

#[tokio::test]
async fn a_hanging_node_is_given_up_within_the_deadline() {
    let node = Node::new().await;
    let site = node.site(IMPATIENT);
    for outage in [Fault::Hang.into(), Fault::Hang.on_query(), Fault::Delay(Duration::from_mins(1)).on_block()] {
        node.pass(Duration::from_secs(2));
        let token = site.server.token().await;
        node.devnet.fail(outage);
        let began = Instant::now();
        assert_unavailable(&site.log_in(&token).await, "hang");
        let took = began.elapsed();
        assert!(took >= IMPATIENT && took < IMPATIENT * 2 + MARGIN, "{took:?}");

        node.devnet.recover();
        // So short a deadline can be missed on a busy machine; that burns nothing either.
        let mut answer = site.log_in(&token).await;
        for _ in 0..20 {
            if answer.status == StatusCode::SERVICE_UNAVAILABLE {
                answer = site.log_in(&token).await;
            }
        }
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    }
}

#[tokio::test]
async fn a_quick_fault_does_not_wait_for_the_deadline() {
    for fault in QUICK {
        let node = Node::new().await;
        let site = node.site(PATIENT);
        let token = site.server.token().await;
        node.devnet.fail(fault);
        let began = Instant::now();
        site.log_in(&token).await;
        assert!(began.elapsed() < PATIENT, "{fault:?} {:?}", began.elapsed());
    }
}

#[tokio::test]
async fn a_pause_that_a_node_asks_for_is_kept_and_burns_nothing() {
    for (fault, millis) in LIMITS.into_iter().zip([3_000, 900]) {
        let node = Node::new().await;
        let shared = sharing(&node.clock);
        let start = || {
            let impatient = |settings: &mut siwn_chain::Settings| settings.timeout = Duration::from_millis(millis);
            Site::new(&[node.socket.url()], &node.clock, impatient, &shared)
        };
        let site = start();
        let token = site.server.token().await;
        node.devnet.fail(fault);
        let what = format!("{fault:?}");
        assert_unavailable(&site.log_in(&token).await, &what);
        assert_eq!(node.devnet.requests().total(), 1, "{what}");
        node.devnet.recover();
        for _ in 0..3 {
            assert_unavailable(&site.log_in(&token).await, &what);
        }
        assert_eq!(node.devnet.requests().total(), 1, "{what}");
        let answer = start().log_in(&token).await;
        assert_eq!(answer.status, StatusCode::OK, "{what} {}", answer.body);
    }
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

#[tokio::test]
async fn a_second_node_answers_for_the_first() {
    for fault in QUICK.into_iter().chain(LIMITS).chain([Fault::WrongBlockHash, LAGGING, Fault::WrongNetwork]) {
        is_answered_for(fault.into(), PATIENT).await;
    }
    for outage in [Fault::WrongBlockHash.on_query(), Fault::NotSynced.on_query(), Fault::Garbage.on_block()] {
        is_answered_for(outage, PATIENT).await;
    }
    is_answered_for(Fault::Hang.into(), Duration::from_secs(1)).await;
}

async fn is_answered_for(outage: Outage, timeout: Duration) {
    let (first, second) = (Node::new().await, Node::new().await);
    let what = format!("{outage:?}");
    first.devnet.fail(outage);
    let urls = [first.socket.url(), second.socket.url()];
    let site = Site::new(&urls, &first.clock, |settings| settings.timeout = timeout, |builder| builder);
    let answer = site.log_in(&site.server.token().await).await;
    assert_eq!(answer.status, StatusCode::OK, "{what} {}", answer.body);
    assert!(first.devnet.requests().total() > 0 && second.devnet.requests().query == 1, "{what}");
}
