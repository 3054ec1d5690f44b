//! `GET /login`: the page on which a wallet is chosen.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::Extension;
use axum::response::Response;
use http::{HeaderMap, Uri};
use serde_json::json;

use super::Pages;
use super::language::Language;
use super::policy::{self, Nonce};
use super::template::{self, Value};
use crate::problem::Problem;
use crate::site::Served;

const ICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect width='16' \
                               height='16' rx='4' fill='%2300694f'/%3E%3Cpath d='M4 8.5l3 3 5-7' fill='none' stroke='white' \
                               stroke-width='2' stroke-linecap='round' stroke-linejoin='round'/%3E%3C/svg%3E";

pub(super) async fn handle(Extension(site): Extension<Arc<Served>>, uri: Uri, headers: HeaderMap) -> Result<Response, Problem> {
    let (wanted_language, wanted_return) = (asked(&uri, "lang"), asked(&uri, "return_to"));
    let pages = &site.pages;
    let language = pages.languages.choose(wanted_language.as_deref(), &headers);
    let return_to = wanted_return.as_deref().and_then(|text| pages.settings.allowed_return(text));
    let nonce = Nonce::random()?;
    let assets = &pages.assets;
    let page = json!({
        "texts": language.texts,
        "lang": wanted_language.as_deref().filter(|code| *code == language.code),
        "network": site.pages.network,
        "returnTo": return_to,
        "connector": pages.has_sandboxes().then_some("./connector.js"),
        "manifest": pages.settings.wallets,
        "client": assets.has_client().then_some("../client.js"),
        "websites": pages.websites.iter().map(|site| json!({
            "id": site.url.as_str(), "name": site.name, "url": site.url.as_str(),
        })).collect::<Vec<_>>(),
        "loginUrl": "login",
    });
    let value = |name: &str| match name {
        "page" => Some(Value::Markup(template::json(&page))),
        "languages" => Some(Value::Markup(languages(pages, language, return_to))),
        _ => common(&site, language, &nonce, name),
    };
    let reach = pages.has_sandboxes().then(|| pages.settings.wallets.reach());
    Ok(policy::page(template::fill(include_str!("files/login.html"), value), &nonce, reach.as_ref()))
}

/// What the query says under this name, the first time.
fn asked(uri: &Uri, name: &str) -> Option<String> {
    let pairs = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    pairs.into_iter().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// What both pages say.
pub(super) fn common(site: &Served, language: &Language, nonce: &Nonce, name: &str) -> Option<Value> {
    let pages = &site.pages;
    let text = match name {
        "lang" => language.code.to_owned(),
        "nonce" => nonce.0.clone(),
        "icon" => ICON.to_owned(),
        "origin" => pages.origin.clone(),
        "message" => site.message.as_str().to_owned(),
        _ => language.text(
            name,
            &[
                ("recipient", site.site().recipient().as_str()),
                ("origin", &pages.origin),
                ("network", &site.pages.network),
                ("url", &pages.public_url),
            ],
        )?,
    };
    Some(Value::Text(text))
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
