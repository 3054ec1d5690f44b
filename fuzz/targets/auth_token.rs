//! The auth token: what decodes writes back to the same text, and nobody signs for Alice.

#![no_main]

use base64::prelude::{BASE64_STANDARD, Engine as _};
use libfuzzer_sys::fuzz_target;
use siwn::{AuthToken, NonceRule, Policy, TextRule, TokenFields, UnixMillis};
use siwn_fuzz::{text, within_allowance};

fn read(text: &str) {
    let decoded = within_allowance(text.len(), || TokenFields::decode(text));
    let parsed = within_allowance(text.len(), || text.parse::<AuthToken>());
    if let Ok(fields) = decoded {
        assert_eq!(fields.encode(), text);
        // No seed is for this recipient: whatever passes is a forgery.
        if let Ok(token) = AuthToken::try_from(TokenFields { recipient: "fuzz.example".into(), ..fields }) {
            let policy = Policy::new("fuzz.example", NonceRule::by(|_| true));
            assert!(policy.check(token, UnixMillis::new(0)).is_err(), "a forged token");
        }
    } else {
        assert!(parsed.is_err());
    }
    if let Ok(token) = parsed {
        assert_eq!(token.encode(), text);
        let payload_holds = token.clone();
        let policy = Policy::new(TextRule::by(|_| true), NonceRule::by(|_| true));
        if let Ok(signed) = policy.check(payload_holds, UnixMillis::new(0)) {
            assert_eq!(signed.token(), &token);
        }
    }
}

fuzz_target!(|input: &[u8]| {
    if let Some(text) = text(input) {
        read(text);
    }
    // As Borsh, so that the fields are reached without guessing base64.
    read(&BASE64_STANDARD.encode(input));
});
