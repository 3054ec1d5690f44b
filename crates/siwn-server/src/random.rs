//! Randomness, from the operating system.

use crate::problem::{Code, Problem};

pub(crate) fn random<const N: usize>() -> Result<[u8; N], Problem> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| Problem::new(Code::Internal).because(&error))?;
    Ok(bytes)
}
