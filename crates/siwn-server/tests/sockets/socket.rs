//! A login server on a free port, and a client that writes what it likes.

use std::net::SocketAddr;

use axum::Router;
use serde_json::Value;
use siwn_server::{app_with, serve};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::support::Server;

pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) stop: oneshot::Sender<()>,
    pub(crate) server: JoinHandle<()>,
}

impl Running {
    pub(crate) async fn new() -> Self {
        Self::with(Router::new()).await
    }

    pub(crate) async fn with(further: Router) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, (stop, stopped)) = (listener.local_addr().unwrap(), oneshot::channel());
        let router = app_with(&Server::new().siwn, further);
        let server = tokio::spawn(serve(vec![listener], router, async { drop(stopped.await) }));
        Self { address, stop, server }
    }

    pub(crate) async fn connect(&self) -> Client {
        Client { stream: TcpStream::connect(self.address).await.unwrap(), read: Vec::new() }
    }

    /// An honest client is served.
    pub(crate) async fn serves(&self) {
        let mut client = self.connect().await;
        client.write(HEALTH).await;
        assert_eq!(client.answer().await.status, 200);
    }
}

pub(crate) const HEALTH: &str = "GET /healthz HTTP/1.1\r\nhost: app.example\r\n\r\n";

pub(crate) struct Client {
    pub(crate) stream: TcpStream,
    read: Vec<u8>,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Client {
    /// Writes as much as the server takes: it may have had enough.
    pub(crate) async fn write(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = self.stream.write_all(bytes.as_ref()).await;
    }

    /// The next answer, by the length that it announces.
    pub(crate) async fn answer(&mut self) -> Answer {
        loop {
            if let Some(answer) = take(&mut self.read) {
                return answer;
            }
            assert_ne!(self.stream.read_buf(&mut self.read).await.unwrap(), 0, "{:?}", String::from_utf8_lossy(&self.read));
        }
    }

    /// Ends what it sends, so that nobody waits for more, and reads everything.
    pub(crate) async fn rest_after_its_end(mut self) -> String {
        let _ = self.stream.shutdown().await;
        self.rest().await
    }

    /// Everything until the connection ends, in whatever way.
    pub(crate) async fn rest(mut self) -> String {
        while self.stream.read_buf(&mut self.read).await.is_ok_and(|length| length > 0) {}
        String::from_utf8(self.read).unwrap()
    }
}

fn take(read: &mut Vec<u8>) -> Option<Answer> {
    let end = read.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = String::from_utf8(read[..end].to_vec()).unwrap().to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).map_or(0, |length| length.parse().unwrap());
    let body = read.get(end + 4..end + 4 + length)?;
    let body = String::from_utf8(body.to_vec()).unwrap();
    read.drain(..end + 4 + length);
    Some(Answer { status: head.split(' ').nth(1).unwrap().parse().unwrap(), head, body })
}

impl Answer {
    /// The code of an answer in the error shape.
    pub(crate) fn error(&self) -> String {
        let body: Value = serde_json::from_str(&self.body).unwrap();
        assert!(body["success"] == false && body["message"].is_string() && body["requestId"].is_string(), "{body}");
        body["error"].as_str().unwrap().to_owned()
    }
}
