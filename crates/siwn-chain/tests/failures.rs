//! Nodes and gateways that fail, lie or never end: never a yes, never a no, and the next endpoint answers.

#![expect(clippy::unwrap_used, reason = "all of this is test code")]

mod fake_node;

use std::time::{Duration, Instant};

use fake_node::{Answer, FakeNode, HASH, NOW, OTHER_HASH, PATIENT, Request, TestClock, ask, chain, nobody, settings, told};
use serde_json::{Value, json};
use siwn::Access;
use siwn_chain::{RpcChain, RpcHeader};

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";

/// Short: these nodes are cut off by it. Long enough that the honest one beside them answers.
const IMPATIENT: Duration = Duration::from_millis(250);

type Fault = (&'static str, fn(&Request) -> Answer);

/// Faults that show at once, and a piece of what an operator is told.
const QUICK: [Fault; 14] = [
    ("cannot be reached", |_| Answer::Reset),
    ("cannot be reached", |_| Answer::Bytes(Vec::new())),
    ("cannot be reached", |_| Answer::Bytes(format!("{OK}content-length: 100\r\n\r\n{{}}").into())),
    // The reader does not ask for memory on the word of a header.
    ("cannot be reached", |_| Answer::Bytes(format!("{OK}content-length: 18446744073709551615\r\n\r\n{{}}").into())),
    ("cannot be reached", |_| Answer::Bytes(b"SSH-2.0-OpenSSH_9.9\r\n".to_vec())),
    ("cannot be reached", |_| Answer::Endless("HTTP/1.1 200 OK\r\n", "x-filler: 0123456789\r\n")),
    ("more than 1048576 bytes", |_| Answer::Endless("HTTP/1.1 200 OK\r\n\r\n", "{\"id\":\"0123456789\"}         ")),
    ("no reply to this call", |_| Answer::Body(200, "<html>\u{1b}[31mwelcome</html>".into())),
    ("no reply to this call", |_| Answer::Body(200, String::new())),
    ("HTTP 500", |_| Answer::Body(500, "<html>no</html>".into())),
    ("HTTP 502", |_| Answer::Body(502, String::new())),
    ("HTTP 401", |request| with_status(401, request)),
    ("HTTP 403", |request| with_status(403, request)),
    ("another request", |request| {
        let mut other = request.clone();
        other.body["id"] = "siwn-other".into();
        other.honest()
    }),
];

/// Faults that only the question about the key can show.
const OF_THE_KEY: [Fault; 8] = [
    ("another block", |request| at_block(OTHER_HASH, request)),
    ("another block", |request| {
        request.result(&json!({"error": "account alice.near does not exist while viewing", "block_hash": OTHER_HASH}))
    }),
    ("does not know the pinned block", |request| request.error(422, "UNKNOWN_BLOCK", &json!({"block_reference": {}}))),
    ("does not know the pinned block", |request| request.error(200, "UNKNOWN_BLOCK", &json!({}))),
    ("no longer keeps", |request| request.error(200, "GARBAGE_COLLECTED_BLOCK", &json!({}))),
    (r#""HANDLER_ERROR" of "UNAVAILABLE_SHARD""#, |request| request.error(200, "UNAVAILABLE_SHARD", &json!({}))),
    (r#""HANDLER_ERROR" of "SOMETHING\u{7}NEW""#, |request| request.error(200, "SOMETHING\u{7}NEW", &json!({}))),
    ("error \"wasm execution failed\"", |request| request.flat_error("wasm execution failed")),
];

fn with_status(status: u16, request: &Request) -> Answer {
    let Answer::Body(_, body) = request.honest() else { unreachable!("honest answers have bodies") };
    Answer::Body(status, body)
}

fn at_block(hash: &str, request: &Request) -> Answer {
    let mut other = request.clone();
    other.body["params"]["block_id"] = Value::from(hash);
    other.honest()
}

/// An honest node whose tip is another than the others'.
async fn second() -> FakeNode {
    FakeNode::with("block", |request| request.tip(OTHER_HASH, NOW)).await
}

/// Alone it is an error that says what happened; before an honest node, that one answers, by its own block only.
async fn is_never_an_answer(method: &'static str, (says, fault): Fault, timeout: Duration) {
    let faulty = FakeNode::with(method, fault).await;
    let error = ask(&chain(&[faulty.url()], timeout, &TestClock::new())).await.unwrap_err();
    assert!(told(&error).contains(says), "{method}: {}", told(&error));
    assert!(told(&error).is_ascii() && !told(&error).contains(char::is_control), "{}", told(&error));

    let second = second().await;
    let standing = ask(&chain(&[faulty.url(), second.url()], timeout, &TestClock::new())).await.unwrap();
    assert_eq!(standing.access, Access::Full, "{method}: {says}");
    assert_eq!(second.methods(), ["status", "block", "view_access_key"]);
    assert_eq!(second.requests()[2].block(), OTHER_HASH);
}

#[tokio::test]
async fn a_fault_is_never_an_answer_and_the_next_endpoint_answers() {
    for method in ["status", "block", "view_access_key"] {
        for fault in QUICK {
            is_never_an_answer(method, fault, PATIENT).await;
        }
    }
    for fault in OF_THE_KEY {
        is_never_an_answer("view_access_key", fault, PATIENT).await;
    }
}

#[tokio::test]
async fn a_hanging_node_is_cut_off_and_the_next_endpoint_answers() {
    for method in ["status", "block", "view_access_key"] {
        is_never_an_answer(method, ("did not answer in time", |_| Answer::Stall("")), IMPATIENT).await;
    }
    let half: Fault = ("did not answer in time", |_| Answer::Stall("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{"));
    is_never_an_answer("block", half, IMPATIENT).await;
}

#[tokio::test]
async fn a_look_up_ends_after_twice_the_time_of_a_call() {
    let mut nodes = Vec::new();
    for _ in 0..5 {
        nodes.push(FakeNode::start(|_| Answer::Stall("")).await);
    }
    let urls: Vec<_> = nodes.iter().map(FakeNode::url).collect();
    let timeout = Duration::from_millis(50);
    let chain = chain(&urls, timeout, &TestClock::new());

    let start = Instant::now();
    let error = ask(&chain).await.unwrap_err();
    let took = start.elapsed();

    // The upper bound leaves room for a machine that is busy with other things.
    assert!(took >= timeout * 2 && took < timeout * 20, "{took:?}");
    assert!(told(&error).matches("did not answer in time").count() >= 2, "{}", told(&error));
    // Two in turn, and one more because the first was slow.
    assert!(nodes[3..].iter().all(|node| node.requests().is_empty()));
}

#[tokio::test]
async fn nobody_listening_is_told_and_the_next_endpoint_answers() {
    let second = second().await;
    let (clock, nobody) = (TestClock::new(), nobody().await);
    let error = ask(&chain(std::slice::from_ref(&nobody), PATIENT, &clock)).await.unwrap_err();
    assert!(told(&error).contains("cannot be reached: \"Connection refused"), "{}", told(&error));
    assert_eq!(ask(&chain(&[nobody, second.url()], PATIENT, &clock)).await.unwrap().access, Access::Full);
}

#[tokio::test]
async fn an_https_endpoint_that_does_not_speak_tls_is_not_asked_in_plain() {
    let node = FakeNode::start(|_| Answer::Reset).await;
    let url = node.url().replace("http://", "https://");
    let error = ask(&chain(&[url], IMPATIENT, &TestClock::new())).await.unwrap_err();
    assert!(told(&error).contains("did not answer in time"), "{}", told(&error));
    assert!(node.requests().is_empty() && node.connections() == 1);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = FakeNode::honest().await;
    for status in [301, 302, 303, 307, 308] {
        let redirect = format!("HTTP/1.1 {status} X\r\nlocation: {}\r\ncontent-length: 0\r\n\r\n", elsewhere.url());
        let node = FakeNode::start(move |_| Answer::Bytes(redirect.clone().into())).await;
        let error = ask(&chain(&[node.url()], PATIENT, &TestClock::new())).await.unwrap_err();
        assert!(told(&error).contains(&format!("HTTP {status}")), "{}", told(&error));
    }
    assert_eq!(elsewhere.connections(), 0);
}

#[tokio::test]
async fn an_endpoints_wish_for_a_pause_is_handed_on() {
    for (header, expected) in [
        ("retry-after: 7\r\n", Some(7)),
        ("retry-after: 99999999999\r\n", Some(30)),
        ("retry-after: 18446744073709551615\r\n", Some(30)),
        ("retry-after: -7\r\n", None),
        ("retry-after: Fri, 20 Nov 2026 10:00:00 GMT\r\n", None),
        ("", None),
    ] {
        // Who asks for less without saying for how long is left alone for two seconds.
        for (status, expected) in [(429, expected.or(Some(2))), (503, expected)] {
            let limited = format!("HTTP/1.1 {status} X\r\n{header}content-length: 2\r\n\r\n{{}}");
            let node = FakeNode::start(move |_| Answer::Bytes(limited.clone().into())).await;
            let error = ask(&chain(&[nobody().await, node.url()], IMPATIENT, &TestClock::new())).await.unwrap_err();
            assert_eq!(error.retry_after(), expected.map(Duration::from_secs), "{status} {header}");
        }
    }
}

#[tokio::test]
async fn what_a_gateway_says_beside_its_refusal_is_not_read() {
    for status in [401, 403, 429] {
        let node = FakeNode::with("view_access_key", move |request| {
            request.error(status, "UNKNOWN_ACCESS_KEY", &json!({"block_hash": HASH, "block_height": 7}))
        });
        let error = ask(&chain(&[node.await.url()], IMPATIENT, &TestClock::new())).await.unwrap_err();
        assert!(told(&error).contains(&format!("HTTP {status}")), "{}", told(&error));
    }
}

#[tokio::test]
async fn after_an_outage_the_same_question_is_answered() {
    let node = FakeNode::start(|request| match request.body["id"].as_str() {
        Some("siwn-0" | "siwn-1") => Answer::Reset,
        _ => request.honest(),
    });
    let (node, clock) = (node.await, TestClock::new());
    let chain = chain(&[node.url()], PATIENT, &clock);
    for _ in 0..2 {
        assert!(ask(&chain).await.is_err());
        assert!(!chain.ready().is_ready());
    }
    assert_eq!(ask(&chain).await.unwrap().access, Access::Full);
    assert!(chain.ready().is_ready());
}

#[tokio::test]
async fn secrets_of_an_address_are_sent_and_never_told() {
    let node = FakeNode::with("block", |_| Answer::Body(500, String::new())).await;
    let secret = |url: &str| url.replace("http://", "http://user:hush@") + "hush/?apiKey=hush";
    let mut settings = settings("localnet", &[secret(&node.url()), secret(&nobody().await)], PATIENT);
    settings.endpoints[0].headers.push(RpcHeader::new("X-Api-Key", "hush").unwrap());
    let shown = format!("{settings:?}");
    let chain = RpcChain::new(settings, TestClock::new().as_clock()).unwrap();

    let error = ask(&chain).await.unwrap_err();

    let head = &node.requests()[0].head;
    // "user:hush", as RFC 7617 writes it.
    assert!(head.starts_with("POST /hush/?apiKey=hush HTTP/1.1") && head.contains("authorization: Basic dXNlcjpodXNo"), "{head}");
    assert!(head.contains("x-api-key: hush"), "{head}");
    let counted = format!("{:?} {:?}", chain.call_counts(), chain.measures());
    let all = format!("{shown} {} {error:?} {chain:?} {:?} {counted}", told(&error), chain.ready());
    assert!(!all.contains("hush") && !all.contains("user") && all.contains(&node.host()), "{all}");
}
