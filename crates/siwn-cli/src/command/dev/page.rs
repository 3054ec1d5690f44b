//! The page at `/` with the test wallets, and what it needs.

use std::sync::Arc;
use std::time::Duration;

use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use axum::{Json, Router};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri};
use serde::{Deserialize, Serialize};
use siwn::{KeyType, Nonce, Payload};
use siwn_devnet::{Authorizer, Devnet, TestAccount};

use super::clock::Clock;
use super::people::{ContractOf, People, WithKey};
use super::seen::{Seen, has_session_cookie};

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";

/// The test wallet as one that runs in a sandbox of the login page.
pub(super) const MANIFEST: &str = include_str!("../../../assets/wallets.json");

/// The test wallet as a website that is asked by a link.
pub(super) const WALLET: &str = "/_dev/wallet";

#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Wallet {
    recipient: &'static str,
    accounts: Vec<Account>,
}

#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Account {
    #[serde(rename = "accountId")]
    name: String,
    /// None of an account that is a contract.
    #[serde(flatten)]
    key: Option<KeyPair>,
    access: &'static str,
    /// The same in words.
    what: &'static str,
    /// How it signs: in the page, or by asking this server for an authorization.
    signs: &'static str,
}

#[derive(Clone, Serialize)]
struct KeyPair {
    #[serde(rename = "publicKey")]
    public: String,
    /// What the chain shows of it.
    handle: String,
    #[serde(rename = "privateKey")]
    private: String,
}

/// What the wallet is asked to authorize (NEP-641).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wish {
    account_id: String,
    payload: String,
}

#[derive(Serialize)]
struct Granted {
    authorization: String,
}

/// What the wallet is asked to sign (NEP-413), with a key that no browser can use.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ToSign {
    public_key: String,
    message: String,
    nonce: String,
    recipient: String,
    callback_url: Option<String>,
}

#[derive(Serialize)]
struct SignedText {
    signature: String,
}

/// How far the clock is put forward, in seconds.
#[derive(Deserialize)]
struct Forward {
    forward: u64,
}

/// Signs for accounts whose keys a browser cannot use.
struct Authorizers {
    devnet: Devnet,
    owners: Vec<Arc<dyn Authorizer + Send + Sync>>,
    keys: Vec<Arc<TestAccount>>,
}

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";

macro_rules! asset {
    ($content_type:ident, $name:literal) => {
        file($content_type, include_str!(concat!("../../../assets/", $name)))
    };
}

/// The pages, their scripts and styles, the accounts whose keys the wallets have, and what the server saw. For names of this machine
/// only, as everything else of the server, and for this origin only: browsers let no other page read it.
pub(super) fn router(recipient: &'static str, people: &People, devnet: &Devnet, clock: &Clock, seen: &Seen) -> Router {
    let accounts = people.with_key.iter().map(with_key).chain(people.contracts.iter().map(contract)).collect();
    let wallet = Wallet { recipient, accounts };
    let owners = people.authorizers().collect();
    let keys = people.with_key.iter().map(|person| Arc::clone(&person.account)).collect();
    let authorizers = Arc::new(Authorizers { devnet: devnet.clone(), owners, keys });
    let signers = Arc::clone(&authorizers);
    let (devnet, clock, seen) = (devnet.clone(), clock.clone(), seen.clone());
    Router::new()
        .route("/", asset!(HTML, "dev.html"))
        .route(WALLET, asset!(HTML, "wallet.html"))
        .route("/_dev/dev.css", asset!(STYLE, "dev.css"))
        .route("/_dev/seen.css", asset!(STYLE, "seen.css"))
        .route("/_dev/dev.js", asset!(SCRIPT, "dev.js"))
        .route("/_dev/devnet.js", asset!(SCRIPT, "devnet.js"))
        .route("/_dev/seen.js", asset!(SCRIPT, "seen.js"))
        .route("/_dev/manners.js", asset!(SCRIPT, "manners.js"))
        .route("/_dev/sign.js", asset!(SCRIPT, "sign.js"))
        .route("/_dev/wallet.js", asset!(SCRIPT, "wallet.js"))
        .route("/_dev/installed.js", asset!(SCRIPT, "installed.js"))
        .route("/_dev/sandbox.js", asset!(SCRIPT, "sandbox.js"))
        .route("/_dev/accounts.json", get(async move |headers| accounts_of(&headers, &wallet)))
        .route("/_dev/authorize", post(async move |headers, wish| authorize(&headers, wish, &authorizers)))
        .route("/_dev/sign", post(async move |headers, message| sign(&headers, message, &signers)))
        .route("/_dev/seen", get(async move |headers, uri| news(&headers, &uri, &seen)))
        .route("/_dev/cookie", get(async |headers| cookie(&headers)))
        .route("/_dev/clock", post(async move |headers, wish| forward(&headers, wish, &clock, &devnet)))
}

fn file(content_type: &'static str, text: &'static str) -> MethodRouter {
    get(async move || guarded(content_type, text))
}

/// The keys, for a page of this server's own: no other page gets them into its process.
fn accounts_of(headers: &HeaderMap, wallet: &Wallet) -> Response {
    if is_foreign(headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    guarded("application/json", Json(wallet))
}

/// What an account authorizes. The type of the body makes a browser ask first, if a page of another origin sends it.
fn authorize(headers: &HeaderMap, Json(wish): Json<Wish>, authorizers: &Authorizers) -> Response {
    if is_foreign(headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let Some(owner) = authorizers.owners.iter().find(|owner| owner.account().as_str() == wish.account_id) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let authorization = owner.authorize(&authorizers.devnet.ask(wish.payload));
    guarded("application/json", Json(Granted { authorization }))
}

/// A signature of a key that stands here.
fn sign(headers: &HeaderMap, Json(wish): Json<ToSign>, signers: &Authorizers) -> Response {
    if is_foreign(headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let Some(account) = signers.keys.iter().find(|account| account.public_key().to_string() == wish.public_key) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let Ok(nonce) = Nonce::from_base64(&wish.nonce) else { return StatusCode::BAD_REQUEST.into_response() };
    let ToSign { message, recipient, callback_url, .. } = &wish;
    let payload = Payload { message, nonce: &nonce, recipient, callback_url: callback_url.as_deref() };
    let signature = BASE64_STANDARD.encode(account.private_key.sign(&payload).as_bytes());
    guarded("application/json", Json(SignedText { signature }))
}

/// What the server saw since the request with a number.
fn news(headers: &HeaderMap, uri: &Uri, seen: &Seen) -> Response {
    if is_foreign(headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let number = uri.query().and_then(|query| query.strip_prefix("after="));
    let number = number.and_then(|number| number.parse().ok()).unwrap_or_default();
    guarded("application/json", Json(seen.after(number)))
}

/// Whether a session's cookie came, and not whose it is: so that the page asks for a session where there may be one.
fn cookie(headers: &HeaderMap) -> Response {
    if is_foreign(headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    guarded("application/json", Json(serde_json::json!({ "isThere": has_session_cookie(headers) })))
}

/// Puts the clock forward, for everything in this process.
fn forward(headers: &HeaderMap, Json(wish): Json<Forward>, clock: &Clock, devnet: &Devnet) -> Response {
    if is_foreign(headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    clock.forward(Duration::from_secs(wish.forward));
    // A node whose newest block is that old is not believed.
    devnet.settle();
    guarded("application/json", Json(serde_json::json!({ "ahead": clock.ahead().as_secs() })))
}

fn is_foreign(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_some_and(|site: &HeaderValue| site != "same-origin" && site != "none")
}

fn with_key(WithKey { account, has_full_access }: &WithKey) -> Account {
    let public_key = account.public_key();
    let signs = if public_key.key_type() == KeyType::Ed25519 { "page" } else { "server" };
    Account {
        name: account.name.to_string(),
        key: Some(KeyPair {
            public: public_key.to_string(),
            handle: public_key.handle(),
            private: account.private_key.expose_text(),
        }),
        access: if *has_full_access { "full" } else { "functionCall" },
        what: if *has_full_access { "full access" } else { "function call" },
        signs,
    }
}

fn contract(ContractOf { name, what, .. }: &ContractOf) -> Account {
    Account { name: name.to_string(), key: None, access: "contract", what, signs: "server" }
}

fn guarded(content_type: &'static str, body: impl IntoResponse) -> Response {
    let mut response = body.into_response();
    for (name, value) in [
        (CONTENT_TYPE, content_type),
        (CONTENT_SECURITY_POLICY, POLICY),
        (CACHE_CONTROL, "no-store"),
        (REFERRER_POLICY, "no-referrer"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
