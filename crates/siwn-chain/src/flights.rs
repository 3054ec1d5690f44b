//! Who asks what is being asked waits for the same answer.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::{Shared, WeakShared};
use siwn::BoxFuture;
use tokio::time::Instant;

use crate::error::Failed;
use crate::pair::Handle;
use crate::report::Report;

/// For how long a question that is under way is joined: as long as a block is fresh. Who comes later asks at a newer block.
const WINDOW: Duration = Duration::from_secs(1);

/// What a question ends with, for all who wait.
type Landing = Result<Report, Failed>;

/// A question that is under way. It goes on for as long as somebody waits, whoever began it, and ends when nobody does.
pub(crate) type Flight = Shared<BoxFuture<'static, Landing>>;

/// Questions that are under way.
#[derive(Default)]
pub(crate) struct Flights {
    list: Mutex<HashMap<Handle, Listed>>,
    next: AtomicU64,
}

struct Listed {
    number: u64,
    began: Instant,
    flight: WeakShared<BoxFuture<'static, Landing>>,
}

impl Flights {
    /// The flight of this pair, if one began within the last second.
    pub(crate) fn find(&self, pair: &Handle) -> Option<Flight> {
        self.list().get(pair)?.if_young()
    }

    /// Begins a flight, unless somebody just did.
    pub(crate) fn begin(self: &Arc<Self>, pair: Handle, asks: impl Future<Output = Landing> + Send + 'static) -> Flight {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let end = End { flights: Arc::clone(self), pair: pair.clone(), number };
        let flight = async move {
            let _end = end;
            asks.await
        };
        let flight = flight.boxed().shared();
        let other = self.list_unless_other(pair, number, &flight);
        other.unwrap_or(flight)
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.list().len()
    }

    fn list_unless_other(&self, pair: Handle, number: u64, flight: &Flight) -> Option<Flight> {
        let mut list = self.list();
        if let Some(other) = list.get(&pair).and_then(Listed::if_young) {
            return Some(other);
        }
        let flight = flight.downgrade()?;
        list.insert(pair, Listed { number, began: Instant::now(), flight });
        None
    }

    fn list(&self) -> MutexGuard<'_, HashMap<Handle, Listed>> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listed {
    fn if_young(&self) -> Option<Flight> {
        if self.began.elapsed() <= WINDOW { self.flight.upgrade() } else { None }
    }
}

/// Takes a flight off the list when it ends, or when nobody waits for it any more.
struct End {
    flights: Arc<Flights>,
    pair: Handle,
    number: u64,
}

impl Drop for End {
    fn drop(&mut self) {
        let mut list = self.flights.list();
        if list.get(&self.pair).is_some_and(|listed| listed.number == self.number) {
            list.remove(&self.pair);
        }
    }
}
