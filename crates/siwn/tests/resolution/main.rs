//! The resolution of authorizations, over a ledger of our own.

mod contracts;
mod keys;
mod ledger;
mod limits;
mod walk;
