//! `GET /api/auth/callback`: where wallets' websites send people back to. What they answer stands behind the `#`, which no server sees.

use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use serde_json::json;

use super::login::common;
use super::policy::{self, Nonce};
use super::template::{self, Value};
use crate::problem::Problem;
use crate::siwn::Siwn;

pub(super) async fn handle(State(siwn): State<Siwn>, headers: HeaderMap) -> Result<Response, Problem> {
    let language = siwn.0.pages.languages.choose(None, &headers);
    let nonce = Nonce::random()?;
    let page = json!({ "texts": language.texts, "network": siwn.0.network, "loginUrl": "../../login" });
    let value = |name: &str| match name {
        "page" => Some(Value::Markup(template::json(&page))),
        _ => common(&siwn, language, &nonce, name),
    };
    Ok(policy::page(template::fill(include_str!("files/callback.html"), value), &nonce, None))
}
