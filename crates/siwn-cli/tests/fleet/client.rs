//! A client without a browser: one connection for each request.

use std::io;
use std::net::Ipv4Addr;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::people::Person;

/// How long a client waits for an answer: longer than the server's own deadlines.
const PATIENCE: Duration = Duration::from_secs(20);

/// One answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
    cookie: Option<String>,
}

impl Answer {
    /// The session's cookie.
    pub(crate) fn cookie(&self) -> &str {
        self.cookie.as_deref().expect("a login sets a cookie")
    }

    /// The code of a refusal.
    pub(crate) fn code(&self) -> &str {
        self.body["error"].as_str().unwrap_or_default()
    }
}

/// Begins a login; answers the token that ends it.
pub(crate) async fn token(port: u16, person: &Person) -> io::Result<String> {
    let answer = ask(port, "POST /api/auth/initiate-login", "", "{}").await?;
    if answer.status != 200 {
        return Err(io::Error::other(format!("{} {}", answer.status, answer.body)));
    }
    Ok(person.sign(&answer.body))
}

/// Ends a login.
pub(crate) async fn verify(port: u16, token: &str) -> io::Result<Answer> {
    ask(port, "POST /api/auth/verify-login", "", &json!({ "authToken": token }).to_string()).await
}

/// Who is signed in.
pub(crate) async fn session(port: u16, cookie: &str) -> io::Result<Answer> {
    ask(port, "GET /api/auth/session", cookie, "").await
}

/// Whether the server may be sent people.
pub(crate) async fn is_ready(port: u16) -> bool {
    ask(port, "GET /readyz", "", "").await.is_ok_and(|answer| answer.status == 200)
}

async fn ask(port: u16, request: &str, cookie: &str, body: &str) -> io::Result<Answer> {
    timeout(PATIENCE, ask_now(port, request, cookie, body)).await?
}

async fn ask_now(port: u16, request: &str, cookie: &str, body: &str) -> io::Result<Answer> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
    let cookie = if cookie.is_empty() { String::new() } else { format!("cookie: siwn={cookie}\r\n") };
    let request = format!(
        "{request} HTTP/1.1\r\nhost: localhost:{port}\r\nconnection: close\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n{cookie}\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await?;
    let mut received = String::new();
    stream.read_to_string(&mut received).await?;
    read(&received).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
}

/// The answer, if it arrived whole.
fn read(received: &str) -> Option<Answer> {
    let (head, body) = received.split_once("\r\n\r\n")?;
    let header = |wanted: &str| {
        let fields = head.lines().filter_map(|line| line.split_once(": "));
        fields.filter(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value).next()
    };
    if header("content-length").is_some_and(|length| length.parse() != Ok(body.len())) {
        return None;
    }
    let cookie = header("set-cookie").and_then(|cookie| cookie.strip_prefix("siwn=")?.split(';').next());
    Some(Answer {
        status: head.get(9..12)?.parse().ok()?,
        body: serde_json::from_str(body).unwrap_or_default(),
        cookie: cookie.map(str::to_owned),
    })
}
