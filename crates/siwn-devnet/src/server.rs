//! A node on a socket of its own, for tests: what goes wrong goes wrong on the wire.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll};

use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};

use crate::Devnet;

/// A node that listens on 127.0.0.1. It stops when it is dropped, and its connections break off.
#[derive(Debug)]
pub struct DevnetServer {
    address: SocketAddr,
    listening: AbortHandle,
}

impl Devnet {
    /// Serves the node's JSON-RPC at `/` of a free port of 127.0.0.1.
    ///
    /// # Errors
    ///
    /// Those of binding a socket.
    pub async fn listen(&self) -> io::Result<DevnetServer> {
        DevnetServer::start(self.node_router()).await
    }
}

impl DevnetServer {
    /// Serves `nodes` at one address, as a balancer does: each request goes to the next node, the first one to the first.
    ///
    /// # Errors
    ///
    /// Those of binding a socket, and [`InvalidInput`](io::ErrorKind::InvalidInput) where there are no nodes.
    pub async fn balancing(nodes: &[Devnet]) -> io::Result<Self> {
        let first = nodes.first().ok_or(io::ErrorKind::InvalidInput)?;
        Self::start(first.balanced_router(Turns::new(nodes))).await
    }

    async fn start(node: Router) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let listening = tokio::spawn(accept(listener, node)).abort_handle();
        Ok(Self { address, listening })
    }

    /// Where the node is: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The address that it listens on.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for DevnetServer {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

/// Connections live in the set, so that they end with this future.
async fn accept(listener: TcpListener, node: Router) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                // A connection that is gone before it was taken is the client's affair.
                if let Ok((stream, _)) = accepted {
                    connections.spawn(serve(stream, node.clone()));
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve(stream: TcpStream, node: Router) {
    let line = Line::default();
    let socket = Socket { stream, line: line.clone() };
    let service = TowerToHyperService::new(node.layer(Extension(line)));
    // Broken connections are what this server is for.
    _ = http1::Builder::new().serve_connection(TokioIo::new(socket), service).await;
}

/// Nodes that take turns.
#[derive(Clone)]
pub(crate) struct Turns {
    nodes: Arc<[Devnet]>,
    turn: Arc<AtomicUsize>,
}

impl Turns {
    fn new(nodes: &[Devnet]) -> Self {
        Self { nodes: nodes.into(), turn: Arc::default() }
    }

    /// The node whose turn it is.
    pub(crate) fn next(&self) -> &Devnet {
        &self.nodes[self.turn.fetch_add(1, Ordering::Relaxed) % self.nodes.len()]
    }
}

/// The connection that a request came in by.
#[derive(Clone, Default)]
pub(crate) struct Line {
    is_reset: Arc<AtomicBool>,
}

impl Line {
    /// Lets the connection end with a TCP RST as soon as something is written to it.
    pub(crate) fn reset(&self) {
        self.is_reset.store(true, Ordering::Release);
    }

    fn check(&self) -> io::Result<()> {
        if self.is_reset.load(Ordering::Acquire) { Err(io::ErrorKind::ConnectionReset.into()) } else { Ok(()) }
    }
}

struct Socket {
    stream: TcpStream,
    line: Line,
}

impl AsyncRead for Socket {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &[u8]) -> Poll<io::Result<usize>> {
        self.line.check()?;
        Pin::new(&mut self.stream).poll_write(cx, buffer)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.line.check()?;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // A shutdown would send a FIN first.
        self.line.check()?;
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        if self.line.check().is_err() {
            // Without it the connection ends by a FIN, which is another fault than the one that was asked for, and no worse.
            _ = self.stream.set_zero_linger();
        }
    }
}
