//! Foreign text in error messages: escaped to printable ASCII and shortened, so that it can neither forge a line nor fill a log.

use std::fmt;

/// Characters of the original text that are shown.
const SHOWN: usize = 80;

/// A foreign text, safe to print: ASCII without control characters, between quotes, at most 80 characters of the original.
#[derive(Clone, PartialEq, Eq)]
pub struct Quoted(String);

impl Quoted {
    /// Escapes and shortens `text`.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let mut quoted = String::from('"');
        quoted.extend(text.chars().take(SHOWN).flat_map(char::escape_default));
        quoted.push('"');
        if text.chars().nth(SHOWN).is_some() {
            quoted.push_str("...");
        }
        Self(quoted)
    }
}

impl fmt::Display for Quoted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Quoted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_and_foreign_characters_are_escaped() {
        assert_eq!(Quoted::new("a\n\u{1b}[31m\u{202e}é\"").to_string(), r#""a\n\u{1b}[31m\u{202e}\u{e9}\"""#);
    }

    #[test]
    fn a_long_text_is_shortened() {
        assert_eq!(Quoted::new(&"x".repeat(81)).to_string(), format!("\"{}\"...", "x".repeat(80)));
    }
}
