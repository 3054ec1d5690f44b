//! How often clients and accounts may do what.

use std::sync::Arc;
use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::json;
use siwn::{Access, BoxFuture, Counted, Limits, LimitsUnavailable, Rate, Taken, UnixMillis};
use siwn_server::{Builder, Rates, TrustedProxies};

use crate::support::{Answer, Server, key, request, sign};
use crate::{INITIATE, VERIFY, bearer, initiate_from, request_from, sign_in, verify_from};

const CLIENT: &str = "192.0.2.1:5000";

fn rate(text: &str) -> Rate {
    text.parse().unwrap()
}

fn limited(answer: &Answer) -> Option<&str> {
    (answer.status == StatusCode::TOO_MANY_REQUESTS).then(|| {
        assert_eq!(answer.error(), "rate_limited");
        answer.headers["retry-after"].to_str().unwrap()
    })
}

fn initiating(rate_text: &str) -> impl FnOnce(Builder) -> Builder {
    let initiate = Some(rate(rate_text));
    move |builder| builder.rates(Rates { initiate, ..Rates::default() })
}

#[tokio::test]
async fn an_address_that_asks_for_too_many_challenges_is_told_when_there_are_more() {
    let server = Server::with(initiating("3/1m"));
    for _ in 0..3 {
        assert_eq!(initiate_from(&server, CLIENT).await.status, StatusCode::OK);
    }
    let answer = initiate_from(&server, CLIENT).await;
    assert_eq!(limited(&answer), Some("20"));
    assert_eq!(initiate_from(&server, "192.0.2.2:5000").await.status, StatusCode::OK, "others are not disturbed");

    advance(&server, Duration::from_secs(20));
    assert_eq!(initiate_from(&server, CLIENT).await.status, StatusCode::OK);
    assert_eq!(limited(&initiate_from(&server, CLIENT).await), Some("20"));
}

#[tokio::test]
async fn proofs_are_counted_by_themselves_good_and_bad_and_before_anything_is_read() {
    let verify = Some(rate("2/1m"));
    let server = Server::with(|builder| builder.rates(Rates { verify, ..Rates::default() }));
    let token = sign(&initiate_from(&server, CLIENT).await.json(), &key());
    assert_eq!(verify_from(&server, CLIENT, &json!({ "authToken": "junk" })).await.error(), "proof_malformed");
    assert_eq!(verify_from(&server, CLIENT, &json!({ "authToken": token })).await.status, StatusCode::OK);
    let asked = server.asked();
    let next = sign(&initiate_from(&server, CLIENT).await.json(), &key());
    assert_eq!(limited(&verify_from(&server, CLIENT, &json!({ "authToken": next })).await), Some("30"));
    assert_eq!(server.asked(), asked);

    advance(&server, Duration::from_secs(30));
    assert_eq!(verify_from(&server, CLIENT, &json!({ "authToken": next })).await.status, StatusCode::OK, "nothing was spent");
}

#[tokio::test]
async fn of_ipv6_a_network_of_64_bits_is_one_client() {
    let server = Server::with(initiating("1/1m"));
    assert_eq!(initiate_from(&server, "[2001:db8:0:1::1]:5000").await.status, StatusCode::OK);
    assert!(limited(&initiate_from(&server, "[2001:db8:0:1:ffff::2]:5000").await).is_some());
    assert_eq!(initiate_from(&server, "[2001:db8:0:2::1]:5000").await.status, StatusCode::OK);
}

#[tokio::test]
async fn behind_a_trusted_proxy_the_right_most_hop_counts_and_what_stands_before_it_does_not() {
    let server = Server::with(|builder| initiating("1/1m")(builder).trusted_proxies(TrustedProxies::parse(["127.0.0.1"]).unwrap()));
    let from = async |hops: &str| {
        let headers = [("x-forwarded-for", hops)];
        server.send(request_from("127.0.0.1:5000", Method::POST, INITIATE, &headers, "")).await
    };
    assert_eq!(from("192.0.2.1").await.status, StatusCode::OK);
    assert!(limited(&from("203.0.113.9, 192.0.2.1").await).is_some(), "a client's own hops change nothing");
    assert_eq!(from("192.0.2.2").await.status, StatusCode::OK);
}

#[tokio::test]
async fn this_machine_is_not_limited_by_address() {
    let server = Server::with(initiating("1/1m"));
    for peer in ["127.0.0.1:5000", "[::1]:5000", "[::ffff:127.0.0.1]:5000"] {
        for _ in 0..3 {
            assert_eq!(initiate_from(&server, peer).await.status, StatusCode::OK);
        }
    }
}

#[tokio::test]
async fn an_account_signs_in_sixty_times_a_minute_and_no_oftener() {
    let server = Server::new();
    for _ in 0..60 {
        assert_eq!(sign_in(&server, "alice.near").await.status, StatusCode::OK);
    }
    assert_eq!(limited(&sign_in(&server, "alice.near").await), Some("1"));
    assert_eq!(sign_in(&server, "bob.near").await.status, StatusCode::OK);
    advance(&server, Duration::from_secs(1));
    assert_eq!(sign_in(&server, "alice.near").await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_account_looks_at_its_sessions_ends_them_and_gets_tokens_only_so_often() {
    let server = Server::with(|builder| builder.rates(Rates { sessions: Some(rate("4/1m")), ..Rates::default() }));
    let [mine, theirs] = [bearer(&sign_in(&server, "alice.near").await), bearer(&sign_in(&server, "bob.near").await)];
    let ask = async |method: Method, path: &str, who: &str| {
        server.send(request(method, &format!("/api/auth/{path}"), &[("authorization", who)], "")).await
    };
    assert_eq!(ask(Method::GET, "sessions", &mine).await.status, StatusCode::OK);
    assert_eq!(ask(Method::DELETE, "sessions", &mine).await.status, StatusCode::NO_CONTENT);
    assert_eq!(ask(Method::DELETE, "sessions/none", &mine).await.error(), "session_unknown");
    assert_eq!(ask(Method::POST, "token", &mine).await.status, StatusCode::OK);
    for (method, path) in
        [(Method::GET, "sessions"), (Method::DELETE, "sessions"), (Method::DELETE, "sessions/none"), (Method::POST, "token")]
    {
        assert_eq!(limited(&ask(method, path, &mine).await), Some("15"));
    }
    assert_eq!(ask(Method::GET, "sessions", &theirs).await.status, StatusCode::OK, "others are not disturbed");
    assert_eq!(ask(Method::GET, "session", &mine).await.status, StatusCode::OK, "who is signed in can always be asked");
    assert_eq!(ask(Method::POST, "logout", &mine).await.status, StatusCode::NO_CONTENT, "and logging out always works");
}

#[tokio::test]
async fn nobody_uses_up_what_anothers_account_may() {
    let account = Some(rate("1/1m"));
    let server = Server::with(|builder| builder.rates(Rates { account, ..Rates::default() }));
    server.set_access(Some(Access::NoKey));
    for _ in 0..10 {
        assert_eq!(sign_in(&server, "alice.near").await.error(), "key_not_found");
    }
    server.set_access(Some(Access::Full));
    assert_eq!(sign_in(&server, "alice.near").await.status, StatusCode::OK);
}

#[tokio::test]
async fn who_replays_anothers_token_uses_up_nothing() {
    let account = Some(rate("2/1m"));
    let server = Server::with(|builder| builder.rates(Rates { account, ..Rates::default() }));
    let body = json!({ "authToken": server.token().await });
    assert_eq!(server.post(VERIFY, &[], &body).await.status, StatusCode::OK);
    for _ in 0..10 {
        assert_eq!(server.post(VERIFY, &[], &body).await.error(), "challenge_used");
    }
    assert_eq!(sign_in(&server, "alice.near").await.status, StatusCode::OK);
    assert!(limited(&sign_in(&server, "alice.near").await).is_some());
}

#[tokio::test]
async fn without_a_limit_nothing_is_counted() {
    let server = Server::with(|builder| {
        builder.rates(Rates { initiate: None, verify: None, account: None, sessions: None, ..Rates::default() })
    });
    for _ in 0..100 {
        assert_eq!(initiate_from(&server, CLIENT).await.status, StatusCode::OK);
        assert_eq!(sign_in(&server, "alice.near").await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn limits_that_cannot_be_asked_keep_nobody_out() {
    struct OutOfReach;

    impl Limits for OutOfReach {
        fn take<'a>(&'a self, _: Counted<'a>, _: Rate, _: UnixMillis) -> BoxFuture<'a, Result<Taken, LimitsUnavailable>> {
            Box::pin(std::future::ready(Err(LimitsUnavailable("gone".into()))))
        }

        fn look<'a>(
            &'a self,
            counted: Counted<'a>,
            rate: Rate,
            now: UnixMillis,
        ) -> BoxFuture<'a, Result<Taken, LimitsUnavailable>> {
            self.take(counted, rate, now)
        }
    }

    let server = Server::with(|builder| builder.limits(Arc::new(OutOfReach)));
    assert_eq!(initiate_from(&server, CLIENT).await.status, StatusCode::OK);
    assert_eq!(sign_in(&server, "alice.near").await.status, StatusCode::OK);
    let metrics = server.get("/metrics", &[]).await.body;
    assert!(metrics.contains("siwn_limits_unknown_total 2\n"), "{metrics}");
}

#[tokio::test]
async fn what_is_refused_is_counted_by_limit() {
    let (initiate, account) = (Some(rate("1/1m")), Some(rate("1/1m")));
    let server = Server::with(|builder| builder.rates(Rates { initiate, account, ..Rates::default() }));
    for _ in 0..3 {
        initiate_from(&server, CLIENT).await;
        sign_in(&server, "alice.near").await;
    }
    let metrics = server.get("/metrics", &[]).await.body;
    for line in [
        r#"siwn_limited_total{limit="initiate"} 2"#,
        r#"siwn_limited_total{limit="account"} 2"#,
        r#"siwn_requests_total{route="/api/auth/initiate-login",outcome="rate_limited"} 2"#,
    ] {
        assert!(metrics.contains(line), "{line}\n{metrics}");
    }
}

fn advance(server: &Server, duration: Duration) {
    server.clock.set(server.clock.now() + duration);
}
