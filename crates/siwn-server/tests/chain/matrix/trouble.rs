//! What can be wrong with a node, and what that makes of a login.

use std::num::NonZeroU32;
use std::time::Duration;

use http::StatusCode;
use siwn_devnet::{Devnet, Fault, Flavour, Limit, Outage};

use super::Beginning;
use super::login::Login;
use super::topology::Topology;
use crate::support::Answer;

/// What is wrong with a node.
#[derive(Clone, Debug)]
pub(super) enum Trouble {
    Meets(Outage),
    Is(Flavour),
    Answers(Limit),
}

/// The node answers, if late or of an older block.
const HARMLESS: [Fault; 3] = [Fault::Delay(Duration::from_millis(300)), Fault::Behind(1), Fault::Behind(20)];
/// The node says what is not so. Who asks it alone believes it.
const LIES: [Fault; 3] = [Fault::GrantsAll, Fault::DeniesAll, Fault::DeniesAccounts];
/// The node gives no answer, or none that can be one.
const OUTAGES: [Fault; 25] = [
    Fault::Delay(Duration::from_mins(1)),
    Fault::Hang,
    Fault::StalledBody,
    Fault::Reset,
    Fault::TruncatedBody,
    Fault::EndlessBody,
    Fault::Garbage,
    Fault::Redirect,
    Fault::Forbidden,
    Fault::Unavailable,
    Fault::WrongStatus,
    Fault::InternalError,
    Fault::TimedOut,
    Fault::NotSynced,
    Fault::TooManyRequests { retry_after: None },
    Fault::TooManyRequests { retry_after: Some(1) },
    Fault::TooManyRequests { retry_after: Some(7) },
    Fault::Lagging(Duration::from_secs(31)),
    Fault::WrongId,
    Fault::ResultBesideError,
    Fault::UnknownCause,
    Fault::UnavailableShard,
    Fault::UnknownBlock,
    Fault::CollectedBlock,
    Fault::WrongBlockHash,
];
/// The node is of another network, by its `status`.
const STRANGERS: [Fault; 3] = [Fault::WrongNetwork, Fault::WrongChainId, Fault::WrongGenesis];
/// So few requests that a login does not fit in.
const SHY: [Option<u32>; 2] = [None, Some(1)];

/// One row: a trouble and its name.
pub(super) struct Row {
    pub(super) name: String,
    pub(super) trouble: Trouble,
    pub(super) kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Harmless,
    Lie,
    Outage,
    /// The node says that a key may do what nobody knows. That is no full access: a refusal, unless others know better.
    Permission,
    /// An endpoint that is told from its `status` stays shut out until it is checked again.
    Stranger,
    /// Whether a login succeeds depends on how many came before.
    Shy,
}

pub(super) fn rows(beginning: Beginning, is_by_contract: bool) -> Vec<Row> {
    let fault = |kind| move |fault: Fault| Row { name: format!("{fault:?}"), trouble: Trouble::Meets(fault.into()), kind };
    let of_queries = |fault: Fault| {
        let (name, outage) = if is_by_contract { ("calls", fault.on_call()) } else { ("queries", fault.on_query()) };
        Row { name: format!("{fault:?} of {name}"), trouble: Trouble::Meets(outage), kind: Kind::Outage }
    };
    let flavour = |flavour| Row { name: format!("{flavour:?}"), trouble: Trouble::Is(flavour), kind: Kind::Harmless };
    let shy = |retry_after| {
        let limit = Limit { per_second: NonZeroU32::MIN, retry_after };
        Row { name: format!("1 request a second, Retry-After {retry_after:?}"), trouble: Trouble::Answers(limit), kind: Kind::Shy }
    };

    let mut rows = Vec::new();
    rows.extend([Flavour::Nearcore, Flavour::OldNearcore, Flavour::ReadRpc].map(flavour));
    rows.extend(HARMLESS.map(fault(Kind::Harmless)));
    rows.extend(OUTAGES.map(fault(Kind::Outage)));
    // Contracts have no permissions.
    rows.push(fault(if is_by_contract { Kind::Harmless } else { Kind::Permission })(Fault::UnknownPermission));
    if beginning == Beginning::Later {
        // Only a block tells that a node lags.
        rows.extend(OUTAGES.into_iter().filter(|fault| !matches!(fault, Fault::Lagging(_))).map(of_queries));
    }
    rows.extend(STRANGERS.map(fault(Kind::Stranger)));
    rows.extend(SHY.map(shy));
    rows.extend(LIES.map(fault(Kind::Lie)));
    rows
}

impl Row {
    /// Whether the login ended as its node wants it to, and not as it should.
    pub(super) fn makes_believe(&self, answer: &Answer, login: Login) -> bool {
        let is_wrong = !login.is_right(answer);
        match (self.kind, answer.status) {
            (Kind::Lie, StatusCode::OK | StatusCode::UNAUTHORIZED) => is_wrong,
            (Kind::Permission, StatusCode::UNAUTHORIZED) => is_wrong && answer.error() == "key_not_full_access",
            _ => false,
        }
    }

    /// Whether there is an answer, where that is certain.
    pub(super) fn is_answered(&self, topology: Topology, beginning: Beginning) -> Option<bool> {
        match (self.kind, topology) {
            (Kind::Harmless | Kind::Lie | Kind::Permission, _) | (_, Topology::Two | Topology::TwoOfThree) => Some(true),
            (Kind::Outage, Topology::One) => Some(false),
            (Kind::Stranger, Topology::One) => Some(beginning == Beginning::Later),
            (Kind::Shy, Topology::One) | (_, Topology::Balanced) => None,
        }
    }
}

impl Trouble {
    pub(super) fn begin(&self, node: &Devnet) {
        match self {
            Self::Meets(outage) => node.fail(outage.clone()),
            Self::Is(flavour) => node.set_flavour(*flavour),
            Self::Answers(limit) => node.set_limit(Some(*limit)),
        }
    }

    pub(super) fn end(node: &Devnet) {
        node.recover();
        node.set_flavour(Flavour::default());
        node.set_limit(None);
    }
}
