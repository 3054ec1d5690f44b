//! ML-DSA-65 (FIPS 204, NEP-645): pure, with an empty context, over the 32 bytes of the payload's hash.

use ml_dsa::{EncodedSignature, EncodedVerifyingKey, Keypair as _, MlDsa65, Signature, SigningKey, VerifyingKey};
use zeroize::Zeroizing;

pub(crate) const PUBLIC_KEY_LENGTH: usize = 1952;

/// Whether `signature` (3,309 bytes) is `key`'s over `hash`.
pub(crate) fn verify(key: &[u8; PUBLIC_KEY_LENGTH], hash: &[u8; 32], signature: &[u8]) -> bool {
    let Ok(encoded) = EncodedSignature::<MlDsa65>::try_from(signature) else { return false };
    let Some(signature) = Signature::<MlDsa65>::decode(&encoded) else { return false };
    let Ok(encoded) = EncodedVerifyingKey::<MlDsa65>::try_from(&key[..]) else { return false };
    VerifyingKey::<MlDsa65>::decode(&encoded).verify_with_context(hash, b"", &signature)
}

/// A key that signs, made from its seed of 32 bytes. Boxed: its expanded form takes kilobytes.
pub(crate) struct PrivateKey(Box<SigningKey<MlDsa65>>);

impl PrivateKey {
    pub(crate) fn from_seed(seed: &[u8; 32]) -> Self {
        let seed = Zeroizing::new((*seed).into());
        Self(Box::new(SigningKey::from_seed(&seed)))
    }

    pub(crate) fn seed(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new((*self.0.as_seed()).into())
    }

    pub(crate) fn public_key(&self) -> [u8; PUBLIC_KEY_LENGTH] {
        self.0.verifying_key().encode().into()
    }

    /// The deterministic variant of FIPS 204.
    pub(crate) fn sign(&self, hash: &[u8; 32]) -> Vec<u8> {
        let signature = self.0.expanded_key().sign_deterministic(hash, b"").expect("an empty context is short enough");
        signature.encode().to_vec()
    }
}
