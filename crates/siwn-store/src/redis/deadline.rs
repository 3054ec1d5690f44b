//! How long somebody waits for an answer.

use std::time::Duration;

use redis::{RedisError, Value};
use tokio::time::{Instant, timeout_at};

use super::error::Fault;

/// How long a call may take, all in all.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);

/// Until when an answer counts.
#[derive(Clone, Copy)]
pub(super) struct Deadline {
    at: Instant,
    patience: Duration,
}

impl Deadline {
    /// That of a call which begins now.
    pub(super) fn of_a_call() -> Self {
        Self::after(PATIENCE)
    }

    pub(super) fn after(patience: Duration) -> Self {
        Self { at: Instant::now() + patience, patience }
    }

    pub(super) const fn at(self) -> Instant {
        self.at
    }

    pub(super) const fn patience(self) -> Duration {
        self.patience
    }
}

/// The answer, if it comes in time.
pub(super) async fn in_time(answer: impl Future<Output = Result<Value, RedisError>>, deadline: Deadline) -> Result<Value, Fault> {
    match timeout_at(deadline.at(), answer).await {
        Ok(answer) => answer.map_err(Fault::of_command),
        Err(_) => Err(Fault::Silent(deadline.patience())),
    }
}
