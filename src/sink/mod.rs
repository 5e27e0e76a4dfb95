//! Where the lines go: stdout or a file. Owns whole lines; never makes the socket wait.

mod file;
mod stdout;

use std::io;
use std::os::fd::BorrowedFd;
use std::path::Path;
use std::time::Duration;

use file::AppendFile;
use stdout::Stdout;

use crate::error::Error;

/// Where the lines go.
pub enum Sink {
    Stdout(Stdout),
    File(AppendFile),
}

/// How the reader is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Reader {
    Alive,
    /// Nobody will read what is written from now on.
    Gone,
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
    pub fn file(path: &Path) -> Result<Self, Error> {
        AppendFile::open(path).map(Sink::File)
    }

    /// Takes whole lines.
    ///
    /// # Errors
    /// Where they cannot be written; a reader that went away is none.
    pub fn write(&mut self, lines: &[u8]) -> Result<Reader, Error> {
        match self {
            Sink::Stdout(stdout) => broken_pipe(stdout.write(lines)),
            Sink::File(file) => file.write(lines).map(|()| Reader::Alive),
        }
    }

    /// Writes what waits, as far as it goes without waiting.
    ///
    /// # Errors
    /// As [`Sink::write`].
    pub fn flush(&mut self) -> Result<Reader, Error> {
        match self {
            Sink::Stdout(stdout) => broken_pipe(stdout.flush()),
            Sink::File(_) => Ok(Reader::Alive),
        }
    }

    /// Writes all that waits, for as long as the reader takes some of it within `patience`.
    ///
    /// # Errors
    /// As [`Sink::write`]; and where patience ends.
    pub fn finish(&mut self, patience: Option<Duration>) -> Result<Reader, Error> {
        match self {
            Sink::Stdout(stdout) => broken_pipe(stdout.finish(patience)),
            Sink::File(_) => Ok(Reader::Alive),
        }
    }

    /// Bytes that wait for the reader.
    pub fn pending(&self) -> usize {
        match self {
            Sink::Stdout(stdout) => stdout.pending(),
            Sink::File(_) => 0,
        }
    }

    /// What tells when the reader takes more, or went away.
    pub fn pollable(&self) -> Option<BorrowedFd<'_>> {
        match self {
            Sink::Stdout(stdout) => Some(stdout.fd()),
            Sink::File(_) => None,
        }
    }
}

fn broken_pipe(result: io::Result<()>) -> Result<Reader, Error> {
    match result {
        Ok(()) => Ok(Reader::Alive),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Reader::Gone),
        Err(source) => Err(Error::Write {
            name: "the standard output".into(),
            source,
        }),
    }
}
