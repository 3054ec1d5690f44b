//! Scripts of wallets that lie beside the manifest.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use axum::body::Bytes;

use super::integrity::Integrity;

/// The longest script, in bytes: the longest that is known has 1.4 MB.
const LONGEST: u64 = 8 * 1024 * 1024;

/// A script whose hash holds.
#[derive(Clone)]
pub(in crate::pages) struct Script {
    pub(in crate::pages) name: String,
    /// Text in UTF-8.
    pub(in crate::pages) bytes: Bytes,
}

impl std::fmt::Debug for Script {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)
    }
}

/// Whether an executor is the name of a file beside the manifest, which leads nowhere else.
pub(super) fn is_file_name(executor: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let stem = executor.strip_suffix(".js");
    stem.is_some_and(|stem| (1..=100).contains(&stem.len()) && !stem.starts_with('.') && stem.bytes().all(is_plain))
}

impl Script {
    pub(super) fn read(folder: &Path, name: &str, integrity: &Integrity) -> Result<Self, String> {
        let mut bytes = Vec::new();
        let read = File::open(folder.join(name)).and_then(|file| file.take(LONGEST + 1).read_to_end(&mut bytes));
        read.map_err(|error| format!("its script {name} cannot be read: {error}"))?;
        if bytes.len() as u64 > LONGEST {
            return Err(format!("its script {name} is longer than {LONGEST} bytes"));
        }
        if !integrity.holds(&bytes) {
            return Err(format!("its script {name} is not the one that the manifest names: another hash"));
        }
        std::str::from_utf8(&bytes).map_err(|_| format!("its script {name} is no text in UTF-8"))?;
        Ok(Self { name: name.to_owned(), bytes: bytes.into() })
    }
}
