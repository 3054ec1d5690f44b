//! The nonce of NEP-413, and the timestamp convention of near-sign-verify.

use std::fmt;
use std::time::Duration;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use thiserror::Error;

use crate::UnixMillis;

/// Digits of the timestamp at the head of a timestamp nonce.
const TIMESTAMP_DIGITS: usize = 16;
/// The largest number of 16 digits.
const TIMESTAMP_MAX: u64 = 9_999_999_999_999_999;

/// The 32 bytes that a wallet signs beside the message (NEP-413, `nonce`).
///
/// As text: standard base64 with padding, 44 characters.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Nonce([u8; 32]);

/// Why something is no nonce.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NonceError {
    /// Not the base64 of 32 bytes.
    #[error("a nonce is 32 bytes in standard base64, 44 characters")]
    NotBase64,
    /// Not the hexadecimal digits of 32 bytes.
    #[error("a nonce is 32 bytes in 64 hexadecimal digits")]
    NotHex,
    /// A list of another length, or with a number above 255.
    #[error("a nonce is a list of 32 numbers from 0 to 255")]
    NotNumbers,
}

impl Nonce {
    /// From its bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// From standard base64 with padding, 44 characters.
    pub fn from_base64(text: &str) -> Result<Self, NonceError> {
        // Looked at first, so that a long text is never decoded.
        if text.len() != 44 {
            return Err(NonceError::NotBase64);
        }
        let bytes = BASE64_STANDARD.decode(text).map_err(|_| NonceError::NotBase64)?;
        bytes.try_into().map(Self).map_err(|_| NonceError::NotBase64)
    }

    /// From 64 hexadecimal digits of either case.
    pub fn from_hex(text: &str) -> Result<Self, NonceError> {
        let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return Err(NonceError::NotHex) };
        if pairs.len() != 32 {
            return Err(NonceError::NotHex);
        }
        let mut bytes = [0; 32];
        for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
            *byte = hex_digit(*high)? << 4 | hex_digit(*low)?;
        }
        Ok(Self(bytes))
    }

    /// From a list of numbers, as JavaScript clients send a byte array.
    pub fn from_numbers(numbers: &[u64]) -> Result<Self, NonceError> {
        let numbers: &[u64; 32] = numbers.try_into().map_err(|_| NonceError::NotNumbers)?;
        let mut bytes = [0; 32];
        for (byte, number) in bytes.iter_mut().zip(numbers) {
            *byte = u8::try_from(*number).map_err(|_| NonceError::NotNumbers)?;
        }
        Ok(Self(bytes))
    }

    /// A timestamp nonce as near-sign-verify makes it: the decimal Unix time in milliseconds, left-padded with `0` to 16 ASCII digits,
    /// then 16 random bytes.
    ///
    /// A time past the largest number of 16 digits (the year 318,857) is written as that number.
    #[must_use]
    pub fn timestamp(now: UnixMillis, random: [u8; 16]) -> Self {
        let mut bytes = [0; 32];
        let (head, tail) = bytes.split_at_mut(TIMESTAMP_DIGITS);
        let mut millis = now.get().min(TIMESTAMP_MAX);
        for digit in head.iter_mut().rev() {
            *digit = b'0' + u8::try_from(millis % 10).expect("a decimal digit");
            millis /= 10;
        }
        tail.copy_from_slice(&random);
        Self(bytes)
    }

    /// The time in a timestamp nonce: exactly 16 ASCII digits at its head, else `None`.
    #[must_use]
    pub fn timestamp_millis(&self) -> Option<UnixMillis> {
        let (digits, _) = self.0.split_at(TIMESTAMP_DIGITS);
        digits
            .iter()
            .try_fold(0u64, |millis, digit| digit.is_ascii_digit().then(|| millis * 10 + u64::from(digit - b'0')))
            .map(UnixMillis::new)
    }

    /// Judges a timestamp nonce: its time is at most `max_age` old and at most `skew` ahead of `now`, both ends included.
    pub fn check_timestamp(&self, now: UnixMillis, max_age: Duration, skew: Duration) -> Result<(), TimestampError> {
        let made_at = self.timestamp_millis().ok_or(TimestampError::NoTimestamp)?;
        if made_at > now + skew {
            return Err(TimestampError::Ahead { ahead: made_at.since(now), skew });
        }
        if now.since(made_at) > max_age {
            return Err(TimestampError::TooOld { age: now.since(made_at), max_age });
        }
        Ok(())
    }
}

/// Why a timestamp nonce is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TimestampError {
    /// Does not begin with 16 digits.
    #[error("the nonce carries no timestamp of 16 digits")]
    NoTimestamp,
    /// Older than allowed.
    #[error("the nonce is {} ms old, allowed are {} ms", .age.as_millis(), .max_age.as_millis())]
    TooOld {
        /// Its age.
        age: Duration,
        /// The greatest allowed age.
        max_age: Duration,
    },
    /// From further ahead than clocks may differ.
    #[error("the nonce is {} ms ahead of the clock, allowed are {} ms", .ahead.as_millis(), .skew.as_millis())]
    Ahead {
        /// How far ahead of the clock.
        ahead: Duration,
        /// How far is allowed.
        skew: Duration,
    },
}

impl fmt::Display for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64_STANDARD.encode(self.0))
    }
}

impl fmt::Debug for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Nonce({self})")
    }
}

const fn hex_digit(digit: u8) -> Result<u8, NonceError> {
    match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'a'..=b'f' => Ok(digit - b'a' + 10),
        b'A'..=b'F' => Ok(digit - b'A' + 10),
        _ => Err(NonceError::NotHex),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMillis = UnixMillis::new(1_760_000_060_000);

    #[test]
    fn a_timestamp_nonce_reads_back() {
        let nonce = Nonce::timestamp(NOW, [9; 16]);
        assert_eq!(&nonce.as_bytes()[..16], b"0001760000060000");
        assert_eq!(nonce.timestamp_millis(), Some(NOW));
    }

    #[test]
    fn the_age_is_exact_at_both_ends() {
        let second = Duration::from_secs(1);
        let at = |millis| Nonce::timestamp(UnixMillis::new(millis), [0; 16]).check_timestamp(NOW, second, second);
        assert_eq!(at(NOW.get() - 1000), Ok(()));
        assert_eq!(at(NOW.get() - 1001), Err(TimestampError::TooOld { age: Duration::from_millis(1001), max_age: second }));
        assert_eq!(at(NOW.get() + 1000), Ok(()));
        assert_eq!(at(NOW.get() + 1001), Err(TimestampError::Ahead { ahead: Duration::from_millis(1001), skew: second }));
    }

    #[test]
    fn a_time_past_16_digits_does_not_overflow() {
        let nonce = Nonce::timestamp(UnixMillis::new(u64::MAX), [0; 16]);
        assert_eq!(nonce.timestamp_millis(), Some(UnixMillis::new(TIMESTAMP_MAX)));
    }

    #[test]
    fn texts_of_a_nonce_are_strict() {
        let nonce = Nonce::from_bytes([0xfb; 32]);
        assert_eq!(Nonce::from_base64(&nonce.to_string()), Ok(nonce));
        assert_eq!(Nonce::from_hex(&"fB".repeat(32)), Ok(nonce));
        assert_eq!(Nonce::from_numbers(&[0xfb; 32]), Ok(nonce));
        for text in ["", "+/v7", &nonce.to_string().replace('+', "-"), &nonce.to_string().replace('=', "")] {
            assert_eq!(Nonce::from_base64(text), Err(NonceError::NotBase64), "{text}");
        }
        assert_eq!(Nonce::from_hex(&"f".repeat(63)), Err(NonceError::NotHex));
        assert_eq!(Nonce::from_hex(&"fg".repeat(32)), Err(NonceError::NotHex));
        assert_eq!(Nonce::from_numbers(&[0; 31]), Err(NonceError::NotNumbers));
        assert_eq!(Nonce::from_numbers(&[256; 32]), Err(NonceError::NotNumbers));
    }
}
