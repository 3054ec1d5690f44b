//! Counters and times, for Prometheus. Every handle has its own registry; labels are of bounded number.

use std::sync::Arc;
use std::time::Duration;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use siwn::Store;

use crate::watched_store::WatchedStore;

use crate::{audit, door, key_checks};

/// Upper bounds of the times of a request, in seconds: from a signature to the chain's deadline.
const SECONDS: [f64; 10] = [0.000_1, 0.000_5, 0.001, 0.005, 0.025, 0.1, 0.5, 1.0, 2.0, 5.0];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Request {
    route: &'static str,
    /// `ok`, or the error's code.
    outcome: &'static str,
}

#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<Request, Counter>,
    seconds: Family<Route, Histogram, fn() -> Histogram>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: &'static str,
}

impl Metrics {
    /// Shows this store's calls too.
    pub(crate) fn watched_store(&mut self, store: Arc<dyn Store>) -> Arc<WatchedStore> {
        Arc::new(WatchedStore::new(store, &mut self.registry))
    }

    /// Shows what somebody else counts.
    pub(crate) fn watch(&mut self, collector: Box<dyn Collector>) {
        self.registry.register_collector(collector);
    }

    /// Shows what the door, the audit log and the key checks count.
    pub(crate) fn show(&mut self, door: &door::Counts, audit: &audit::Counts, keys: &key_checks::Counts) {
        self.registry.register("limited", "What was refused because it came too often, by limit", door.limited.clone());
        self.registry.register("limits_unknown", "What passed because the limits could not be asked", door.unknown.clone());
        self.registry.register("audit_lines", "Lines of the audit log that were written", audit.lines.clone());
        self.registry.register("audit_lost", "Lines of the audit log that were lost", audit.lost.clone());
        self.registry.register("key_checks", "Keys of sessions that were asked for again, by what became of it", keys.clone());
        self.registry.register("audit_failures", "Failed attempts to write the audit log", audit.failures.clone());
    }

    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("siwn");
        let requests = Family::default();
        registry.register("requests", "Requests by route and outcome", requests.clone());
        let seconds = Family::new_with_constructor((|| Histogram::new(SECONDS)) as fn() -> Histogram);
        registry.register("request_seconds", "Time to answer a request, in seconds", seconds.clone());
        Self { registry, requests, seconds }
    }

    pub(crate) fn count(&self, route: &'static str, outcome: &'static str, took: Duration) {
        self.requests.get_or_create(&Request { route, outcome }).inc();
        self.seconds.get_or_create(&Route { route }).observe(took.as_secs_f64());
    }

    /// All of it in the text format of `OpenMetrics`.
    pub(crate) fn render(&self) -> String {
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("writing into a string does not fail");
        text
    }
}
