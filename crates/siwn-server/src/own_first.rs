//! Limits that several processes share, asked only where this process's own count would let it pass.

use std::sync::Arc;

use siwn::{BoxFuture, Counted, Limits, LimitsUnavailable, MemoryLimits, Rate, Taken, UnixMillis};

/// What this process granted is a part of what all of them did: who is beyond the rate here is beyond it everywhere. So a flood is refused
/// from memory and not passed on, and while nobody else can be asked each process still counts for itself.
pub(crate) struct OwnFirst {
    own: MemoryLimits,
    shared: Arc<dyn Limits>,
}

impl OwnFirst {
    pub(crate) fn new(own: MemoryLimits, shared: Arc<dyn Limits>) -> Self {
        Self { own, shared }
    }
}

impl Limits for OwnFirst {
    fn take<'a>(&'a self, counted: Counted<'a>, rate: Rate, now: UnixMillis) -> BoxFuture<'a, Result<Taken, LimitsUnavailable>> {
        Box::pin(async move {
            if let refused @ Taken::Refused { .. } = self.own.look(counted, rate, now).await? {
                return Ok(refused);
            }
            let taken = self.shared.take(counted, rate, now).await;
            if !matches!(taken, Ok(Taken::Refused { .. })) {
                self.own.take(counted, rate, now).await?;
            }
            taken
        })
    }

    fn look<'a>(&'a self, counted: Counted<'a>, rate: Rate, now: UnixMillis) -> BoxFuture<'a, Result<Taken, LimitsUnavailable>> {
        Box::pin(async move {
            match self.own.look(counted, rate, now).await? {
                Taken::Granted => self.shared.look(counted, rate, now).await,
                refused @ Taken::Refused { .. } => Ok(refused),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Duration;

    use super::*;

    const NOW: UnixMillis = UnixMillis::new(1_760_000_000_000);
    const CLIENT: Counted<'static> = Counted::Verify(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST));

    /// Says this to everybody, and counts who asks.
    struct Shared(AtomicU32, fn() -> Result<Taken, LimitsUnavailable>);

    impl Limits for Shared {
        fn take<'a>(&'a self, _: Counted<'a>, _: Rate, _: UnixMillis) -> BoxFuture<'a, Result<Taken, LimitsUnavailable>> {
            self.0.fetch_add(1, Ordering::Relaxed);
            Box::pin(std::future::ready((self.1)()))
        }

        fn look<'a>(
            &'a self,
            counted: Counted<'a>,
            rate: Rate,
            now: UnixMillis,
        ) -> BoxFuture<'a, Result<Taken, LimitsUnavailable>> {
            self.take(counted, rate, now)
        }
    }

    /// A hundred requests at a rate of five: how many were granted or could not be judged, and how often the shared count was asked.
    async fn flood(says: fn() -> Result<Taken, LimitsUnavailable>) -> (usize, u32) {
        let shared = Arc::new(Shared(AtomicU32::new(0), says));
        let limits = OwnFirst::new(MemoryLimits::new(64), Arc::clone(&shared) as _);
        let rate = Rate::new(5, Duration::from_mins(1)).unwrap();
        let mut passed = 0;
        for _ in 0..100 {
            passed += usize::from(!matches!(limits.take(CLIENT, rate, NOW).await, Ok(Taken::Refused { .. })));
        }
        (passed, shared.0.load(Ordering::Relaxed))
    }

    #[tokio::test]
    async fn a_flood_is_not_passed_on() {
        assert_eq!(flood(|| Ok(Taken::Granted)).await, (5, 5));
    }

    #[tokio::test]
    async fn while_the_shared_count_is_out_of_reach_ones_own_holds() {
        assert_eq!(flood(|| Err(LimitsUnavailable("gone".into()))).await, (5, 5));
    }

    #[tokio::test]
    async fn what_others_used_up_counts_nothing_here() {
        let refused = || Ok(Taken::Refused { retry_after: Duration::from_secs(1) });
        assert_eq!(flood(refused).await, (0, 100));
    }
}
