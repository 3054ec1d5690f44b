//! A server that writes its audit log into memory.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use serde_json::Value;
use siwn_server::{AuditLog, Builder};

use super::Server;

pub(crate) struct Audited {
    pub(crate) server: Server,
    log: AuditLog,
    lines: Lines,
}

/// A stream that keeps what is written.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Audited {
    pub(crate) fn new() -> Self {
        Self::with(|builder| builder)
    }

    pub(crate) fn with(settings: impl FnOnce(Builder) -> Builder) -> Self {
        let lines = Lines::default();
        let log = AuditLog::stream(lines.clone()).unwrap();
        let server = Server::with(|builder| settings(builder.audit_log(log.clone())));
        Self { server, log, lines }
    }

    /// All that was written, when nothing more will be.
    pub(crate) fn text(self) -> String {
        self.log.close();
        String::from_utf8(self.lines.0.lock().unwrap().clone()).unwrap()
    }

    pub(crate) fn lines(self) -> Vec<Value> {
        self.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}
