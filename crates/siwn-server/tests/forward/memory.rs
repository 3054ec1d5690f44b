//! A session that was looked up within five seconds costs no call of the store.

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use siwn_server::Builder;

use crate::severed::Severed;
use crate::support::{NOW, Server};
use crate::{ask, assert_refused, cookie, server, token};

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

async fn signed_in(settings: impl FnOnce(Builder) -> Builder) -> (Server, Arc<Severed>, String) {
    let store = Arc::new(Severed::default());
    let server = server(|builder| settings(builder.store(Arc::clone(&store) as _)));
    store.follow(&server.clock);
    let cookie = cookie(&token(&server, "alice.near").await);
    (server, store, cookie)
}

#[tokio::test]
async fn within_five_seconds_of_the_last_look_the_store_is_not_called() {
    let (server, store, alice) = signed_in(|builder| builder).await;
    let calls = async || {
        let before = store.calls();
        assert_eq!(ask(&server, &[("cookie", &alice)]).await.status, StatusCode::OK);
        store.calls() - before
    };
    assert_eq!(calls().await, 1, "the first look");
    for _ in 0..100 {
        assert_eq!(calls().await, 0);
    }
    server.clock.set(NOW + millis(4_999));
    assert_eq!(calls().await, 0);
    server.clock.set(NOW + millis(5_000));
    assert_eq!(calls().await, 1, "the next look");
    server.clock.set(NOW + millis(61_000));
    assert_eq!(calls().await, 2, "a look, and its use is written down");
    server.clock.set(NOW + millis(65_999));
    assert_eq!(calls().await, 0, "for which it need not be looked up");
}

#[tokio::test]
async fn a_store_that_is_out_of_reach_is_no_pass() {
    let (server, store, alice) = signed_in(|builder| builder).await;
    assert_eq!(ask(&server, &[("cookie", &alice)]).await.status, StatusCode::OK);
    store.sever();
    server.clock.set(NOW + millis(4_999));
    assert_eq!(ask(&server, &[("cookie", &alice)]).await.status, StatusCode::OK, "it was looked up a moment ago");
    server.clock.set(NOW + millis(5_000));
    let answer = ask(&server, &[("cookie", &alice), ("sec-fetch-mode", "navigate")]).await;
    assert_refused(&answer, StatusCode::SERVICE_UNAVAILABLE, "store_unavailable");
    assert!(answer.headers.contains_key("retry-after"));
}

#[tokio::test]
async fn who_wants_the_store_asked_every_time_says_so() {
    let (server, store, alice) = signed_in(|builder| builder.forward_cache(Duration::ZERO)).await;
    for _ in 0..3 {
        let before = store.calls();
        assert_eq!(ask(&server, &[("cookie", &alice)]).await.status, StatusCode::OK);
        assert_eq!(store.calls() - before, 1);
    }
}

#[tokio::test]
async fn what_is_remembered_for_proxies_is_for_nobody_else() {
    let (server, store, alice) = signed_in(|builder| builder).await;
    assert_eq!(ask(&server, &[("cookie", &alice)]).await.status, StatusCode::OK);
    let before = store.calls();
    let answer = server.get("/api/auth/session", &[("host", "app.example"), ("cookie", &alice)]).await;
    assert_eq!((answer.status, store.calls() - before), (StatusCode::OK, 1));
}
