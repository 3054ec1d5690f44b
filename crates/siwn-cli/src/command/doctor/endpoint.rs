//! The endpoints, and the clock, which they are the measure of.

use std::time::Duration;

use serde_json::{Map, Value};
use siwn::ContractAccounts;
use siwn_chain::{EndpointReport, MethodReport, MethodState, Need, RpcUrl, TipReport, Trouble};
use siwn_server::config::{Config, duration_text};

use super::check::{Check, Level};
use crate::output;

/// A final block is a second or two old. From here on something keeps another time.
const NEWEST: Duration = Duration::from_secs(10);
/// How far ahead a block may be dated.
const AHEAD: Duration = Duration::from_secs(2);
/// A challenge from further ahead is refused.
const TOO_FAR_AHEAD: Duration = Duration::from_secs(10);

/// A word on endpoints that nobody chose.
pub(super) fn configured(config: &Config) -> Option<Check> {
    if !config.rpc.is_empty() {
        return None;
    }
    let hosts = config.network.public_endpoints().iter().map(RpcUrl::host).collect::<Vec<_>>().join(", ");
    let found = format!("none is set: the public endpoints of {} are asked, {hosts}", config.network);
    let advice = "they limit how often they are asked; production wants one with a key, or of its own: set SIWN_RPC";
    Some(Check::new("rpc", Level::Warn, found).advice(advice))
}

/// What it means that endpoints are in trouble, where so many are that no login can be answered.
pub(super) fn too_few(reports: &[EndpointReport], config: &Config) -> Option<Check> {
    let good = reports.iter().filter(|report| report.trouble.is_none()).count();
    if good >= config.rpc_agreement {
        return None;
    }
    let found = match config.rpc_agreement {
        1 => "no endpoint can be used: nobody can sign in".to_owned(),
        agreement => format!("{good} of {} endpoints can be used, and {agreement} must agree: nobody can sign in", reports.len()),
    };
    Some(Check::new("rpc", Level::Fail, found).advice("see the lines below"))
}

/// This machine's clock, beside the time of the newest block.
pub(super) fn clock(reports: &[EndpointReport]) -> Check {
    let is_of_the_network = |report: &&EndpointReport| report.trouble.as_ref().is_none_or(|trouble| trouble.cause == "lagging");
    let tips = reports.iter().filter(is_of_the_network).filter_map(|report| report.tip.as_ref());
    let line = |level, found: String| Check::new("clock", level, found);
    let keep_time = "see that this machine keeps time, as by `timedatectl` or `chronyc tracking`";
    let Some(tip) = tips.max_by_key(|tip| tip.made_at) else {
        return line(Level::Skip, "no endpoint told the time".into());
    };
    let (ahead, age) = (tip.made_at.since(tip.seen_at), age(tip));
    if ahead > TOO_FAR_AHEAD {
        line(Level::Fail, format!("{} behind the time of the newest block", seconds(ahead))).advice(keep_time)
    } else if ahead > AHEAD {
        line(Level::Warn, format!("{} behind the time of the newest block", seconds(ahead))).advice(keep_time)
    } else if age > NEWEST {
        line(Level::Warn, format!("{} ahead of the time of the newest block, or all endpoints lag", seconds(age))).advice(keep_time)
    } else {
        line(Level::Ok, format!("agrees with the chain's: the newest block is {} old", seconds(age)))
    }
}

pub(super) fn check(report: &EndpointReport, config: &Config) -> Check {
    let line = |level, found: String| with_details(Check::new("endpoint", level, found).of(report.host.as_str()), report);
    if let Some(trouble) = &report.trouble {
        return line(Level::Fail, trouble.text.clone()).advice(what_to_do(trouble, config));
    }
    let (tip, latency) = (report.tip.as_ref().map(age).unwrap_or_default(), report.latency.unwrap_or_default());
    let measured = format!("{}, final block {} old, {} ms a call", config.network, seconds(tip), latency.as_millis());
    let lacks = |need| {
        let lacking = report.methods.iter().filter(move |method| method.need == need && method.state == MethodState::Unknown);
        lacking.map(|method| method.method).collect::<Vec<_>>().join(" and ")
    };
    // What nobody asks for, nobody misses.
    let asks_contracts = config.contract_accounts == ContractAccounts::Ask;
    let failing = report.methods.iter().find_map(|MethodReport { method, need, state, .. }| match state {
        MethodState::Failed(why) if *need == Need::Contracts && asks_contracts => {
            Some(format!("{measured}; asked for {method}, it {why}"))
        }
        _ => None,
    });
    let (needed, newer) = (lacks(Need::Contracts), lacks(Need::Nothing));
    match failing {
        _ if !needed.is_empty() && asks_contracts => line(Level::Warn, format!("{measured}; lacks {needed}"))
            .advice("accounts that are contracts cannot sign in through it: name another endpoint for them"),
        Some(failing) => line(Level::Warn, failing).advice("look again; if it stays, name another endpoint"),
        None if newer.is_empty() => line(Level::Ok, format!("{measured}, knows every method")),
        None => line(Level::Ok, format!("{measured}; lacks {newer}, which nothing needs")),
    }
}

fn what_to_do(trouble: &Trouble, config: &Config) -> String {
    match trouble.cause {
        "unreachable" => "check its address, name service and firewall, or take it out of rpc".into(),
        "timed_out" => format!(
            "it had {}: see whether it is up and near enough, or allow it more with rpc_timeout",
            duration_text(config.rpc_timeout)
        ),
        "limited" => "it is asked too often for what it offers you: use a key, or another endpoint".into(),
        "locked_out" => "its key is missing or wrong: check what its provider wants in the address".into(),
        "other_network" => format!("name an endpoint of {}, or set network to the one that is meant", config.network),
        "lagging" => "no login is answered by it until it has caught up: tell its operator, or name another endpoint".into(),
        "node_error" => "it may still be starting: look again, or name another endpoint".into(),
        "unknown_call" => "it does not offer what logins need: name another endpoint".into(),
        _ => "this does not look like an endpoint of NEAR: check its address".into(),
    }
}

fn with_details(check: Check, report: &EndpointReport) -> Check {
    let state = |state: &MethodState| match state {
        MethodState::Known => "known",
        MethodState::Unknown => "unknown",
        MethodState::Failed(_) => "failed",
        MethodState::NotAsked => "not_asked",
    };
    let methods = report.methods.iter().map(|method| (method.method.to_owned(), Value::from(state(&method.state))));
    let mut check = check.detail("cause", report.trouble.as_ref().map(|trouble| trouble.cause));
    if let Some(tip) = &report.tip {
        check = check
            .detail("blockHeight", tip.height)
            .detail("blockHash", tip.hash.as_str())
            .detail("blockTime", output::time(tip.made_at))
            .detail("blockAgeMs", millis(age(tip)));
    }
    if let Some(latency) = report.latency {
        check = check.detail("latencyMs", millis(latency));
    }
    check.detail("methods", methods.collect::<Map<_, _>>())
}

fn age(tip: &TipReport) -> Duration {
    tip.seen_at.since(tip.made_at)
}

fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use siwn_server::config::Sources;

    use super::*;

    #[test]
    fn endpoints_that_nobody_chose_are_named_and_warned_of() {
        let sources = |rpc: &str| {
            let sources = Sources::new().flag("recipient", "app.example".into());
            if rpc.is_empty() { sources } else { sources.flag("rpc", rpc.into()) }
        };
        let told = |rpc| configured(&Config::load(&sources(rpc)).unwrap()).map(|check| check.to_string());
        assert_eq!(
            told("").unwrap(),
            "warn  rpc: none is set: the public endpoints of mainnet are asked, free.rpc.fastnear.com, near.drpc.org -> they limit \
             how often they are asked; production wants one with a key, or of its own: set SIWN_RPC"
        );
        assert_eq!(told("https://rpc.example/key"), None);
    }
}
