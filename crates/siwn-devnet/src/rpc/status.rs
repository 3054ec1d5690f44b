//! The method `status`.

use serde_json::{Value, json};

use crate::network::PROTOCOL_VERSION;
use crate::rpc::block::Node;
use crate::rpc::error::RpcError;
use crate::{BlockHash, Fault, Network};

const NANOS_PER_SECOND: u64 = 1_000_000_000;

pub(crate) fn answer(node: &Node<'_>) -> Result<Value, RpcError> {
    if node.met == Some(Fault::NotSynced) {
        return Err(RpcError::node_is_syncing());
    }
    let stranger = Network::stranger();
    let (chain_id, genesis_hash) = match node.met {
        Some(Fault::WrongNetwork) => (stranger.chain_id(), stranger.genesis_hash()),
        Some(Fault::WrongChainId) => (stranger.chain_id(), node.network.genesis_hash()),
        Some(Fault::WrongGenesis) => (node.network.chain_id(), stranger.genesis_hash()),
        _ => (node.network.chain_id(), node.network.genesis_hash()),
    };
    let (head, tail) = (node.head, node.ledger.tail());
    let zero = BlockHash::ZERO.to_string();
    Ok(json!({
        "version": {"version": "2.14.0", "build": "siwn-devnet", "commit": "siwn-devnet", "rustc_version": "unknown"},
        "chain_id": chain_id,
        "protocol_version": PROTOCOL_VERSION,
        "latest_protocol_version": PROTOCOL_VERSION,
        "rpc_addr": "127.0.0.1:3030",
        "validators": [],
        "sync_info": {
            "latest_block_hash": head.hash.to_string(),
            "latest_block_height": head.height,
            "latest_state_root": zero,
            "latest_block_time": rfc3339(node.timestamp_nanos(head)),
            "syncing": false,
            "earliest_block_hash": tail.hash.to_string(),
            "earliest_block_height": tail.height,
            "earliest_block_time": rfc3339(node.timestamp_nanos(tail)),
            "epoch_id": zero,
            "epoch_start_height": crate::ledger::GENESIS_HEIGHT,
        },
        "validator_account_id": null,
        "validator_public_key": null,
        "node_public_key": format!("ed25519:{zero}"),
        "node_key": null,
        "uptime_sec": node.now.since(node.started).as_secs(),
        "genesis_hash": genesis_hash.to_string(),
    }))
}

/// A time in nanoseconds since the Unix epoch as nearcore writes it: `2026-08-06T14:29:01.800000000Z`.
pub(crate) fn rfc3339(nanos: u64) -> String {
    let (seconds, fraction) = (nanos / NANOS_PER_SECOND, nanos % NANOS_PER_SECOND);
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = civil(days);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{fraction:09}Z")
}

/// Year, month and day of the Gregorian calendar, from days since 1970-01-01. Years here begin in March, so that the leap day is
/// their last one; 400 of them have 146,097 days.
const fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era;
    (if month <= 2 { year + 1 } else { year }, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_nearcore_does() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00.000000000Z"),
            (951_782_399, "2000-02-28T23:59:59.000000000Z"),
            (951_782_400, "2000-02-29T00:00:00.000000000Z"),
            (951_868_800, "2000-03-01T00:00:00.000000000Z"),
            (1_786_026_541, "2026-08-06T14:29:01.000000000Z"),
            (4_107_542_400, "2100-03-01T00:00:00.000000000Z"),
        ] {
            assert_eq!(rfc3339(seconds * NANOS_PER_SECOND), text);
        }
        assert_eq!(rfc3339(1_800_000_001), "1970-01-01T00:00:01.800000001Z");
        assert_eq!(rfc3339(u64::MAX), "2554-07-21T23:34:33.709551615Z");
    }
}
