//! `siwn doctor`: a look at everything that a login needs. It changes nothing, and it ends.

mod check;
mod endpoint;
mod store;

use serde::Serialize;
use siwn_chain::EndpointReport;
use siwn_server::config::{Config, Fault, StoreUrl};

use self::check::{Check, Level};
use super::serve;
use crate::arguments::Doctor;
use crate::configuration::{Settings, how_to_set};
use crate::failure::Failure;
use crate::{output, runtime};

/// Everything that was found.
#[derive(Serialize)]
struct Report {
    ok: bool,
    checks: Vec<Check>,
}

pub(crate) fn run(arguments: &Doctor) -> Result<(), Failure> {
    let checks = examine(&arguments.settings);
    let failed = checks.iter().filter(|check| check.level == Level::Fail).count();
    let report = Report { ok: failed == 0, checks };
    if arguments.json {
        output::json(&report)?;
    } else {
        for check in &report.checks {
            output::line(&check.to_string())?;
        }
    }
    match failed {
        0 => Ok(()),
        1 => Err(Failure::no("1 check failed")),
        _ => Err(Failure::no(format!("{failed} checks failed"))),
    }
}

fn examine(settings: &Settings) -> Vec<Check> {
    let (mut checks, config) = configuration(settings);
    let Some(config) = config else {
        checks.push(Check::new("rest", Level::Skip, "not looked at without a configuration that can be read"));
        return checks;
    };
    let (store, keeps_secret) = store::check(&config.store);
    checks.push(secret(&config, keeps_secret));
    checks.push(store);
    checks.extend(chain(&config));
    checks
}

/// What is wrong with the configuration, and as much of it as can be used.
fn configuration(settings: &Settings) -> (Vec<Check>, Option<Config>) {
    match settings.load() {
        Ok(config) => {
            let sites: Vec<_> = config.sites.iter().map(|site| format!("{} at {}", site.recipient, site.public_url)).collect();
            let found = format!("{}, on {}", sites.join(", "), config.network);
            let mut checks = vec![Check::new("configuration", Level::Ok, found)];
            // These two have lines of their own.
            let others = config.warnings().into_iter().filter(|warning| !["rpc", "store"].contains(&warning.place.as_str()));
            checks.extend(others.map(|warning| doubtful(&warning)));
            (checks, Some(config))
        }
        Err(faults) => {
            let checks = faults.iter().map(fault).collect();
            // The rest can be looked at without knowing whom people sign in to.
            (checks, settings.load_with_placeholders().ok())
        }
    }
}

fn doubtful(warning: &Fault) -> Check {
    let check = Check::new("configuration", Level::Warn, warning.to_string());
    match warning.place.as_str() {
        "allowed_origins" => check.advice("serve over https, or take the origin out"),
        place if place.starts_with("dangerous_") => check.advice("leave it out, unless that is what you want"),
        _ => check,
    }
}

fn fault(fault: &Fault) -> Check {
    let check = Check::new("configuration", Level::Fail, fault.to_string());
    check.advice(how_to_set(fault).unwrap_or_else(|| "correct it there".to_owned()))
}

fn secret(config: &Config, is_kept: Option<bool>) -> Check {
    let check = |level, found: &str| Check::new("secret", level, found);
    match (&config.secrets, &config.store) {
        (Some(secrets), _) => check(Level::Ok, &secrets.to_string()),
        (None, StoreUrl::Memory) => check(Level::Ok, "made anew at every start, like the store"),
        (None, _) if is_kept == Some(true) => check(Level::Ok, "kept in the store"),
        (None, _) if is_kept.is_none() => check(Level::Skip, "kept in the store, which cannot be looked at"),
        (None, _) => check(Level::Ok, "none yet: the first start makes one and keeps it in the store"),
    }
}

fn chain(config: &Config) -> Vec<Check> {
    let mut checks = endpoint::configured(config).into_iter().collect::<Vec<_>>();
    match examine_endpoints(config) {
        Ok(reports) => {
            checks.push(endpoint::clock(&reports));
            checks.extend(endpoint::too_few(&reports, config));
            checks.extend(reports.iter().map(|report| endpoint::check(report, config)));
        }
        Err(failure) => checks.push(Check::new("rpc", Level::Fail, failure.error()).advice("correct the settings of rpc")),
    }
    checks
}

/// Ends after the time of three calls.
fn examine_endpoints(config: &Config) -> Result<Vec<EndpointReport>, Failure> {
    let chain = serve::chain(config)?;
    runtime::run(async { Ok(chain.examine().await) })
}
