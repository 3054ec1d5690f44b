//! What a service manager is told: systemd's notification protocol, over the socket that it names in `NOTIFY_SOCKET`.
//!
//! Source: `sd_notify(3)`, `systemd.service(5)`. Nobody listens where the variable is not set, and nothing fails where nobody listens.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::net::UnixDatagram;
use std::sync::Arc;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// The service manager.
#[derive(Clone, Debug)]
pub(crate) struct Manager {
    socket: Option<Arc<OsString>>,
}

impl Manager {
    /// Whoever the environment names.
    pub(crate) fn of_environment() -> Self {
        Self { socket: std::env::var_os("NOTIFY_SOCKET").filter(|socket| !socket.is_empty()).map(Arc::new) }
    }

    /// The process answers.
    pub(crate) fn ready(&self) {
        self.tell("READY=1");
    }

    /// The process reads its settings again; [`ready`](Self::ready) ends that.
    pub(crate) fn reloading(&self) {
        let now = clock_gettime(ClockId::Monotonic);
        self.tell(&format!("RELOADING=1\nMONOTONIC_USEC={}{:06}", now.tv_sec, now.tv_nsec / 1000));
    }

    /// The process ends.
    pub(crate) fn stopping(&self) {
        self.tell("STOPPING=1");
    }

    /// Says that the process lives, twice in each period that the manager waits for it, if it does.
    pub(crate) fn keep_alive(&self) {
        let Some(period) = watchdog_period() else { return };
        let manager = self.clone();
        tokio::spawn(async move {
            let mut ticks = tokio::time::interval(period / 2);
            loop {
                ticks.tick().await;
                manager.tell("WATCHDOG=1");
            }
        });
    }

    fn tell(&self, state: &str) {
        let Some(socket) = &self.socket else { return };
        if let Err(error) = send(socket, state) {
            tracing::warn!(%error, "the service manager cannot be told");
        }
    }
}

/// How long the manager waits for a sign of life of this very process.
fn watchdog_period() -> Option<Duration> {
    let number = |name| std::env::var(name).ok()?.parse::<u64>().ok();
    let is_ours = number("WATCHDOG_PID").is_none_or(|pid| pid == u64::from(std::process::id()));
    let micros = number("WATCHDOG_USEC").filter(|micros| *micros > 0 && is_ours)?;
    Some(Duration::from_micros(micros))
}

fn send(socket: &OsStr, state: &str) -> io::Result<()> {
    let sender = UnixDatagram::unbound()?;
    // A manager that does not read must not stop the server.
    sender.set_nonblocking(true)?;
    match socket.as_encoded_bytes().strip_prefix(b"@") {
        Some(name) => send_abstract(&sender, name, state),
        None => sender.send_to(state.as_bytes(), socket).map(drop),
    }
}

#[cfg(target_os = "linux")]
fn send_abstract(sender: &UnixDatagram, name: &[u8], state: &str) -> io::Result<()> {
    use std::os::linux::net::SocketAddrExt as _;

    let address = std::os::unix::net::SocketAddr::from_abstract_name(name)?;
    sender.send_to_addr(state.as_bytes(), &address).map(drop)
}

#[cfg(not(target_os = "linux"))]
fn send_abstract(_: &UnixDatagram, _: &[u8], _: &str) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
