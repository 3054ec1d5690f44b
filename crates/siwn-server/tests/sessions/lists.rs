//! One's own sessions: seen and ended by their owner, and by nobody else.

use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::Value;
use siwn_server::SiteBuilder;

use crate::support::{Server, own_page};
use crate::{Audited, SESSIONS, after, bearer, browser, line, send, session};

async fn list(server: &Server, header: (&str, &str)) -> Vec<Value> {
    let answer = server.get(SESSIONS, &[header]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    answer.json()["sessions"].as_array().unwrap().clone()
}

fn id_of_current(sessions: &[Value]) -> String {
    sessions.iter().find(|session| session["current"] == true).unwrap()["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_list_says_when_by_what_and_which_is_this_one() {
    let server = Server::with(|builder| builder.session_idle(Duration::from_hours(1)));
    let (_, laptop) = browser(&server, "alice.near", "").await;
    server.clock.set(after(Duration::from_mins(5)));
    let phone = bearer(&server, "alice.near").await;
    bearer(&server, "bob.near").await;
    server.clock.set(after(Duration::from_mins(7)));
    let sessions = list(&server, ("cookie", &laptop)).await;
    let brief: Vec<_> = sessions
        .iter()
        .map(|one| ["current", "createdAt", "lastSeenAt", "expiresAt"].map(|member| one[member].to_string().replace('"', "")))
        .collect();
    assert_eq!(
        brief,
        [
            ["false", "2025-10-09T08:58:20.000Z", "2025-10-09T08:58:20.000Z", "2025-10-09T09:58:20.000Z"],
            ["true", "2025-10-09T08:53:20.000Z", "2025-10-09T09:00:20.000Z", "2025-10-09T10:00:20.000Z"],
        ]
    );
    assert!(sessions[0]["publicKey"].as_str().unwrap().starts_with("ed25519:"), "{sessions:?}");
    assert_eq!(list(&server, ("authorization", &phone)).await.len(), 2);
    assert_eq!(server.get(SESSIONS, &[]).await.error(), "not_signed_in");
}

#[tokio::test]
async fn a_client_is_told_by_what_it_calls_itself_in_printable_ascii() {
    let server = Server::new();
    let challenge = server.challenge(&[]).await.json();
    let token = crate::sign_as("alice.near", &challenge, &crate::key());
    let body = serde_json::json!({ "authToken": token, "session": "bearer" });
    let answer = server.post(crate::VERIFY, &[("user-agent", "curl/8 <script>")], &body).await;
    let bearer = format!("Bearer {}", answer.json()["token"].as_str().unwrap());
    assert_eq!(list(&server, ("authorization", &bearer)).await[0]["client"], "curl/8 <script>");
}

#[tokio::test]
async fn one_ends_ones_own_sessions_and_nobody_elses() {
    let audited = Audited::with(|builder| builder);
    let server = &audited.server;
    let (laptop, phone) = (bearer(server, "alice.near").await, bearer(server, "alice.near").await);
    let bob = bearer(server, "bob.near").await;
    let id = id_of_current(&list(server, ("authorization", &phone)).await);
    let path = format!("{SESSIONS}/{id}");
    let answer = send(server, Method::DELETE, &path, &[("authorization", &bob)]).await;
    assert_eq!((answer.status, answer.error().as_str()), (StatusCode::NOT_FOUND, "session_unknown"));
    assert_eq!(send(server, Method::DELETE, &path, &[]).await.error(), "not_signed_in");
    assert_eq!(session(server, ("authorization", &phone)).await.status, StatusCode::OK);

    let answer = send(server, Method::DELETE, &path, &[("authorization", &laptop)]).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT, "{}", answer.body);
    assert_eq!(session(server, ("authorization", &phone)).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(session(server, ("authorization", &laptop)).await.status, StatusCode::OK);
    for gone in [path.as_str(), "/api/auth/sessions/junk", "/api/auth/sessions/%ff", "/api/auth/sessions/AAAAAAAAAAAAAAAAAAAAAA"] {
        assert_eq!(send(server, Method::DELETE, gone, &[("authorization", &laptop)]).await.error(), "session_unknown", "{gone}");
    }
    assert_eq!(audited.told(3), [line("revocation", "ended_by_owner", "alice.near")]);
}

#[tokio::test]
async fn who_ends_the_session_that_he_uses_is_signed_out() {
    let server = Server::new();
    let (_, cookies) = browser(&server, "alice.near", "").await;
    let id = id_of_current(&list(&server, ("cookie", &cookies)).await);
    let answer = send(&server, Method::DELETE, &format!("{SESSIONS}/{id}"), &own_page(&cookies)).await;
    assert_eq!((answer.status, answer.cookies()), (StatusCode::NO_CONTENT, vec!["__Host-siwn=".to_owned()]));
    assert_eq!(session(&server, ("cookie", &cookies)).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn all_others_are_ended_at_once() {
    let audited = Audited::with(|builder| builder);
    let server = &audited.server;
    let (first, second, third) =
        (bearer(server, "alice.near").await, bearer(server, "alice.near").await, bearer(server, "alice.near").await);
    let bob = bearer(server, "bob.near").await;
    assert_eq!(send(server, Method::DELETE, SESSIONS, &[("authorization", &second)]).await.status, StatusCode::NO_CONTENT);
    for (token, expected) in
        [(first, StatusCode::UNAUTHORIZED), (second, StatusCode::OK), (third, StatusCode::UNAUTHORIZED), (bob, StatusCode::OK)]
    {
        assert_eq!(session(server, ("authorization", &token)).await.status, expected);
    }
    assert_eq!(bearer(server, "alice.near").await.len(), "Bearer siwn_".len() + 64, "and a new one can be opened");
    assert_eq!(audited.told(4)[..1], [line("revocation", "others_ended_by_owner", "alice.near")]);
}

#[tokio::test]
async fn a_foreign_page_ends_nothing() {
    let server = Server::new();
    let (_, cookies) = browser(&server, "alice.near", "").await;
    let id = id_of_current(&list(&server, ("cookie", &cookies)).await);
    for path in [SESSIONS.to_owned(), format!("{SESSIONS}/{id}")] {
        let foreign = [("cookie", cookies.as_str()), ("sec-fetch-site", "same-site"), ("origin", "https://evil.app.example")];
        assert_eq!(send(&server, Method::DELETE, &path, &foreign).await.error(), "origin_not_allowed", "{path}");
    }
    assert_eq!(session(&server, ("cookie", &cookies)).await.status, StatusCode::OK);
}

#[tokio::test]
async fn sessions_of_another_site_are_neither_listed_nor_ended() {
    let server = Server::with(|builder| builder.site(SiteBuilder::new("shop.example")));
    let shop = [("host", "shop.example")];
    let challenge = server.challenge(&shop).await.json();
    let body = serde_json::json!({ "authToken": crate::sign_as("alice.near", &challenge, &crate::key()), "session": "bearer" });
    let token = server.post(crate::VERIFY, &shop, &body).await.json()["token"].as_str().unwrap().to_owned();
    let there = format!("Bearer {token}");
    let at_shop = |header| [("host", "shop.example"), header];
    let id = id_of_current(server.get(SESSIONS, &at_shop(("authorization", &there))).await.json()["sessions"].as_array().unwrap());

    let app = [("host", "app.example")];
    let challenge = server.challenge(&app).await.json();
    let body = serde_json::json!({ "authToken": crate::sign_as("alice.near", &challenge, &crate::key()), "session": "bearer" });
    let here = format!("Bearer {}", server.post(crate::VERIFY, &app, &body).await.json()["token"].as_str().unwrap());
    let at_app = [("host", "app.example"), ("authorization", here.as_str())];
    assert_eq!(server.get(SESSIONS, &at_app).await.json()["sessions"].as_array().unwrap().len(), 1);
    assert_eq!(send(&server, Method::DELETE, &format!("{SESSIONS}/{id}"), &at_app).await.error(), "session_unknown");
    assert_eq!(send(&server, Method::DELETE, SESSIONS, &at_app).await.status, StatusCode::NO_CONTENT);
    assert_eq!(server.get(crate::SESSION, &at_shop(("authorization", &there))).await.status, StatusCode::OK);
}
