//! ML-DSA-65 (FIPS 204, NEP-645): pure, with an empty context, over the 32 bytes of the payload's hash.

use ml_dsa::{EncodedSignature, EncodedVerifyingKey, MlDsa65, Signature, VerifyingKey};

use crate::PayloadHash;

pub(crate) const PUBLIC_KEY_LENGTH: usize = 1952;

/// Whether `signature` (3,309 bytes) is `key`'s over `hash`.
pub(crate) fn verify(key: &[u8; PUBLIC_KEY_LENGTH], hash: &PayloadHash, signature: &[u8]) -> bool {
    let Ok(encoded) = EncodedSignature::<MlDsa65>::try_from(signature) else { return false };
    let Some(signature) = Signature::<MlDsa65>::decode(&encoded) else { return false };
    let Ok(encoded) = EncodedVerifyingKey::<MlDsa65>::try_from(&key[..]) else { return false };
    VerifyingKey::<MlDsa65>::decode(&encoded).verify_with_context(hash.as_bytes(), b"", &signature)
}
