//! Requests in every form, and what must not be taken for one.

use crate::socket::{HEALTH, Running};

const HOST: &str = "host: app.example\r\n";

#[tokio::test]
async fn a_connection_serves_one_request_after_another() {
    let running = Running::new().await;
    let mut client = running.connect().await;
    for _ in 0..3 {
        client.write(HEALTH).await;
        assert_eq!(client.answer().await.body, "ok\n");
    }
    client.write(HEALTH.repeat(2)).await;
    assert_eq!((client.answer().await.status, client.answer().await.status), (200, 200));
}

#[tokio::test]
async fn http_1_0_is_answered_and_the_connection_ends() {
    let running = Running::new().await;
    let mut client = running.connect().await;
    client.write("GET /healthz HTTP/1.0\r\n\r\n").await;
    let all = client.rest().await;
    assert!(all.starts_with("HTTP/1.0 200 OK") && all.ends_with("ok\n"), "{all}");
}

#[tokio::test]
async fn a_body_in_chunks_is_a_body() {
    let running = Running::new().await;
    let mut client = running.connect().await;
    let head = format!("POST /api/auth/initiate-login HTTP/1.1\r\n{HOST}content-type: application/json\r\n");
    client.write(format!("{head}transfer-encoding: chunked\r\n\r\n1\r\n{{\r\n1\r\n}}\r\n0\r\n\r\n")).await;
    assert_eq!(client.answer().await.status, 200);
    client.write(HEALTH).await;
    assert_eq!(client.answer().await.status, 200);
}

#[tokio::test]
async fn a_body_that_says_its_length_in_two_ways_is_refused() {
    let running = Running::new().await;
    for lines in [
        "content-length: 5\r\ncontent-length: 6\r\n",
        "content-length: 5, 6\r\n",
        "content-length: +5\r\n",
        "content-length: 5 \r\n 6\r\n",
        "content-length: 0x5\r\n",
        "content-length : 5\r\n",
        "transfer-encoding: chunked, identity\r\n",
        "transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n",
        "transfer-encoding: xchunked\r\ncontent-length: 5\r\n",
        "transfer-encoding : chunked\r\ncontent-length: 5\r\n",
        "transfer-encoding:\u{b}chunked\r\n",
    ] {
        let mut client = running.connect().await;
        client.write(format!("POST /api/auth/logout HTTP/1.1\r\n{HOST}{lines}\r\nhello")).await;
        let all = client.rest().await;
        assert!(all.starts_with("HTTP/1.1 400") && all.matches("HTTP/1.1").count() == 1, "{lines:?} {all}");
    }
    let mut old = running.connect().await;
    old.write("POST /api/auth/logout HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n").await;
    assert!(old.rest().await.contains(" 400 "));
    running.serves().await;
}

#[tokio::test]
async fn what_a_length_beside_chunks_would_leave_over_is_no_request() {
    let running = Running::new().await;
    for lines in ["content-length: 5\r\ntransfer-encoding: chunked\r\n", "transfer-encoding: chunked\r\ncontent-length: 5\r\n"] {
        let mut client = running.connect().await;
        client.write(format!("POST /api/auth/logout HTTP/1.1\r\n{HOST}{lines}\r\n0\r\n\r\n{HEALTH}")).await;
        let all = client.rest().await;
        assert_eq!(all.matches("HTTP/1.1 ").count(), 1, "{lines:?} {all}");
        assert!(all.contains("connection: close") && !all.contains("ok\n"), "{lines:?} {all}");
    }
    running.serves().await;
}

#[tokio::test]
async fn garbage_gets_no_further_than_its_connection() {
    let running = Running::new().await;
    let garbage: [&[u8]; 8] = [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\0\0\0\0\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET /\xff\xfe HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: a\nb\r\n: c\r\n\r\n",
        b"\r\n\r\n\r\n\r\n",
        &[0xff; 4096],
    ];
    for bytes in garbage {
        let mut client = running.connect().await;
        client.write(bytes).await;
        let all = client.rest_after_its_end().await;
        assert!(all.is_empty() || all.starts_with("HTTP/1.1 4"), "{bytes:?} {all}");
    }
    running.serves().await;
}
