//! Origins, public and callback addresses: exact texts.

#![no_main]

use libfuzzer_sys::fuzz_target;
use siwn::{CallbackUrl, Origin, PublicUrl};
use siwn_fuzz::{text, within_allowance};

fn is_host_of(authority: &str, host: &str) -> bool {
    authority.strip_prefix(host).is_some_and(|port| port.is_empty() || port.starts_with(':'))
}

fuzz_target!(|input: &[u8]| {
    let Some(text) = text(input) else { return };
    let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic()) && text.len() <= 2048;
    if let Ok(origin) = within_allowance(text.len(), || text.parse::<Origin>()) {
        assert_eq!(origin.as_str(), text);
        assert!(is_plain(text) && !text.bytes().any(|byte| byte.is_ascii_uppercase()));
        let is_loopback = |host: &str| ["localhost", "127.0.0.1", "[::1]"].into_iter().any(|own| is_host_of(host, own));
        assert_eq!(origin.is_plain_http(), text.strip_prefix("http://").is_some_and(is_loopback));
        assert_eq!(text.parse::<PublicUrl>().map(|url| url.to_string()).as_deref(), Ok(text), "an origin is a public URL");
    }
    if let Ok(origin) = within_allowance(text.len(), || Origin::dangerous_plain_http(text)) {
        assert_eq!(origin.as_str(), text);
        assert!(text.parse::<Origin>() == Ok(origin) || text.starts_with("http://"), "plain http is all that is added");
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
