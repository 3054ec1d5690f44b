//! A stop: what is under way is answered, and nothing more is taken.

use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

use crate::socket::{HEALTH, Running};

/// Returns when nobody listens any more.
async fn is_closed(running: &Running) {
    loop {
        match TcpStream::connect(running.address).await {
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => return,
            // In the queue of a listener that is about to go.
            _ => tokio::task::yield_now().await,
        }
    }
}

#[tokio::test]
async fn a_request_under_way_is_answered_and_then_nobody_listens() {
    let (arrived, gate) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    let (tells, waits) = (Arc::clone(&arrived), Arc::clone(&gate));
    let slow = async move || {
        tells.add_permits(1);
        let _ = waits.acquire().await;
        "done"
    };
    let mut running = Running::with(Router::new().route("/slow", get(slow))).await;
    let (mut client, mut idle) = (running.connect().await, running.connect().await);
    idle.write(HEALTH).await;
    idle.answer().await;
    client.write(HEALTH.replace("/healthz", "/slow")).await;
    arrived.acquire().await.unwrap().forget();

    let (unused, _) = tokio::sync::oneshot::channel();
    std::mem::replace(&mut running.stop, unused).send(()).unwrap();
    is_closed(&running).await;
    assert_eq!(idle.rest().await, "", "an idle connection ends at once");
    assert!(!running.server.is_finished());

    gate.add_permits(1);
    let answer = client.answer().await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "done"));
    assert!(answer.head.contains("connection: close"), "{}", answer.head);
    assert_eq!(client.rest().await, "");
    running.server.await.unwrap();
}

#[tokio::test]
async fn a_body_under_way_is_waited_for() {
    let mut running = Running::new().await;
    let mut client = running.connect().await;
    let head =
        "POST /api/auth/initiate-login HTTP/1.1\r\nhost: app.example\r\ncontent-type: application/json\r\ncontent-length: 2\r\n";
    client.write(format!("{head}expect: 100-continue\r\n\r\n")).await;
    assert_eq!(client.answer().await.status, 100);

    let (unused, _) = tokio::sync::oneshot::channel();
    std::mem::replace(&mut running.stop, unused).send(()).unwrap();
    is_closed(&running).await;
    client.write("{}").await;
    assert_eq!(client.answer().await.status, 200);
    running.server.await.unwrap();
}

#[tokio::test]
async fn what_does_not_end_is_cut_off_after_twenty_seconds() {
    let arrived = Arc::new(Semaphore::new(0));
    let tells = Arc::clone(&arrived);
    let never = async move || {
        tells.add_permits(1);
        std::future::pending::<&str>().await
    };
    let running = Running::with(Router::new().route("/never", get(never))).await;
    let mut client = running.connect().await;
    client.write(HEALTH.replace("/healthz", "/never")).await;
    arrived.acquire().await.unwrap().forget();

    tokio::time::pause();
    let began = tokio::time::Instant::now();
    running.stop.send(()).unwrap();
    running.server.await.unwrap();
    assert!(began.elapsed() >= Duration::from_secs(20), "{:?}", began.elapsed());
    let rest = tokio::time::timeout(Duration::from_mins(1), client.rest()).await;
    assert_eq!(rest.as_deref(), Ok(""));
}

#[tokio::test]
async fn a_fault_in_one_request_ends_its_connection_and_no_other() {
    let further = Router::new().route("/fault", get(async || -> &'static str { panic!("a fault in the application") }));
    let running = Running::with(further).await;
    let mut other = running.connect().await;
    other.write(HEALTH).await;
    assert_eq!(other.answer().await.status, 200);
    let mut client = running.connect().await;
    client.write("GET /fault HTTP/1.1\r\nhost: app.example\r\n\r\n").await;
    assert_eq!(client.rest_after_its_end().await, "");
    other.write(HEALTH).await;
    assert_eq!(other.answer().await.status, 200, "the connection that was there before");
    running.serves().await;
}
