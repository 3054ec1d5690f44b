//! One file per command.

pub(crate) mod inspect;
pub(crate) mod keygen;
pub(crate) mod sign;
pub(crate) mod verify;
