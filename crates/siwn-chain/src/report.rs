//! An answer as it is shown.

use siwn::{Standing, UnixMillis};

/// An answer, and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// What was answered.
    pub standing: Standing,
    /// Host and port of the endpoint that answered.
    pub endpoint: String,
    /// When the block was made, by its own word.
    pub made_at: UnixMillis,
}
