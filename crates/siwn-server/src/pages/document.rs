//! What the two pages have in common: the document, its head, and the texts of both.

use axum::response::Response;
use serde_json::Value as Json;

use super::Pages;
use super::asset::{LOGO, STYLE, THEME};
use super::language::Language;
use super::policy::{self, Nonce, Pictures};
use super::template::{self, Value};
use super::wallets::Reach;

/// A page of ours.
pub(super) struct Document<'a> {
    pub(super) pages: &'a Pages,
    pub(super) language: &'a Language,
    /// Where scripts and styles lie, from the page.
    pub(super) assets: &'static str,
    pub(super) scripts: &'static [&'static str],
    /// What its script is told.
    pub(super) data: Json,
    /// What people see.
    pub(super) content: &'static str,
    /// What wallets in its sandbox may do, if it has one.
    pub(super) reach: Option<Reach>,
}

impl Document<'_> {
    /// The page as an answer. `value` fills the places of its content that no other page has.
    pub(super) fn answer(&self, nonce: &Nonce, value: impl Fn(&str) -> Option<Value>) -> Response {
        let pages = self.pages;
        let whole = pages.settings.template.as_ref().map_or(include_str!("files/document.html"), |template| &template.0);
        let html = template::fill(whole, |name| match name {
            "head" => Some(Value::Markup(template::fill(include_str!("files/head.html"), |name| self.in_head(name, nonce)))),
            "login" => Some(Value::Markup(template::fill(self.content, |name| value(name).or_else(|| self.in_content(name))))),
            "name" => Some(Value::Text(self.name().to_owned())),
            "recipient" => Some(Value::Text(self.pages.recipient.to_string())),
            _ => self.text(name),
        });
        policy::page(html, nonce, pages.pictures(), self.reach.as_ref())
    }

    fn in_head(&self, name: &str, nonce: &Nonce) -> Option<Value> {
        let pages = self.pages;
        let assets = self.assets;
        let markup = match name {
            "page" => template::json(&self.data),
            "icon" if pages.assets.has(LOGO) => format!("{assets}{LOGO}"),
            "icon" => pages.settings.theme.icon(),
            "schemes" => pages.settings.theme.schemes().to_owned(),
            "styles" => {
                let styles = ["page.css", THEME, STYLE].into_iter().filter(|name| pages.assets.has(name));
                lines(styles.map(|name| format!("<link rel=\"stylesheet\" href=\"{assets}{name}\">")))
            }
            "scripts" => {
                let script = |name| format!("<script type=\"module\" nonce=\"{}\" src=\"{assets}{name}\"></script>", nonce.0);
                lines(self.scripts.iter().map(script))
            }
            _ => return self.text(name),
        };
        Some(Value::Markup(markup))
    }

    fn in_content(&self, name: &str) -> Option<Value> {
        let logo = || format!("<img class=\"logo\" src=\"{}{LOGO}\" alt=\"\">", self.assets);
        match name {
            "logo" => Some(Value::Markup(if self.pages.assets.has(LOGO) { logo() } else { String::new() })),
            _ => self.text(name),
        }
    }

    /// A text in the page's language.
    fn text(&self, name: &str) -> Option<Value> {
        let pages = self.pages;
        let text = match name {
            "lang" => self.language.code.to_owned(),
            "origin" => pages.origin.clone(),
            "message" => pages.message.as_str().to_owned(),
            _ => self.language.text(
                name,
                &[("recipient", self.name()), ("origin", &pages.origin), ("network", &pages.network), ("url", &pages.public_url)],
            )?,
        };
        Some(Value::Text(text))
    }

    /// What people call the site.
    fn name(&self) -> &str {
        self.pages.settings.name.as_ref().map_or_else(|| self.pages.recipient.as_str(), |name| &name.0)
    }
}

impl Pages {
    const fn pictures(&self) -> Pictures {
        let super::LoginPage { logo, template, style, .. } = &self.settings;
        if logo.is_some() || template.is_some() || style.is_some() { Pictures::OfOrigin } else { Pictures::InPlace }
    }
}

fn lines(lines: impl Iterator<Item = String>) -> String {
    lines.fold(String::new(), |text, line| text + &line + "\n")
}
