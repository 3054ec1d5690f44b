//! The node over HTTP, with the faults that a socket can have.

use std::future::pending;
use std::io;

use axum::body::{Body, Bytes};
use axum::extract::{Extension, Path, State};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, LOCATION, RETRY_AFTER};
use axum::http::{Extensions, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream::{self, StreamExt as _};

use crate::http::body::WholeBody;
use crate::http::error::ControlError;
use crate::http::error::json_response;
use crate::http::nodes::node_numbered;
use crate::rpc::{Answer, Request};
use crate::server::{Line, Turns};
use crate::{Devnet, Fault};

const UNAVAILABLE: &str =
    "<!doctype html><html><head><title>502 Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>";
const FORBIDDEN: &str = "<!doctype html><html><head><title>403 Forbidden</title></head><body><h1>Forbidden</h1></body></html>";

/// The first node.
pub(crate) async fn answer(State(devnet): State<Devnet>, line: Extensions, body: WholeBody) -> Response {
    answer_at(&devnet, &line, body).await
}

/// The node with a number.
pub(crate) async fn answer_numbered(
    State(devnet): State<Devnet>,
    Path(number): Path<String>,
    line: Extensions,
    body: WholeBody,
) -> Result<Response, ControlError> {
    Ok(answer_at(&node_numbered(&devnet, &number)?, &line, body).await)
}

/// All nodes of the chain in turn.
pub(crate) async fn answer_balanced(State(devnet): State<Devnet>, line: Extensions, body: WholeBody) -> Response {
    answer_at(&devnet.node_in_turn(), &line, body).await
}

/// Some nodes in turn.
pub(crate) async fn answer_in_turn(Extension(turns): Extension<Turns>, line: Extensions, body: WholeBody) -> Response {
    answer_at(turns.next(), &line, body).await
}

async fn answer_at(devnet: &Devnet, extensions: &Extensions, WholeBody(body): WholeBody) -> Response {
    // What cannot be read is no request, and is answered as such with the rejection's status.
    let (body, unread) = match body {
        Ok(body) => (body, None),
        Err(status) => (Bytes::new(), Some(status)),
    };
    let request = Request::read(&body);
    let met = devnet.receive(&request);
    match met.map(|met| met.fault) {
        Some(Fault::Delay(duration)) => tokio::time::sleep(duration).await,
        Some(Fault::Hang) => pending().await,
        Some(Fault::Reset) => {
            if let Some(line) = extensions.get::<Line>() {
                line.reset();
            }
            return broken_off(Bytes::new());
        }
        Some(Fault::TooManyRequests { retry_after }) => return too_many(retry_after),
        Some(Fault::Unavailable) => return page(StatusCode::SERVICE_UNAVAILABLE, UNAVAILABLE),
        Some(Fault::Forbidden) => return page(StatusCode::FORBIDDEN, FORBIDDEN),
        Some(Fault::Redirect) => return redirect(),
        Some(Fault::Garbage) => return page(StatusCode::OK, UNAVAILABLE),
        Some(Fault::EndlessBody) => return endless(),
        _ => {}
    }
    let Answer { reply, took } = devnet.answer_met(request, met);
    if !took.is_zero() {
        tokio::time::sleep(took).await;
    }
    let status = match met.map(|met| met.fault) {
        Some(Fault::TruncatedBody) => return half(reply.body, HalfWay::BreaksOff),
        Some(Fault::StalledBody) => return half(reply.body, HalfWay::Stalls),
        Some(Fault::WrongStatus) => Some(StatusCode::SERVICE_UNAVAILABLE),
        _ => unread.or_else(|| StatusCode::from_u16(reply.status).ok()),
    };
    json_response(status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), reply.body)
}

fn too_many(retry_after: Option<u32>) -> Response {
    let mut response = (StatusCode::TOO_MANY_REQUESTS, "rate limit exceeded\n").into_response();
    if let Some(seconds) = retry_after {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

fn page(status: StatusCode, page: &'static str) -> Response {
    let html = HeaderValue::from_static("text/html; charset=utf-8");
    (status, [(CONTENT_TYPE, html)], page).into_response()
}

/// To the same address, whatever it is: `?` is relative to it.
fn redirect() -> Response {
    (StatusCode::TEMPORARY_REDIRECT, [(LOCATION, HeaderValue::from_static("?"))]).into_response()
}

/// A JSON string that goes on for as long as somebody reads.
fn endless() -> Response {
    let begin = Bytes::from_static(br#"{"jsonrpc":"2.0","result":{"padding":""#);
    let more = Bytes::from(vec![b'a'; 16 * 1024]);
    let chunks = stream::once(async { begin }).chain(stream::repeat(more)).map(Ok::<_, io::Error>);
    json_response(StatusCode::OK, Body::from_stream(chunks))
}

/// What happens after the first half of a body.
#[derive(Clone, Copy)]
enum HalfWay {
    BreaksOff,
    Stalls,
}

/// Announces the whole of `body` and sends its first half.
fn half(body: Vec<u8>, then: HalfWay) -> Response {
    let announced = HeaderValue::from(body.len());
    let begin = Bytes::from(body);
    let begin = begin.slice(..begin.len() / 2);
    let mut response = match then {
        HalfWay::BreaksOff => broken_off(begin),
        HalfWay::Stalls => {
            let chunks = stream::once(async { Ok::<_, io::Error>(begin) }).chain(stream::pending());
            json_response(StatusCode::OK, Body::from_stream(chunks))
        }
    };
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
