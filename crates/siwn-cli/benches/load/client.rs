//! A client that costs little: HTTP/1.1 on one connection that is kept, one request at a time.

use std::io;
use std::net::Ipv4Addr;

use serde::Deserialize;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::Failure;
use crate::people::{Challenge, Person};

pub(crate) const INITIATE: &str = "/api/auth/initiate-login";
pub(crate) const VERIFY: &str = "/api/auth/verify-login";
pub(crate) const FORWARD: &str = "/api/auth/forward";

/// The part of a session that opens it; the bare program has none.
#[derive(Deserialize)]
struct Session {
    #[serde(default)]
    token: String,
}

/// A connection to the server.
pub(crate) struct Connection {
    stream: TcpStream,
    port: u16,
    received: Vec<u8>,
}

struct Reply<'a> {
    status: u16,
    body: &'a [u8],
}

impl Connection {
    pub(crate) async fn open(port: u16) -> io::Result<Self> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, port, received: Vec::with_capacity(4096) })
    }

    /// A whole login.
    pub(crate) async fn log_in(&mut self, person: &Person) -> Result<(), Failure> {
        let challenge = self.challenge().await?;
        let body = format!(r#"{{"authToken":"{}"}}"#, person.answer(challenge));
        self.post(VERIFY, &body).await?.ok().map(drop)
    }

    /// The same, and the session as a bearer token.
    pub(crate) async fn open_session(&mut self, person: &Person) -> Result<String, Failure> {
        let challenge = self.challenge().await?;
        let body = format!(r#"{{"authToken":"{}","session":"bearer"}}"#, person.answer(challenge));
        let session: Session = serde_json::from_slice(self.post(VERIFY, &body).await?.ok()?)?;
        Ok(session.token)
    }

    /// What a proxy asks about a page, with a browser's usual headers.
    pub(crate) async fn forward(&mut self, token: &str) -> Result<(), Failure> {
        let (port, session) = (self.port, token.trim_start_matches("siwn_"));
        let request = format!(
            "GET {FORWARD} HTTP/1.1\r\nhost: localhost:{port}\r\nx-forwarded-for: 192.0.2.1\r\nx-forwarded-method: GET\r\n\
             x-forwarded-uri: /some/page?of=it\r\nsec-fetch-site: same-origin\r\nsec-fetch-mode: navigate\r\n\
             accept: text/html,*/*;q=0.8\r\nuser-agent: Mozilla/5.0\r\ncookie: theme=dark; siwn={session}\r\n\r\n"
        );
        self.send(&request).await?.ok().map(drop)
    }

    /// Its first half.
    pub(crate) async fn challenge(&mut self) -> Result<Challenge, Failure> {
        Ok(serde_json::from_slice(self.post(INITIATE, "{}").await?.ok()?)?)
    }

    async fn post(&mut self, path: &str, body: &str) -> io::Result<Reply<'_>> {
        let (port, length) = (self.port, body.len());
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: localhost:{port}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        self.send(&request).await
    }

    async fn send(&mut self, request: &str) -> io::Result<Reply<'_>> {
        self.stream.write_all(request.as_bytes()).await?;
        self.received.clear();
        let (status, start, end) = loop {
            if self.stream.read_buf(&mut self.received).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if let Some((status, start, length)) = head(&self.received)?
                && self.received.len() >= start + length
            {
                break (status, start, start + length);
            }
        };
        Ok(Reply { status, body: &self.received[start..end] })
    }
}

impl<'a> Reply<'a> {
    fn ok(self) -> Result<&'a [u8], Failure> {
        match self.status {
            200 => Ok(self.body),
            status => Err(format!("{status} {}", String::from_utf8_lossy(self.body).escape_debug()).into()),
        }
    }
}

/// Status, start and length of the body, once the head is whole.
fn head(received: &[u8]) -> io::Result<Option<(u16, usize, usize)>> {
    let Some(end) = received.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let text = str::from_utf8(&received[..end]).map_err(|_| io::ErrorKind::InvalidData)?;
    let status = text.get(9..12).and_then(|status| status.parse().ok());
    let length = text.lines().filter_map(|line| line.split_once(':')).find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let length = length.and_then(|(_, length)| length.trim().parse().ok());
    status.zip(length).map(|(status, length)| Some((status, end + 4, length))).ok_or_else(|| io::ErrorKind::InvalidData.into())
}
