//! The pages of a login: what they say, what they allow, and what they take from a request.

#![expect(clippy::unwrap_used, reason = "these are tests")]

mod looks;
#[path = "../support/mod.rs"]
mod support;
mod wallets;

use std::io;

use flate2::read::GzDecoder;
use http::{HeaderMap, Method, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use siwn_server::{LoginPage, Website};
use support::{Answer, Server, request};
use tower::ServiceExt as _;

const PAGES: [&str; 2] = ["/login", "/api/auth/callback?tx=abc"];
const PAGE_DATA: &str = r#"<script type="application/json" id="page">"#;

/// What the server wrote into the page for its script.
fn data(answer: &Answer) -> Value {
    let (_, rest) = answer.body.split_once(PAGE_DATA).unwrap();
    serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap()
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers[name].to_str().unwrap()
}

fn nonce(answer: &Answer) -> &str {
    let policy = header(&answer.headers, "content-security-policy");
    policy.split_once("'nonce-").unwrap().1.split_once('\'').unwrap().0
}

#[tokio::test]
async fn everything_is_forbidden_that_a_page_does_not_do() {
    let server = Server::new();
    for page in PAGES {
        let answer = server.get(page, &[]).await;
        assert_eq!(answer.status, StatusCode::OK);
        let policy = header(&answer.headers, "content-security-policy").replace(nonce(&answer), "N");
        assert_eq!(
            policy,
            "default-src 'none'; script-src 'nonce-N'; style-src 'self'; connect-src 'self'; img-src data:; frame-src 'none'; \
             base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        );
        for (name, value) in [
            ("content-type", "text/html; charset=utf-8"),
            ("cache-control", "no-store"),
            ("referrer-policy", "no-referrer"),
            ("x-frame-options", "DENY"),
            ("x-content-type-options", "nosniff"),
            ("cross-origin-opener-policy", "same-origin-allow-popups"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(header(&answer.headers, name), value, "{page} {name}");
        }
    }
}

#[tokio::test]
async fn every_script_has_the_nonce_of_its_answer_and_none_is_inline() {
    let server = Server::new();
    for page in PAGES {
        let (answer, other) = (server.get(page, &[]).await, server.get(page, &[]).await);
        assert_ne!(nonce(&answer), nonce(&other));
        let scripts: Vec<_> = answer.body.split("<script").skip(1).collect();
        let expected = format!(" type=\"module\" nonce=\"{}\" src=\"", nonce(&answer));
        let (data, modules): (Vec<&&str>, Vec<_>) =
            scripts.iter().partition(|script| script.starts_with(" type=\"application/json\""));
        assert_eq!(data.len(), 1);
        assert!(modules.len() >= 2 && modules.iter().all(|script| script.starts_with(&expected)), "{page}");
        assert!(!answer.body.contains(" style=") && !answer.body.contains(" onclick="), "{page}");
    }
}

#[tokio::test]
async fn every_script_and_style_of_a_page_is_there() {
    let server = Server::new();
    for (page, base) in [("/login", "/"), ("/api/auth/callback", "/api/auth/")] {
        let answer = server.get(page, &[]).await;
        let addresses = answer.body.split(" src=\"").skip(1).chain(answer.body.split("stylesheet\" href=\"").skip(1));
        for address in addresses.map(|rest| rest.split('"').next().unwrap()) {
            let asset = server.get(&format!("{base}{address}"), &[]).await;
            assert_eq!(asset.status, StatusCode::OK, "{address}");
            assert!(header(&asset.headers, "content-type").starts_with("text/"), "{address}");
        }
    }
}

#[tokio::test]
async fn the_page_is_told_whether_a_session_may_be_there_and_nothing_of_it() {
    let server = Server::new();
    let token = "A".repeat(64);
    for (cookie, expected) in [
        (None, false),
        (Some("__Host-siwn-browser=x; a=b".to_owned()), false),
        (Some("__Host-siwn=junk".to_owned()), false),
        (Some(format!("a=b; __Host-siwn={token}")), true),
        (Some(format!("__Host-siwn={token}; __Host-siwn={token}")), false),
    ] {
        let headers: Vec<_> = cookie.iter().map(|cookie| ("cookie", cookie.as_str())).collect();
        let answer = server.get("/login", &headers).await;
        assert_eq!(data(&answer)["cookie"], json!(expected), "{cookie:?}");
        assert!(!answer.body.contains(&token));
    }
}

#[tokio::test]
async fn a_browser_that_has_an_asset_is_not_sent_it_again() {
    let server = Server::new();
    let first = server.get("/api/auth/page/login.js", &[]).await;
    assert_eq!(header(&first.headers, "cache-control"), "public, no-cache");
    let etag = header(&first.headers, "etag");
    for known in [etag.to_owned(), format!("W/{etag}"), format!("\"other\", {etag}")] {
        let again = server.get("/api/auth/page/login.js", &[("if-none-match", &known)]).await;
        assert_eq!((again.status, again.body.as_str()), (StatusCode::NOT_MODIFIED, ""), "{known}");
        assert_eq!(header(&again.headers, "etag"), etag);
    }
    for unknown in ["\"other\"", "*", ""] {
        assert_eq!(server.get("/api/auth/page/login.js", &[("if-none-match", unknown)]).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn an_asset_is_gzipped_for_whoever_accepts_it_and_known_by_a_tag_of_its_own() {
    let server = Server::new();
    let path = "/api/auth/page/page.css";
    let plain = server.get(path, &[("accept-encoding", "br")]).await;
    assert_eq!((header(&plain.headers, "vary"), plain.headers.get("content-encoding")), ("accept-encoding", None));

    let asks = request(Method::GET, path, &[("accept-encoding", "gzip")], "");
    let (head, body) = server.router.clone().oneshot(asks).await.unwrap().into_parts();
    let gzipped = body.collect().await.unwrap().to_bytes();
    assert_eq!((header(&head.headers, "vary"), header(&head.headers, "content-encoding")), ("accept-encoding", "gzip"));
    assert!(gzipped.len() < plain.body.len() / 2, "{} of {} bytes", gzipped.len(), plain.body.len());
    assert_eq!(io::read_to_string(GzDecoder::new(&*gzipped)).unwrap(), plain.body);

    let etag = header(&head.headers, "etag");
    assert_ne!(etag, header(&plain.headers, "etag"));
    let again = server.get(path, &[("accept-encoding", "gzip"), ("if-none-match", etag)]).await;
    assert_eq!((again.status, header(&again.headers, "etag")), (StatusCode::NOT_MODIFIED, etag));
    // Whoever has it in one encoding and asks for the other has it not.
    assert_eq!(server.get(path, &[("if-none-match", etag)]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_client_is_for_pages_of_every_origin_where_it_was_built() {
    let server = Server::new();
    let client = server.get("/api/auth/client.js", &[]).await;
    let login = data(&server.get("/login", &[]).await);
    if login["client"].is_null() {
        assert_eq!((client.status, client.json()["error"].as_str()), (StatusCode::NOT_FOUND, Some("not_found")));
        return;
    }
    assert_eq!(header(&client.headers, "access-control-allow-origin"), "*");
    assert_eq!(header(&client.headers, "cross-origin-resource-policy"), "cross-origin");
    assert!(client.body.contains("initiate-login"));
}

#[tokio::test]
async fn where_people_go_on_to_is_an_own_path_or_configured() {
    let page = LoginPage::new().return_url("https://shop.example/in?a=b".parse().unwrap());
    let server = Server::with(|builder| builder.login_page(page));
    for (given, expected) in [
        ("", Value::Null),
        ("?return_to=/a%3Fb%26c", json!("/a?b&c")),
        ("?return_to=https://shop.example/in%3Fa=b", json!("https://shop.example/in?a=b")),
        ("?return_to=https://shop.example/in", Value::Null),
        ("?return_to=//evil.example", Value::Null),
        ("?return_to=/%5Cevil.example", Value::Null),
        ("?return_to=/%0A/evil.example", Value::Null),
        ("?return_to=javascript:alert(1)", Value::Null),
        ("?return_to=%FF", Value::Null),
        ("?return_to=//evil.example&return_to=/a", Value::Null),
        ("?%%%&&=", Value::Null),
    ] {
        let answer = server.get(&format!("/login{given}"), &[]).await;
        assert_eq!(data(&answer)["returnTo"], expected, "{given}");
        assert!(!answer.body.contains("evil.example"), "{given}");
    }
}

#[tokio::test]
async fn what_a_request_says_cannot_become_markup() {
    let server = Server::new();
    let answer = server.get("/login?return_to=/%3C/script%3E%3Cb%3E%22'&lang=%3Cb%3E", &[("accept-language", "<b>,\"")]).await;
    assert_eq!(data(&answer)["returnTo"], json!("/</script><b>\"'"));
    assert_eq!(answer.body.matches("</script>").count(), answer.body.matches("<script").count());
    assert!(!answer.body.contains("<b>"));
}

#[tokio::test]
async fn the_language_is_the_browsers_or_the_one_that_was_chosen() {
    let server = Server::new();
    for (page, accepts, lang, words) in [
        ("/login", "de", "de", "Wallet wählen"),
        ("/login?lang=es", "de", "es", "Elige tu billetera"),
        ("/login?lang=xx", "fr-CH", "fr", "Choisissez votre portefeuille"),
        ("/login", "ja", "en", "Choose your wallet"),
        ("/api/auth/callback", "pt", "pt", "Entrando"),
    ] {
        let answer = server.get(page, &[("accept-language", accepts)]).await;
        assert!(answer.body.contains(&format!("<html lang=\"{lang}\">")) && answer.body.contains(words), "{page} {accepts}");
        assert_eq!(header(&answer.headers, "vary"), "accept-language");
    }
}

#[tokio::test]
async fn a_site_says_who_it_is_and_what_is_signed() {
    let server =
        Server::with(|builder| builder.message("Sign in to app.example: \"you & me\"").public_url("https://id.app.example/x"));
    let body = server.get("/login", &[]).await.body;
    for text in
        ["Sign in to app.example: &quot;you &amp; me&quot;", ">https://id.app.example<", "<title>Sign in to app.example</title>"]
    {
        assert!(body.contains(text), "{text}");
    }
    let (_, shown) = body.split_once("<body").unwrap();
    assert!(!body.contains("{{") && !shown.contains('{'));
}

#[tokio::test]
async fn wallets_websites_are_the_networks_or_those_that_are_named() {
    let websites = async |server: Server| data(&server.get("/login", &[]).await)["websites"].clone();
    let known = websites(Server::new()).await;
    assert_eq!(known[0]["url"], json!("https://app.mynearwallet.com/sign-message"));
    let own = Website { name: "Own".into(), url: "https://wallet.example/sign".parse().unwrap() };
    let page = LoginPage::new().websites_only(vec![own]);
    let named = websites(Server::with(|builder| builder.login_page(page))).await;
    assert_eq!(named, json!([{ "id": "https://wallet.example/sign", "name": "Own", "url": "https://wallet.example/sign" }]));
}

#[tokio::test]
async fn what_is_not_there_has_the_shape_of_every_problem() {
    let server = Server::new();
    for path in ["/api/auth/page/login.html", "/api/auth/page/client.js", "/api/auth/page/..%2flogin.js", "/api/auth/page/"] {
        let answer = server.get(path, &[]).await;
        assert_eq!((answer.status, answer.json()["error"].as_str()), (StatusCode::NOT_FOUND, Some("not_found")), "{path}");
    }
    for path in ["/login", "/api/auth/callback", "/api/auth/client.js", "/api/auth/page/login.js"] {
        let answer = server.send(request(Method::POST, path, &[], "")).await;
        assert_eq!(answer.json()["error"], json!("method_not_allowed"), "{path}");
    }
}

#[tokio::test]
async fn on_plain_http_the_pages_are_for_this_machine_only() {
    let server = Server::with(|builder| builder.public_url("http://localhost:8080"));
    for path in ["/login", "/api/auth/callback", "/api/auth/client.js", "/api/auth/page/login.js"] {
        let answer = server.get(path, &[("host", "evil.example")]).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(server.get("/login", &[("host", "localhost:8080")]).await.status, StatusCode::OK);
}
