//! Foreign text in error messages: escaped to printable ASCII and shortened, so that it can neither forge a line nor fill a log.

use std::fmt;

/// Characters of the original text that are shown.
const SHOWN: usize = 80;
/// Characters of a text that says what happened.
const SHOWN_OF_REASON: usize = 200;

/// A foreign text, safe to print: ASCII without control characters, between quotes, at most 80 characters of the original.
#[derive(Clone, PartialEq, Eq)]
pub struct Quoted(String);

impl Quoted {
    /// Escapes and shortens `text`.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self::shortened(text, SHOWN)
    }

    /// The same with at most 200 characters of the original: for a contract's own words on why it failed.
    #[must_use]
    pub fn reason(text: &str) -> Self {
        Self::shortened(text, SHOWN_OF_REASON)
    }

    fn shortened(text: &str, most: usize) -> Self {
        let mut quoted = String::from('"');
        quoted.extend(text.chars().take(most).flat_map(char::escape_default));
        quoted.push('"');
        if text.chars().nth(most).is_some() {
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
        assert_eq!(Quoted::reason(&"x".repeat(200)).to_string(), format!("\"{}\"", "x".repeat(200)));
        assert_eq!(Quoted::reason(&"x".repeat(201)).to_string(), format!("\"{}\"...", "x".repeat(200)));
    }
}
