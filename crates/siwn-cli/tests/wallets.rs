//! `siwn wallets pull`: scripts on this machine, each held to its hash.

#![expect(clippy::unwrap_used, reason = "these are tests")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Path as Name, State};
use http::StatusCode;
use serde_json::{Value, json};
use tempfile::TempDir;

/// `fetch`'s own form of the hash of "abc".
const ABC: &str = "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=";

/// A place on this machine that hands out what it is given.
#[derive(Clone, Default)]
struct Site(Arc<Mutex<Vec<(&'static str, String)>>>);

impl Site {
    async fn open() -> (Self, String) {
        let site = Self::default();
        let answer = async |State(Self(files)): State<Self>, Name(name): Name<String>| {
            let files = files.lock().unwrap();
            files.iter().rev().find(|(known, _)| *known == name).map(|(_, text)| text.clone()).ok_or(StatusCode::NOT_FOUND)
        };
        let router = Router::new().route("/{name}", axum::routing::get(answer)).with_state(site.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/manifest.json", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (site, address)
    }

    fn put(&self, name: &'static str, text: impl Into<String>) {
        self.0.lock().unwrap().push((name, text.into()));
    }
}

fn wallet(members: &Value) -> Value {
    let mut wallet = json!({
        "id": "a-wallet", "name": "A wallet", "version": "1", "type": "sandbox", "executor": "/a.js", "icon": "data:image/svg+xml,<svg/>",
        "features": { "signMessage": true }, "permissions": {},
    });
    wallet.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    wallet
}

fn manifest(wallets: &[Value]) -> String {
    json!({ "version": "1.0.0", "wallets": wallets }).to_string()
}

async fn pull(folder: &Path, more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_siwn"));
    command.args(["wallets", "pull"]).arg(folder).args(more);
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

fn told(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

fn written(folder: &TempDir) -> Value {
    serde_json::from_slice(&fs::read(folder.path().join("w/manifest.json")).unwrap()).unwrap()
}

/// Whether a server starts with the folder.
fn is_accepted(folder: &Path) -> bool {
    let mut command = Command::new(env!("CARGO_BIN_EXE_siwn"));
    command.args(["config", "check", "--recipient", "localhost", "--wallets"]).arg(folder).env_clear();
    command.output().unwrap().status.success()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_manifest_names_is_fetched_and_a_server_takes_it() {
    let (site, from) = Site::open().await;
    site.put("manifest.json", manifest(&[wallet(&json!({ "integrity": ABC }))]));
    site.put("a.js", "abc");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w");
    let (code, out, err) = told(&pull(&path, &["--from", &from]).await);
    assert_eq!((code, out.as_str()), (Some(0), format!("a-wallet {ABC} pinned\n").as_str()), "{err}");
    assert!(err.contains("a-wallet: what it may reach is not known") && err.contains("Set wallets = "), "{err}");
    assert_eq!(fs::read(path.join("a-wallet.js")).unwrap(), b"abc");
    let written = &written(&folder)["wallets"][0];
    assert_eq!((&written["executor"], &written["integrity"]), (&json!("a-wallet.js"), &json!(ABC)));
    assert_eq!(written["source"], json!(from.replace("manifest.json", "a.js")));
    assert_eq!(written["icon"], json!("data:image/svg+xml,%3Csvg/%3E"));
    assert!(is_accepted(&path));
    fs::write(path.join("a-wallet.js"), "abd").unwrap();
    assert!(!is_accepted(&path), "and none that was changed afterwards");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_without_a_hash_is_held_to_the_one_that_was_first_seen() {
    let (site, from) = Site::open().await;
    site.put("manifest.json", manifest(&[wallet(&json!({}))]));
    site.put("a.js", "abc");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w");
    for how in ["first seen", "as before"] {
        assert_eq!(told(&pull(&path, &["--from", &from]).await).1, format!("a-wallet {ABC} {how}\n"));
    }
    let before = written(&folder);
    site.put("a.js", "abd");
    let (code, out, err) = told(&pull(&path, &["--from", &from]).await);
    assert_eq!((code, out.as_str()), (Some(1), ""));
    assert!(err.contains("another") || err.contains(&format!("{ABC} was expected")), "{err}");
    assert_eq!((written(&folder), fs::read(path.join("a-wallet.js")).unwrap()), (before, b"abc".to_vec()), "nothing was written");
    let (code, out, _) = told(&pull(&path, &["--from", &from, "--update"]).await);
    assert!(code == Some(0) && out.ends_with(" new script, taken over\n"), "{out}");
    assert_eq!(fs::read(path.join("a-wallet.js")).unwrap(), b"abd");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_that_is_not_the_pinned_one_is_never_written() {
    let (site, from) = Site::open().await;
    site.put("manifest.json", manifest(&[wallet(&json!({ "integrity": ABC }))]));
    site.put("a.js", "abd");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w");
    for more in [&["--from", &from][..], &["--from", &from, "--update"]] {
        let (code, out, err) = told(&pull(&path, more).await);
        assert_eq!((code, out.as_str()), (Some(1), ""), "{err}");
        assert!(err.contains("do not use it"), "{err}");
    }
    assert!(!path.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manifest_that_names_another_hash_or_reach_than_before_changes_neither_by_itself() {
    const ABD: &str = "sha256-pS0VnyYrLG3bckphhAvvw26zDIiHekAwtly+himESck=";
    let (site, from) = Site::open().await;
    let policy = json!({ "connect": ["https://relay.example"] });
    site.put("manifest.json", manifest(&[wallet(&json!({ "integrity": ABC, "policy": policy }))]));
    site.put("a.js", "abc");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w");
    assert_eq!(told(&pull(&path, &["--from", &from]).await).1, format!("a-wallet {ABC} pinned\n"));
    let wider = json!({ "connect": ["https://evil.example"] });
    site.put("manifest.json", manifest(&[wallet(&json!({ "integrity": ABC, "policy": wider }))]));
    let (code, _, err) = told(&pull(&path, &["--from", &from]).await);
    assert!(code == Some(0) && err.contains("a-wallet: what it may reach stays as it is; --update takes over"), "{err}");
    assert_eq!(written(&folder)["wallets"][0]["policy"], policy);
    site.put("a.js", "abd");
    site.put("manifest.json", manifest(&[wallet(&json!({ "integrity": ABD, "policy": wider }))]));
    let (code, out, err) = told(&pull(&path, &["--from", &from]).await);
    assert_eq!((code, out.as_str()), (Some(1), ""), "{err}");
    assert!(err.contains(&format!("{ABC} was expected")) && err.contains("--update"), "{err}");
    assert_eq!(fs::read(path.join("a-wallet.js")).unwrap(), b"abc");
    let (code, out, _) = told(&pull(&path, &["--from", &from, "--update"]).await);
    assert_eq!((code, out), (Some(0), format!("a-wallet {ABD} new script, taken over\n")));
    assert_eq!(written(&folder)["wallets"][0]["policy"], wider);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_sign_anybody_in_is_left_out_and_what_was_there_stays() {
    let (site, from) = Site::open().await;
    let others = [
        wallet(&json!({ "id": "mute", "features": {} })),
        wallet(&json!({ "id": "other-kind", "type": "injected" })),
        wallet(&json!({ "id": "relayed", "permissions": { "walletConnect": true } })),
        wallet(&json!({ "id": "../x" })),
    ];
    site.put("manifest.json", manifest(&[&[wallet(&json!({}))], &others[..]].concat()));
    site.put("a.js", "abc");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w");
    let (code, _, err) = told(&pull(&path, &["--from", &from]).await);
    assert_eq!((code, err.matches(": left out: ").count()), (Some(0), 4), "{err}");

    let mut by_hand = written(&folder);
    by_hand["wallets"][0]["policy"] = json!({ "connect": ["https://relay.example"] });
    fs::write(path.join("manifest.json"), by_hand.to_string()).unwrap();
    site.put("manifest.json", manifest(&[wallet(&json!({})), wallet(&json!({ "id": "b-wallet" }))]));
    let (code, out, err) = told(&pull(&path, &["--from", &from]).await);
    assert_eq!((code, out.lines().count()), (Some(0), 2), "{err}");
    let wallets = written(&folder)["wallets"].clone();
    assert_eq!(wallets[0]["policy"], json!({ "connect": ["https://relay.example"] }), "what the operator wrote stays");
    assert_eq!(wallets[1]["id"], "b-wallet");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_had_is_told() {
    let (site, from) = Site::open().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w");
    let failed = async |more: &[&str]| {
        let (code, _, err) = told(&pull(&path, more).await);
        assert_eq!(code, Some(2), "{err}");
        err
    };
    assert!(failed(&["--from", &from]).await.contains("cannot be had: 404 Not Found"));
    site.put("manifest.json", "<html>");
    assert!(failed(&["--from", &from]).await.contains("this is no manifest of wallets"));
    site.put("manifest.json", manifest(&[wallet(&json!({}))]));
    assert!(failed(&["--from", &from]).await.contains("a.js cannot be had: 404"));
    site.put("a.js", "<!DOCTYPE html>");
    assert!(failed(&["--from", &from]).await.contains("this is no script"));
    assert!(failed(&["--from", &from, "--only", "b"]).await.contains("there is no wallet \"b\""));
    assert!(failed(&["--from", "http://wallets.example/"]).await.contains("only https is asked, or this machine"));
    assert!(!path.exists());
}
