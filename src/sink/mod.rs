//! The destination of the output: stdout, a file, or a reader in the same process. A sink takes complete, framed records and knows
//! about their format only what [`RecordReader`](crate::encode::RecordReader) provides. Writing
//! never blocks the thread that reads the netlink socket.

mod file;
mod nonblocking;
mod queue;

use std::io::{self, BufWriter, Write};
use std::os::fd::BorrowedFd;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::fs::OFlags;

use file::AppendFile;
pub use file::{Config, Fsync, RotateAction, Rotation, is_archive_name};
pub use nonblocking::Nonblocking;
pub use queue::{Next, Queue};

use crate::encode::Format;
use crate::error::Error;
use crate::event::meta::Rotate;
use crate::file::FolderPolicy;
use crate::input::Opened;
use crate::netlink::sys::was_stdout_closed;

/// The destination of the output.
pub enum Sink {
    /// The standard output, or a FIFO, a terminal or another device, with `--output`.
    Nonblocking(Nonblocking),
    /// A regular file, with `--output`.
    File(Box<AppendFile>),
    /// A reader in the same process.
    Queue(Arc<Queue>),
}

/// Whether anyone reads the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Reader {
    /// The output may still be read.
    Alive,
    /// The reader has closed the pipe or socket (EPIPE).
    Gone,
}

/// Counts of a sink.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stats {
    /// Whole records that were written, bytes.
    pub bytes: u64,
    /// Failed writes and synchronisations.
    pub errors: u64,
    /// Files that were archived.
    pub rotations: u64,
}

impl Sink {
    /// The standard output.
    ///
    /// # Errors
    /// If it is closed.
    pub fn stdout() -> Result<Self, Error> {
        check_stdout()?;
        Nonblocking::stdout()
            .map(Sink::Nonblocking)
            .map_err(stdout_error)
    }

    /// A file to which records of `format` are appended: a regular one, or a nonblocking one such as a FIFO.
    ///
    /// # Errors
    /// If it cannot be opened or repaired, or another nlstream writes to it.
    pub fn file(
        path: &Path,
        folders: FolderPolicy,
        config: &Config,
        format: &Format,
    ) -> Result<Self, Error> {
        let output = Nonblocking::open(path, folders).map_err(|source| Error::OpenOutput {
            path: path.to_owned(),
            source,
        })?;
        if let Some(output) = output {
            return Ok(Sink::Nonblocking(output));
        }
        let file = AppendFile::open(path, folders, config.clone(), format)?;
        Ok(Sink::File(Box::new(file)))
    }

    /// Returns how the file was found; `None` for a nonblocking output.
    pub fn opened(&self) -> Option<&Opened> {
        match self {
            Sink::Nonblocking(_) | Sink::Queue(_) => None,
            Sink::File(file) => Some(file.opened()),
        }
    }

    /// Writes complete records, or keeps those that cannot be written without blocking.
    ///
    /// # Errors
    /// If they cannot be written. A reader that closed its end is not an error. A
    /// [patient](Config::patient) file keeps the records instead and retries.
    pub fn write(&mut self, lines: &[u8]) -> Result<Reader, Error> {
        match self {
            Sink::Nonblocking(output) => {
                let result = output.write(lines);
                broken_pipe(result.map_err(|source| output.error(source)))
            }
            Sink::File(file) => broken_pipe(file.write(lines)),
            Sink::Queue(queue) => Ok(queue.write(lines)),
        }
    }

    /// Writes waiting records, as far as that is possible without blocking.
    ///
    /// # Errors
    /// As [`Sink::write`].
    pub fn flush(&mut self) -> Result<Reader, Error> {
        match self {
            Sink::Nonblocking(output) => {
                let result = output.flush();
                broken_pipe(result.map_err(|source| output.error(source)))
            }
            Sink::File(file) => broken_pipe(file.flush()),
            Sink::Queue(queue) => Ok(queue.write(&[])),
        }
    }

    /// Writes all waiting records and blocks for it, as long as the reader takes some bytes within
    /// every `patience` (`None`: forever). A file is synchronised.
    ///
    /// # Errors
    /// As [`Sink::write`], and if the reader takes nothing within `patience`.
    pub fn finish(&mut self, patience: Option<Duration>) -> Result<Reader, Error> {
        match self {
            Sink::Nonblocking(output) => {
                let result = output.finish(patience);
                broken_pipe(result.map_err(|source| output.error(source)))
            }
            Sink::File(file) => broken_pipe(file.finish()),
            Sink::Queue(queue) => Ok(queue.wait()),
        }
    }

    /// Returns how many bytes wait for the reader.
    pub fn pending(&self) -> usize {
        match self {
            Sink::Nonblocking(output) => output.pending(),
            Sink::File(file) => file.pending(),
            Sink::Queue(queue) => queue.pending(),
        }
    }

    /// Returns true if records wait for a file that takes none now.
    pub fn is_faulty(&self) -> bool {
        matches!(self, Sink::File(file) if file.is_faulty())
    }

    /// Returns the error number of the failure for which records wait.
    pub fn errno(&self) -> Option<u32> {
        match self {
            Sink::Nonblocking(_) | Sink::Queue(_) => None,
            Sink::File(file) => file.errno(),
        }
    }

    /// Returns when [`Sink::flush`] or [`Sink::rotate_action`] has to be called, if no record comes
    /// before.
    pub fn wakeup(&self) -> Option<Instant> {
        match self {
            Sink::Nonblocking(_) | Sink::Queue(_) => None,
            Sink::File(file) => file.wakeup(),
        }
    }

    /// Returns the descriptor to poll for the reader taking more, or going away.
    pub fn pollable(&self) -> Option<BorrowedFd<'_>> {
        match self {
            Sink::Nonblocking(output) => Some(output.fd()),
            Sink::File(_) | Sink::Queue(_) => None,
        }
    }

    /// Returns the counts so far.
    pub fn stats(&self) -> Stats {
        match self {
            Sink::Nonblocking(output) => Stats {
                bytes: output.bytes(),
                ..Stats::default()
            },
            Sink::File(file) => file.stats(),
            Sink::Queue(queue) => Stats {
                bytes: queue.written(),
                ..Stats::default()
            },
        }
    }

    /// # Errors
    /// If the file cannot be rotated as `config` says.
    pub fn check(&self, config: &Config) -> Result<(), Error> {
        match self {
            Sink::Nonblocking(_) | Sink::Queue(_) => Ok(()),
            Sink::File(file) => file.check(config),
        }
    }

    /// Changes how the file is rotated and synchronised.
    pub fn configure(&mut self, config: &Config) {
        if let Sink::File(file) = self {
            file.configure(config.clone());
        }
    }

    /// Requests a check whether the file was renamed (SIGHUP). Returns false without `--output`.
    pub fn hang_up(&mut self) -> bool {
        match self {
            Sink::Nonblocking(output) => !output.is_default(),
            Sink::File(file) => {
                file.hang_up();
                true
            }
            Sink::Queue(_) => false,
        }
    }

    /// Notes that `bytes` of the records written last belong to checkpoints. They do not count for the
    /// rotation, see [`AppendFile::note_checkpoint`].
    pub fn note_checkpoint(&mut self, bytes: u64) {
        if let Sink::File(file) = self {
            file.note_checkpoint(bytes);
        }
    }

    /// Delays a rotation by size or age while a checkpoint is written, see
    /// [`AppendFile::hold_rotation`].
    pub fn hold_rotation(&mut self, hold: bool) {
        if let Sink::File(file) = self {
            file.hold_rotation(hold);
        }
    }

    /// Returns what has to be done with the file before further records are encoded. The caller
    /// then calls [`Sink::close_current`], [`Sink::open_next`] and [`Sink::write_first`].
    pub fn rotate_action(&mut self) -> Option<RotateAction> {
        match self {
            Sink::Nonblocking(_) | Sink::Queue(_) => None,
            Sink::File(file) => file.rotate_action(),
        }
    }

    /// Archives the file if `rotate_action` asks for it. Returns the content of its last record,
    /// `None` if it takes none.
    pub fn close_current(&mut self, rotate_action: RotateAction) -> Option<Rotate> {
        match self {
            Sink::Nonblocking(_) | Sink::Queue(_) => None,
            Sink::File(file) => file.close_current(rotate_action),
        }
    }

    /// Opens the next file. Returns how it was found, `None` if that failed and is retried later.
    pub fn open_next(&mut self, rotate_action: RotateAction) -> Option<Opened> {
        match self {
            Sink::Nonblocking(_) | Sink::Queue(_) => None,
            Sink::File(file) => file.open_next(rotate_action),
        }
    }

    /// Takes the record that a new file begins with. It is inserted before those that wait.
    ///
    /// # Errors
    /// As [`Sink::write`].
    pub fn write_first(&mut self, record: &[u8]) -> Result<Reader, Error> {
        match self {
            Sink::Nonblocking(_) | Sink::Queue(_) => self.write(record),
            Sink::File(file) => broken_pipe(file.write_first(record)),
        }
    }
}

/// Capacity that an empty buffer of lines keeps, bytes.
const KEPT: usize = 1 << 20;

/// Gives memory back that a buffer of lines has used while a reader was slow, and does not need now.
pub fn give_back(buffer: &mut Vec<u8>) {
    let needed = buffer.len().max(KEPT);
    if buffer.capacity() / 4 > needed {
        buffer.shrink_to(needed);
    }
}

/// Writes as much of `bytes` as `out` takes. Returns how much that was, and the error that ended
/// it.
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

/// Rust's runtime opens /dev/null in place of a closed standard output, and takes EBADF from one that
/// is open only for reading as success.
fn check_stdout() -> Result<(), Error> {
    let flags = rustix::fs::fcntl_getfl(io::stdout());
    let is_writable = flags.is_ok_and(|flags| flags.intersects(OFlags::WRONLY | OFlags::RDWR));
    match is_writable && !was_stdout_closed() {
        true => Ok(()),
        false => Err(Error::ClosedStdout),
    }
}

/// Writes to the standard output with `write`, through a buffer. A reader that closed its end, as
/// `head` does, is not an error.
///
/// # Errors
/// Any other failure to write, and if it is closed.
pub fn print(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Error> {
    check_stdout()?;
    let mut out = BufWriter::new(io::stdout().lock());
    let written = write(&mut out).and_then(|()| out.flush());
    broken_pipe(written.map_err(stdout_error)).map(|_reader| ())
}

/// Turns the error of a reader that closed its end into [`Reader::Gone`].
fn broken_pipe(result: Result<(), Error>) -> Result<Reader, Error> {
    match result {
        Ok(()) => Ok(Reader::Alive),
        Err(Error::Write { source, .. }) if source.kind() == io::ErrorKind::BrokenPipe => {
            Ok(Reader::Gone)
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queue_memory_is_given_back() {
        let mut queue = vec![7; 64 << 20];
        give_back(&mut queue);
        assert_eq!(queue.capacity(), 64 << 20);
        // The reader has taken most of it.
        queue.drain(..63 << 20);
        give_back(&mut queue);
        assert!(queue.len() == 1 << 20 && queue.capacity() < 2 << 20);
        queue.clear();
        give_back(&mut queue);
        assert!(queue.capacity() < 2 << 20);
        // A small queue keeps its memory.
        let mut queue = Vec::with_capacity(1000);
        give_back(&mut queue);
        assert_eq!(queue.capacity(), 1000);
    }
}
