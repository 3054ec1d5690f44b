//! Keys that a server signs tokens with, as a store keeps them.

/// Keys that somebody sealed, as a text that no store reads. It is kept as it is, byte for byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedKeys(Box<str>);

impl SealedKeys {
    /// Of a text of at most some kilobytes, without NUL.
    pub fn new(text: impl Into<Box<str>>) -> Self {
        Self(text.into())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
