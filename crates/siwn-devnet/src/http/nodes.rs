//! The nodes of the chain: adding them, changing them, and what goes wrong with them.

use std::num::NonZeroU32;

use axum::extract::{Path, State};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::http::body::{WholeBody, read};
use crate::http::error::{Answer, ControlError, Done};
use crate::http::outage::{WireOutage, name_of, named};
use crate::{Devnet, Flavour, Limit, Outage};

/// Nodes of one chain, so that nobody adds them without end.
const MOST_NODES: usize = 16;

const FLAVOURS: [(&str, Flavour); 3] =
    [("nearcore", Flavour::Nearcore), ("old-nearcore", Flavour::OldNearcore), ("read-rpc", Flavour::ReadRpc)];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct WireNode {
    flavour: Option<String>,
    /// 0 for no limit.
    per_second: Option<u32>,
    retry_after: Option<u32>,
}

/// What is to become of a node.
struct Change {
    flavour: Option<Flavour>,
    limit: Option<LimitChange>,
}

enum LimitChange {
    End,
    To(Limit),
}

impl Change {
    fn read(body: WholeBody) -> Result<Self, ControlError> {
        let wire: WireNode = serde_json::from_value(read(body)?).map_err(|_| ControlError::Flavour)?;
        let flavour = wire.flavour.map(|name| named(&FLAVOURS, &name).ok_or(ControlError::Flavour)).transpose()?;
        let limit = match (wire.per_second.map(NonZeroU32::new), wire.retry_after) {
            (None, None) => None,
            (Some(None), None) => Some(LimitChange::End),
            (Some(Some(per_second)), retry_after) => Some(LimitChange::To(Limit { per_second, retry_after })),
            _ => return Err(ControlError::Flavour),
        };
        Ok(Self { flavour, limit })
    }

    fn apply(self, node: &Devnet) {
        if let Some(flavour) = self.flavour {
            node.set_flavour(flavour);
        }
        match self.limit {
            None => {}
            Some(LimitChange::End) => node.set_limit(None),
            Some(LimitChange::To(limit)) => node.set_limit(Some(limit)),
        }
    }
}

pub(crate) async fn add(State(devnet): State<Devnet>, body: WholeBody) -> Answer {
    let change = Change::read(body)?;
    let number = devnet.nodes().len();
    if number >= MOST_NODES {
        return Err(ControlError::TooManyNodes);
    }
    change.apply(&devnet.another_node());
    Ok(Done(json!({"success": true, "node": number})))
}

pub(crate) async fn change(State(devnet): State<Devnet>, Path(number): Path<String>, body: WholeBody) -> Answer {
    let node = node_numbered(&devnet, &number)?;
    Change::read(body)?.apply(&node);
    Ok(Done(json!({"success": true})))
}

pub(crate) async fn fail_first(State(devnet): State<Devnet>, body: WholeBody) -> Answer {
    begin(&devnet, body)
}

pub(crate) async fn fail(State(devnet): State<Devnet>, Path(number): Path<String>, body: WholeBody) -> Answer {
    begin(&node_numbered(&devnet, &number)?, body)
}

pub(crate) async fn recover_first(State(devnet): State<Devnet>) -> Done {
    devnet.recover();
    Done(json!({"success": true}))
}

pub(crate) async fn recover(State(devnet): State<Devnet>, Path(number): Path<String>) -> Answer {
    node_numbered(&devnet, &number)?.recover();
    Ok(Done(json!({"success": true})))
}

/// The node of this number, as an address names it.
pub(crate) fn node_numbered(devnet: &Devnet, number: &str) -> Result<Devnet, ControlError> {
    let number: usize = number.parse().map_err(|_| ControlError::Node)?;
    devnet.nodes().get(number).cloned().ok_or(ControlError::Node)
}

/// A node as the state shows it.
pub(crate) fn shown(node: &Devnet) -> Value {
    let mut shown = json!({
        "flavour": name_of(&FLAVOURS, node.flavour()),
        "requests": requests(node),
        "contractCalls": node.contract_calls(),
        "faults": faults(node),
    });
    if let Some(Limit { per_second, retry_after }) = node.limit() {
        shown["perSecond"] = json!(per_second);
        shown["retryAfter"] = json!(retry_after);
    }
    shown
}

pub(crate) fn requests(node: &Devnet) -> Value {
    let requests = node.requests();
    json!({"status": requests.status, "block": requests.block, "query": requests.query, "other": requests.other})
}

pub(crate) fn faults(node: &Devnet) -> Value {
    node.outages().iter().map(WireOutage::from).map(|outage| json!(outage)).collect()
}

fn begin(node: &Devnet, body: WholeBody) -> Answer {
    let body: Value = read(body)?;
    let wire: WireOutage = serde_json::from_value(body).map_err(|_| ControlError::Fault)?;
    node.fail(Outage::try_from(wire)?);
    Ok(Done(json!({"success": true})))
}
