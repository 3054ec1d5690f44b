//! What is remembered of an endpoint.

use std::collections::VecDeque;
use std::time::Duration;

use siwn::UnixMillis;

use crate::block::Tip;
use crate::fault::Fault;
use crate::health::EndpointState;

/// How long a tip is used before it is fetched again.
const TIP_IS_FRESH: Duration = Duration::from_secs(1);

/// An endpoint that was away for longer may have come back as another network's.
const SHORT_OUTAGE: Duration = Duration::from_mins(1);

/// Blocks of other endpoints that are remembered.
const JUDGED: usize = 8;

#[derive(Default)]
pub(super) struct Memory {
    network: NetworkCheck,
    failing_since: Option<UnixMillis>,
    tip: Option<(Tip, UnixMillis)>,
    /// The last blocks that other endpoints named, and whether this one has them.
    judged: VecDeque<(Tip, bool)>,
}

#[derive(Default)]
enum NetworkCheck {
    #[default]
    Unasked,
    /// At that time it was the right one.
    Right(UnixMillis),
    /// The one that the endpoint says it is of, escaped.
    Other(String),
}

impl Memory {
    /// An endpoint of another network is shut out.
    pub(super) fn admits(&self) -> Result<(), Fault> {
        match &self.network {
            NetworkCheck::Other(found) => Err(Fault::OtherNetwork(found.clone())),
            NetworkCheck::Unasked | NetworkCheck::Right(_) => Ok(()),
        }
    }

    /// Whether the network is unknown, or no longer certain after an outage since it was asked for.
    pub(super) fn needs_check(&self, now: UnixMillis) -> bool {
        match (&self.network, self.failing_since) {
            (NetworkCheck::Right(at), Some(since)) => now.since(since.max(*at)) > SHORT_OUTAGE,
            (NetworkCheck::Right(_), None) => false,
            (NetworkCheck::Unasked | NetworkCheck::Other(_), _) => true,
        }
    }

    pub(super) fn is_of_the_network(&mut self, now: UnixMillis) {
        self.network = NetworkCheck::Right(now);
    }

    pub(super) fn is_of_another_network(&mut self, found: String) {
        self.network = NetworkCheck::Other(found);
    }

    /// The tip, if it was fetched within the last second. A clock that was set back makes it stale.
    pub(super) fn tip(&self, now: UnixMillis) -> Option<Tip> {
        self.tip.and_then(|(tip, at)| (at <= now && now.since(at) <= TIP_IS_FRESH).then_some(tip))
    }

    pub(super) fn remember(&mut self, tip: Tip, now: UnixMillis) {
        self.tip = Some((tip, now));
    }

    /// Another look-up may have put a newer tip into its place.
    pub(super) fn forget(&mut self, tip: Tip) {
        self.tip.take_if(|(remembered, _)| *remembered == tip);
    }

    /// Whether it has that block, where it was asked before.
    pub(super) fn knows(&self, tip: Tip) -> Option<bool> {
        self.judged.iter().find(|(judged, _)| *judged == tip).map(|(_, is_so)| *is_so)
    }

    pub(super) fn judge(&mut self, tip: Tip, is_so: bool) {
        self.judged.truncate(JUDGED - 1);
        self.judged.push_front((tip, is_so));
    }

    /// Whether it answered before.
    pub(super) fn fails(&mut self, now: UnixMillis) -> bool {
        let answered = self.failing_since.is_none();
        self.failing_since.get_or_insert(now);
        answered
    }

    /// Whether it failed before.
    pub(super) fn answers(&mut self) -> bool {
        self.failing_since.take().is_some()
    }

    pub(super) fn state(&self) -> EndpointState {
        match (&self.network, self.failing_since) {
            (NetworkCheck::Other(found), _) => EndpointState::OtherNetwork { found: found.clone() },
            (_, Some(since)) => EndpointState::Failing { since },
            (NetworkCheck::Right(_), None) => EndpointState::Answering,
            (NetworkCheck::Unasked, None) => EndpointState::Unasked,
        }
    }
}
