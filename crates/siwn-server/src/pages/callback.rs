//! `GET /api/auth/callback`: where wallets' websites send people back to. What they answer stands behind the `#`, which no server sees.

use std::sync::Arc;

use axum::Extension;
use axum::response::Response;
use http::HeaderMap;
use serde_json::json;

use super::document::Document;
use super::policy::Nonce;
use crate::problem::Problem;
use crate::site::Served;

pub(super) async fn handle(Extension(site): Extension<Arc<Served>>, headers: HeaderMap) -> Result<Response, Problem> {
    let language = site.pages.languages.choose(None, &headers);
    let nonce = Nonce::random()?;
    let page = Document {
        site: &site,
        language,
        assets: "page/",
        scripts: &["server.js", "callback.js"],
        data: json!({ "texts": language.texts, "network": site.pages.network, "loginUrl": "../../login" }),
        content: include_str!("files/callback.html"),
        reach: None,
    };
    Ok(page.answer(&nonce, |_| None))
}
