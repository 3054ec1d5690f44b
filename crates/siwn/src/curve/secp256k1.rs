//! secp256k1 as NEAR uses it: ECDSA over the payload's hash itself, signatures r ‖ s ‖ v.

use k256::Sec1Point;
use k256::ecdsa::signature::hazmat::PrehashVerifier as _;
use k256::ecdsa::{Signature, VerifyingKey};

/// The largest recovery id. It is checked for its range only: it names no key.
const LARGEST_V: u8 = 3;

/// Whether `signature` (r ‖ s ‖ v, 65 bytes) is `key`'s (x ‖ y) over `hash`.
pub(crate) fn verify(key: &[u8; 64], hash: &[u8; 32], signature: &[u8]) -> bool {
    let Some((v, r_s)) = signature.split_last() else { return false };
    let Ok(signature) = Signature::from_slice(r_s) else { return false };
    if *v > LARGEST_V || signature.normalize_s() != signature {
        return false;
    }
    let point = Sec1Point::from_untagged_bytes(&(*key).into());
    VerifyingKey::from_sec1_point(&point).is_ok_and(|key| key.verify_prehash(hash, &signature).is_ok())
}
