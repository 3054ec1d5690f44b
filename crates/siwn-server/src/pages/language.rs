//! The languages of the pages.

use std::collections::BTreeMap;

use http::HeaderMap;
use http::header::ACCEPT_LANGUAGE;

macro_rules! languages {
    ($($code:literal)*) => { &[$(($code, include_str!(concat!("texts/", $code, ".json")))),*] };
}

/// The first one is for everybody whose own is missing.
const TEXTS: &[(&str, &str)] = languages!["en" "de" "es" "fr" "pt"];

/// All languages there are.
pub(super) struct Languages(Vec<Language>);

/// The texts of a language, by their names.
pub(super) struct Language {
    /// As in `en`.
    pub(super) code: &'static str,
    pub(super) texts: BTreeMap<String, String>,
}

impl Languages {
    pub(super) fn new() -> Self {
        let language = |(code, json): &(&'static str, &str)| Language {
            code,
            texts: serde_json::from_str(json).expect("tests read them all"),
        };
        Self(TEXTS.iter().map(language).collect())
    }

    /// The one that was asked for by name; else the one that the browser likes best.
    pub(super) fn choose(&self, named: Option<&str>, headers: &HeaderMap) -> &Language {
        let by_name = named.and_then(|code| self.named(code));
        by_name.or_else(|| self.liked(headers)).unwrap_or(&self.0[0])
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Language> {
        self.0.iter()
    }

    fn named(&self, code: &str) -> Option<&Language> {
        self.0.iter().find(|language| language.code == code)
    }

    /// `Accept-Language`: the highest weight wins, then the first in the list. A region makes no difference.
    fn liked(&self, headers: &HeaderMap) -> Option<&Language> {
        let header = headers.get(ACCEPT_LANGUAGE)?.to_str().ok()?;
        let mut best: Option<(f32, &Language)> = None;
        for range in header.split(',') {
            let mut parts = range.split(';').map(str::trim);
            let code = parts.next().unwrap_or_default().split('-').next().unwrap_or_default().to_ascii_lowercase();
            let weight = parts.find_map(|part| part.strip_prefix("q=")?.parse().ok()).unwrap_or(1.0);
            let Some(language) = self.named(&code) else { continue };
            if weight > best.map_or(0.0, |(weight, _)| weight) {
                best = Some((weight, language));
            }
        }
        best.map(|(_, language)| language)
    }
}

impl Language {
    /// The text of this name, with these values in place of `{value}`.
    pub(super) fn text(&self, name: &str, values: &[(&str, &str)]) -> Option<String> {
        let text = self.texts.get(name)?.clone();
        Some(values.iter().fold(text, |text, (name, value)| text.replace(&format!("{{{name}}}"), value)))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use http::HeaderValue;

    use super::*;

    /// The names in braces.
    fn places(text: &str) -> BTreeSet<&str> {
        text.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0)).collect()
    }

    #[test]
    fn every_language_has_every_text_with_the_same_places() {
        let languages = Languages::new();
        let english = &languages.0[0].texts;
        for language in languages.iter() {
            assert_eq!(language.texts.keys().collect::<Vec<_>>(), english.keys().collect::<Vec<_>>(), "{}", language.code);
            for (name, text) in &language.texts {
                assert_eq!(places(text), places(&english[name]), "{} {name}", language.code);
                assert!(!text.trim().is_empty(), "{} {name}", language.code);
            }
        }
    }

    #[test]
    fn the_best_liked_language_that_there_is_wins() {
        let languages = Languages::new();
        for (header, expected) in [
            ("de-AT,de;q=0.9,en;q=0.8", "de"),
            ("ja, pt-BR;q=0.5, fr;q=0.7", "fr"),
            ("en;q=0.5, ES", "es"),
            ("de;q=0, en", "en"),
            ("ja", "en"),
            ("", "en"),
            (";;q=x,,", "en"),
        ] {
            let headers = [(ACCEPT_LANGUAGE, HeaderValue::from_static(header))].into_iter().collect();
            assert_eq!(languages.choose(None, &headers).code, expected, "{header}");
            assert_eq!(languages.choose(Some("pt"), &headers).code, "pt");
            assert_eq!(languages.choose(Some("xx"), &headers).code, expected);
        }
    }
}
