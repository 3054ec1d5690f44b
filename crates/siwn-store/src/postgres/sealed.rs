//! A text that only who knows another text can read: statements may end up in logs, and secrets may not.
//!
//! The server takes the seal off by itself, with what it holds: PostgreSQL has `sha256`, and nothing that encrypts.

use sha2::{Digest as _, Sha256};

use super::literal::bytes;

/// The hash of a text, as an expression: says nothing of a text that nobody can guess.
pub(super) fn hash(text: &str) -> String {
    bytes(&Sha256::digest(text))
}

/// `text`, as an expression that can be computed where `column` holds `key`.
///
/// Each byte is combined with one of `sha256(hash of the text, number of the block, key)`: no two texts share such bytes.
pub(super) fn opened(column: &str, key: &str, text: &str) -> String {
    let nonce = Sha256::digest(text);
    let mut sealed = text.as_bytes().to_vec();
    for (number, block) in (0_i32..).zip(sealed.chunks_mut(32)) {
        let pad = Sha256::new().chain_update(nonce).chain_update(number.to_be_bytes()).chain_update(key).finalize();
        block.iter_mut().zip(pad).for_each(|(byte, pad)| *byte ^= pad);
    }
    let (zero, nonce, end) = (bytes(&[0]), bytes(&nonce), sealed.len());
    let pad = format!("sha256({nonce} || int4send(place / 32) || convert_to({column}, 'UTF8'))");
    let byte = format!("get_byte({}, place) # get_byte({pad}, place % 32)", bytes(&sealed));
    format!(
        "convert_from((SELECT string_agg(set_byte({zero}, 0, {byte}), ''::bytea ORDER BY place)
        FROM generate_series(0, {end} - 1) AS place), 'UTF8')"
    )
}
