//! Requests that try to write the log themselves, beside honest ones whose secrets must not get there.

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::ConnectInfo;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, Method, Request, StatusCode};
use serde_json::{Value, json};
use siwn::Access;
use siwn_server::Builder;
use siwn_server::config::{Config, Sources};

use crate::support::{Answer, Server, key, own_page, request, sign};

const PATHS: [&str; 4] = ["/api/auth/initiate-login", "/api/auth/verify-login", "/api/auth/session", "/api/auth/logout"];
const VERIFY: &str = "/api/auth/verify-login";
/// A piece of every foreign text.
pub(crate) const FOREIGN: &str = "xMARKx";

/// Texts that end a line, move the cursor, turn the writing around or pose as an event.
const TEXTS: [&str; 8] = [
    "xMARKx",
    "xMARKx\n2026-11-20T10:00:00.000000Z  INFO siwn_server::observe: forged-by-lf",
    "xMARKx\r\n2026-11-20T10:00:00.000000Z  INFO siwn_server::observe: forged-by-crlf",
    "xMARKx\u{1b}[2J\u{1b}]0;forged-by-esc\u{7}",
    "xMARKx\u{7f}\u{8}\u{0}\u{b}",
    "xMARKx\u{202e}\u{2066}\u{200b}\u{feff}",
    "xMARKx\u{85}\u{2028}\u{2029}\u{9b}31m",
    "xMARKx\",\"level\":\"INFO\"}\n{\"forged-by\":\"json\"}",
];

/// What must be in no line.
pub(crate) struct Secrets(pub(crate) Vec<String>);

/// The id of an answer, and whether it was one that could not be given.
type Id = (String, bool);

/// A day of such requests: their ids, and the secrets of the honest ones.
pub(crate) async fn day() -> (Vec<Id>, Secrets) {
    let server = Server::with(believing);
    let (mut ids, mut secrets) = (Vec::new(), Vec::new());
    honest(&server, &mut ids, &mut secrets).await;
    for text in TEXTS {
        bodies(&server, text, &mut ids).await;
        tokens(&server, text, &mut ids).await;
        headers(&server, text, &mut ids).await;
    }
    methods_and_paths(&server, &mut ids).await;
    outage(&server, &mut ids).await;
    (ids, Secrets(secrets))
}

/// Any peer's word on the client's address is taken.
fn believing(builder: Builder) -> Builder {
    let sources = Sources::new().flag("recipient", "app.example".into()).flag("trusted_proxies", "0.0.0.0/0".into());
    builder.trusted_proxies(Config::load(&sources).unwrap().trusted_proxies)
}

fn note(ids: &mut Vec<Id>, answer: &Answer) {
    if let Some(id) = answer.headers.get("x-request-id") {
        ids.push((id.to_str().unwrap().to_owned(), answer.status.is_server_error()));
    }
}

/// Signs in and out by cookie and by bearer token.
async fn honest(server: &Server, ids: &mut Vec<Id>, secrets: &mut Vec<String>) {
    let challenge = server.challenge(&own_page("")).await;
    let browser = challenge.cookies().concat();
    let token = sign(&challenge.json(), &key());
    let signed_in = server.post(VERIFY, &own_page(&browser), &json!({ "authToken": token })).await;
    assert_eq!(signed_in.status, StatusCode::OK);
    let cookies = format!("{browser}; {}", signed_in.cookies().concat());
    let session = server.get("/api/auth/session", &own_page(&cookies)).await;
    assert_eq!(session.status, StatusCode::OK);
    let out = server.send(request(Method::POST, "/api/auth/logout", &own_page(&cookies), "")).await;

    let own = server.token().await;
    let bearer = server.post(VERIFY, &[], &json!({ "authToken": own, "session": "bearer" })).await;
    let bearer_token = bearer.json()["token"].as_str().unwrap().to_owned();
    let authorization = format!("Bearer {bearer_token}");
    let by_bearer = server.get("/api/auth/session", &[("authorization", &authorization)]).await;
    assert_eq!(by_bearer.status, StatusCode::OK);
    let refused = server.get("/api/auth/session", &[("authorization", &format!("Bearer {own}"))]).await;

    for answer in [challenge, signed_in, session, out, bearer, by_bearer, refused] {
        note(ids, &answer);
    }
    let values = cookies.split("; ").map(|pair| pair.split_once('=').unwrap().1.to_owned());
    secrets.extend(values);
    // The half of a session's token that is no name.
    let halves: Vec<_> = secrets.iter().chain([&bearer_token]).map(|text| text[text.len() - 42..].to_owned()).collect();
    secrets.extend(halves);
    secrets.extend([bearer_token, authorization, own]);
}

/// Each member of each body.
async fn bodies(server: &Server, text: &str, ids: &mut Vec<Id>) {
    let challenge = server.challenge(&[]).await.json();
    let good = json!({
        "accountId": "alice.near",
        "publicKey": key().public_key().to_string(),
        "signature": "A".repeat(86) + "==",
        "nonce": challenge["nonce"],
    });
    let members = [
        "accountId",
        "publicKey",
        "signature",
        "nonce",
        "message",
        "recipient",
        "callbackUrl",
        "state",
        "session",
        "authToken",
        text,
    ];
    for member in members {
        let mut body = good.clone();
        body[member] = json!(text);
        note(ids, &server.post(VERIFY, &[], &body).await);
    }
    let key_type =
        json!({ "accountId": "alice.near", "publicKey": format!("{text}:{text}"), "signature": format!("{text}:{text}") });
    note(ids, &server.post(VERIFY, &[], &key_type).await);
    note(ids, &server.post(PATHS[0], &[], &json!({ "callbackUrl": text })).await);
    note(ids, &server.send(request(Method::POST, VERIFY, &[], text)).await);
}

/// Tokens in good form for something else, which is told in the causes.
async fn tokens(server: &Server, text: &str, ids: &mut Vec<Id>) {
    let challenge = server.challenge(&[]).await.json();
    for member in ["message", "recipient", "callbackUrl", "state"] {
        let mut other: Value = challenge.clone();
        other[member] = json!(text);
        let answer = server.post(VERIFY, &[], &json!({ "authToken": sign(&other, &key()) })).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{member} {}", answer.body);
        note(ids, &answer);
    }
}

/// Each header that is read, and some that are not. A header cannot hold every byte.
async fn headers(server: &Server, text: &str, ids: &mut Vec<Id>) {
    let bytes: Vec<u8> = text.bytes().filter(|byte| *byte >= 0x20 && *byte != 0x7f).collect();
    let value = HeaderValue::from_bytes(&bytes).unwrap();
    for name in [
        "accept",
        "authorization",
        "content-type",
        "cookie",
        "host",
        "origin",
        "sec-fetch-site",
        "user-agent",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-request-id",
        "xmarkx",
    ] {
        for path in PATHS {
            let mut hostile = Request::post(path).body(Body::from("{}")).unwrap();
            hostile.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            hostile.headers_mut().insert(HeaderName::from_static(name), value.clone());
            hostile.extensions_mut().insert(ConnectInfo(SocketAddr::from(([192, 0, 2, 1], 443))));
            note(ids, &server.send(hostile).await);
        }
    }
    let bearer = [b"Bearer ", &bytes[..]].concat();
    let mut hostile = Request::get(PATHS[2]).body(Body::empty()).unwrap();
    hostile.headers_mut().insert(AUTHORIZATION, HeaderValue::from_bytes(&bearer).unwrap());
    note(ids, &server.send(hostile).await);
}

async fn methods_and_paths(server: &Server, ids: &mut Vec<Id>) {
    for path in PATHS {
        for method in ["xMARKx", "XMARKX'`|~!#$%&*+-.^_", "get"] {
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            note(ids, &server.send(request(method, path, &[], "")).await);
        }
        for rest in ["?xMARKx=%0a%0d%1b", "?\u{202e}xMARKx", "/%0axMARKx", "/\u{e9}xMARKx", ";xMARKx"] {
            note(ids, &server.get(&format!("{path}{rest}"), &[]).await);
        }
    }
}

/// A cause with a line feed, which is the operator's to read.
async fn outage(server: &Server, ids: &mut Vec<Id>) {
    server.set_access(None);
    let answer = server.post(VERIFY, &[], &json!({ "authToken": server.token().await })).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    note(ids, &answer);
    server.set_access(Some(Access::Full));
}
