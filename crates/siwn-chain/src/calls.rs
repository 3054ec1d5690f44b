//! How many calls were made, and how they ended.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::fault::Fault;
use crate::request::Method;

/// How often a call to an endpoint ended in one way, since the start. A counter for a server's metrics.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallCount {
    /// The endpoint's host and port.
    pub endpoint: String,
    /// `status`, `block`, `view_access_key`, `view_account` or `call_function`.
    pub method: &'static str,
    /// `answered`, or the kind of the fault: `timed_out`, `unreachable`, `limited`, `other_block`, …; from a closed list.
    pub outcome: &'static str,
    /// How often.
    pub count: u64,
}

/// The counters of one endpoint.
#[derive(Default)]
pub(crate) struct Calls(Mutex<BTreeMap<(Method, &'static str), u64>>);

impl Calls {
    pub(crate) fn count<T>(&self, method: Method, result: &Result<T, Fault>) {
        let outcome = result.as_ref().map_or_else(Fault::label, |_| "answered");
        *self.0.lock().unwrap_or_else(PoisonError::into_inner).entry((method, outcome)).or_default() += 1;
    }

    fn by_method_and_outcome(&self) -> BTreeMap<(Method, &'static str), u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The counts of all endpoints. Endpoints that share a host are one.
pub(crate) fn sum<'a>(endpoints: impl Iterator<Item = (String, &'a Calls)>) -> Vec<CallCount> {
    let mut sums = BTreeMap::<_, u64>::new();
    for (endpoint, calls) in endpoints {
        for ((method, outcome), count) in calls.by_method_and_outcome() {
            *sums.entry((endpoint.clone(), method, outcome)).or_default() += count;
        }
    }
    let named = |((endpoint, method, outcome), count): (_, _)| {
        let method = Method::label(method);
        CallCount { endpoint, method, outcome, count }
    };
    sums.into_iter().map(named).collect()
}
