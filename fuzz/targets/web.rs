//! Origins, public and callback addresses: exact texts.

#![no_main]

use libfuzzer_sys::fuzz_target;
use siwn::{CallbackUrl, Origin, PublicUrl};
use siwn_fuzz::{text, within_allowance};

fuzz_target!(|input: &[u8]| {
    let Some(text) = text(input) else { return };
    let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic()) && text.len() <= 2048;
    if let Ok(origin) = within_allowance(text.len(), || text.parse::<Origin>()) {
        assert_eq!(origin.as_str(), text);
        assert!(is_plain(text) && !text.bytes().any(|byte| byte.is_ascii_uppercase()));
        assert!(text.starts_with("https://") || origin.is_plain_loopback());
        assert_eq!(text.parse::<PublicUrl>().map(|url| url.to_string()).as_deref(), Ok(text), "an origin is a public URL");
    }
    if let Ok(url) = within_allowance(text.len(), || text.parse::<PublicUrl>()) {
        assert!(text.starts_with(url.origin().as_str()) && text.starts_with(&url.to_string()));
        assert_eq!(url.to_string().parse(), Ok(url.clone()));
        assert!(url.path().is_empty() || url.path().starts_with('/') && !url.path().ends_with('/'));
    }
    if let Ok(url) = within_allowance(text.len(), || text.parse::<CallbackUrl>()) {
        assert_eq!(url.as_str(), text);
        assert!(is_plain(text) && text.contains("://") && !text.starts_with("javascript:"));
    }
});
