//! Every fault, on a real socket.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use std::io::ErrorKind;
use std::time::Duration;

use serde_json::{Value, json};
use siwn_devnet::{Devnet, DevnetServer, Fault, Network, Requests};
use support::{Answer, Clock, NOW, account, devnet_with_alice, key, post, request, view_access_key};

async fn node() -> (Devnet, Clock, DevnetServer) {
    let (devnet, clock) = devnet_with_alice();
    let server = devnet.listen().await.unwrap();
    (devnet, clock, server)
}

fn question() -> String {
    view_access_key(&key(1), &json!({"finality": "final"}))
}

async fn asked(server: &DevnetServer, body: &str) -> Answer {
    post(server.address(), body, 1 << 20).await.unwrap()
}

async fn asked_json(server: &DevnetServer, method: &str, params: Value) -> Value {
    asked(server, &request(method, &params)).await.json()
}

#[track_caller]
fn assert_good(answer: &Answer) {
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json()["result"]["permission"], "FullAccess");
}

#[tokio::test]
async fn without_a_fault_the_answer_is_whole() {
    let (_, _, server) = node().await;
    let answer = asked(&server, &question()).await;
    assert_good(&answer);
    assert!(answer.head.contains("content-type: application/json"));
    assert_eq!(server.url(), format!("http://{}", server.address()));
}

#[tokio::test(start_paused = true)]
async fn a_delayed_answer_comes_late_and_whole() {
    let (devnet, _, server) = node().await;
    let delay = Duration::from_mins(1);
    devnet.fail(Fault::Delay(delay));
    let begun = tokio::time::Instant::now();
    assert_good(&asked(&server, &question()).await);
    assert!(begun.elapsed() >= delay);
}

#[tokio::test]
async fn a_hanging_node_takes_the_request_and_says_nothing() {
    let (devnet, _, server) = node().await;
    devnet.fail(Fault::Hang.times(1));
    let address = server.address();
    let hanging = tokio::spawn(async move { post(address, &question(), 1).await });
    while devnet.requests().query == 0 {
        tokio::task::yield_now().await;
    }
    // Others are answered meanwhile.
    for _ in 0..20 {
        assert_good(&asked(&server, &question()).await);
    }
    assert!(!hanging.is_finished());
}

#[tokio::test]
async fn a_reset_is_a_reset() {
    let (devnet, _, server) = node().await;
    devnet.fail(Fault::Reset.times(1));
    let error = post(server.address(), &question(), 1 << 20).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    assert_good(&asked(&server, &question()).await);
}

#[tokio::test]
async fn a_rationed_client_is_told_when_to_return_or_not() {
    let (devnet, _, server) = node().await;
    devnet.fail(Fault::TooManyRequests { retry_after: Some(7) }.times(1));
    devnet.fail(Fault::TooManyRequests { retry_after: None });
    let first = asked(&server, &question()).await;
    assert_eq!(first.status, 429);
    assert!(first.head.contains("\r\nretry-after: 7"));
    let second = asked(&server, &question()).await;
    assert_eq!(second.status, 429);
    assert!(!second.head.contains("retry-after"));
}

#[tokio::test]
async fn a_failing_node_answers_500_and_a_gateway_503() {
    let (devnet, _, server) = node().await;
    devnet.fail(Fault::InternalError.times(1));
    devnet.fail(Fault::Unavailable);
    let internal = asked(&server, &question()).await;
    assert_eq!((internal.status, &internal.json()["error"]["name"]), (500, &json!("INTERNAL_ERROR")));
    let unavailable = asked(&server, &question()).await;
    assert_eq!(unavailable.status, 503);
    assert!(unavailable.body.starts_with(b"<!doctype html>"));
}

#[tokio::test]
async fn garbage_is_a_page_with_status_200() {
    let (devnet, _, server) = node().await;
    devnet.fail(Fault::Garbage);
    let answer = asked(&server, &question()).await;
    assert_eq!(answer.status, 200);
    assert!(answer.body.starts_with(b"<!doctype html>"));
}

#[tokio::test]
async fn an_endless_body_has_no_end() {
    let (devnet, _, server) = node().await;
    devnet.fail(Fault::EndlessBody);
    let at_most = 20 << 20;
    let answer = post(server.address(), &question(), at_most).await.unwrap();
    let read = answer.head.len() + 4 + answer.body.len();
    assert_eq!(read as u64, at_most);
    assert!(!answer.head.contains("content-length"));
    // The node is there for others meanwhile and afterwards.
    devnet.recover();
    assert_good(&asked(&server, &question()).await);
}

#[tokio::test]
async fn a_truncated_body_is_shorter_than_announced() {
    let (devnet, _, server) = node().await;
    let whole = asked(&server, &question()).await.body;
    devnet.fail(Fault::TruncatedBody);
    let answer = asked(&server, &question()).await;
    assert!(answer.head.contains(&format!("content-length: {}", whole.len())));
    assert_eq!(answer.body, whole[..whole.len() / 2]);
}

#[tokio::test(start_paused = true)]
async fn a_stalled_body_stops_half_way_and_the_connection_stays() {
    use tokio::io::AsyncWriteExt as _;

    let (devnet, _, server) = node().await;
    let whole = asked(&server, &question()).await.body;
    devnet.fail(Fault::StalledBody);
    let mut stream = tokio::net::TcpStream::connect(server.address()).await.unwrap();
    let (body, begin) = (question(), "POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/json");
    stream.write_all(format!("{begin}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).as_bytes()).await.unwrap();
    let mut read = Vec::new();
    while !read.ends_with(&whole[..whole.len() / 2]) {
        assert_ne!(tokio::io::AsyncReadExt::read_buf(&mut stream, &mut read).await.unwrap(), 0);
    }
    assert!(String::from_utf8(read).unwrap().contains(&format!("content-length: {}", whole.len())));
    let more = tokio::time::timeout(Duration::from_mins(1), tokio::io::AsyncReadExt::read_u8(&mut stream)).await;
    assert!(more.is_err(), "{more:?}");
}

#[tokio::test]
async fn a_right_answer_can_come_with_a_wrong_status_or_beside_an_error() {
    let (devnet, _, server) = node().await;
    let right = asked(&server, &question()).await;
    devnet.fail(Fault::WrongStatus.times(1));
    devnet.fail(Fault::ResultBesideError);
    let wrong = asked(&server, &question()).await;
    assert_eq!((wrong.status, wrong.json()), (503, right.json()));
    let both = asked(&server, &question()).await;
    assert_eq!((both.status, &both.json()["result"]), (200, &right.json()["result"]));
    assert_eq!(both.json()["error"]["name"], "HANDLER_ERROR");
}

#[tokio::test]
async fn an_answer_of_another_block_is_right_but_for_the_hash() {
    let (devnet, _, server) = node().await;
    let block = devnet.final_block();
    devnet.fail(Fault::WrongBlockHash);
    let answer = asked(&server, &view_access_key(&key(1), &json!({"block_id": block.hash.to_string()}))).await;
    assert_good(&answer);
    assert_ne!(answer.json()["result"]["block_hash"], block.hash.to_string());
    assert_eq!(answer.json()["result"]["block_height"], block.height);
}

#[tokio::test]
async fn an_answer_to_another_request_has_another_id() {
    let (devnet, _, server) = node().await;
    devnet.fail(Fault::WrongId);
    let answer = asked(&server, &question()).await;
    assert_good(&answer);
    assert_ne!(answer.json()["id"], "dontcare");
}

#[tokio::test]
async fn a_lagging_node_stays_where_it_was() {
    let (devnet, clock, server) = node().await;
    let stuck = devnet.head();
    devnet.fail(Fault::Lagging(Duration::from_secs(31)));
    devnet.remove_key(&account("alice.near"), &key(1)).unwrap();
    clock.pass(2000);
    let newest = devnet.settle();

    let block = asked_json(&server, "block", json!({"finality": "final"})).await;
    assert_eq!(block["result"]["header"]["height"], stuck.height - 2);
    assert_eq!(block["result"]["header"]["timestamp_nanosec"], ((NOW - 31_000) * 1_000_000).to_string());
    assert_good(&asked(&server, &question()).await);
    let at_newest = json!({"block_id": newest.hash.to_string()});
    let unknown = asked(&server, &view_access_key(&key(1), &at_newest)).await;
    assert_eq!((unknown.status, &unknown.json()["error"]["cause"]["name"]), (422, &json!("UNKNOWN_BLOCK")));
    let status = asked_json(&server, "status", json!([])).await;
    assert_eq!(status["result"]["sync_info"]["latest_block_height"], stuck.height);

    devnet.recover();
    let block = asked_json(&server, "block", json!({"finality": "final"})).await;
    assert_eq!(block["result"]["header"]["height"], newest.height);
}

#[tokio::test]
async fn a_node_of_another_network_says_so_in_its_status() {
    let (devnet, _, server) = node().await;
    let chain = async || {
        let status = asked_json(&server, "status", json!([])).await;
        (status["result"]["chain_id"].clone(), status["result"]["genesis_hash"].clone())
    };
    let own = chain().await;
    assert_eq!(own, (json!("siwn-devnet"), json!(Network::devnet().genesis_hash().to_string())));
    devnet.fail(Fault::WrongNetwork);
    let other = chain().await;
    assert!(own.0 != other.0 && own.1 != other.1);
}

#[tokio::test]
async fn a_node_without_blocks_answers_nothing_else() {
    let (devnet, _, server) = node().await;
    devnet.fail(Fault::NotSynced);
    for (method, cause) in [("status", "NODE_IS_SYNCING"), ("block", "NOT_SYNCED_YET"), ("query", "NO_SYNCED_BLOCKS")] {
        assert_eq!(asked_json(&server, method, json!({})).await["error"]["cause"], json!({"name": cause}));
    }
}

#[tokio::test]
async fn outages_end_after_their_requests_and_fit_their_method() {
    let (devnet, _, server) = node().await;
    devnet.fail(Fault::Unavailable.on_query().times(2));
    devnet.fail(Fault::InternalError.on_status());
    devnet.fail(Fault::Garbage.on_block().times(0));
    let mut statuses = Vec::new();
    for body in [question(), request("block", &json!({"finality": "final"})), question(), question(), request("status", &json!([]))]
    {
        statuses.push(asked(&server, &body).await.status);
    }
    assert_eq!(statuses, [503, 200, 503, 200, 500]);
    let counted = Requests { status: 1, block: 1, query: 3, other: 0 };
    assert_eq!((devnet.requests(), devnet.requests().total()), (counted, 5));
    devnet.forget_requests();
    assert_eq!(devnet.requests(), Requests::default());
}

#[tokio::test]
async fn a_connection_is_kept_for_the_next_request() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    let (devnet, _, server) = node().await;
    let mut stream = tokio::net::TcpStream::connect(server.address()).await.unwrap();
    let body = question();
    let message =
        format!("POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    for _ in 0..2 {
        stream.write_all(message.as_bytes()).await.unwrap();
        let mut read = Vec::new();
        while !read.ends_with(b"}") {
            assert_ne!(stream.read_buf(&mut read).await.unwrap(), 0);
        }
    }
    assert_eq!(devnet.requests().query, 2);
}

#[tokio::test]
async fn a_dropped_server_is_gone_with_its_connections() {
    let (devnet, _, server) = node().await;
    let address = server.address();
    devnet.fail(Fault::Hang);
    let hanging = tokio::spawn(async move { post(address, &question(), 1).await });
    while devnet.requests().query == 0 {
        tokio::task::yield_now().await;
    }
    drop(server);
    assert!(hanging.await.unwrap().is_err());
    assert_eq!(post(address, "{}", 1).await.unwrap_err().kind(), ErrorKind::ConnectionRefused);
}
