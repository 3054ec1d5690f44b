//! secp256k1: one signature per message and key and nothing that looks like it.

use proptest::prelude::*;
use siwn::{KeyType, Nonce, Payload, PrivateKey, Signature};

/// The order of the group, big-endian.
const ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe, 0xba, 0xae, 0xdc, 0xe6, 0xaf,
    0x48, 0xa0, 0x3b, 0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36, 0x41, 0x41,
];

/// The order minus `s`: the other S that belongs to the same R.
fn mirrored(s: &[u8]) -> [u8; 32] {
    let mut result = [0; 32];
    let mut borrow = 0;
    for index in (0..32).rev() {
        let difference = 256 + i32::from(ORDER[index]) - i32::from(s[index]) - borrow;
        [result[index], ..] = difference.to_le_bytes();
        borrow = i32::from(difference < 256);
    }
    result
}

proptest! {
    #[test]
    fn a_high_s_and_a_large_v_are_refused(seed: [u8; 32], nonce: [u8; 32], v: u8, bit in 0usize..512) {
        let Ok(key) = PrivateKey::from_seed(KeyType::Secp256k1, seed) else { return Ok(()) };
        let nonce = Nonce::from_bytes(nonce);
        let payload = Payload { message: "m", nonce: &nonce, recipient: "r", callback_url: None };
        let honest = key.sign(&payload);
        let holds = |bytes: &[u8]| {
            let signature = Signature::from_bytes(KeyType::Secp256k1, bytes).expect("65 bytes");
            key.public_key().verify(&payload.hash(), &signature).is_ok()
        };
        prop_assert!(holds(honest.as_bytes()));

        let mut high = honest.as_bytes().to_vec();
        high.splice(32..64, mirrored(&honest.as_bytes()[32..64]));
        high[64] ^= 1;
        prop_assert!(!holds(&high), "a high S");

        let mut other_v = honest.as_bytes().to_vec();
        other_v[64] = v;
        prop_assert_eq!(holds(&other_v), v <= 3, "v = {}", v);

        let mut flipped = honest.as_bytes().to_vec();
        flipped[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(!holds(&flipped));
    }
}
