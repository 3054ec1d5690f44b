//! What the application behind gets to see of cookies and tokens.

use http::StatusCode;

use crate::{ask, assert_refused, cookie, header, server, token};

const STRIP: (&str, &str) = ("sec-siwn-credentials", "strip");

#[tokio::test]
async fn a_proxy_that_asks_for_it_is_told_the_cookies_without_ours() {
    let server = server(|builder| builder);
    let alice = cookie(&token(&server, "alice.near").await);
    let sent = format!("theme=dark; {alice}; __Host-siwn-browser=abc; id=7");
    let answer = ask(&server, &[("cookie", &sent), STRIP]).await;
    assert_eq!((answer.status, header(&answer, "cookie")), (StatusCode::OK, "theme=dark; id=7"));
    assert_eq!(header(&ask(&server, &[("cookie", &alice), STRIP]).await, "cookie"), "");
}

#[tokio::test]
async fn nobody_else_is_told_any_cookie() {
    let server = server(|builder| builder);
    let alice = cookie(&token(&server, "alice.near").await);
    for ask_for in [&[][..], &[("sec-siwn-credentials", "yes")]] {
        let answer = ask(&server, &[ask_for, &[("cookie", &format!("{alice}; id=7"))]].concat()).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert!(!answer.headers.contains_key("cookie") && !answer.headers.contains_key("authorization"));
    }
    let refused = ask(&server, &[("cookie", "id=7"), STRIP]).await;
    assert_refused(&refused, StatusCode::UNAUTHORIZED, "not_signed_in");
    assert!(!refused.headers.contains_key("cookie"));
}

#[tokio::test]
async fn a_token_of_ours_is_kept_back_and_one_of_the_applications_handed_on() {
    let server = server(|builder| builder);
    let token = token(&server, "alice.near").await;
    let ours = ask(&server, &[("authorization", &format!("Bearer {token}")), STRIP]).await;
    assert_eq!((ours.status, header(&ours, "authorization")), (StatusCode::OK, ""));
    for own in ["Bearer eyJhbGciOiJub25lIn0", "Basic YTpi"] {
        let answer = ask(&server, &[("authorization", own), ("cookie", &cookie(&token)), STRIP]).await;
        assert_eq!((answer.status, header(&answer, "authorization")), (StatusCode::OK, own), "beside the cookie");
        assert_refused(&ask(&server, &[("authorization", own), STRIP]).await, StatusCode::UNAUTHORIZED, "not_signed_in");
    }
}

#[tokio::test]
async fn where_there_is_a_token_of_ours_it_alone_counts() {
    let server = server(|builder| builder);
    let alice = cookie(&token(&server, "alice.near").await);
    for bad in ["Bearer siwn_", "Bearer siwn_junk"] {
        let answer = ask(&server, &[("authorization", bad), ("cookie", &alice)]).await;
        assert_refused(&answer, StatusCode::UNAUTHORIZED, "not_signed_in");
    }
    let twice = [("authorization", "Basic YTpi"), ("authorization", "Basic YTpi"), ("cookie", alice.as_str())];
    assert_refused(&ask(&server, &twice).await, StatusCode::BAD_REQUEST, "malformed");
}
