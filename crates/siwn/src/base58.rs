//! Base58 (Bitcoin's alphabet) of byte strings whose length is known, in limbs.
//!
//! Our own, because an ML-DSA-65 key has 2,676 digits and a byte-wise conversion takes milliseconds for it: long enough to be used
//! against a server. Tested against the crate `bs58`. A text has one decoding and a byte string one text: the leading `1`s must be as
//! many as the leading zero bytes.

use thiserror::Error;
use zeroize::Zeroizing;

const ALPHABET: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const NOT_A_DIGIT: u8 = 0xff;
const DIGITS: [u8; 256] = digits();

/// Digits that fit into one limb of 64 bits, and 58 to that power.
const DECODE_STEP: usize = 10;
/// Digits that are taken off at once from limbs of 32 bits, and 58 to that power.
const ENCODE_STEP: u32 = 5;
const ENCODE_DIVISOR: u64 = 58u64.pow(ENCODE_STEP);

/// Why a text is not the Base58 of a byte string of the expected length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Base58Error {
    /// A character outside of the alphabet.
    #[error("the character at {at} is not of the base58 alphabet")]
    Character {
        /// Its offset in bytes.
        at: usize,
    },
    /// The text stands for a byte string of another length.
    #[error("not the base58 of {expected} bytes")]
    Length {
        /// The expected length, in bytes.
        expected: usize,
    },
}

/// The bytes that `text` stands for, exactly `N` of them.
pub(crate) fn decode<const N: usize>(text: &str) -> Result<[u8; N], Base58Error> {
    let mut bytes = [0; N];
    decode_into(text, &mut bytes)?;
    Ok(bytes)
}

/// The bytes that `text` stands for, exactly `length` of them.
pub(crate) fn decode_boxed(text: &str, length: usize) -> Result<Box<[u8]>, Base58Error> {
    let mut bytes = vec![0; length].into_boxed_slice();
    decode_into(text, &mut bytes)?;
    Ok(bytes)
}

fn decode_into(text: &str, bytes: &mut [u8]) -> Result<(), Base58Error> {
    let wrong_length = Base58Error::Length { expected: bytes.len() };
    // log 256 / log 58 < 1.37: a longer text cannot fit, and is not looked at.
    if text.len() > bytes.len() + bytes.len() * 2 / 5 {
        return Err(wrong_length);
    }
    // Private keys pass through here too.
    let mut limbs = Zeroizing::new(Vec::<u64>::with_capacity(bytes.len().div_ceil(8)));
    for (index, chunk) in text.as_bytes().chunks(DECODE_STEP).enumerate() {
        let mut carry = 0u64;
        let mut power = 1u64;
        for (offset, character) in chunk.iter().enumerate() {
            let digit = DIGITS[usize::from(*character)];
            if digit == NOT_A_DIGIT {
                return Err(Base58Error::Character { at: index * DECODE_STEP + offset });
            }
            carry = carry * 58 + u64::from(digit);
            power *= 58;
        }
        for limb in limbs.iter_mut() {
            let sum = u128::from(*limb) * u128::from(power) + u128::from(carry);
            (*limb, carry) = (low(sum), low(sum >> 64));
        }
        if carry > 0 {
            limbs.push(carry);
        }
    }
    let mut ascending = limbs.iter().flat_map(|limb| limb.to_le_bytes());
    for (byte, value) in bytes.iter_mut().rev().zip(&mut ascending) {
        *byte = value;
    }
    let fits = ascending.all(|excess| excess == 0);
    let ones = text.bytes().take_while(|character| *character == ALPHABET[0]).count();
    if fits && ones == leading_zeros(bytes) { Ok(()) } else { Err(wrong_length) }
}

/// The text that stands for `bytes`.
pub(crate) fn encode(bytes: &[u8]) -> String {
    let mut limbs: Vec<u32> = bytes
        .rchunks(4)
        .rev()
        .map(|chunk| chunk.iter().fold(0, |limb, byte| limb << 8 | u32::from(*byte)))
        .skip_while(|limb| *limb == 0)
        .collect();
    let mut reversed = Vec::with_capacity(bytes.len() * 7 / 5 + 1);
    let mut first = 0;
    while first < limbs.len() {
        let mut remainder = 0u64;
        for limb in &mut limbs[first..] {
            let value = remainder << 32 | u64::from(*limb);
            *limb = u32::try_from(value / ENCODE_DIVISOR).expect("the remainder is smaller than the divisor");
            remainder = value % ENCODE_DIVISOR;
        }
        while first < limbs.len() && limbs[first] == 0 {
            first += 1;
        }
        for _ in 0..ENCODE_STEP {
            reversed.push(ALPHABET[usize::try_from(remainder % 58).expect("smaller than 58")]);
            remainder /= 58;
        }
    }
    while reversed.last() == Some(&ALPHABET[0]) {
        reversed.pop();
    }
    reversed.extend(std::iter::repeat_n(ALPHABET[0], leading_zeros(bytes)));
    reversed.iter().rev().map(|character| char::from(*character)).collect()
}

fn leading_zeros(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| **byte == 0).count()
}

#[expect(clippy::cast_possible_truncation, reason = "the low half is what is asked for")]
const fn low(value: u128) -> u64 {
    value as u64
}

const fn digits() -> [u8; 256] {
    let mut table = [NOT_A_DIGIT; 256];
    let mut digit = 0;
    while digit < 58 {
        table[ALPHABET[digit as usize] as usize] = digit;
        digit += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn agrees<const N: usize>(bytes: [u8; N]) {
        let text = encode(&bytes);
        assert_eq!(text, bs58::encode(bytes).into_string());
        assert_eq!(decode::<N>(&text), Ok(bytes));
    }

    proptest! {
        #[test]
        fn agrees_with_bs58_on_bytes(zeros in 0usize..40, bytes: [u8; 32], long in proptest::collection::vec(any::<u8>(), 64)) {
            let mut bytes = bytes;
            bytes.iter_mut().take(zeros).for_each(|byte| *byte = 0);
            agrees(bytes);
            agrees::<64>(long.try_into().unwrap());
        }

        #[test]
        fn agrees_with_bs58_on_texts(text in "[1-9A-HJ-NP-Za-km-z]{30,50}|.{0,50}|1{0,40}[2-9]{0,40}") {
            let theirs = bs58::decode(&text).into_vec().ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
            prop_assert_eq!(decode::<32>(&text).ok(), theirs);
        }
    }

    #[test]
    fn the_extremes_agree_with_bs58() {
        agrees([0; 32]);
        agrees([0xff; 32]);
        agrees([0xff; 64]);
        agrees([0xff; 1952]);
        agrees([7; 1952]);
        agrees([0xff; 65]);
        agrees([0xff; 3309]);
    }

    #[test]
    fn an_overlong_text_is_refused_unread() {
        let text = "z".repeat(1 << 20);
        assert_eq!(decode::<32>(&text), Err(Base58Error::Length { expected: 32 }));
    }

    #[test]
    fn a_foreign_character_is_named_by_its_place() {
        assert_eq!(decode::<32>("111111111110"), Err(Base58Error::Character { at: 11 }));
    }
}
