//! The page at `/` with the test wallet, and what it needs.

use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::Serialize;
use siwn_devnet::{TestAccount, TestAccounts};

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";

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
    public_key: String,
    private_key: String,
    access: &'static str,
}

/// The page, its script and style, and the accounts whose keys the wallet has. For names of this machine only, as everything else of the
/// server, and for this origin only: browsers let no other page read it.
pub(super) fn router(recipient: &'static str, accounts: &TestAccounts) -> Router {
    let full = accounts.people().into_iter().map(|account| shown(account, "full"));
    let accounts = full.chain([shown(&accounts.bob_function_call, "functionCall")]).collect();
    let wallet = Wallet { recipient, accounts };
    Router::new()
        .route("/", get(async || asset("text/html; charset=utf-8", include_str!("../../../assets/dev.html"))))
        .route("/_dev/dev.js", get(async || asset("text/javascript; charset=utf-8", include_str!("../../../assets/dev.js"))))
        .route("/_dev/dev.css", get(async || asset("text/css; charset=utf-8", include_str!("../../../assets/dev.css"))))
        .route("/_dev/accounts.json", get(async move |headers| accounts_of(&headers, &wallet)))
}

/// The keys, for a page of this server's own: no other page gets them into its process.
fn accounts_of(headers: &HeaderMap, wallet: &Wallet) -> Response {
    let is_foreign = |site: &HeaderValue| site != "same-origin" && site != "none";
    if headers.get("sec-fetch-site").is_some_and(is_foreign) {
        return StatusCode::FORBIDDEN.into_response();
    }
    guarded("application/json", Json(wallet))
}

fn shown(account: &TestAccount, access: &'static str) -> Account {
    Account {
        name: account.name.to_string(),
        public_key: account.public_key().to_string(),
        private_key: account.private_key.expose_text(),
        access,
    }
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
