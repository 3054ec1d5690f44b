//! What a client calls itself, made fit for lists and logs.

use std::fmt::{self, Write as _};

/// The longest label, in characters.
const LONGEST: usize = 128;

/// What a client calls itself, from its `User-Agent`: so that people tell their sessions apart. Nobody vouches for it.
///
/// At most 128 printable ASCII characters; empty where the client says nothing. What else stood there is escaped, as in `\xc3`.
///
/// ```
/// use siwn::ClientLabel;
///
/// assert_eq!(ClientLabel::new(b"curl/8.14.1").as_str(), "curl/8.14.1");
/// assert_eq!(ClientLabel::new("caf\u{e9}\n".as_bytes()).as_str(), r"caf\xc3\xa9\x0a");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientLabel(Box<str>);

impl ClientLabel {
    /// Escapes and shortens what a client sent. What such a label says comes out unchanged.
    #[must_use]
    pub fn new(sent: &[u8]) -> Self {
        let mut label = String::new();
        for byte in sent.iter().take(LONGEST) {
            let length = label.len();
            match byte {
                b' '..=b'~' => label.push(char::from(*byte)),
                _ => write!(label, "\\x{byte:02x}").expect("a String takes everything"),
            }
            if label.len() > LONGEST {
                // No half of an escape.
                label.truncate(length);
                break;
            }
        }
        Self(label.into())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ClientLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_short_and_printable() {
        for sent in [&b"\x1b[31m\r\nSet-Cookie: x"[..], &[0xff; 500], &[b'a'; 500], "\u{202e}".repeat(99).as_bytes(), b""] {
            let label = ClientLabel::new(sent);
            assert!(label.as_str().len() <= LONGEST, "{label}");
            assert!(label.as_str().bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{label}");
            assert_eq!(ClientLabel::new(label.as_str().as_bytes()), label, "what was stored reads back");
        }
        assert_eq!(ClientLabel::new(&[0xff; 500]).as_str(), r"\xff".repeat(32));
    }
}
