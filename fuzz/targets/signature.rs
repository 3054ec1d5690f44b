//! Signatures in both texts.

#![no_main]

use libfuzzer_sys::fuzz_target;
use siwn::{KeyType, Signature};
use siwn_fuzz::{text, within_allowance};

fuzz_target!(|input: &[u8]| {
    let Some(text) = text(input) else { return };
    for key_type in [KeyType::Ed25519, KeyType::Secp256k1, KeyType::MlDsa65] {
        let of_token = within_allowance(text.len(), || Signature::from_base64(key_type, text));
        let of_fields = within_allowance(text.len(), || Signature::from_text(key_type, text));
        if let Ok(signature) = &of_token {
            assert_eq!(signature.to_string(), text);
            assert_eq!(of_fields.as_ref(), Ok(signature), "the fields form takes what a token takes");
        }
        if let Ok(signature) = of_fields {
            assert_eq!(signature.key_type(), key_type);
            assert_eq!(signature.as_bytes().len(), key_type.signature_length());
            assert_eq!(Signature::from_base64(key_type, &signature.to_string()), Ok(signature));
        }
    }
});
