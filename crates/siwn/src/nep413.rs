//! What a wallet signs: the payload of NEP-413 `signMessage` and its hash.

use sha2::{Digest as _, Sha256};

use crate::Nonce;
use crate::borsh::Sink;

/// The tag in front of every NEP-413 payload: 2³¹ + 413, so that it can never be the start of a transaction.
///
/// Source: NEP-413, "Input Interface" and "Signature".
pub const TAG: u32 = (1 << 31) + 413;

/// The four parts that a NEP-413 signature covers. Account, key and state are outside of it.
///
/// Any text is allowed here; what a *site* may ask people to sign is narrower, see [`Site`](crate::Site).
///
/// ```
/// use siwn::{Nonce, Payload};
///
/// // The worked example: tag, message, nonce, recipient, callbackUrl.
/// let nonce = Nonce::from_hex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f")?;
/// let payload = Payload { message: "hi", nonce: &nonce, recipient: "myapp.com", callback_url: Some("myapp.com/callback") };
/// assert_eq!(payload.to_bytes()[..6], [0x9d, 0x01, 0x00, 0x80, 2, 0]);
/// # Ok::<(), siwn::NonceError>(())
/// ```
///
/// # Panics
///
/// [`to_bytes`](Self::to_bytes) and [`hash`](Self::hash) panic on a text of 4 GiB or more, which Borsh cannot express.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payload<'a> {
    /// The text that the wallet shows.
    pub message: &'a str,
    /// The challenge.
    pub nonce: &'a Nonce,
    /// Whom the signature is for.
    pub recipient: &'a str,
    /// Where a web wallet sends the answer. `Some("")` is not `None`.
    pub callback_url: Option<&'a str>,
}

impl Payload<'_> {
    /// The bytes whose SHA-256 is signed: the tag and the Borsh of the four parts.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(49 + self.message.len() + self.recipient.len() + self.callback_url.map_or(0, str::len));
        self.write(&mut bytes);
        bytes
    }

    /// The hash that is signed: SHA-256 of [`to_bytes`](Self::to_bytes), without building them.
    #[must_use]
    pub fn hash(&self) -> PayloadHash {
        let mut hash = Sha256::new();
        self.write(&mut hash);
        PayloadHash(hash.finalize().into())
    }

    // NEP-413, "Signature", steps 1 to 3.
    fn write(&self, sink: &mut impl Sink) {
        sink.put(&TAG.to_le_bytes());
        sink.put_text(self.message);
        sink.put(self.nonce.as_bytes());
        sink.put_text(self.recipient);
        sink.put_optional_text(self.callback_url);
    }
}

/// The 32 bytes that a key signs. Only [`Payload::hash`] makes one, so that no signature over anything else is ever asked for or
/// accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PayloadHash([u8; 32]);

impl PayloadHash {
    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}
