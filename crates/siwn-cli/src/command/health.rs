//! `siwn health`: whether the server on this machine answers.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::StatusCode;

use crate::arguments::Health;
use crate::configuration::told;
use crate::failure::Failure;
use crate::server::{Server, not_a_server};
use crate::{output, runtime};

pub(crate) fn run(arguments: &Health) -> Result<(), Failure> {
    // What is doubtful in the settings is said at the start, and not each time that somebody asks.
    let listen = arguments.settings.load().map_err(|faults| Failure::unknown(told(&faults)))?.listen;
    if listen.port() == 0 {
        return Err(Failure::unknown("the server listens on whatever port is free").hint("name one in the setting listen"));
    }
    let base = format!("http://{}/", reachable(listen)).parse().map_err(Failure::unknown)?;
    let server = Server::at(base)?;
    let path = if arguments.ready { "readyz" } else { "healthz" };
    // A server that cannot be asked is not well: that is a no.
    let (status, answer) = runtime::run(server.ask(path)).map_err(|failure| Failure::no(failure.error()))?;
    match status {
        StatusCode::OK => output::line(if arguments.ready { "ready" } else { "alive" }),
        StatusCode::SERVICE_UNAVAILABLE if arguments.ready => {
            let checks = answer["checks"].as_object().ok_or_else(not_a_server)?;
            let said = checks.iter().filter(|(_, said)| *said != "ok");
            let said = said.map(|(name, said)| format!("{name}: {}", said.as_str().unwrap_or_default()));
            Err(Failure::no(format!("not ready: {}", said.collect::<Vec<_>>().join("; "))))
        }
        _ => Err(Failure::no(format!("the answer is {status}"))),
    }
}

/// Where a listener is reached from its own machine.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let address = match listen.ip() {
        IpAddr::V4(address) if address.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(address) if address.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        address => address,
    };
    SocketAddr::new(address, listen.port())
}
