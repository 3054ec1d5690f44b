//! For tests: what lines are written to.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

/// A disk with so much room.
#[derive(Clone, Default)]
pub(super) struct Disk(Arc<Mutex<(Vec<u8>, usize)>>);

impl Disk {
    pub(super) fn with_room_for(bytes: usize) -> Self {
        Self(Arc::new(Mutex::new((Vec::new(), bytes))))
    }

    pub(super) fn grow(&self, bytes: usize) {
        self.0.lock().unwrap().1 += bytes;
    }

    pub(super) fn text(&self) -> String {
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
