//! How often clients and accounts come, for all processes that share the server. One key for each, gone when all of it is free again.

use std::time::Duration;

use redis::Value;
use siwn::{BoxFuture, Counted, Limits, LimitsUnavailable, Rate, Taken, UnixMillis};

use super::RedisStore;
use super::deadline::Deadline;
use super::error::Fault;
use super::scripts::LIMIT;

/// How long a request waits for the counter. Beyond that it passes.
const PATIENCE: Duration = Duration::from_millis(250);

impl RedisStore {
    async fn count(&self, counted: Counted<'_>, rate: Rate, take: &'static str) -> Result<Taken, Fault> {
        let key = self.core.keys.limit(counted).ok_or(Fault::Answer("a limit"))?;
        let micros = |duration: Duration| duration.as_micros().to_string();
        let call = LIMIT.on([key]).with(self.core.now()).with(micros(rate.period())).with(micros(rate.interval())).with(take);
        // Once only: the second time another one would be taken.
        let answer = self.core.link.run_once(&call, Deadline::after(PATIENCE)).await?;
        let Value::BulkString(answer) = answer else { return Err(Fault::Answer("a limit")) };
        let wait = std::str::from_utf8(&answer).ok().and_then(|answer| answer.parse().ok()).ok_or(Fault::Answer("a limit"))?;
        Ok(if wait == 0 { Taken::Granted } else { Taken::Refused { retry_after: Duration::from_micros(wait) } })
    }
}

/// By the server's clock, which is one for all processes.
impl Limits for RedisStore {
    fn take<'a>(&'a self, counted: Counted<'a>, rate: Rate, _: UnixMillis) -> BoxFuture<'a, Result<Taken, LimitsUnavailable>> {
        Box::pin(async move { self.count(counted, rate, "1").await.map_err(unavailable) })
    }

    fn look<'a>(&'a self, counted: Counted<'a>, rate: Rate, _: UnixMillis) -> BoxFuture<'a, Result<Taken, LimitsUnavailable>> {
        Box::pin(async move { self.count(counted, rate, "0").await.map_err(unavailable) })
    }
}

fn unavailable(fault: Fault) -> LimitsUnavailable {
    LimitsUnavailable(Box::new(fault))
}
