//! Sessions over HTTP: their two forms, their ends, their lists, and the key that they live by.

#![expect(clippy::unwrap_used, reason = "these are tests")]

mod forms;
mod keys;
mod known_keys;
mod lifetimes;
mod lists;
mod memory;
#[path = "../support/mod.rs"]
mod support;

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use siwn::{Access, UnixMillis};

use support::{Answer, Audited, NOW, Server, key, own_page, request, sign_as};

pub(crate) const VERIFY: &str = "/api/auth/verify-login";
pub(crate) const SESSION: &str = "/api/auth/session";
pub(crate) const SESSIONS: &str = "/api/auth/sessions";

/// A bearer session of `account`, as its header's value.
pub(crate) async fn bearer(server: &Server, account: &str) -> String {
    let token = sign_as(account, &server.challenge(&[]).await.json(), &key());
    let answer = server.post(VERIFY, &[], &json!({ "authToken": token, "session": "bearer" })).await;
    format!("Bearer {}", answer.json()["token"].as_str().unwrap())
}

/// What a browser of this site with these cookies has after a login of `account`: the answer, and all its cookies.
pub(crate) async fn browser(server: &Server, account: &str, cookies: &str) -> (Answer, String) {
    browser_wishing(server, account, cookies, json!({})).await
}

pub(crate) async fn browser_wishing(server: &Server, account: &str, cookies: &str, mut wish: Value) -> (Answer, String) {
    let challenge = server.challenge(&own_page(cookies)).await;
    let browser = challenge.cookies().remove(0);
    let earlier = cookies.split("; ").filter(|cookie| cookie.starts_with("__Host-siwn="));
    let sent: Vec<&str> = [browser.as_str()].into_iter().chain(earlier).collect();
    wish["authToken"] = sign_as(account, &challenge.json(), &key()).into();
    let answer = server.post(VERIFY, &own_page(&sent.join("; ")), &wish).await;
    let all = [vec![browser.clone()], answer.cookies()].concat().join("; ");
    (answer, all)
}

/// Who is signed in by a header.
pub(crate) async fn session(server: &Server, header: (&str, &str)) -> Answer {
    server.get(SESSION, &[header]).await
}

/// Sends a request without a body.
pub(crate) async fn send(server: &Server, method: Method, path: &str, headers: &[(&str, &str)]) -> Answer {
    server.send(request(method, path, headers, "")).await
}

pub(crate) fn after(duration: Duration) -> UnixMillis {
    NOW + duration
}

impl Audited {
    /// Event, reason and account of each line after the first `skip`.
    pub(crate) fn told(self, skip: usize) -> Vec<(String, Option<String>, Option<String>)> {
        let text_of = |line: &Value, member: &str| line[member].as_str().map(str::to_owned);
        let lines = self.lines().into_iter().skip(skip);
        lines.map(|line| (text_of(&line, "event").unwrap(), text_of(&line, "reason"), text_of(&line, "account"))).collect()
    }
}

/// A line of the audit log.
pub(crate) fn line(event: &str, reason: &str, account: &str) -> (String, Option<String>, Option<String>) {
    (event.into(), Some(reason.into()), Some(account.into()))
}

/// How often the chain is asked beside the logins.
pub(crate) fn asked_since(server: &Server, before: usize) -> usize {
    server.asked() - before
}

/// The chain says this from now on; `None` is an outage.
pub(crate) fn chain_says(server: &Server, access: Option<Access>) {
    server.set_access(access);
}
