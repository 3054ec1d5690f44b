//! What a close look finds at an endpoint.

mod fake_node;

use std::time::Duration;

use fake_node::{Answer, FakeNode, HASH, NOW, PATIENT, Request, TestClock, chain};
use serde_json::{Value, json};
use siwn_chain::{EndpointReport, MethodState};
use tokio::time::Instant;

const QUERIES: [&str; 5] =
    ["view_access_key", "view_account", "call_function", "EXPERIMENTAL_view_access_key", "EXPERIMENTAL_call_function"];

/// A node that knows everything.
fn newest(request: &Request) -> Answer {
    match request.method() {
        "call_function" | "EXPERIMENTAL_call_function" => request.account_missing(),
        "EXPERIMENTAL_view_access_key" => request.permission(&json!("FullAccess")),
        _ => request.honest(),
    }
}

async fn examine(script: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> EndpointReport {
    let node = FakeNode::start(script).await;
    let mut reports = chain(&[node.url()], PATIENT, &TestClock::new()).examine().await;
    assert_eq!((reports.len(), &reports[0].host), (1, &node.host()));
    reports.remove(0)
}

fn state(report: &EndpointReport, method: &str) -> MethodState {
    let found = report.methods.iter().find(|found| found.method == method);
    found.expect("all methods are reported").state.clone()
}

fn cause(report: &EndpointReport) -> Option<&'static str> {
    report.trouble.as_ref().map(|trouble| trouble.cause)
}

#[tokio::test]
async fn a_good_endpoint_is_measured() {
    let report = examine(newest).await;
    assert_eq!(report.trouble, None);
    let tip = report.tip.unwrap();
    assert_eq!((tip.height, tip.hash.as_str(), tip.made_at.get(), tip.seen_at.get()), (7, HASH, NOW, NOW));
    assert!(report.latency.is_some());
    assert_eq!(report.methods.len(), 7);
    assert!(report.methods.iter().all(|method| method.state == MethodState::Known), "{:?}", report.methods);
}

#[tokio::test]
async fn what_an_endpoint_does_not_know_is_told() {
    let refuse = |request: &Request, error: Value| {
        Answer::Body(400, json!({"jsonrpc": "2.0", "id": request.body["id"], "error": error}).to_string())
    };
    let report = examine(move |request| match request.method() {
        "call_function" => refuse(request, json!({"name": "REQUEST_VALIDATION_ERROR", "cause": {"name": "PARSE_ERROR"}})),
        // A gateway that has heard of JSON-RPC only.
        "EXPERIMENTAL_view_access_key" => refuse(request, json!({"code": -32601, "message": "Method not found"})),
        "EXPERIMENTAL_call_function" => Answer::Body(503, "<html>".into()),
        _ => newest(request),
    });
    let report = report.await;
    assert_eq!(report.trouble, None, "logins need none of these");
    assert_eq!(state(&report, "call_function"), MethodState::Unknown);
    assert_eq!(state(&report, "EXPERIMENTAL_view_access_key"), MethodState::Unknown);
    assert_eq!(state(&report, "EXPERIMENTAL_call_function"), MethodState::Failed("answered with HTTP 503".into()));
}

#[tokio::test]
async fn an_endpoint_that_lacks_what_logins_need_is_of_no_use() {
    for method in ["view_access_key", "view_account"] {
        let report = examine(move |request| {
            let error = json!({"name": "REQUEST_VALIDATION_ERROR", "cause": {"name": "METHOD_NOT_FOUND"}});
            let refusal = json!({"jsonrpc": "2.0", "id": request.body["id"], "error": error});
            if request.method() == method { Answer::Body(400, refusal.to_string()) } else { newest(request) }
        });
        let report = report.await;
        assert_eq!((cause(&report), state(&report, method)), (Some("unknown_call"), MethodState::Unknown));
    }
}

#[tokio::test]
async fn a_lagging_endpoint_is_examined_to_the_end() {
    let report = examine(|request| match request.method() {
        "block" => request.tip(HASH, NOW - 31_000),
        _ => newest(request),
    });
    let report = report.await;
    assert_eq!(cause(&report), Some("lagging"));
    assert_eq!(report.tip.as_ref().unwrap().made_at.get(), NOW - 31_000);
    assert_eq!(state(&report, "view_access_key"), MethodState::Known);
}

#[tokio::test]
async fn an_endpoint_of_another_network_is_asked_nothing_else() {
    let report = examine(|request| match request.method() {
        "status" => request.network("main\u{1b}net"),
        _ => newest(request),
    });
    let report = report.await;
    let trouble = report.trouble.as_ref().unwrap();
    assert_eq!(trouble.cause, "other_network");
    assert!(trouble.text.contains(r"main\u{1b}net"), "{}", trouble.text);
    assert_eq!((report.tip.as_ref(), state(&report, "block")), (None, MethodState::NotAsked));
}

#[tokio::test]
async fn the_examination_of_an_endpoint_that_hangs_ends() {
    let timeout = Duration::from_millis(50);
    for hangs in [&["status"][..], &["block"], &QUERIES] {
        let node =
            FakeNode::start(|request| if hangs.contains(&request.method()) { Answer::Stall("") } else { newest(request) }).await;
        let began = Instant::now();
        let reports = chain(&[node.url()], timeout, &TestClock::new()).examine().await;
        assert_eq!(cause(&reports[0]), Some("timed_out"), "{hangs:?}");
        assert!(began.elapsed() < PATIENT, "{hangs:?}");
    }
}

#[tokio::test]
async fn an_examination_leaves_no_trace_in_the_chain() {
    let node = FakeNode::start(newest).await;
    let chain = chain(&[node.url()], PATIENT, &TestClock::new());
    chain.examine().await;
    assert_eq!(chain.call_counts(), []);
    assert_eq!(chain.ready().endpoints[0].state.to_string(), "unasked");
}
