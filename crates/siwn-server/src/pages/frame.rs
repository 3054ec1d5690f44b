//! What surrounds the pages: our own document, or the operator's.

use std::str::FromStr;

use thiserror::Error;

/// The places that must be there, and stand there once.
const NEEDED: [&str; 2] = ["head", "login"];
/// The places that may be there.
const OPTIONAL: [&str; 4] = ["lang", "name", "recipient", "origin"];
/// Elements that the page's policy would stop without a word, or that would change where the page's own addresses lead.
const FORBIDDEN: [&str; 9] = ["script", "style", "base", "iframe", "frame", "object", "embed", "form", "meta http-equiv"];

/// An HTML document around the login page: `{{head}}` stands in its head, `{{login}}` where people sign in.
///
/// `{{lang}}`, `{{name}}`, `{{recipient}}` and `{{origin}}` may stand there too, as texts. Scripts and styles do not: the page's policy stays
/// what it is. A style sheet is given to [`LoginPage::style`](super::LoginPage::style).
#[derive(Clone, Debug)]
pub struct Template(pub(super) String);

/// Why a text is no template.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TemplateError {
    /// A place is missing.
    #[error("{{{{{0}}}}} is missing: {why}", why = why(.0))]
    Missing(&'static str),
    /// A place that stands there more than once.
    #[error("{{{{{0}}}}} stands there more than once")]
    Twice(&'static str),
    /// The places stand in the wrong order.
    #[error("{{{{head}}}} stands in the head, before {{{{login}}}}")]
    Order,
    /// A place that nobody knows.
    #[error(
        "there is nothing called {{{{{0}}}}}: a template has {{{{head}}}}, {{{{login}}}}, {{{{lang}}}}, {{{{name}}}}, {{{{recipient}}}} and {{{{origin}}}}"
    )]
    Unknown(String),
    /// An element that the page's policy would stop.
    #[error(
        "<{0}> cannot stand in it: the page's policy allows scripts, styles, frames and forms to nobody else; styles go into login_style"
    )]
    Forbidden(&'static str),
}

fn why(place: &str) -> &'static str {
    if place == "head" { "scripts and styles of the page stand there, inside of <head>" } else { "people sign in there" }
}

impl FromStr for Template {
    type Err = TemplateError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        for name in places(text) {
            if !NEEDED.contains(&name) && !OPTIONAL.contains(&name) {
                return Err(TemplateError::Unknown(name.chars().take(40).collect()));
            }
        }
        for name in NEEDED {
            match places(text).filter(|place| *place == name).count() {
                0 => return Err(TemplateError::Missing(name)),
                1 => {}
                _ => return Err(TemplateError::Twice(name)),
            }
        }
        if places(text).find(|place| NEEDED.contains(place)) != Some("head") {
            return Err(TemplateError::Order);
        }
        let lower = text.to_ascii_lowercase();
        match FORBIDDEN.into_iter().find(|element| has_element(&lower, element)) {
            Some(element) => Err(TemplateError::Forbidden(element)),
            None => Ok(Self(text.to_owned())),
        }
    }
}

/// The names between double braces.
fn places(text: &str) -> impl Iterator<Item = &str> {
    text.split("{{").skip(1).map(|rest| rest.split_once("}}").map_or("", |(name, _)| name))
}

fn has_element(lower: &str, element: &str) -> bool {
    lower.match_indices('<').any(|(at, _)| {
        let rest = lower[at + 1..].strip_prefix(element);
        rest.is_some_and(|rest| !rest.starts_with(|next: char| next.is_ascii_alphanumeric() || next == '-'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str =
        "<!doctype html><html lang=\"{{lang}}\"><head>{{head}}</head><body><header>{{name}}</header>{{login}}</body></html>";

    fn error(text: &str) -> String {
        text.parse::<Template>().unwrap_err().to_string()
    }

    #[test]
    fn a_template_has_a_place_for_the_head_and_one_for_the_login() {
        assert_eq!(GOOD.parse::<Template>().unwrap().0, GOOD);
        assert_eq!(error("<p>{{head}}"), "{{login}} is missing: people sign in there");
        assert_eq!(error("{{login}}"), "{{head}} is missing: scripts and styles of the page stand there, inside of <head>");
        assert_eq!(error("{{head}}{{login}}{{login}}"), "{{login}} stands there more than once");
        assert_eq!(error("{{login}}{{head}}"), "{{head}} stands in the head, before {{login}}");
        assert!(error("{{head}}{{login}}{{nonce}}").starts_with("there is nothing called {{nonce}}"));
        for unclosed in ["{{head}}{{login", "{{head}}{{login}}{{"] {
            assert!(error(unclosed).starts_with("there is nothing called {{}}"), "{unclosed}");
        }
    }

    #[test]
    fn what_the_policy_would_stop_is_told_at_the_start() {
        for bad in ["<script>", "<SCRIPT src=a>", "<style\n>", "<base href=/>", "<iframe>", "<form/>", "<meta http-equiv=refresh>"]
        {
            assert!(error(&format!("{{{{head}}}}{bad}{{{{login}}}}")).contains("cannot stand in it"), "{bad}");
        }
        for good in ["<header>", "<basefont>", "<p>a < b</p>", "<form-like>", "<a href=\"/style\">"] {
            assert!(format!("{{{{head}}}}{good}{{{{login}}}}").parse::<Template>().is_ok(), "{good}");
        }
    }
}
