//! The server's sockets: slow and endless clients are cut off, those that only sit there give way, and a stop finishes what is under way.

use std::convert::Infallible;
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::extract::Request;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulConnection, GracefulShutdown};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_io_timeout::TimeoutStream;
use tower::ServiceExt as _;

use crate::room::{Place, Room, Seat};

/// How long the headers of a request may take, and how long a connection may idle.
const HEADERS: Duration = Duration::from_secs(10);
/// How long a client may leave an answer unread.
const ANSWER: Duration = Duration::from_secs(10);
/// The most bytes of a request's line and headers.
const LARGEST_HEAD: usize = 32 * 1024;
const MOST_HEADERS: usize = 100;
/// The most connections at once.
const MOST_CONNECTIONS: usize = 10_000;
/// Files that stay free for all else, if the system gives enough: stores, nodes, the audit log.
const OTHER_FILES: usize = 256;
/// How long a stop waits for what is under way.
const LAST_ANSWERS: Duration = Duration::from_secs(20);
/// How long to wait when the machine has no more sockets.
const BREATH: Duration = Duration::from_millis(50);

/// Answers on every listener until `stop` ends; then accepts nothing more, finishes what is under way and returns.
///
/// There is room for 10,000 connections, or for as many as the process may have files (`ulimit -n`) but for 256. Where it is used up, the
/// connection that has waited longest for its client gives way to the next one, if that is for a second at least.
///
/// What does not end within 20 s of the stop is cut off, as everything is when the future is dropped.
pub async fn serve(listeners: Vec<TcpListener>, router: Router, stop: impl Future<Output = ()>) {
    serve_at_once(most_connections(), listeners, router, stop).await;
}

async fn serve_at_once(most: usize, listeners: Vec<TcpListener>, router: Router, stop: impl Future<Output = ()>) {
    let connections = GracefulShutdown::new();
    let room = Room::new(most);
    // Gone when this function is: what is still connected then is cut off.
    let (_here, gone) = watch::channel(());
    tokio::pin!(stop);
    loop {
        // A stop does not wait for room.
        let arrived = tokio::select! {
            arrived = arrive(&room, &listeners) => arrived,
            () = &mut stop => break,
        };
        match arrived {
            Ok((place, stream, peer)) => {
                let connection = connections.watch(connection(stream, peer, router.clone(), place.seat()));
                let mut gone = gone.clone();
                tokio::spawn(async move {
                    tokio::select! {
                        // What goes wrong on a connection is its client's affair.
                        _ = connection => {}
                        () = place.leave() => {}
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

/// The next connection of any listener, and a place for it.
async fn arrive(room: &Arc<Room>, listeners: &[TcpListener]) -> io::Result<(Place, TcpStream, SocketAddr)> {
    let accepted = std::future::poll_fn(|context| {
        listeners
            .iter()
            .map(|listener| listener.poll_accept(context))
            .find(std::task::Poll::is_ready)
            .unwrap_or(std::task::Poll::Pending)
    });
    let (stream, peer) = accepted.await?;
    Ok((room.place().await, stream, peer))
}

fn connection(stream: TcpStream, peer: SocketAddr, router: Router, seat: Seat) -> impl GracefulConnection {
    // Without it an answer waits for the acknowledgement of the one before.
    let _ = stream.set_nodelay(true);
    let service = tower::service_fn(move |request: Request<Incoming>| answer(router.clone(), seat.clone(), peer, request));
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

async fn answer(router: Router, seat: Seat, peer: SocketAddr, mut request: Request<Incoming>) -> Result<Response, Infallible> {
    request.extensions_mut().insert(ConnectInfo(peer));
    let request = request.map(|body| seat.request(Body::new(body)));
    let response = router.oneshot(request).await?;
    Ok(response.map(|body| seat.answer(body)))
}

fn most_connections() -> usize {
    fs::read_to_string("/proc/self/limits").ok().and_then(|limits| most_files(&limits)).map_or(MOST_CONNECTIONS, room_beside)
}

/// How many files the process may have open at once, as Linux says it; none where there is no limit.
fn most_files(limits: &str) -> Option<usize> {
    limits.lines().find_map(|line| line.strip_prefix("Max open files"))?.split_whitespace().next()?.parse().ok()
}

/// How many connections there is room for among so many files.
fn room_beside(files: usize) -> usize {
    files.saturating_sub(OTHER_FILES).max(files / 2).clamp(1, MOST_CONNECTIONS)
}

#[cfg(test)]
mod tests {
    use axum::body::Bytes;
    use axum::routing::{get, post};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::sync::{Semaphore, oneshot};
    use tokio::task::JoinHandle;
    use tokio::time::{advance, pause, resume};

    use super::*;

    const ASK: &[u8] = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n";

    async fn send(stream: &mut TcpStream, bytes: &[u8]) {
        stream.write_all(bytes).await.unwrap();
    }

    /// Reads a whole answer, which ends with "ok"; false where the connection ends instead.
    async fn is_answered(stream: &mut TcpStream) -> bool {
        let mut read = Vec::new();
        while !read.ends_with(b"ok") {
            if stream.read_buf(&mut read).await.unwrap_or(0) == 0 {
                return false;
            }
        }
        true
    }

    struct Running {
        address: SocketAddr,
        /// A request for `/held` is answered when there is a permit, and takes it.
        held: Arc<Semaphore>,
        /// Told whenever a handler begins.
        begun: Arc<Semaphore>,
        stop: oneshot::Sender<()>,
        server: JoinHandle<()>,
    }

    impl Running {
        async fn with_room_for(most: usize) -> Self {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let (address, (stop, stopped)) = (listener.local_addr().unwrap(), oneshot::channel());
            let (held, begun) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
            let (release, beginning) = (Arc::clone(&held), Arc::clone(&begun));
            let handler = async move || {
                beginning.add_permits(1);
                release.acquire().await.unwrap().forget();
                "ok"
            };
            let router = Router::new()
                .route("/", get(async || "ok"))
                .route("/held", get(handler))
                .route("/body", post(async |_: Bytes| "ok"));
            let server = tokio::spawn(serve_at_once(most, vec![listener], router, async { drop(stopped.await) }));
            Self { address, held, begun, stop, server }
        }

        async fn connect(&self) -> TcpStream {
            TcpStream::connect(self.address).await.unwrap()
        }

        /// A connection that the server knows of: it was answered once.
        async fn known(&self) -> TcpStream {
            let mut stream = self.connect().await;
            send(&mut stream, ASK).await;
            assert!(is_answered(&mut stream).await);
            stream
        }
    }

    /// As if so much time had passed; then time goes on as ever, for sockets do not know of a clock that stands still.
    async fn pass(time: Duration) {
        pause();
        advance(time).await;
        resume();
    }

    #[tokio::test]
    async fn whoever_sends_nothing_more_gives_way_and_the_first_of_them_first() {
        let running = Running::with_room_for(2).await;
        let (mut longest, mut other) = (running.known().await, running.known().await);
        pass(Duration::from_secs(2)).await;
        let mut next = running.known().await;
        assert!(!is_answered(&mut longest).await);
        for stream in [&mut other, &mut next] {
            send(stream, ASK).await;
            assert!(is_answered(stream).await);
        }
    }

    #[tokio::test]
    async fn whoever_sends_half_a_body_gives_way() {
        let running = Running::with_room_for(1).await;
        let mut slow = running.connect().await;
        // The server's leave to go on shows that the handler waits for the body. Nothing else ends that.
        send(&mut slow, b"POST /body HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\nexpect: 100-continue\r\n\r\n").await;
        assert_ne!(slow.read(&mut [0; 64]).await.unwrap(), 0);
        send(&mut slow, b"x").await;
        pass(Duration::from_secs(2)).await;
        running.known().await;
        assert!(!is_answered(&mut slow).await);
    }

    #[tokio::test]
    async fn a_request_that_is_under_way_gives_way_to_nobody() {
        let running = Running::with_room_for(1).await;
        let (mut first, mut next) = (running.connect().await, running.connect().await);
        send(&mut first, b"GET /held HTTP/1.1\r\nhost: x\r\n\r\n").await;
        running.begun.acquire().await.unwrap().forget();
        send(&mut next, ASK).await;
        pass(Duration::from_secs(5)).await;
        let waiting = tokio::spawn(async move { is_answered(&mut next).await });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        running.held.add_permits(1);
        assert!(is_answered(&mut first).await);
        assert!(waiting.await.unwrap(), "the first one sends nothing more");
    }

    #[tokio::test]
    async fn a_stop_does_not_wait_for_room() {
        let running = Running::with_room_for(1).await;
        let mut only = running.connect().await;
        send(&mut only, b"GET /held HTTP/1.1\r\nhost: x\r\n\r\n").await;
        running.begun.acquire().await.unwrap().forget();
        let mut next = running.connect().await;
        send(&mut next, ASK).await;
        running.stop.send(()).unwrap();
        running.held.add_permits(1);
        assert!(is_answered(&mut only).await);
        assert!(!is_answered(&mut next).await);
        // Long before a connection would be cut off for idling.
        tokio::time::timeout(HEADERS / 2, running.server).await.unwrap().unwrap();
    }

    #[test]
    fn there_is_room_for_fewer_connections_than_files() {
        let limits = |soft: &str| {
            format!(
                "Limit                     Soft Limit           Hard Limit           Units     \n\
                 Max processes             95970                95970                processes \n\
                 Max open files            {soft:<20} 1048576              files     \n"
            )
        };
        for (soft, room) in [("1024", 768), ("256", 128), ("1", 1), ("20000", MOST_CONNECTIONS), ("1048576", MOST_CONNECTIONS)] {
            assert_eq!(most_files(&limits(soft)).map(room_beside), Some(room), "{soft}");
        }
        assert_eq!(most_files(&limits("unlimited")), None);
        assert_eq!(most_files(""), None);
    }
}
