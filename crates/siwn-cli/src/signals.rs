//! What a process is told by signals: to stop, to stop at once, to read its settings again.

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::failure::Failure;

/// Ends when somebody asks the process to: SIGTERM, or Ctrl-C. A second one ends the process at once.
pub(crate) fn stop() -> Result<impl Future<Output = ()>, Failure> {
    let (mut terminate, mut interrupt) = (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?);
    Ok(async move {
        either(&mut terminate, &mut interrupt).await;
        tracing::info!("stopping: what is under way is finished");
        tokio::spawn(async move {
            let signal = either(&mut terminate, &mut interrupt).await;
            tracing::warn!("stopping at once");
            // As shells tell of a process that a signal ended.
            std::process::exit(128 + signal.as_raw_value());
        });
    })
}

/// Told each time that somebody asks the process to reload: SIGHUP.
pub(crate) fn hangup() -> Result<Signal, Failure> {
    listen(SignalKind::hangup())
}

fn listen(kind: SignalKind) -> Result<Signal, Failure> {
    signal(kind).map_err(|error| Failure::unknown(format!("signals cannot be listened to: {error}")))
}

async fn either(terminate: &mut Signal, interrupt: &mut Signal) -> SignalKind {
    tokio::select! {
        _ = terminate.recv() => SignalKind::terminate(),
        _ = interrupt.recv() => SignalKind::interrupt(),
    }
}
