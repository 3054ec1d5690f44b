//! Whether requests should be sent here: answered from memory, so that nobody who asks costs the store or the chain anything.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use siwn::Store;

/// How long a store may take to say that it can be written to.
const PATIENCE: Duration = Duration::from_secs(5);

/// What was wrong with the store when somebody looked.
#[derive(Debug, Default)]
pub(crate) struct StoreState(Mutex<Option<String>>);

/// Something that must work before requests are sent here, and how to find out. It answers from memory; what it says, either way, names no
/// secret.
pub(crate) struct ReadyCheck {
    pub(crate) name: &'static str,
    pub(crate) check: Box<dyn Fn() -> Result<String, String> + Send + Sync>,
}

impl StoreState {
    /// Finds out whether the store can be written to now, and remembers it.
    pub(crate) async fn look(&self, store: &dyn Store) {
        let fault = match tokio::time::timeout(PATIENCE, store.check()).await {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(error.to_string()),
            Err(_) => Some("the store does not answer".to_owned()),
        };
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match (&*known, &fault) {
            (None, Some(fault)) => tracing::error!(fault, "no session can be opened"),
            (Some(_), None) => tracing::warn!("sessions can be opened again"),
            _ => {}
        }
        *known = fault;
    }

    /// What is to be said of the store, or what is wrong with it.
    pub(crate) fn said(&self, store: &dyn Store) -> Result<String, String> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let generation = store.generation().map(|_| "ok".to_owned()).map_err(|error| error.to_string());
        known.map_or(generation, Err)
    }
}
