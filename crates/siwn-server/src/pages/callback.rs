//! `GET /api/auth/callback`: where wallets' websites send people back to. What they answer stands behind the `#`, which no server sees.

use std::sync::Arc;

use axum::Extension;
use axum::response::Response;
use http::HeaderMap;
use serde_json::json;

use super::login::common;
use super::policy::{self, Nonce};
use super::template::{self, Value};
use crate::problem::Problem;
use crate::site::Served;

pub(super) async fn handle(Extension(site): Extension<Arc<Served>>, headers: HeaderMap) -> Result<Response, Problem> {
    let language = site.pages.languages.choose(None, &headers);
    let nonce = Nonce::random()?;
    let page = json!({ "texts": language.texts, "network": site.pages.network, "loginUrl": "../../login" });
    let value = |name: &str| match name {
        "page" => Some(Value::Markup(template::json(&page))),
        _ => common(&site, language, &nonce, name),
    };
    Ok(policy::page(template::fill(include_str!("files/callback.html"), value), &nonce, None))
}
