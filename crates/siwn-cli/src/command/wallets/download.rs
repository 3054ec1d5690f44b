//! What is fetched: over https, or from this machine; never more than is needed.

use std::time::Duration;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use reqwest::{Client, Url, redirect};
use sha2::{Digest as _, Sha256};

use crate::failure::Failure;
use crate::server::is_loopback;

const PATIENCE: Duration = Duration::from_mins(1);
const LONGEST_MANIFEST: usize = 1024 * 1024;
/// As much as the server reads.
const LONGEST_SCRIPT: usize = 8 * 1024 * 1024;
const LONGEST_ICON: usize = 64 * 1024;

pub(super) struct Downloads(Client);

impl Downloads {
    pub(super) fn new() -> Result<Self, Failure> {
        let client = Client::builder().timeout(PATIENCE).redirect(redirect::Policy::none()).build();
        client.map(Self).map_err(|error| Failure::unknown(format!("no HTTP client can be made: {error}")))
    }

    pub(super) async fn manifest(&self, address: &Url) -> Result<Vec<u8>, Failure> {
        self.get(address, LONGEST_MANIFEST).await.map_err(Failure::unknown)
    }

    pub(super) async fn script(&self, address: &Url) -> Result<Vec<u8>, Failure> {
        let script = self.get(address, LONGEST_SCRIPT).await.map_err(Failure::unknown)?;
        // A page that says what went wrong is no script, whatever its status.
        let start = String::from_utf8_lossy(&script[..script.len().min(200)]).trim_start().to_ascii_lowercase();
        if script.is_empty() || start.starts_with("<!doctype") || start.starts_with("<html") {
            return Err(Failure::unknown(format!("{address}: this is no script")));
        }
        Ok(script)
    }

    /// The picture as an address that holds it; none where it is no picture.
    pub(super) async fn icon(&self, address: &Url) -> Result<Option<String>, String> {
        let bytes = self.get(address, LONGEST_ICON).await?;
        let kind = match &bytes[..] {
            [0x89, b'P', b'N', b'G', ..] => "png",
            [0xff, 0xd8, 0xff, ..] => "jpeg",
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => "webp",
            text if text.trim_ascii_start().starts_with(b"<svg") || text.trim_ascii_start().starts_with(b"<?xml") => "svg+xml",
            _ => return Err(format!("{address}: this is no picture")),
        };
        Ok(Some(format!("data:image/{kind};base64,{}", BASE64_STANDARD.encode(bytes))))
    }

    async fn get(&self, address: &Url, longest: usize) -> Result<Vec<u8>, String> {
        if address.scheme() != "https" && !(address.scheme() == "http" && is_loopback(address)) {
            return Err(format!("{address}: only https is asked, or this machine"));
        }
        let failed = |error: reqwest::Error| format!("{address} cannot be had: {}", cause(&error.without_url()));
        let mut response = self.0.get(address.clone()).send().await.map_err(failed)?;
        if response.status() != reqwest::StatusCode::OK {
            return Err(format!("{address} cannot be had: {}", response.status()));
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > longest {
                return Err(format!("{address}: longer than {longest} bytes"));
            }
        }
        Ok(bytes)
    }
}

/// What the error comes from, which says more than the error.
fn cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

/// The hash of a script, as the manifest and browsers write it.
pub(super) fn integrity(bytes: &[u8]) -> String {
    format!("sha256-{}", BASE64_STANDARD.encode(Sha256::digest(bytes)))
}
