//! What runs around a server: the runtime, the log, the sockets.

use std::io::{ErrorKind, IsTerminal as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::SystemTime;

use siwn::UnixMillis;
use tokio::net::TcpListener;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::failure::Failure;

/// Runs `task` to its end on all processors.
pub(crate) fn run<T>(task: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::unknown(format!("the runtime does not start: {error}")))?;
    let ended = runtime.block_on(task);
    // A name server that does not answer must not hold up the end.
    runtime.shutdown_background();
    ended
}

/// The machine's clock, as the crates take it.
pub(crate) fn clock() -> Arc<dyn Fn() -> UnixMillis + Send + Sync> {
    Arc::new(|| SystemTime::now().into())
}

/// Starts the log on standard error: what `SIWN_LOG` says, in the format that `SIWN_LOG_FORMAT` says.
pub(crate) fn log(default: &str) -> Result<(), Failure> {
    let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let filter = variable("SIWN_LOG").unwrap_or_else(|| default.to_owned());
    let targets: Targets = filter.parse().map_err(|_| {
        Failure::unknown("SIWN_LOG cannot be read").hint("name a level, as in info, or levels by part, as in siwn_server=debug")
    })?;
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal());
    let layer = match variable("SIWN_LOG_FORMAT").as_deref() {
        None | Some("text") => layer.boxed(),
        Some("json") => layer.json().boxed(),
        Some(_) => return Err(Failure::unknown("SIWN_LOG_FORMAT cannot be read").hint("it is text or json")),
    };
    tracing_subscriber::registry().with(layer.with_filter(targets)).init();
    Ok(())
}

/// Listens. A loopback address is listened to in both families where that works, for `localhost` means either.
pub(crate) async fn listen(address: SocketAddr) -> Result<Vec<TcpListener>, Failure> {
    let first = TcpListener::bind(address).await.map_err(|error| {
        Failure::unknown(format!("{address}: {error}")).hint("choose another address with --listen; port 0 takes any that is free")
    })?;
    let port = first.local_addr().map_err(|error| Failure::unknown(format!("{address}: {error}")))?.port();
    let twin = match address.ip() {
        ip if ip == Ipv4Addr::LOCALHOST => Some(IpAddr::from(Ipv6Addr::LOCALHOST)),
        ip if ip == Ipv6Addr::LOCALHOST => Some(IpAddr::from(Ipv4Addr::LOCALHOST)),
        _ => None,
    };
    let mut listeners = vec![first];
    if let Some(twin) = twin {
        match TcpListener::bind((twin, port)).await {
            Ok(listener) => listeners.push(listener),
            // A browser that tries this family first would reach whoever else is there.
            Err(error) if error.kind() == ErrorKind::AddrInUse => {
                return Err(Failure::unknown(format!("{}: {error}", SocketAddr::from((twin, port))))
                    .hint("choose another port with --listen"));
            }
            // A machine without this family.
            Err(_) => {}
        }
    }
    Ok(listeners)
}
