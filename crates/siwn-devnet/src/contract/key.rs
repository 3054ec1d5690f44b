//! Keys that a contract checks itself, which the chain knows nothing of.

use std::fmt::{self, Write as _};
use std::str::FromStr;

use k256::ecdsa::{RecoveryId, Signature as EcdsaSignature, SigningKey, VerifyingKey};
use sha3::{Digest as _, Keccak256};
use siwn::{MessageHash, PublicKey, Signature};
use thiserror::Error;

/// The key of a wallet that is a contract. Its signature is over the canonical hash of the message itself.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WalletKey {
    /// A key of one of NEAR's own types. The proof is the signature as NEAR writes it, as in `ed25519:…`.
    Near(PublicKey),
    /// The address of an Ethereum key, which signs as `personal_sign` does (EIP-191). The proof is `0x` and r ‖ s ‖ v in hexadecimal,
    /// with v 27 or 28.
    Ethereum(EthereumAddress),
}

/// An Ethereum address: 20 bytes, written as `0x` and 40 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct EthereumAddress([u8; 20]);

/// Why a text is no Ethereum address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("an Ethereum address is 0x and 40 lower-case hexadecimal digits")]
pub struct EthereumAddressError;

impl WalletKey {
    /// Whether `proof` is this key's over `hash`.
    pub(crate) fn verify(&self, hash: &MessageHash, proof: &str) -> bool {
        match self {
            Self::Near(key) => Signature::from_near_text(proof).is_ok_and(|proof| key.verify_off_chain(hash, &proof).is_ok()),
            Self::Ethereum(address) => recover(hash.as_bytes(), proof).is_some_and(|key| EthereumAddress::of(&key) == *address),
        }
    }
}

impl EthereumAddress {
    /// From its 20 bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 20]) -> Self {
        Self(bytes)
    }

    pub(crate) fn of(key: &VerifyingKey) -> Self {
        let point = key.to_sec1_point(false);
        // The hash is of both coordinates, without the byte that says so.
        let hash: [u8; 32] = Keccak256::digest(&point.as_bytes()[1..]).into();
        let mut address = [0; 20];
        address.copy_from_slice(&hash[12..]);
        Self(address)
    }
}

/// Signs `message` as `personal_sign` does.
pub(crate) fn personal_sign(key: &SigningKey, message: &[u8]) -> String {
    let (r_s, v) = key.sign_prehash_recoverable(&personal_hash(message));
    let mut bytes = r_s.to_bytes().to_vec();
    bytes.push(27 + u8::from(v.is_y_odd()));
    hex(&bytes)
}

fn recover(message: &[u8], proof: &str) -> Option<VerifyingKey> {
    let bytes: [u8; 65] = bytes_of_hex(proof)?.try_into().ok()?;
    let is_y_odd = bytes[64].checked_sub(27).filter(|v| *v < 2)? == 1;
    let r_s = EcdsaSignature::from_slice(&bytes[..64]).ok()?;
    VerifyingKey::recover_from_prehash(&personal_hash(message), &r_s, RecoveryId::new(is_y_odd, false)).ok()
}

/// EIP-191, version 0x45.
fn personal_hash(message: &[u8]) -> [u8; 32] {
    let begin = format!("\x19Ethereum Signed Message:\n{}", message.len());
    Keccak256::new_with_prefix(begin).chain_update(message).finalize().into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold("0x".to_owned(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn bytes_of_hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.strip_prefix("0x")?.as_bytes();
    let nibble = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    let (pairs, rest) = digits.as_chunks::<2>();
    let byte = |[high, low]: &[u8; 2]| Some(nibble(*high)? << 4 | nibble(*low)?);
    if rest.is_empty() { pairs.iter().map(byte).collect() } else { None }
}

impl FromStr for EthereumAddress {
    type Err = EthereumAddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bytes = bytes_of_hex(text).and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or(EthereumAddressError)
    }
}

impl fmt::Display for EthereumAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for EthereumAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EthereumAddress({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the documentation of web3.js, `web3.eth.accounts.sign`.
    #[test]
    fn a_personal_signature_is_as_wallets_make_it() {
        let seed = bytes_of_hex("0x4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318").unwrap();
        let key = SigningKey::from_slice(&seed).unwrap();
        let address: EthereumAddress = "0x2c7536e3605d9c16a7a3d7b1898e529396a65c23".parse().unwrap();
        assert_eq!(EthereumAddress::of(key.verifying_key()), address);
        let proof = personal_sign(&key, b"Some data");
        let expected = "0xb91467e570a6466aa9e9876cbcd013baba02900b8979d43fe208a4a4f339f5fd\
                        6007e74cd82e037b800186422fc2da167c747ef045e5d18a5f5d4300f8e1a0291c";
        assert_eq!(proof, expected);
        assert_eq!(recover(b"Some data", &proof).map(|key| EthereumAddress::of(&key)), Some(address));
        for (from, to) in [("1c", "1d"), ("1c", "01"), ("1c", ""), ("0xb", "0xB"), ("0x", "")] {
            let bad = proof.replacen(from, to, if from == "1c" { usize::MAX } else { 1 });
            assert_ne!(recover(b"Some data", &bad).map(|key| EthereumAddress::of(&key)), Some(address), "{bad}");
        }
    }

    #[test]
    fn an_address_is_forty_small_digits() {
        let text = "0x2c7536e3605d9c16a7a3d7b1898e529396a65c23";
        assert_eq!(text.parse::<EthereumAddress>().unwrap().to_string(), text);
        for bad in ["", "0x", &text[2..], &text[..41], &text.to_uppercase(), &format!("{text}00"), "0xää"] {
            assert_eq!(bad.parse::<EthereumAddress>(), Err(EthereumAddressError));
        }
    }
}
