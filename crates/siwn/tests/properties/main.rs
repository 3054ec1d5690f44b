//! What holds for every input, not only for the vectors.

mod challenge;
mod ed25519;
mod resolution;
mod secp256k1;
mod texts;
mod token;
