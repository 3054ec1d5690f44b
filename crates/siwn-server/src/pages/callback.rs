//! `GET /api/auth/callback`: where wallets' websites send people back to. What they answer stands behind the `#`, which no server sees.

use axum::response::Response;
use http::HeaderMap;
use serde_json::json;

use super::Pages;
use super::document::Document;
use super::policy::Nonce;
use crate::problem::Problem;

impl Pages {
    /// The page that reads what a wallet answered.
    pub(crate) fn callback(&self, headers: &HeaderMap) -> Result<Response, Problem> {
        let language = self.languages.choose(None, headers);
        let nonce = Nonce::random()?;
        let page = Document {
            pages: self,
            language,
            assets: "page/",
            scripts: &["server.js", "callback.js"],
            data: json!({ "texts": language.texts, "network": self.network, "loginUrl": "../../login" }),
            content: include_str!("files/callback.html"),
            reach: None,
        };
        Ok(page.answer(&nonce, |_| None))
    }
}
