//! Real servers for tests: each starts on a free port in a folder of its own, and ends with its handle, or with the test's process.
//!
//! A server that is not installed fails the test. `scripts/test` installs what is missing.
//!
//! ```text
//! let redis = Redis::start();                     redis.url(), redis.kill(), redis.start_again(), redis.pause(), redis.resume()
//! let redis = Redis::start_with(&["--maxmemory-policy", "allkeys-lru"]);
//! let redis = Redis::start_with_tls();            rediss://, redis.authority() is the file of who signed its certificate
//! let cluster = RedisCluster::start();            cluster.urls()
//! let postgres = Postgres::start();               postgres.database() makes an empty one and answers its URL
//! let pooler = PgBouncer::before(&postgres);      pooler.url(&database)
//! let relay = Relay::before(address);             relay.address(), relay.stall(), relay.cut(), relay.pass()
//! ```

#![allow(dead_code, unused_imports, reason = "every suite of tests starts the servers that it needs")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, reason = "a test says no by panicking")]

mod certificates;
mod pgbouncer;
mod postgres;
mod process;
mod redis;
mod relay;

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

pub(crate) use self::pgbouncer::PgBouncer;
pub(crate) use self::postgres::Postgres;
pub(crate) use self::process::{Process, folder};
pub(crate) use self::redis::{Redis, RedisCluster};
pub(crate) use self::relay::Relay;

/// How long a server may take to come up.
const PATIENCE: Duration = Duration::from_secs(30);

/// A port that is free, below those that the system gives to clients, so that nobody takes it by chance before the server does.
pub(crate) fn free_port() -> u16 {
    static TURN: AtomicU64 = AtomicU64::new(0);
    let random = || RandomState::new().hash_one(TURN.fetch_add(1, Ordering::Relaxed));
    let port = || u16::try_from(10_000 + random() % 20_000).unwrap();
    let is_free = |port: &u16| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok();
    (0..1000).map(|_| port()).find(is_free).expect("a free port")
}

/// Asks again and again until `ask` answers; panics with `what` when that takes too long.
pub(crate) fn wait_for<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let since = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(since.elapsed() < PATIENCE, "{what}: not within {PATIENCE:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
