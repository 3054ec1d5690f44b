//! ed25519 with the verdicts of `verify_strict`, at the price of the plain check.
//!
//! The strict check refuses a key or an R of small order, and pays for it by decompressing R. There are eight points of small order,
//! and few ways to write them: telling them by their bytes gives the same verdict. A key may be written in any of the fourteen ways
//! that decompress; R is compared with a computed point, whose bytes are always canonical, so that only those eight can match.

use ed25519_dalek::{Signature, VerifyingKey};

/// The y coordinates of the points of small order, little-endian, the sign bit clear: 1 (neutral), -1, 0 and the two of order 8;
/// then those that also fit in their non-canonical form, p and p + 1.
const SMALL_ORDER: [[u8; 32]; 7] = [
    hex32("0100000000000000000000000000000000000000000000000000000000000000"),
    hex32("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
    hex32("0000000000000000000000000000000000000000000000000000000000000000"),
    hex32("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
    hex32("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
    hex32("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
    hex32("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
];

/// Whether `signature` (R ‖ S, 64 bytes) is `key`'s over `hash`.
pub(crate) fn verify(key: &[u8; 32], hash: &[u8; 32], signature: &[u8]) -> bool {
    let Ok(signature) = Signature::from_slice(signature) else { return false };
    if has_small_order(key) || has_small_order(signature.r_bytes()) {
        return false;
    }
    // The plain check is cofactorless and refuses an S that is not below the group's order.
    VerifyingKey::from_bytes(key).is_ok_and(|key| {
        let plain = ed25519_dalek::Verifier::verify(&key, hash, &signature);
        plain.is_ok()
    })
}

fn has_small_order(point: &[u8; 32]) -> bool {
    let mut y = *point;
    y[31] &= 0x7f;
    SMALL_ORDER.contains(&y)
}

const fn hex32(digits: &str) -> [u8; 32] {
    const fn value(digit: u8) -> u8 {
        if digit <= b'9' { digit - b'0' } else { digit - b'a' + 10 }
    }
    let digits = digits.as_bytes();
    assert!(digits.len() == 64, "32 bytes");
    let mut bytes = [0; 32];
    let mut index = 0;
    while index < 32 {
        bytes[index] = value(digits[2 * index]) << 4 | value(digits[2 * index + 1]);
        index += 1;
    }
    bytes
}
