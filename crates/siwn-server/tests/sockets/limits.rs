//! Heads and bodies that are too large or too slow, and clients that only sit there.

use std::time::Duration;

use tokio::time::{Instant, advance, pause, resume, sleep};

use crate::socket::{HEALTH, Running};

const PROMISED: &str = "POST /api/auth/initiate-login HTTP/1.1\r\nhost: app.example\r\ncontent-type: application/json\r\n\
                        content-length: 2\r\nexpect: 100-continue\r\n\r\n";

#[tokio::test]
async fn a_head_of_more_than_32_kib_is_refused() {
    let running = Running::new().await;
    let line = |filler: &str| format!("GET /healthz HTTP/1.1\r\nhost: app.example\r\nx-filler: {filler}\r\n\r\n");
    for (length, status) in [(32 * 1024, 200), (32 * 1024 + 1, 431), (33 * 1024, 431), (1024 * 1024, 431)] {
        let mut client = running.connect().await;
        client.write(line(&"x".repeat(length - line("").len()))).await;
        let all = client.rest_after_its_end().await;
        assert!(all.starts_with(&format!("HTTP/1.1 {status} ")), "{length} {all}");
    }
    running.serves().await;
}

#[tokio::test]
async fn more_than_a_hundred_headers_are_refused() {
    let running = Running::new().await;
    for (more, status) in [(99, 200), (100, 431)] {
        let mut client = running.connect().await;
        client.write(format!("GET /healthz HTTP/1.1\r\nhost: app.example\r\n{}\r\n", "x: y\r\n".repeat(more))).await;
        assert_eq!(client.answer().await.status, status, "{more} and the host");
    }
}

#[tokio::test(start_paused = true)]
async fn a_head_that_does_not_end_is_cut_off_after_ten_seconds() {
    let running = Running::new().await;
    let mut client = running.connect().await;
    let began = Instant::now();
    client.write("GET /healthz HTTP/1.1\r\nhost: app").await;
    assert_eq!(client.rest().await, "");
    let took = began.elapsed();
    assert!((Duration::from_secs(10)..Duration::from_secs(11)).contains(&took), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_head_in_drops_is_cut_off_after_ten_seconds() {
    let running = Running::new().await;
    let mut client = running.connect().await;
    let began = Instant::now();
    client.write("GET /healthz HTTP/1.1\r\nx: ").await;
    let mut drops = 0;
    while client.stream.try_read(&mut [0; 64]).is_err() {
        client.write("y").await;
        drops += 1;
        sleep(Duration::from_secs(1)).await;
        assert!(drops < 20, "still there");
    }
    assert!(began.elapsed() >= Duration::from_secs(10) && drops >= 10, "{drops}");
}

#[tokio::test]
async fn an_idle_connection_is_closed_after_ten_seconds() {
    let running = Running::new().await;
    let mut client = running.connect().await;
    client.write(HEALTH).await;
    client.answer().await;
    pause();
    let began = Instant::now();
    assert_eq!(client.rest().await, "");
    assert!(began.elapsed() < Duration::from_secs(11), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_body_that_does_not_come_is_told_after_ten_seconds() {
    let running = Running::new().await;
    let mut client = running.connect().await;
    client.write(PROMISED).await;
    // The server reads the body now.
    assert_eq!(client.answer().await.status, 100);
    client.write("{").await;
    pause();
    let began = Instant::now();
    advance(Duration::from_secs(9)).await;
    assert!(client.stream.try_read(&mut [0; 64]).is_err(), "the time is not over");
    let answer = client.answer().await;
    assert_eq!((answer.status, answer.error().as_str()), (408, "timed_out"));
    assert!(began.elapsed() < Duration::from_secs(11), "{:?}", began.elapsed());
    resume();
    running.serves().await;
}

#[tokio::test]
async fn a_body_in_time_is_answered() {
    let running = Running::new().await;
    let mut client = running.connect().await;
    client.write(PROMISED).await;
    assert_eq!(client.answer().await.status, 100);
    client.write("{}").await;
    assert_eq!(client.answer().await.status, 200);
}

#[tokio::test]
async fn an_endless_body_is_refused_in_the_error_shape() {
    let running = Running::new().await;
    let mut client = running.connect().await;
    let head = "POST /api/auth/verify-login HTTP/1.1\r\nhost: app.example\r\ncontent-type: application/json\r\n";
    client.write(format!("{head}transfer-encoding: chunked\r\n\r\n")).await;
    for _ in 0..5 {
        client.write(format!("4000\r\n{}\r\n", "x".repeat(0x4000))).await;
    }
    let answer = client.answer().await;
    assert_eq!((answer.status, answer.error().as_str()), (413, "too_large"));
}

#[tokio::test]
async fn idle_connections_do_not_keep_an_honest_client_out() {
    let running = Running::new().await;
    let mut idle = Vec::new();
    for number in 0..200 {
        let mut client = running.connect().await;
        if number % 2 == 0 {
            client.write("POST /api/auth/verify-login HTTP/1.1\r\nhost: ").await;
        }
        idle.push(client);
    }
    running.serves().await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_is_cut_off_after_ten_seconds() {
    const LENGTH: usize = 64 * 1024 * 1024;
    let further = axum::Router::new().route("/large", axum::routing::get(async || vec![b'x'; LENGTH]));
    let running = Running::with(further).await;
    let mut client = running.connect().await;
    client.write("GET /large HTTP/1.1\r\nhost: app.example\r\n\r\n").await;
    sleep(Duration::from_secs(11)).await;
    let read = client.rest_after_its_end().await.len();
    assert!(read < LENGTH, "all of it came, {read} bytes");
    running.serves().await;
}
