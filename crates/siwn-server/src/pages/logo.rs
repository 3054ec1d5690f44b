//! The picture of a site.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use axum::body::Bytes;
use thiserror::Error;

/// The longest picture, in bytes: it is loaded before anybody can sign in.
const LONGEST: usize = 64 * 1024;

/// The picture of a site, for the login page: SVG, PNG or WebP, at most 64 KiB.
#[derive(Clone)]
pub struct Logo {
    pub(super) bytes: Bytes,
    pub(super) content_type: &'static str,
}

/// Why a file is no picture for the login page.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LogoError {
    /// It cannot be read.
    #[error("the file cannot be read: {0}")]
    File(#[source] std::io::Error),
    /// It is too long.
    #[error("a logo has at most 64 KiB")]
    TooLong,
    /// It is of another form.
    #[error("a logo is an SVG, a PNG or a WebP")]
    Form,
}

impl std::fmt::Debug for Logo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.content_type)
    }
}

impl Logo {
    /// Reads a file.
    ///
    /// # Errors
    /// Where it cannot be read, is too long, or is no picture of these forms.
    pub fn read(path: &Path) -> Result<Self, LogoError> {
        let mut bytes = Vec::new();
        let read = File::open(path).and_then(|file| file.take(LONGEST as u64 + 1).read_to_end(&mut bytes));
        read.map_err(LogoError::File)?;
        Self::new(bytes)
    }

    /// Takes the bytes of a file.
    ///
    /// # Errors
    /// Where they are too many, or no picture of these forms.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Result<Self, LogoError> {
        let bytes = bytes.into();
        if bytes.len() > LONGEST {
            return Err(LogoError::TooLong);
        }
        let content_type = content_type(&bytes).ok_or(LogoError::Form)?;
        Ok(Self { bytes: bytes.into(), content_type })
    }
}

/// By the first bytes, and never by a name.
fn content_type(bytes: &[u8]) -> Option<&'static str> {
    if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        return Some("image/png");
    }
    if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        return Some("image/webp");
    }
    let text = std::str::from_utf8(bytes).ok()?.trim_start_matches('\u{feff}').trim_start();
    (["<svg", "<?xml", "<!--"].iter().any(|start| text.starts_with(start)) && text.contains("<svg")).then_some("image/svg+xml")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_told_by_its_bytes() {
        for (bytes, expected) in [
            (&b"\x89PNG\r\n\x1a\nrest"[..], Some("image/png")),
            (b"RIFF\x10\0\0\0WEBPVP8 ", Some("image/webp")),
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>", Some("image/svg+xml")),
            (b"<?xml version='1.0'?>\n<svg/>", Some("image/svg+xml")),
            (b"<!doctype html><svg/>", None),
            (b"<html><svg/>", None),
            (b"GIF89a", None),
            (b"", None),
        ] {
            assert_eq!(content_type(bytes), expected);
        }
        assert!(matches!(Logo::new(vec![0; LONGEST + 1]), Err(LogoError::TooLong)));
        assert!(matches!(Logo::new("text"), Err(LogoError::Form)));
        assert!(matches!(Logo::read(Path::new("/nowhere")), Err(LogoError::File(_))));
    }
}
