//! Session tokens and ids: one text each.

#![no_main]

use libfuzzer_sys::fuzz_target;
use siwn::{SessionId, SessionToken};
use siwn_fuzz::{text, within_allowance};

fuzz_target!(|input: &[u8]| {
    let Some(text) = text(input) else { return };
    if let Ok(token) = within_allowance(text.len(), || text.parse::<SessionToken>()) {
        assert_eq!(token.expose_text(), text);
        assert_eq!(text[..21], token.id().to_string()[..21]);
    }
    if let Ok(token) = within_allowance(text.len(), || SessionToken::from_bearer(text)) {
        assert_eq!(token.expose_bearer(), text);
        assert!(text.parse::<SessionToken>().is_err(), "one form is never taken for the other");
    }
    if let Ok(id) = within_allowance(text.len(), || text.parse::<SessionId>()) {
        assert_eq!(id.to_string(), text);
    }
});
