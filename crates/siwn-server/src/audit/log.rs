//! Where audit lines go: a queue, and behind it a thread that writes, so that a slow disk holds up no login.

use std::fmt;
use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use std::thread::JoinHandle;
use std::time::Duration;

use super::Counts;
use super::target::Target;

/// Lines that wait for the disk, about 4 MiB. Further ones are lost, counted and told.
const MOST_WAITING: usize = 10_000;
/// How long to wait before what could not be written is tried again.
const AGAIN: Duration = Duration::from_secs(1);
/// How long the end waits for a reader who does not read.
const LAST_LINES: Duration = Duration::from_secs(5);
/// Lines that are written at once.
const MOST_AT_ONCE: usize = 256;

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

/// What both sides of the queue know.
#[derive(Default)]
pub(super) struct State {
    pub(super) counts: OnceLock<Counts>,
    reopen: AtomicBool,
    is_closed: AtomicBool,
    is_losing: AtomicBool,
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

impl State {
    fn lose(&self, lines: u64) {
        if let Some(counts) = self.counts.get() {
            counts.lost.inc_by(lines);
        }
        if !self.is_losing.swap(true, Ordering::Relaxed) {
            tracing::error!("audit lines are lost: they come faster than they can be written");
        }
    }

    fn count(&self, what: impl Fn(&Counts)) {
        if let Some(counts) = self.counts.get() {
            what(counts);
        }
    }
}

/// The thread's side.
struct Writer {
    target: Target,
    state: Arc<State>,
    /// Whole lines; `written` bytes of them are out already.
    waiting: Vec<u8>,
    written: usize,
    lines: u64,
    is_failing: bool,
}

impl Writer {
    fn new(target: Target, state: Arc<State>) -> Self {
        let mut writer = Self { target, state, waiting: Vec::new(), written: 0, lines: 0, is_failing: false };
        writer.begin_a_line();
        writer
    }

    /// What comes next becomes no part of a line that somebody left unfinished.
    fn begin_a_line(&mut self) {
        if self.target.ends_within_a_line() {
            self.waiting.insert(self.written, b'\n');
        }
    }

    fn run(mut self, queue: &Receiver<Vec<u8>>) {
        while let Ok(line) = queue.recv() {
            self.take(line);
            for line in queue.try_iter().take(MOST_AT_ONCE) {
                self.take(line);
            }
            // While it fails, further lines wait in the queue, which has an end.
            while !self.write() {
                if self.state.is_closed.load(Ordering::Acquire) {
                    let unread = queue.try_iter().filter(|line| !line.is_empty()).count();
                    return self.give_up(u64::try_from(unread).unwrap_or(u64::MAX));
                }
                std::thread::park_timeout(AGAIN);
            }
        }
    }

    fn take(&mut self, line: Vec<u8>) {
        self.lines += u64::from(!line.is_empty());
        self.waiting.extend(line);
    }

    /// Writes what waits. False where it could not be; it then keeps waiting.
    fn write(&mut self) -> bool {
        if self.state.reopen.swap(false, Ordering::AcqRel) {
            self.reopen();
        }
        match self.target.write(&self.waiting, &mut self.written) {
            Ok(()) => {
                self.state.count(|counts| _ = counts.lines.inc_by(self.lines));
                (self.written, self.lines) = (0, 0);
                self.waiting.clear();
                self.state.is_losing.store(false, Ordering::Relaxed);
                if std::mem::take(&mut self.is_failing) {
                    tracing::warn!("the audit log is written again");
                }
                true
            }
            Err(error) => {
                self.state.count(|counts| _ = counts.failures.inc());
                if !std::mem::replace(&mut self.is_failing, true) {
                    tracing::error!(%error, "the audit log cannot be written: logins go on, and its lines wait");
                }
                false
            }
        }
    }

    fn reopen(&mut self) {
        match self.target.reopen() {
            Ok(()) => {
                // What is out of a line already is in the old file; the new one, which may be the same, gets the whole line.
                let out = &self.waiting[..self.written];
                self.written = out.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
                self.begin_a_line();
            }
            Err(error) => tracing::error!(%error, "the audit log cannot be opened anew: the old file is kept"),
        }
    }

    fn give_up(&self, unread: u64) {
        let lines = self.lines + unread;
        self.state.lose(lines);
        tracing::error!(lines, "audit lines are lost: they could not be written before the end");
    }
}

impl fmt::Debug for AuditLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuditLog")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A disk with so much room.
    #[derive(Clone, Default)]
    struct Disk(Arc<Mutex<(Vec<u8>, usize)>>);

    impl Disk {
        fn with_room_for(bytes: usize) -> Self {
            Self(Arc::new(Mutex::new((Vec::new(), bytes))))
        }

        fn grow(&self, bytes: usize) {
            self.0.lock().unwrap().1 += bytes;
        }

        fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().0.clone()).unwrap()
        }
    }

    impl Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let (written, room) = &mut *self.0.lock().unwrap();
            let count = bytes.len().min(*room);
            written.extend(&bytes[..count]);
            *room -= count;
            if count == 0 { Err(io::ErrorKind::StorageFull.into()) } else { Ok(count) }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn state() -> Arc<State> {
        let state = State::default();
        state.counts.set(Counts::default()).unwrap_or_else(|_| unreachable!("nobody set them before"));
        Arc::new(state)
    }

    fn counted(state: &State) -> (u64, u64, u64) {
        let counts = state.counts.get().unwrap();
        (counts.lines.get(), counts.lost.get(), counts.failures.get())
    }

    #[test]
    fn a_full_disk_loses_nothing_once_there_is_room_again() {
        let (disk, state) = (Disk::with_room_for(8), state());
        let mut writer = Writer::new(Target::stream(disk.clone()), Arc::clone(&state));
        for line in ["first\n", "second\n"] {
            writer.take(line.into());
        }
        assert!(!writer.write());
        assert_eq!((disk.text().as_str(), counted(&state)), ("first\nse", (0, 0, 1)));
        disk.grow(100);
        assert!(writer.write());
        assert_eq!((disk.text().as_str(), counted(&state)), ("first\nsecond\n", (2, 0, 1)));
    }

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
        let (_, lost, _) = counted(&log.0.state);
        assert!((100..=100 + most).contains(&lost), "{lost}");
        log.close();
        let (written, lost, failures) = counted(&log.0.state);
        assert_eq!((written, lost), (0, most + 100), "at the end all of them are known to be lost");
        assert!(failures > 0);
    }

    #[test]
    fn a_file_is_its_owners_alone_and_opened_anew_where_it_was_moved_away() {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = tempfile::tempdir().unwrap();
        let (path, moved) = (folder.path().join("audit.log"), folder.path().join("audit.log.1"));
        let mut writer = Writer::new(Target::file(&path).unwrap(), state());
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        writer.take("old\n".into());
        assert!(writer.write());
        std::fs::rename(&path, &moved).unwrap();
        writer.state.reopen.store(true, Ordering::Release);
        writer.take("new\n".into());
        assert!(writer.write());
        let text = |path| std::fs::read_to_string(path).unwrap();
        assert_eq!((text(&moved).as_str(), text(&path).as_str()), ("old\n", "new\n"));
    }

    #[test]
    fn a_line_that_is_half_out_is_whole_in_the_new_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.log");
        let mut writer = Writer::new(Target::file(&path).unwrap(), state());
        for line in ["first\n", "second\n"] {
            writer.take(line.into());
        }
        writer.written = 8;
        writer.state.reopen.store(true, Ordering::Release);
        assert!(writer.write());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "second\n");
    }

    #[test]
    fn a_line_that_was_cut_off_swallows_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.log");
        let text = || std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, "first\nsec").unwrap();
        let mut writer = Writer::new(Target::file(&path).unwrap(), state());
        writer.take("third\n".into());
        assert!(writer.write());
        assert_eq!((text().as_str(), counted(&writer.state)), ("first\nsec\nthird\n", (1, 0, 0)), "after a start");
        // Half of a line is out, and the file that is opened anew is the same one.
        std::fs::write(&path, "first\nsec").unwrap();
        for line in ["first\n", "second\n", "third\n"] {
            writer.take(line.into());
        }
        writer.written = 9;
        writer.state.reopen.store(true, Ordering::Release);
        assert!(writer.write());
        assert_eq!(text(), "first\nsec\nsecond\nthird\n");
    }
}
