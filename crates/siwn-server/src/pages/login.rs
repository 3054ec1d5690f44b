//! `GET /login`: the page on which a wallet is chosen.

use std::fmt::Write as _;

use axum::response::Response;
use http::{HeaderMap, Uri};
use serde_json::json;

use super::Pages;
use super::document::Document;
use super::language::Language;
use super::policy::Nonce;
use super::template::{self, Value};
use crate::cookie::Cookies;
use crate::problem::Problem;

impl Pages {
    /// The login page. `cookies` are those of its site.
    pub(crate) fn login(&self, uri: &Uri, headers: &HeaderMap, cookies: Cookies) -> Result<Response, Problem> {
        let (wanted_language, wanted_return) = (asked(uri, "lang"), asked(uri, "return_to"));
        let language = self.languages.choose(wanted_language.as_deref(), headers);
        let return_to = wanted_return.as_deref().and_then(|text| self.settings.allowed_return(text));
        let has_sandboxes = self.has_sandboxes();
        // Nothing more than whether it makes sense to ask: a page is no place to look at sessions.
        let has_cookie = matches!(cookies.session(headers), Ok(Some(_)));
        let data = json!({
            "texts": language.texts,
            "lang": wanted_language.as_deref().filter(|code| *code == language.code),
            "network": self.network,
            "returnTo": return_to,
            "cookie": has_cookie,
            "connector": has_sandboxes.then_some("./connector.js"),
            "manifest": self.manifest,
            "client": self.assets.has_client().then_some("../client.js"),
            "websites": self.websites.iter().map(|site| json!({
                "id": site.url.as_str(), "name": site.name, "url": site.url.as_str(),
            })).collect::<Vec<_>>(),
            "loginUrl": "login",
        });
        let page = Document {
            pages: self,
            language,
            assets: "api/auth/page/",
            scripts: &["server.js", "paste.js", "installed.js", "connectors.js", "login.js"],
            data,
            content: include_str!("files/login.html"),
            reach: has_sandboxes.then(|| self.settings.wallets.reach()),
        };
        Ok(page.answer(&Nonce::random()?, |name| match name {
            "languages" => Some(Value::Markup(languages(self, language, return_to))),
            // Who comes without a session chooses a wallet: what is said of it need not wait for scripts.
            "known" => Some(Value::Text(if has_cookie { " known" } else { "" }.to_owned())),
            _ => None,
        }))
    }
}

/// What the query says under this name, the first time.
fn asked(uri: &Uri, name: &str) -> Option<String> {
    let pairs = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    pairs.into_iter().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// A link for each language. Where people go on to stays what it is.
fn languages(pages: &Pages, current: &Language, return_to: Option<&str>) -> String {
    let mut links = String::new();
    for language in pages.languages.iter() {
        let code = language.code;
        let name = template::escaped(language.texts.get("language").map_or(code, String::as_str));
        let on = return_to
            .map(|text| {
                format!(
                    "&amp;{}",
                    template::escaped(&form_urlencoded::Serializer::new(String::new()).append_pair("return_to", text).finish())
                )
            })
            .unwrap_or_default();
        let is_current = if code == current.code { " aria-current=\"true\"" } else { "" };
        let _ = write!(links, "<a href=\"login?lang={code}{on}\" hreflang=\"{code}\" lang=\"{code}\"{is_current}>{name}</a> ");
    }
    links
}
