//! What audit lines are written to.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// A file that can be opened anew, or a stream.
pub(super) enum Target {
    File(PathBuf, File),
    Stream(Box<dyn Write + Send>),
}

impl Target {
    pub(super) fn file(path: &Path) -> io::Result<Self> {
        Ok(Self::File(path.to_owned(), append(path)?))
    }

    pub(super) fn stream(stream: impl Write + Send + 'static) -> Self {
        Self::Stream(Box::new(stream))
    }

    /// Opens a file anew. A stream stays what it is.
    pub(super) fn reopen(&mut self) -> io::Result<()> {
        if let Self::File(path, file) = self {
            *file = append(path)?;
        }
        Ok(())
    }

    /// Whether somebody was cut off in the middle of a line: by a full disk, or by the end of his process.
    pub(super) fn ends_within_a_line(&self) -> bool {
        match self {
            // Whoever opens a pipe to read from it waits for a writer.
            Self::File(path, _) => path.is_file() && last_byte(path).is_ok_and(|last| last != b'\n'),
            Self::Stream(_) => false,
        }
    }

    /// Writes `bytes` from `written` on, and moves that forward by what is out.
    pub(super) fn write(&mut self, bytes: &[u8], written: &mut usize) -> io::Result<()> {
        let writer: &mut dyn Write = match self {
            Self::File(_, file) => file,
            Self::Stream(stream) => stream,
        };
        while *written < bytes.len() {
            match writer.write(&bytes[*written..]) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => *written += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        writer.flush()
    }
}

/// Each write goes to the end of the file, also where another process writes to it.
fn append(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn last_byte(path: &Path) -> io::Result<u8> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last[0])
}
