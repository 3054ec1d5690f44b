//! Every answer, whole, as the files in `tests/snapshots` write it down.

mod support;

use http::Method;
use serde_json::json;
use siwn::Access;
use support::{Server, key, own_page, request, sign};

const VERIFY: &str = "/api/auth/verify-login";

#[tokio::test]
async fn initiate_login() {
    let server = Server::new();
    let program = server.challenge(&[]).await;
    let browser = server.challenge(&own_page("")).await;
    let redirect = server.post("/api/auth/initiate-login", &[], &json!({ "redirect": true })).await;
    let by_get = server.get("/api/auth/initiate-login", &[]).await;
    let shop = server.challenge(&[("sec-fetch-site", "cross-site"), ("origin", "https://shop.example")]).await;
    insta::assert_snapshot!([program, browser, redirect, by_get, shop].map(|answer| answer.transcript()).join("\n"));
}

#[tokio::test]
async fn verify_login() {
    let server = Server::new();
    let cookie = server.post(VERIFY, &[], &json!({ "authToken": server.token().await })).await;
    let bearer = server.post(VERIFY, &[], &json!({ "authToken": server.token().await, "session": "bearer" })).await;
    insta::assert_snapshot!([cookie, bearer].map(|answer| answer.transcript()).join("\n"));
}

#[tokio::test]
async fn verify_login_refused() {
    let server = Server::new();
    let used = server.token().await;
    server.post(VERIFY, &[], &json!({ "authToken": used })).await;
    let used = server.post(VERIFY, &[], &json!({ "authToken": used })).await;
    let malformed = server.post(VERIFY, &[], &json!({ "authToken": "?" })).await;
    let foreign = server.post(VERIFY, &[("origin", "https://evil.example")], &json!({})).await;
    let from_shop = server.post(VERIFY, &[("origin", "https://shop.example")], &json!({})).await;
    server.set_access(Some(Access::NoKey));
    let no_key = server.post(VERIFY, &[], &json!({ "authToken": server.token().await })).await;
    server.set_access(None);
    let outage = server.post(VERIFY, &[], &json!({ "authToken": server.token().await })).await;
    let answers = [used, malformed, foreign, from_shop, no_key, outage];
    insta::assert_snapshot!(answers.map(|answer| answer.transcript()).join("\n"));
}

#[tokio::test]
async fn session_and_logout() {
    let server = Server::new();
    let nobody = server.get("/api/auth/session", &[]).await;
    let challenge = server.challenge(&own_page("")).await;
    let browser = challenge.cookies().concat();
    let signed_in = server.post(VERIFY, &own_page(&browser), &json!({ "authToken": sign(&challenge.json(), &key()) })).await;
    let cookies = signed_in.cookies().concat();
    let session = server.get("/api/auth/session", &own_page(&cookies)).await;
    let logout = server.send(request(Method::POST, "/api/auth/logout", &own_page(&cookies), "")).await;
    insta::assert_snapshot!([nobody, session, logout].map(|answer| answer.transcript()).join("\n"));
}

#[tokio::test]
async fn preflight() {
    let server = Server::new();
    let ask = async |origin: &str| {
        let headers =
            [("origin", origin), ("access-control-request-method", "POST"), ("access-control-request-headers", "content-type")];
        server.send(request(Method::OPTIONS, VERIFY, &headers, "")).await.transcript()
    };
    insta::assert_snapshot!([ask("https://shop.example").await, ask("https://evil.example").await].join("\n"));
}

#[tokio::test]
async fn operations() {
    let server = Server::with(|builder| builder.ready_check("chain", || Err("no node of mainnet answers".into())));
    let ready = Server::new();
    let answers = [
        server.get("/healthz", &[]).await,
        server.get("/readyz", &[]).await,
        ready.get("/readyz", &[]).await,
        server.get("/nothing", &[]).await,
    ];
    insta::assert_snapshot!(answers.map(|answer| answer.transcript()).join("\n"));
}
