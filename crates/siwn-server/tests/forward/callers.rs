//! What pages of other origins may send in a browser's name: to read nothing is no reason to change nothing.

use http::StatusCode;

use crate::{ask, assert_refused, cookie, server, token};

async fn asked(headers: &[(&str, &str)]) -> crate::Answer {
    let server = server(|builder| builder);
    let alice = cookie(&token(&server, "alice.near").await);
    ask(&server, &[headers, &[("cookie", &alice)]].concat()).await
}

#[tokio::test]
async fn what_changes_something_comes_from_pages_that_may() {
    for method in ["POST", "PUT", "PATCH", "DELETE", "PROPFIND", "CONNECT"] {
        for (headers, passes) in [
            (&[("sec-fetch-site", "same-origin")][..], true),
            (&[("sec-fetch-site", "same-origin"), ("origin", "null")], true),
            (&[("origin", "https://app.example")], true),
            (&[("sec-fetch-site", "cross-site"), ("origin", "https://shop.example")], true),
            (&[], true),
            (&[("sec-fetch-site", "cross-site")], false),
            (&[("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")], false),
            (&[("sec-fetch-site", "same-site"), ("origin", "https://evil.app.example")], false),
            (&[("origin", "https://evil.example")], false),
            (&[("origin", "null")], false),
            (&[("sec-fetch-site", "none")], false),
        ] {
            let answer = asked(&[headers, &[("x-forwarded-method", method)]].concat()).await;
            if passes {
                assert_eq!(answer.status, StatusCode::OK, "{method} {headers:?}");
            } else {
                assert_refused(&answer, StatusCode::FORBIDDEN, "origin_not_allowed");
            }
        }
    }
}

#[tokio::test]
async fn what_only_reads_may_be_linked_to_from_everywhere() {
    for method in ["GET", "HEAD", "OPTIONS"] {
        let linked = [("x-forwarded-method", method), ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")];
        assert_eq!(asked(&linked).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn a_websocket_is_opened_by_pages_that_may() {
    let socket = ("sec-websocket-version", "13");
    let from = |origin| [socket, ("origin", origin)];
    assert_eq!(asked(&from("https://app.example")).await.status, StatusCode::OK);
    assert_eq!(asked(&from("https://shop.example")).await.status, StatusCode::OK);
    assert_eq!(asked(&[socket]).await.status, StatusCode::OK, "a program's");
    assert_refused(&asked(&from("https://evil.app.example")).await, StatusCode::FORBIDDEN, "origin_not_allowed");
    let same_site = [socket, ("origin", "https://evil.app.example"), ("sec-fetch-site", "same-site")];
    assert_refused(&asked(&same_site).await, StatusCode::FORBIDDEN, "origin_not_allowed");
}
