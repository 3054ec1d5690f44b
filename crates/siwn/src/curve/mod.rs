//! When a signature holds: one file per key type, each over the 32 bytes of the payload's hash.

pub(crate) mod ed25519;
#[cfg(feature = "ml-dsa")]
pub(crate) mod ml_dsa_65;
pub(crate) mod secp256k1;
