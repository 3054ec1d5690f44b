//! Public and private keys: one text per key.

#![no_main]

use libfuzzer_sys::fuzz_target;
use siwn::{PrivateKey, PublicKey};
use siwn_fuzz::{EXPANDED_PRIVATE_KEY, text, within, within_allowance};

fuzz_target!(|input: &[u8]| {
    let Some(text) = text(input) else { return };
    if let Ok(key) = within_allowance(text.len(), || text.parse::<PublicKey>()) {
        assert_eq!(key.to_string(), text);
        assert!(!key.handle().is_empty());
        if let Some(account) = key.implicit_account() {
            assert_eq!(account.as_str().parse(), Ok(account.clone()));
        }
    }
    if let Ok(key) = within(EXPANDED_PRIVATE_KEY, text.len(), || text.parse::<PrivateKey>()) {
        let again: PrivateKey = key.expose_text().parse().expect("what was exposed reads back");
        assert_eq!(again.expose_text(), key.expose_text());
        assert_eq!(again.public_key(), key.public_key());
    }
});
