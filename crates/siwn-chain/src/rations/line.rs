//! The line in which questions wait, first come, first served.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

pub(crate) struct Line {
    /// For everybody.
    common: Arc<Semaphore>,
    /// For pairs that had full access before.
    kept: Arc<Semaphore>,
}

/// A place among the questions that are asked at once. Dropped, it is the next one's.
pub(crate) struct Place {
    _permit: OwnedSemaphorePermit,
}

impl Line {
    pub(crate) fn new(at_once: usize, at_once_for_known_pairs: usize) -> Self {
        Self { common: Arc::new(Semaphore::new(at_once)), kept: Arc::new(Semaphore::new(at_once_for_known_pairs)) }
    }

    /// A place, if one comes free before the deadline.
    pub(crate) async fn place(&self, stood_before: bool, deadline: Instant) -> Option<Place> {
        let place = async {
            let (common, kept) = (Arc::clone(&self.common).acquire_owned(), Arc::clone(&self.kept).acquire_owned());
            if stood_before {
                tokio::select! {
                    biased;
                    permit = kept => permit,
                    permit = common => permit,
                }
            } else {
                common.await
            }
        };
        let permit = timeout_at(deadline, place).await.ok()?.ok()?;
        Some(Place { _permit: permit })
    }
}
