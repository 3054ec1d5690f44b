//! Our verdict is that of ed25519-dalek's `verify_strict`, which pays for it by decompressing R.

use curve25519_dalek::constants::{ED25519_BASEPOINT_POINT, EIGHT_TORSION};
use curve25519_dalek::edwards::EdwardsPoint;
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::IsIdentity as _;
use ed25519_dalek::{Signer as _, SigningKey, Verifier as _, VerifyingKey};
use proptest::prelude::*;
use sha2::{Digest as _, Sha512};
use siwn::{KeyType, Nonce, Payload, PayloadHash, PublicKey, Signature};

/// The order of the group, little-endian.
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0x10,
];

fn hash(number: u64) -> PayloadHash {
    let mut nonce = [0; 32];
    nonce[..8].copy_from_slice(&number.to_be_bytes());
    Payload { message: "m", nonce: &Nonce::from_bytes(nonce), recipient: "r", callback_url: None }.hash()
}

fn ours(key: [u8; 32], hash: &PayloadHash, signature: [u8; 64]) -> bool {
    let signature = Signature::from_bytes(KeyType::Ed25519, &signature).expect("64 bytes");
    PublicKey::from_ed25519(key).verify(hash, &signature).is_ok()
}

fn strict(key: [u8; 32], hash: &PayloadHash, signature: [u8; 64]) -> bool {
    let signature = ed25519_dalek::Signature::from_bytes(&signature);
    VerifyingKey::from_bytes(&key).is_ok_and(|key| key.verify_strict(hash.as_bytes(), &signature).is_ok())
}

fn plain(key: [u8; 32], hash: &PayloadHash, signature: [u8; 64]) -> bool {
    let signature = ed25519_dalek::Signature::from_bytes(&signature);
    VerifyingKey::from_bytes(&key).is_ok_and(|key| key.verify(hash.as_bytes(), &signature).is_ok())
}

fn joined(r: [u8; 32], s: [u8; 32]) -> [u8; 64] {
    let mut signature = [0; 64];
    signature[..32].copy_from_slice(&r);
    signature[32..].copy_from_slice(&s);
    signature
}

/// RFC 8032: k = SHA-512(R ‖ A ‖ M) modulo the order.
fn k(r: &[u8; 32], key: &[u8; 32], hash: &PayloadHash) -> Scalar {
    let digest = Sha512::new().chain_update(r).chain_update(key).chain_update(hash.as_bytes()).finalize();
    Scalar::from_bytes_mod_order_wide(&digest.into())
}

/// Every encoding of a point of small order that decompresses: eight canonical ones and six others.
fn small_order_encodings() -> Vec<[u8; 32]> {
    let mut encodings = Vec::new();
    for point in EIGHT_TORSION {
        encodings.push(point.compress().to_bytes());
    }
    let (mut zero_p, mut one_p) = ([0xff; 32], [0xff; 32]);
    (zero_p[0], zero_p[31], one_p[0], one_p[31]) = (0xed, 0x7f, 0xee, 0x7f);
    let mut one = [0; 32];
    one[0] = 1;
    let mut minus_one = [0xff; 32];
    (minus_one[0], minus_one[31]) = (0xec, 0x7f);
    for unsigned in [zero_p, one_p, one, minus_one] {
        let mut signed = unsigned;
        signed[31] |= 0x80;
        encodings.extend([unsigned, signed]);
    }
    encodings.sort_unstable();
    encodings.dedup();
    encodings
}

/// A signature that the plain check accepts, by a key and an R of our choice: tried with one payload after another until
/// S·B = R + k·A, which torsion lets hold for one k in eight at most.
fn forged(key: [u8; 32], r: [u8; 32], s_for: impl Fn(Scalar) -> Scalar) -> Option<(PayloadHash, [u8; 64])> {
    (0..200).map(hash).find_map(|hash| {
        let signature = joined(r, s_for(k(&r, &key, &hash)).to_bytes());
        plain(key, &hash, signature).then_some((hash, signature))
    })
}

#[test]
fn fourteen_encodings_are_of_small_order() {
    assert_eq!(small_order_encodings().len(), 14);
}

#[test]
fn keys_of_small_order_get_the_strict_verdict() {
    let mut fooled = 0;
    for key in small_order_encodings() {
        // With S = 0 and R of small order, and with R = S·B besides.
        let s = Scalar::from(7u64);
        let encodings = small_order_encodings().into_iter().map(|r| (r, Scalar::ZERO));
        for (r, s) in encodings.chain([((s * ED25519_BASEPOINT_POINT).compress().to_bytes(), s)]) {
            for number in 0..16 {
                let (hash, signature) = (hash(number), joined(r, s.to_bytes()));
                fooled += u32::from(plain(key, &hash, signature));
                assert_eq!(ours(key, &hash, signature), strict(key, &hash, signature));
                assert!(!ours(key, &hash, signature));
            }
        }
    }
    assert!(fooled > 0, "the plain check accepts some of these, or they test nothing");
}

#[test]
fn an_r_of_small_order_gets_the_strict_verdict() {
    let secret = Scalar::from(0x1234_5678_9abc_def0_u64);
    let mut fooled = 0;
    for torsion in EIGHT_TORSION {
        // A key of full order times something of small order: k·A has a part of small order that may cancel R.
        let key = (secret * ED25519_BASEPOINT_POINT + torsion).compress().to_bytes();
        for r in small_order_encodings() {
            for number in 0..16 {
                let hash = hash(number);
                let signature = joined(r, (k(&r, &key, &hash) * secret).to_bytes());
                fooled += u32::from(plain(key, &hash, signature));
                assert_eq!(ours(key, &hash, signature), strict(key, &hash, signature));
                assert!(!ours(key, &hash, signature));
            }
        }
    }
    assert!(fooled > 0, "the plain check accepts some of these, or they test nothing");
}

#[test]
fn keys_of_mixed_order_get_the_strict_verdict() {
    let (secret, random) = (Scalar::from(0x1234_5678_9abc_def0_u64), Scalar::from(0x0fed_cba9_8765_4321_u64));
    let mut accepted = 0;
    for key_torsion in EIGHT_TORSION {
        for r_torsion in EIGHT_TORSION {
            let key = (secret * ED25519_BASEPOINT_POINT + key_torsion).compress().to_bytes();
            let r = (random * ED25519_BASEPOINT_POINT + r_torsion).compress().to_bytes();
            for number in 0..16 {
                let hash = hash(number);
                let signature = joined(r, (random + k(&r, &key, &hash) * secret).to_bytes());
                assert_eq!(ours(key, &hash, signature), strict(key, &hash, signature));
            }
            let found = forged(key, r, |k| random + k * secret);
            accepted += u32::from(found.is_some_and(|(hash, signature)| ours(key, &hash, signature)));
        }
    }
    assert!(accepted >= 8, "the strict check, too, accepts what has a part of small order: {accepted}");
}

#[test]
fn an_s_that_is_not_below_the_order_is_refused() {
    let signer = SigningKey::from_bytes(&[7; 32]);
    let hash = hash(0);
    let honest = signer.sign(hash.as_bytes()).to_bytes();
    let key = signer.verifying_key().to_bytes();
    assert!(ours(key, &hash, honest));

    let mut s = honest;
    let mut carry = 0u16;
    for (byte, order) in s[32..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(order) + carry;
        [*byte, _] = sum.to_le_bytes();
        carry = sum >> 8;
    }
    assert_eq!(carry, 0, "S + L still fits");
    assert!(!ours(key, &hash, s));
    assert!(!strict(key, &hash, s));
}

proptest! {
    #[test]
    fn honest_and_bit_flipped_signatures_get_the_strict_verdict(seed: [u8; 32], number: u64, bit in 0usize..512) {
        let signer = SigningKey::from_bytes(&seed);
        let (key, hash) = (signer.verifying_key().to_bytes(), hash(number));
        let mut signature = signer.sign(hash.as_bytes()).to_bytes();
        prop_assert!(ours(key, &hash, signature) && strict(key, &hash, signature));
        signature[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(!ours(key, &hash, signature) && !strict(key, &hash, signature));
        let mut other = key;
        other[bit % 32] ^= 1 << (bit / 64);
        signature[bit / 8] ^= 1 << (bit % 8);
        prop_assert_eq!(ours(other, &hash, signature), strict(other, &hash, signature));
    }

    #[test]
    fn garbage_gets_the_strict_verdict(key: [u8; 32], r: [u8; 32], s: [u8; 32], number: u64, is_small: bool) {
        let mut s = s;
        if is_small {
            s[31] &= 0x0f;
        }
        let (hash, signature) = (hash(number), joined(r, s));
        prop_assert_eq!(ours(key, &hash, signature), strict(key, &hash, signature));
    }

    #[test]
    fn an_r_written_in_another_way_gets_the_strict_verdict(low in 0u8..19, sign: bool, seed: [u8; 32], number: u64) {
        // y + p, where that still fits: the encodings that are not canonical.
        let mut r = [0xff; 32];
        (r[0], r[31]) = (0xed + low.min(18), if sign { 0xff } else { 0x7f });
        let signer = SigningKey::from_bytes(&seed);
        let (key, hash) = (signer.verifying_key().to_bytes(), hash(number));
        let signature = joined(r, (k(&r, &key, &hash) * signer.to_scalar()).to_bytes());
        prop_assert_eq!(ours(key, &hash, signature), strict(key, &hash, signature));
    }
}

#[test]
fn the_torsion_of_these_tests_is_torsion() {
    let eight = Scalar::from(8u64);
    assert!(EIGHT_TORSION.iter().all(|point: &EdwardsPoint| (eight * point).is_identity()));
}
