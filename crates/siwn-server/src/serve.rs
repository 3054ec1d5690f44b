//! The server's sockets: slow and endless clients are cut off, and a stop finishes what is under way.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::extract::Request;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio_io_timeout::TimeoutStream;
use tower::ServiceExt as _;

/// How long the headers of a request may take, and how long a connection may idle.
const HEADERS: Duration = Duration::from_secs(10);
/// How long a client may leave an answer unread.
const ANSWER: Duration = Duration::from_secs(10);
/// The most bytes of a request's line and headers.
const LARGEST_HEAD: usize = 32 * 1024;
const MOST_HEADERS: usize = 100;
/// The most connections at once; a further one waits to be accepted.
const MOST_CONNECTIONS: usize = 10_000;
/// How long a stop waits for what is under way.
const LAST_ANSWERS: Duration = Duration::from_secs(20);
/// How long to wait when the machine has no more sockets.
const BREATH: Duration = Duration::from_millis(50);

/// Answers on every listener until `stop` ends; then accepts nothing more, finishes what is under way and returns.
///
/// What does not end within 20 s of the stop is cut off, as everything is when the future is dropped.
pub async fn serve(listeners: Vec<TcpListener>, router: Router, stop: impl Future<Output = ()>) {
    serve_at_once(MOST_CONNECTIONS, listeners, router, stop).await;
}

async fn serve_at_once(most: usize, listeners: Vec<TcpListener>, router: Router, stop: impl Future<Output = ()>) {
    let connections = GracefulShutdown::new();
    let room = Arc::new(Semaphore::new(most));
    // Gone when this function is: what is still connected then is cut off.
    let (_here, gone) = watch::channel(());
    tokio::pin!(stop);
    loop {
        // A stop does not wait for room.
        let accepted = tokio::select! {
            accepted = accept(&room, &listeners) => accepted,
            () = &mut stop => break,
        };
        match accepted {
            Ok((place, stream, peer)) => {
                let connection = connections.watch(connection(stream, peer, router.clone()));
                let mut gone = gone.clone();
                tokio::spawn(async move {
                    tokio::select! {
                        // What goes wrong on a connection is its client's affair.
                        _ = connection => {}
                        _ = gone.changed() => {}
                    }
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "cannot accept");
                tokio::time::sleep(BREATH).await;
            }
        }
    }
    drop(listeners);
    if tokio::time::timeout(LAST_ANSWERS, connections.shutdown()).await.is_err() {
        tracing::warn!("some connections did not end and are cut off");
    }
}

/// The next connection of any listener, when there is room for it.
async fn accept(room: &Arc<Semaphore>, listeners: &[TcpListener]) -> io::Result<(OwnedSemaphorePermit, TcpStream, SocketAddr)> {
    let place = Arc::clone(room).acquire_owned().await.map_err(io::Error::other)?;
    let accepted = std::future::poll_fn(|context| {
        listeners
            .iter()
            .map(|listener| listener.poll_accept(context))
            .find(std::task::Poll::is_ready)
            .unwrap_or(std::task::Poll::Pending)
    });
    let (stream, peer) = accepted.await?;
    Ok((place, stream, peer))
}

fn connection(stream: TcpStream, peer: SocketAddr, router: Router) -> impl hyper_util::server::graceful::GracefulConnection {
    // Without it an answer waits for the acknowledgement of the one before.
    let _ = stream.set_nodelay(true);
    let service = router.map_request(move |mut request: Request<hyper::body::Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        request.map(axum::body::Body::new)
    });
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(ANSWER));
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS)
        .max_header_size(LARGEST_HEAD)
        .max_buf_size(LARGEST_HEAD)
        .max_headers(MOST_HEADERS)
        .serve_connection(TokioIo::new(Box::pin(stream)), TowerToHyperService::new(service))
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::sync::oneshot;
    use tokio::task::JoinHandle;

    use super::*;

    /// Asks and reads the whole answer, which ends with "ok".
    async fn ask(stream: &mut TcpStream) {
        stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        let mut read = Vec::new();
        while !read.ends_with(b"ok") {
            assert_ne!(stream.read_buf(&mut read).await.unwrap(), 0);
        }
    }

    async fn with_room_for_one() -> (SocketAddr, oneshot::Sender<()>, JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, (stop, stopped)) = (listener.local_addr().unwrap(), oneshot::channel());
        let router = Router::new().route("/", get(async || "ok"));
        let server = tokio::spawn(serve_at_once(1, vec![listener], router, async { drop(stopped.await) }));
        (address, stop, server)
    }

    #[tokio::test]
    async fn a_connection_too_many_waits_until_another_ends() {
        let (address, _stop, _server) = with_room_for_one().await;
        let (mut first, mut second) = (TcpStream::connect(address).await.unwrap(), TcpStream::connect(address).await.unwrap());
        ask(&mut first).await;
        let waiting = tokio::spawn(async move { ask(&mut second).await });
        for _ in 0..20 {
            ask(&mut first).await;
        }
        assert!(!waiting.is_finished());
        drop(first);
        waiting.await.unwrap();
    }

    #[tokio::test]
    async fn a_stop_does_not_wait_for_room() {
        let (address, stop, server) = with_room_for_one().await;
        let mut only = TcpStream::connect(address).await.unwrap();
        ask(&mut only).await;
        stop.send(()).unwrap();
        // Long before the connection would be cut off for idling.
        tokio::time::timeout(HEADERS / 2, server).await.unwrap().unwrap();
    }
}
