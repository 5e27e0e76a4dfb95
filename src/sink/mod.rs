//! Where the lines go: stdout or a file. Owns whole lines; never makes the socket wait.

mod file;
mod stdout;

use std::io::{self, Write};
use std::os::fd::BorrowedFd;
use std::path::Path;
use std::time::{Duration, Instant};

use file::AppendFile;
pub use file::{Config, Fsync, RotateAction, Rotation};
use stdout::Stdout;

use crate::error::Error;
use crate::event::meta::Rotate;
use crate::input::Opened;

/// Where the lines go.
pub enum Sink {
    Stdout(Stdout),
    File(Box<AppendFile>),
}

/// How the reader is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Reader {
    Alive,
    /// Nobody will read what is written from now on.
    Gone,
}

/// What was done so far.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stats {
    /// Lines that were written, bytes.
    pub bytes: u64,
    /// Writes, and ways to the disk, that failed.
    pub errors: u64,
    /// Files that were put away.
    pub rotations: u64,
}

impl Sink {
    /// The standard output.
    pub fn stdout() -> Self {
        Sink::Stdout(Stdout::new())
    }

    /// A file, at whose end the lines are put.
    ///
    /// # Errors
    /// Where it cannot be opened or read.
    pub fn file(path: &Path, config: &Config) -> Result<Self, Error> {
        let file = AppendFile::open(path, config.clone())?;
        Ok(Sink::File(Box::new(file)))
    }

    /// How the file was found that the lines go to.
    pub fn opened(&self) -> Option<&Opened> {
        match self {
            Sink::Stdout(_) => None,
            Sink::File(file) => Some(file.opened()),
        }
    }

    /// Takes whole lines.
    ///
    /// # Errors
    /// Where they cannot be written; a reader that went away is none. A file with patience keeps
    /// them instead, and tries again.
    pub fn write(&mut self, lines: &[u8]) -> Result<Reader, Error> {
        match self {
            Sink::Stdout(stdout) => broken_pipe(stdout.write(lines).map_err(stdout_error)),
            Sink::File(file) => broken_pipe(file.write(lines)),
        }
    }

    /// Writes what waits, as far as it goes without waiting.
    ///
    /// # Errors
    /// As [`Sink::write`].
    pub fn flush(&mut self) -> Result<Reader, Error> {
        match self {
            Sink::Stdout(stdout) => broken_pipe(stdout.flush().map_err(stdout_error)),
            Sink::File(file) => broken_pipe(file.flush()),
        }
    }

    /// Writes all that waits, for as long as the reader takes some of it within `patience`. What
    /// was written to a file is brought to the disk.
    ///
    /// # Errors
    /// As [`Sink::write`]; and where patience ends.
    pub fn finish(&mut self, patience: Option<Duration>) -> Result<Reader, Error> {
        match self {
            Sink::Stdout(stdout) => broken_pipe(stdout.finish(patience).map_err(stdout_error)),
            Sink::File(file) => broken_pipe(file.finish()),
        }
    }

    /// Bytes that wait for the reader.
    pub fn pending(&self) -> usize {
        match self {
            Sink::Stdout(stdout) => stdout.pending(),
            Sink::File(file) => file.pending(),
        }
    }

    /// Do lines wait for a file that takes none now?
    pub fn is_faulty(&self) -> bool {
        matches!(self, Sink::File(file) if file.is_faulty())
    }

    /// The error number of what keeps the lines from being written.
    pub fn errno(&self) -> Option<u32> {
        match self {
            Sink::Stdout(_) => None,
            Sink::File(file) => file.errno(),
        }
    }

    /// When [`Sink::flush`] or [`Sink::rotate_action`] has something to do, if no line comes before.
    pub fn wakeup(&self) -> Option<Instant> {
        match self {
            Sink::Stdout(_) => None,
            Sink::File(file) => file.wakeup(),
        }
    }

    /// What tells when the reader takes more, or went away.
    pub fn pollable(&self) -> Option<BorrowedFd<'_>> {
        match self {
            Sink::Stdout(stdout) => Some(stdout.fd()),
            Sink::File(_) => None,
        }
    }

    pub fn stats(&self) -> Stats {
        match self {
            Sink::Stdout(stdout) => Stats {
                bytes: stdout.bytes(),
                ..Stats::default()
            },
            Sink::File(file) => file.stats(),
        }
    }

    /// Looks for a new file of that name (SIGHUP). `false`: there is no file.
    pub fn hang_up(&mut self) -> bool {
        match self {
            Sink::Stdout(_) => false,
            Sink::File(file) => {
                file.hang_up();
                true
            }
        }
    }

    /// What is to be done about the file before further lines are made: [`Sink::close_current`], then
    /// [`Sink::open_next`], then [`Sink::write_first`].
    pub fn rotate_action(&mut self) -> Option<RotateAction> {
        match self {
            Sink::Stdout(_) => None,
            Sink::File(file) => file.rotate_action(),
        }
    }

    /// Puts the file away where that is due. Returns the last record for it, where it takes one.
    pub fn close_current(&mut self, rotate_action: RotateAction) -> Option<Rotate> {
        match self {
            Sink::Stdout(_) => None,
            Sink::File(file) => file.close_current(rotate_action),
        }
    }

    /// Opens the next file. Returns how it was found; nothing, where that is to be tried again.
    pub fn open_next(&mut self, rotate_action: RotateAction) -> Option<Opened> {
        match self {
            Sink::Stdout(_) => None,
            Sink::File(file) => file.open_next(rotate_action),
        }
    }

    /// Lines that wait, where a file takes them.
    pub fn waiting(&mut self) -> Option<&mut Vec<u8>> {
        match self {
            Sink::Stdout(_) => None,
            Sink::File(file) => Some(file.waiting()),
        }
    }

    /// Takes the line that a new file begins with: it comes before those that wait.
    ///
    /// # Errors
    /// As [`Sink::write`].
    pub fn write_first(&mut self, line: &[u8]) -> Result<Reader, Error> {
        match self {
            Sink::Stdout(_) => self.write(line),
            Sink::File(file) => broken_pipe(file.write_first(line)),
        }
    }
}

/// Writes as much as it takes. Returns how much that was, and what kept the rest from it.
pub fn write_some(out: &mut impl Write, bytes: &[u8]) -> (usize, io::Result<()>) {
    let mut written = 0;
    while let Some(rest) = bytes.get(written..).filter(|rest| !rest.is_empty()) {
        match out.write(rest) {
            Ok(0) => return (written, Err(io::ErrorKind::WriteZero.into())),
            Ok(count) => written += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return (written, Err(error)),
        }
    }
    (written, Ok(()))
}

fn stdout_error(source: io::Error) -> Error {
    Error::Write {
        name: "the standard output".into(),
        source,
    }
}

/// A reader that went away is no error.
fn broken_pipe(result: Result<(), Error>) -> Result<Reader, Error> {
    match result {
        Ok(()) => Ok(Reader::Alive),
        Err(Error::Write { source, .. }) if source.kind() == io::ErrorKind::BrokenPipe => {
            Ok(Reader::Gone)
        }
        Err(error) => Err(error),
    }
}
