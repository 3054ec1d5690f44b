//! The page at `/` with the test wallet, and what it needs.

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::{Deserialize, Serialize};
use siwn::KeyType;
use siwn_devnet::{Authorizer, Devnet};

use super::people::{ContractOf, People, WithKey};

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

/// Signs for accounts whose keys a browser cannot use.
struct Authorizers {
    devnet: Devnet,
    owners: Vec<Arc<dyn Authorizer + Send + Sync>>,
}

/// The page, its script and style, and the accounts whose keys the wallet has. For names of this machine only, as everything else of the
/// server, and for this origin only: browsers let no other page read it.
pub(super) fn router(recipient: &'static str, people: &People, devnet: &Devnet) -> Router {
    let accounts = people.with_key.iter().map(with_key).chain(people.contracts.iter().map(contract)).collect();
    let wallet = Wallet { recipient, accounts };
    let authorizers = Arc::new(Authorizers { devnet: devnet.clone(), owners: people.authorizers().collect() });
    Router::new()
        .route("/", get(async || asset("text/html; charset=utf-8", include_str!("../../../assets/dev.html"))))
        .route("/_dev/dev.js", get(async || asset("text/javascript; charset=utf-8", include_str!("../../../assets/dev.js"))))
        .route("/_dev/dev.css", get(async || asset("text/css; charset=utf-8", include_str!("../../../assets/dev.css"))))
        .route("/_dev/sign.js", get(async || asset("text/javascript; charset=utf-8", include_str!("../../../assets/sign.js"))))
        .route(WALLET, get(async || asset("text/html; charset=utf-8", include_str!("../../../assets/wallet.html"))))
        .route(
            "/_dev/sandbox.js",
            get(async || asset("text/javascript; charset=utf-8", include_str!("../../../assets/sandbox.js"))),
        )
        .route("/_dev/wallet.js", get(async || asset("text/javascript; charset=utf-8", include_str!("../../../assets/wallet.js"))))
        .route("/_dev/accounts.json", get(async move |headers| accounts_of(&headers, &wallet)))
        .route("/_dev/authorize", post(async move |headers, wish| authorize(&headers, wish, &authorizers)))
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

fn asset(content_type: &'static str, text: &'static str) -> Response {
    guarded(content_type, text)
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
