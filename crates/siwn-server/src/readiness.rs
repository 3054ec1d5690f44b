//! Whether requests should be sent here: answered from memory, so that nobody who asks costs the store or the chain anything.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::siwn::Siwn;

/// How long a store may take to say that it can be written to.
const PATIENCE: Duration = Duration::from_secs(5);

/// What was wrong with the store when somebody looked.
#[derive(Debug, Default)]
pub(crate) struct StoreState(Mutex<Option<String>>);

impl Siwn {
    /// Finds out whether sessions could be opened now, within five seconds, and remembers it for `/readyz`.
    ///
    /// Costs one write. Whoever runs a server calls it every few seconds.
    pub async fn check_store(&self) {
        let fault = match tokio::time::timeout(PATIENCE, self.0.store.check()).await {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(error.to_string()),
            Err(_) => Some("the store does not answer".to_owned()),
        };
        let mut known = self.0.store_state.0.lock().unwrap_or_else(PoisonError::into_inner);
        match (&*known, &fault) {
            (None, Some(fault)) => tracing::error!(fault, "no session can be opened"),
            (Some(_), None) => tracing::warn!("sessions can be opened again"),
            _ => {}
        }
        *known = fault;
    }

    /// Everything that must work before requests are sent here, and what is to be said of it, or what is wrong with it.
    pub(crate) fn readiness(&self) -> BTreeMap<&str, Result<String, String>> {
        let known = self.0.store_state.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let generation = self.0.store.generation().map(|_| "ok".to_owned()).map_err(|error| error.to_string());
        let store = ("store", known.map_or(generation, Err));
        let stopping = self.is_stopping().then(|| ("server", Err("stopping".into())));
        let parts = self.0.ready.iter().map(|part| (part.name, (part.check)()));
        [store].into_iter().chain(parts).chain(stopping).collect()
    }
}
