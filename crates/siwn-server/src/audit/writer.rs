//! The thread that writes audit lines: it keeps what cannot be written, and counts what is lost.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;

use super::target::Target;

/// How long to wait before what could not be written is tried again.
const AGAIN: Duration = Duration::from_secs(1);
/// Lines that are written at once.
pub(super) const MOST_AT_ONCE: usize = 256;

/// What is counted of the audit log.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) lines: Counter,
    pub(crate) lost: Counter,
    pub(crate) failures: Counter,
}

/// The thread's side.
pub(super) struct Writer {
    target: Target,
    state: Arc<State>,
    /// Whole lines; `written` bytes of them are out already.
    waiting: Vec<u8>,
    written: usize,
    lines: u64,
    is_failing: bool,
}

/// What both sides of the queue know.
#[derive(Default)]
pub(super) struct State {
    pub(super) counts: OnceLock<Counts>,
    pub(super) reopen: AtomicBool,
    pub(super) is_closed: AtomicBool,
    is_losing: AtomicBool,
}

impl Writer {
    pub(super) fn new(target: Target, state: Arc<State>) -> Self {
        let mut writer = Self { target, state, waiting: Vec::new(), written: 0, lines: 0, is_failing: false };
        writer.begin_a_line();
        writer
    }

    pub(super) fn run(mut self, queue: &Receiver<Vec<u8>>) {
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

    /// What comes next becomes no part of a line that somebody left unfinished.
    fn begin_a_line(&mut self) {
        if self.target.ends_within_a_line() {
            self.waiting.insert(self.written, b'\n');
        }
    }

    fn give_up(&self, unread: u64) {
        let lines = self.lines + unread;
        self.state.lose(lines);
        tracing::error!(lines, "audit lines are lost: they could not be written before the end");
    }
}

impl State {
    pub(super) fn lose(&self, lines: u64) {
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

    /// Lines that were written, lines that were lost, failures.
    #[cfg(test)]
    pub(super) fn counted(&self) -> (u64, u64, u64) {
        let counts = self.counts.get().expect("the test has set them");
        (counts.lines.get(), counts.lost.get(), counts.failures.get())
    }
}

#[cfg(test)]
mod tests {
    use super::super::disk::Disk;
    use super::*;

    fn state() -> Arc<State> {
        let state = State::default();
        state.counts.set(Counts::default()).unwrap_or_else(|_| unreachable!("nobody set them before"));
        Arc::new(state)
    }

    #[test]
    fn a_full_disk_loses_nothing_once_there_is_room_again() {
        let (disk, state) = (Disk::with_room_for(8), state());
        let mut writer = Writer::new(Target::stream(disk.clone()), Arc::clone(&state));
        for line in ["first\n", "second\n"] {
            writer.take(line.into());
        }
        assert!(!writer.write());
        assert_eq!((disk.text().as_str(), state.counted()), ("first\nse", (0, 0, 1)));
        disk.grow(100);
        assert!(writer.write());
        assert_eq!((disk.text().as_str(), state.counted()), ("first\nsecond\n", (2, 0, 1)));
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
