//! How many noes each client has had.

use std::net::IpAddr;
use std::time::Duration;

use tokio::time::Instant;

use super::generations::Generations;

/// Clients that are remembered, in each half. Who is forgotten has a full account again, which after this period he would have anyway.
const HALF: usize = 50_000;
const PERIOD: Duration = Duration::from_mins(1);

pub(super) struct Clients {
    noes_per_minute: u32,
    spent: Generations<IpAddr, Spent>,
}

/// What a client has spent of its account, which fills again evenly.
#[derive(Default)]
struct Spent {
    noes: f64,
    at: Option<Instant>,
}

impl Clients {
    pub(super) fn new(noes_per_minute: u32) -> Self {
        Self { noes_per_minute, spent: Generations::new(HALF, Some(PERIOD)) }
    }

    /// Or after what time there is one again.
    pub(super) fn charge(&mut self, client: IpAddr, now: Instant) -> Result<(), Duration> {
        let all = f64::from(self.noes_per_minute);
        let spent = self.spent.touch(client, now);
        spent.refill(all, now);
        let missing = spent.noes + 1.0 - all;
        // What was given back and taken again adds up to nearly nothing.
        if missing > 1e-6 {
            return Err(Duration::from_secs_f64((missing * 60.0 / all).ceil()));
        }
        spent.noes += 1.0;
        Ok(())
    }

    pub(super) fn give_back(&mut self, client: IpAddr, now: Instant) {
        let all = f64::from(self.noes_per_minute);
        if let Some(spent) = self.spent.find(&client) {
            spent.refill(all, now);
            spent.noes = (spent.noes - 1.0).max(0.0);
        }
    }
}

impl Spent {
    fn refill(&mut self, all: f64, now: Instant) {
        let since = self.at.map_or(Duration::ZERO, |at| now.saturating_duration_since(at));
        self.noes = (self.noes - all * since.as_secs_f64() / 60.0).max(0.0);
        self.at = Some(now);
    }
}
