//! The node over HTTP, with the faults that a socket can have.

use std::future::pending;
use std::io;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{Extensions, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream::{self, StreamExt as _};

use crate::http::error::json_response;
use crate::rpc::{Reply, Request};
use crate::server::Line;
use crate::{Devnet, Fault};

const PAGE: &str = "<!doctype html><html><head><title>502 Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>";

pub(crate) async fn answer(State(devnet): State<Devnet>, extensions: Extensions, body: Result<Bytes, BytesRejection>) -> Response {
    // What cannot be read is no request, and is answered as such with the rejection's status.
    let (body, unread) = match body {
        Ok(body) => (body, None),
        Err(rejection) => (Bytes::new(), Some(rejection.status())),
    };
    let request = Request::read(&body);
    let met = devnet.receive(&request);
    let reply = |request| whole(devnet.answer_met(request, met), unread);
    match met.map(|met| met.fault) {
        Some(Fault::Delay(duration)) => {
            tokio::time::sleep(duration).await;
            reply(request)
        }
        Some(Fault::Hang) => pending().await,
        Some(Fault::Reset) => {
            if let Some(line) = extensions.get::<Line>() {
                line.reset();
            }
            broken_off(Bytes::new())
        }
        Some(Fault::TooManyRequests { retry_after }) => too_many(retry_after),
        Some(Fault::Unavailable) => page(StatusCode::SERVICE_UNAVAILABLE),
        Some(Fault::Garbage) => page(StatusCode::OK),
        Some(Fault::EndlessBody) => endless(),
        Some(Fault::TruncatedBody) => truncated(devnet.answer_met(request, met).body),
        _ => reply(request),
    }
}

fn whole(reply: Reply, unread: Option<StatusCode>) -> Response {
    let status = unread.or_else(|| StatusCode::from_u16(reply.status).ok());
    json_response(status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), reply.body)
}

fn too_many(retry_after: Option<u32>) -> Response {
    let mut response = (StatusCode::TOO_MANY_REQUESTS, "rate limit exceeded\n").into_response();
    if let Some(seconds) = retry_after {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

fn page(status: StatusCode) -> Response {
    let html = HeaderValue::from_static("text/html; charset=utf-8");
    (status, [(CONTENT_TYPE, html)], PAGE).into_response()
}

/// A JSON string that goes on for as long as somebody reads.
fn endless() -> Response {
    let begin = Bytes::from_static(br#"{"jsonrpc":"2.0","result":{"padding":""#);
    let more = Bytes::from(vec![b'a'; 16 * 1024]);
    let chunks = stream::once(async { begin }).chain(stream::repeat(more)).map(Ok::<_, io::Error>);
    json_response(StatusCode::OK, Body::from_stream(chunks))
}

/// Announces the whole of `body` and sends its first half.
fn truncated(body: Vec<u8>) -> Response {
    let announced = HeaderValue::from(body.len());
    let body = Bytes::from(body);
    let mut response = broken_off(body.slice(..body.len() / 2));
    response.headers_mut().insert(CONTENT_LENGTH, announced);
    response
}

/// Sends `begin` and then lets the connection break off.
fn broken_off(begin: Bytes) -> Response {
    let end = async {
        // What was sent so far must reach the socket first: the server flushes while it waits.
        tokio::task::yield_now().await;
        Err(io::Error::from(io::ErrorKind::ConnectionAborted))
    };
    let chunks = stream::once(async { Ok(begin) }).chain(stream::once(end));
    json_response(StatusCode::OK, Body::from_stream(chunks))
}
