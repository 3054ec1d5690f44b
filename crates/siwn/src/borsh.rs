//! The part of Borsh that NEP-413, NEP-641 and the auth token use: `u32`, byte strings, `String`, `Option<String>`, lists.
//!
//! Reading is strict and borrows: lengths must lie inside the input, option tags are 0 or 1, text is UTF-8. What was read therefore
//! writes back to the same bytes, and nothing is allocated on the word of a length prefix.

use thiserror::Error;

/// Why bytes are not the Borsh that was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum BorshError {
    /// A field reaches past the end of the input.
    #[error("a field needs {needed} bytes and {left} are left")]
    Truncated {
        /// Bytes that the field needs.
        needed: usize,
        /// Bytes that are left.
        left: usize,
    },
    /// A text is not UTF-8.
    #[error("a text is not UTF-8")]
    NotUtf8,
    /// An option's tag is neither 0 nor 1.
    #[error("an option's tag is {0}, expected 0 or 1")]
    OptionTag(u8),
    /// Something follows the last field.
    #[error("{0} bytes follow the last field")]
    TrailingBytes(usize),
}

pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], BorshError> {
        let truncated = BorshError::Truncated { needed: N, left: self.0.len() };
        let (bytes, rest) = self.0.split_first_chunk().ok_or(truncated)?;
        self.0 = rest;
        Ok(*bytes)
    }

    pub(crate) fn text(&mut self) -> Result<&'a str, BorshError> {
        let length = u32::from_le_bytes(self.array()?) as usize;
        let truncated = BorshError::Truncated { needed: length, left: self.0.len() };
        let (bytes, rest) = self.0.split_at_checked(length).ok_or(truncated)?;
        self.0 = rest;
        std::str::from_utf8(bytes).map_err(|_| BorshError::NotUtf8)
    }

    pub(crate) fn optional_text(&mut self) -> Result<Option<&'a str>, BorshError> {
        match self.array()? {
            [0] => Ok(None),
            [1] => self.text().map(Some),
            [tag] => Err(BorshError::OptionTag(tag)),
        }
    }

    pub(crate) fn end(self) -> Result<(), BorshError> {
        match self.0.len() {
            0 => Ok(()),
            left => Err(BorshError::TrailingBytes(left)),
        }
    }
}

/// Where Borsh is written to: a buffer or a hash.
pub(crate) trait Sink {
    fn put(&mut self, bytes: &[u8]);

    fn put_text(&mut self, text: &str) {
        self.put_length(text.len());
        self.put(text.as_bytes());
    }

    /// The length of a text or a list, in front of it.
    fn put_length(&mut self, length: usize) {
        let length = u32::try_from(length).expect("texts and lists are shorter than 4 GiB");
        self.put(&length.to_le_bytes());
    }

    fn put_optional_text(&mut self, text: Option<&str>) {
        match text {
            None => self.put(&[0]),
            Some(text) => {
                self.put(&[1]);
                self.put_text(text);
            }
        }
    }
}

impl Sink for Vec<u8> {
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

impl Sink for sha3::Sha3_256 {
    fn put(&mut self, bytes: &[u8]) {
        sha3::Digest::update(self, bytes);
    }
}

impl Sink for sha2::Sha256 {
    fn put(&mut self, bytes: &[u8]) {
        sha2::Digest::update(self, bytes);
    }
}
