//! One file per command.

pub(crate) mod admin;
pub(crate) mod config;
pub(crate) mod dev;
pub(crate) mod doctor;
pub(crate) mod health;
pub(crate) mod inspect;
pub(crate) mod key;
pub(crate) mod keygen;
pub(crate) mod login;
pub(crate) mod secret;
pub(crate) mod serve;
pub(crate) mod sign;
pub(crate) mod verify;
pub(crate) mod wallets;
