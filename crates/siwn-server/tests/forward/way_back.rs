//! Whoever is not signed in is shown the way to the login page, and from there back: to an own path, whatever the request says.

use http::StatusCode;
use siwn_server::SiteBuilder;

use crate::support::{Answer, Server};
use crate::{FORWARD, PROXY, ask, ask_at, assert_refused, header, server};

const NAVIGATION: (&str, &str) = ("sec-fetch-mode", "navigate");
const LOGIN: &str = "https://app.example/login?return_to=";

async fn redirected(server: &Server, headers: &[(&str, &str)]) -> Answer {
    ask_at(server, &format!("{FORWARD}?redirect=true"), PROXY, headers).await
}

/// Where somebody who wanted this goes on to after the login, as both kinds of proxies are told.
async fn way_back(uri: &str) -> String {
    let server = server(|builder| builder);
    let headers = [("x-forwarded-uri", uri), NAVIGATION];
    let (plain, redirect) = (ask(&server, &headers).await, redirected(&server, &headers).await);
    assert_refused(&plain, StatusCode::UNAUTHORIZED, "not_signed_in");
    assert_eq!((redirect.status, redirect.body.as_str()), (StatusCode::SEE_OTHER, ""));
    assert_eq!(header(&redirect, "location"), header(&plain, "x-siwn-login"));
    let query = header(&redirect, "location").strip_prefix(LOGIN).unwrap();
    assert!(query.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"%._-*+".contains(&byte)), "{query}");
    let pairs: Vec<_> = form_urlencoded::parse(header(&redirect, "location").split_once('?').unwrap().1.as_bytes()).collect();
    assert_eq!(pairs.len(), 1);
    pairs[0].1.to_string()
}

#[tokio::test]
async fn a_browser_comes_back_to_where_it_was() {
    for path in ["/", "/a/b", "/a?b=c&d=%2F&e=//x", "/%2Fevil.example", "/a%0d%0ab", "/?u=https://evil.example"] {
        assert_eq!(way_back(path).await, path);
    }
}

#[tokio::test]
async fn an_address_that_leads_elsewhere_is_left_out() {
    let long = format!("/{}", "a".repeat(3000));
    for hostile in [
        "//evil.example",
        "///evil.example",
        "\\\\evil.example",
        "/\\evil.example",
        "\\/evil.example",
        "https://evil.example",
        "https:evil.example",
        "http://app.example@evil.example/",
        "javascript:alert(1)",
        "evil",
        "*",
        "/a b",
        "/\t/evil.example",
        &long,
    ] {
        assert_eq!(way_back(hostile).await, "/", "{hostile:?}");
    }
}

#[tokio::test]
async fn programs_scripts_and_forms_are_told_no_and_not_sent_anywhere() {
    let server = server(|builder| builder);
    for headers in [
        &[][..],
        &[("accept", "application/json")],
        &[("accept", "*/*")],
        &[("accept", "text/html"), ("sec-fetch-mode", "cors")],
        &[("accept", "text/html"), ("x-forwarded-method", "POST")],
        &[NAVIGATION, ("x-forwarded-method", "POST"), ("sec-fetch-site", "same-origin")],
        &[("sec-fetch-mode", "websocket"), ("sec-websocket-version", "13")],
    ] {
        let answer = redirected(&server, headers).await;
        assert_refused(&answer, StatusCode::UNAUTHORIZED, "not_signed_in");
        assert_eq!(header(&answer, "x-siwn-login"), "", "{headers:?}");
    }
    let old_browser = redirected(&server, &[("accept", "text/html,application/xhtml+xml,*/*;q=0.8")]).await;
    assert_eq!(old_browser.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn only_who_is_not_let_in_is_sent_to_the_login_page() {
    let server = server(|builder| builder);
    for (headers, status) in [
        (&[NAVIGATION, ("cookie", "__Host-siwn=a; __Host-siwn=b")][..], StatusCode::BAD_REQUEST),
        (&[NAVIGATION, ("host", "evil.example")], StatusCode::MISDIRECTED_REQUEST),
        (&[NAVIGATION, ("x-forwarded-uri", "")], StatusCode::BAD_REQUEST),
    ] {
        assert_eq!(redirected(&server, headers).await.status, status, "{headers:?}");
    }
}

#[tokio::test]
async fn each_site_has_a_login_page_of_its_own() {
    let server = server(|builder| builder.site(SiteBuilder::new("wiki").public_url("https://app.example/wiki")));
    let path = format!("/wiki{FORWARD}?redirect=true");
    let answer = ask_at(&server, &path, PROXY, &[NAVIGATION, ("x-forwarded-uri", "/wiki/page")]).await;
    assert_eq!(header(&answer, "location"), "https://app.example/wiki/login?return_to=%2Fwiki%2Fpage");
    let hostile = ask_at(&server, &path, PROXY, &[NAVIGATION, ("x-forwarded-uri", "//evil.example")]).await;
    assert_eq!(header(&hostile, "location"), "https://app.example/wiki/login?return_to=%2Fwiki");
}
