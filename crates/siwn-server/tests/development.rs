//! What a server offers that one person develops against: pages of the whole machine, and a word on every answer.

mod support;

use std::sync::{Arc, Mutex};

use http::header::{ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_ORIGIN};
use http::{Method, StatusCode};
use serde_json::json;
use siwn::Access;
use support::{Server, request};

const INITIATE: &str = "/api/auth/initiate-login";
const LOCAL: &str = "http://localhost:5173";

fn developing() -> Server {
    Server::with(siwn_server::Builder::dangerous_local_origins)
}

#[tokio::test]
async fn pages_of_this_machine_may_sign_people_in_where_that_is_said() {
    for (server, status, allowed) in [(Server::new(), StatusCode::FORBIDDEN, None), (developing(), StatusCode::OK, Some(LOCAL))] {
        let answer = server.send(request(Method::POST, INITIATE, &[("origin", LOCAL), ("sec-fetch-site", "same-site")], "")).await;
        assert_eq!(answer.status, status);
        assert_eq!(answer.headers.get(ACCESS_CONTROL_ALLOW_ORIGIN).map(|origin| origin.to_str().unwrap()), allowed);
        assert_eq!(answer.headers[ACCESS_CONTROL_ALLOW_CREDENTIALS], "true");
    }
}

#[tokio::test]
async fn other_pages_may_not_even_then() {
    let server = developing();
    for origin in ["http://localhost.app.example", "https://localhost:5173", "http://shop.example", "null"] {
        let answer =
            server.send(request(Method::POST, INITIATE, &[("origin", origin), ("sec-fetch-site", "cross-site")], "")).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{origin}");
        assert_eq!(answer.headers.get(ACCESS_CONTROL_ALLOW_ORIGIN), None, "{origin}");
    }
}

#[tokio::test]
async fn the_login_page_leads_back_to_this_machine_where_that_is_said() {
    let path = "/login?return_to=http%3A%2F%2Flocalhost%3A5173%2Fdone";
    let page = |server: Server| async move { server.get(path, &[]).await.body };
    assert!(page(developing()).await.contains(r#""returnTo":"http://localhost:5173/done""#));
    assert!(page(Server::new()).await.contains(r#""returnTo":null"#));
    let elsewhere = developing().get("/login?return_to=http%3A%2F%2Flocalhost.app.example%2F", &[]).await;
    assert!(elsewhere.body.contains(r#""returnTo":null"#));
}

#[tokio::test]
async fn each_answer_is_told_with_its_reason_which_the_client_does_not_get() {
    let told: Arc<Mutex<Vec<String>>> = Arc::default();
    let heard = Arc::clone(&told);
    let server = Server::with(|builder| {
        builder.on_answer(move |answered| {
            let words = format!("{} {} {} {}", answered.method, answered.route, answered.status, answered.outcome);
            let reason = answered.reason.map(|reason| format!(": {reason}")).unwrap_or_default();
            assert_eq!(answered.request_id.len(), 16);
            heard.lock().unwrap().push(words + &reason);
        })
    });
    server.set_access(Some(Access::NoKey));
    let token = server.token().await;
    let refused = server.post("/api/auth/verify-login", &[], &json!({ "authToken": token })).await;
    assert!(!refused.body.contains("does not have the key"));
    let told = told.lock().unwrap();
    assert_eq!(
        told[..],
        ["POST /api/auth/initiate-login 200 ok", "POST /api/auth/verify-login 401 key_not_found: alice.near does not have the key"]
    );
}
