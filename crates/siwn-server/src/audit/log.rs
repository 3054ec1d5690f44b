//! Where audit lines go: a queue, and behind it a thread that writes, so that a slow disk holds up no login.

use std::fmt;
use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;
use std::time::Duration;

use super::target::Target;
use super::writer::{Counts, State, Writer};

/// Lines that wait for the disk, about 4 MiB. Further ones are lost, counted and told.
const MOST_WAITING: usize = 10_000;
/// How long the end waits for a reader who does not read.
const LAST_LINES: Duration = Duration::from_secs(5);

/// Where audit lines go. Clones are the same.
///
/// What cannot be written waits, up to 10,000 lines, and is tried again every second; what comes beyond that is lost. Both are told as
/// errors in the program's log and counted in the metrics, and neither stops a login. [`close`](Self::close) writes what still waits.
#[derive(Clone)]
pub struct AuditLog(Arc<Inner>);

struct Inner {
    /// None once it is closed.
    queue: RwLock<Option<SyncSender<Vec<u8>>>>,
    /// None once it is closed.
    thread: Mutex<Option<Running>>,
    state: Arc<State>,
}

/// The thread that writes, and what is closed when it ends.
struct Running {
    thread: JoinHandle<()>,
    ended: Receiver<()>,
}

impl AuditLog {
    /// Appends to the file at `path`, which is made for its owner only (0600) where there is none.
    pub fn file(path: &Path) -> io::Result<Self> {
        Self::start(Target::file(path)?)
    }

    /// Writes to `stream`: standard output, standard error, a test's buffer.
    pub fn stream(stream: impl Write + Send + 'static) -> io::Result<Self> {
        Self::start(Target::stream(stream))
    }

    /// Opens the file anew, after it was moved away. No line is torn: each is whole in the old one or in the new one.
    pub fn reopen(&self) {
        self.0.state.reopen.store(true, Ordering::Release);
        // An empty line wakes the thread. A full queue does so by itself.
        let _ = self.send(Vec::new());
    }

    /// Writes what still waits, once, and ends. Blocks, for five seconds where nobody takes the lines. Later lines are lost.
    pub fn close(&self) {
        self.close_within(LAST_LINES);
    }

    fn close_within(&self, patience: Duration) {
        self.0.state.is_closed.store(true, Ordering::Release);
        *self.0.queue.write().unwrap_or_else(PoisonError::into_inner) = None;
        let thread = self.0.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(Running { thread, ended }) = thread else { return };
        thread.thread().unpark();
        if ended.recv_timeout(patience) == Err(RecvTimeoutError::Timeout) {
            // A pipe that nobody empties would hold up the end for ever.
            tracing::error!("audit lines are lost: nobody took them before the end");
            return;
        }
        let _ = thread.join();
    }

    /// Puts a line into the queue. Waits for nothing.
    pub(super) fn write(&self, line: Vec<u8>) {
        if self.send(line).is_err() {
            self.0.state.lose(1);
        }
    }

    /// Counts into these metrics, if nobody has said so of others before.
    pub(super) fn count_into(&self, counts: Counts) {
        let _ = self.0.state.counts.set(counts);
    }

    fn send(&self, line: Vec<u8>) -> Result<(), TrySendError<Vec<u8>>> {
        match &*self.0.queue.read().unwrap_or_else(PoisonError::into_inner) {
            Some(queue) => queue.try_send(line),
            None => Err(TrySendError::Disconnected(line)),
        }
    }

    fn start(target: Target) -> io::Result<Self> {
        let (queue, lines) = sync_channel(MOST_WAITING);
        let state = Arc::new(State::default());
        let writer = Writer::new(target, Arc::clone(&state));
        let (ending, ended) = sync_channel(0);
        let thread = std::thread::Builder::new().name("audit".into()).spawn(move || {
            writer.run(&lines);
            drop(ending);
        })?;
        let running = Mutex::new(Some(Running { thread, ended }));
        Ok(Self(Arc::new(Inner { queue: RwLock::new(Some(queue)), thread: running, state })))
    }
}

impl fmt::Debug for AuditLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuditLog")
    }
}

#[cfg(test)]
mod tests {
    use super::super::disk::Disk;
    use super::super::writer::MOST_AT_ONCE;
    use super::*;

    #[test]
    fn what_waits_is_written_before_the_end() {
        let disk = Disk::with_room_for(1 << 20);
        let log = AuditLog::stream(disk.clone()).unwrap();
        for number in 0..1000 {
            log.write(format!("{number}\n").into());
        }
        log.close();
        assert_eq!(disk.text().lines().count(), 1000);
        assert!(disk.text().ends_with("\n999\n"));
    }

    /// A pipe that is full, until the other side is dropped.
    struct Stuck(Receiver<()>);

    impl Write for Stuck {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.0.recv();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn the_end_does_not_wait_for_ever_for_a_reader_who_does_not_read() {
        let (reader, pipe) = sync_channel(0);
        let log = AuditLog::stream(Stuck(pipe)).unwrap();
        log.write("a line\n".into());
        log.close_within(Duration::from_millis(10));
        let thread = log.0.thread.lock().unwrap();
        assert!(thread.is_none() && Arc::strong_count(&log.0.state) == 2, "the thread still waits for the reader");
        drop(reader);
    }

    #[test]
    fn a_queue_that_is_full_loses_lines_and_counts_them() {
        let log = AuditLog::stream(Disk::default()).unwrap();
        log.count_into(Counts::default());
        let most = u64::try_from(MOST_WAITING + MOST_AT_ONCE + 1).unwrap();
        for number in 0..most + 100 {
            log.write(format!("{number}\n").into());
        }
        let (_, lost, _) = log.0.state.counted();
        assert!((100..=100 + most).contains(&lost), "{lost}");
        log.close();
        let (written, lost, failures) = log.0.state.counted();
        assert_eq!((written, lost), (0, most + 100), "at the end all of them are known to be lost");
        assert!(failures > 0);
    }
}
