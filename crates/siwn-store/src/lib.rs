//! Where sessions are kept, and with them which challenges are spent: backends of the port [`siwn::Store`].
//!
//! | Backend | Feature | For |
//! |---|---|---|
//! | [`SqliteStore`] | `sqlite` (default) | one machine: one file, shared by any number of processes |
//! | `RedisStore` | `redis` | any number of machines that share a Redis, a Valkey or a cluster of them |
//! | `PostgresStore` | `postgres` | any number of machines that share a PostgreSQL database |
//!
//! Every backend passes the suite in `siwn::conformance`.

use std::sync::Arc;

use siwn::{BoxFuture, StoreError, UnixMillis};

#[cfg(feature = "postgres")]
pub mod postgres;
#[cfg(feature = "redis")]
pub mod redis;
#[cfg(feature = "sqlite")]
pub mod sqlite;

#[cfg(feature = "redis")]
pub use self::redis::{RedisStore, RedisUrl};
#[cfg(feature = "postgres")]
pub use postgres::{PostgresStore, PostgresUrl};
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteStore;

/// A store's clock: the machine's, or a test's. It is given when the store is opened, and asked from any thread.
pub type Clock = Arc<dyn Fn() -> UnixMillis + Send + Sync>;

/// Keeps the server's secrets where all processes that share the store find them, for a server whose operator gives none.
///
/// They are a text that the store does not read. Whoever can read the store can read it.
pub trait KeptSecrets: Send + Sync {
    /// The text; `if_new` where none is kept yet. All processes are answered the same.
    fn kept_secrets<'a>(&'a self, if_new: &'a str) -> BoxFuture<'a, Result<String, StoreError>>;

    /// Puts `new` in the place of `old`. False where something else is kept: somebody was faster.
    fn replace_secrets<'a>(&'a self, old: &'a str, new: &'a str) -> BoxFuture<'a, Result<bool, StoreError>>;
}
