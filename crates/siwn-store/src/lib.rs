//! Where sessions are kept, and with them which challenges are spent: backends of the port [`siwn::Store`].
//!
//! | Backend | Feature | For |
//! |---|---|---|
//! | [`SqliteStore`] | `sqlite` (default) | one machine: one file, shared by any number of processes |
//! | `PostgresStore` | `postgres` | any number of machines that share a PostgreSQL database |
//!
//! Every backend passes the suite in `siwn::conformance`.

use std::sync::Arc;

use siwn::UnixMillis;

#[cfg(feature = "postgres")]
pub mod postgres;
#[cfg(feature = "sqlite")]
pub mod sqlite;

#[cfg(feature = "postgres")]
pub use postgres::{PostgresStore, PostgresUrl};
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteStore;

/// A store's clock: the machine's, or a test's. It is given when the store is opened, and asked from any thread.
pub type Clock = Arc<dyn Fn() -> UnixMillis + Send + Sync>;
