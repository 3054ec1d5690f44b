//! Nonces in their three forms, and the time in them.

#![no_main]

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use siwn::{Nonce, UnixMillis};
use siwn_fuzz::{text, within_allowance};

fuzz_target!(|input: &[u8]| {
    if let Some(text) = text(input) {
        if let Ok(nonce) = within_allowance(text.len(), || Nonce::from_base64(text)) {
            assert_eq!(nonce.to_string(), text);
        }
        if let Ok(nonce) = within_allowance(text.len(), || Nonce::from_hex(text)) {
            let hex = nonce.as_bytes().iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
            assert_eq!(hex, text.to_ascii_lowercase());
        }
    }
    let numbers: Vec<u64> = input.iter().map(|byte| u64::from(*byte) * 2).collect();
    let of_numbers = Nonce::from_numbers(&numbers);
    assert_eq!(of_numbers.is_ok(), numbers.len() == 32 && numbers.iter().all(|number| *number < 256));

    let Some((bytes, rest)) = input.split_first_chunk::<32>() else { return };
    let nonce = Nonce::from_bytes(*bytes);
    let now = rest.first_chunk().map_or(1_760_000_000_000, |now| u64::from_be_bytes(*now));
    let is_good = nonce.check_timestamp(UnixMillis::new(now), Duration::from_secs(1), Duration::from_millis(10)).is_ok();
    let digits = std::str::from_utf8(&bytes[..16]).ok().filter(|digits| digits.bytes().all(|digit| digit.is_ascii_digit()));
    let made_at = digits.map(|digits| digits.parse::<u64>().expect("16 digits fit"));
    assert_eq!(nonce.timestamp_millis().map(UnixMillis::get), made_at);
    let expected = |made_at: u64| made_at <= now.saturating_add(10) && now.saturating_sub(made_at) <= 1_000;
    assert_eq!(is_good, made_at.is_some_and(expected));
});
