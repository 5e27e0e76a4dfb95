//! A nonblocking output: the standard output, or a FIFO, a terminal or another device that `--output` names; also
//! the standard error of a run. It is written without blocking, so that a reader that takes nothing delays neither signals nor the
//! reading of the kernel's events. O_NONBLOCK is never set on a descriptor that was inherited: the flag
//! belongs to the open file description, which other processes share.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, IoSlice, Write as _};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{FileType, OFlags, fcntl_getfl, fcntl_setfl, fstat};
use rustix::io::{Errno, ReadWriteFlags, fcntl_dupfd_cloexec, pwritev2};

use super::give_back;
use crate::error::Error;
use crate::file::{FolderPolicy, Place};

/// pwritev2(2): write at the file's own position.
const NO_OFFSET: u64 = u64::MAX;

/// Above the descriptors that a service manager passes: one that it did not open must not be taken for
/// passed.
const ABOVE_PASSED: RawFd = 64;

/// A nonblocking output and the bytes that could not be written to it yet.
pub struct Nonblocking {
    /// `None` for the standard output and the standard error.
    path: Option<PathBuf>,
    file: File,
    mode: Mode,
    pending: Vec<u8>,
    /// How many bytes of `pending` are written.
    written: usize,
    /// Number of bytes written so far.
    bytes: u64,
}

/// How to write without blocking.
#[derive(Clone, Copy)]
enum Mode {
    /// The file has an open file description of its own, with O_NONBLOCK.
    NonBlocking,
    /// A socket or a pipe of another user, which cannot be opened again: use RWF_NOWAIT.
    NoWait,
    /// A file: blocking writes. poll(2) does not report when a slow file takes more.
    Blocking,
}

impl Nonblocking {
    fn new(path: Option<&Path>, file: File, mode: Mode) -> Self {
        Nonblocking {
            path: path.map(Path::to_owned),
            file,
            mode,
            pending: Vec::new(),
            written: 0,
            bytes: 0,
        }
    }

    /// Returns the standard output.
    ///
    /// # Errors
    /// Those of fcntl(2).
    pub(super) fn stdout() -> io::Result<Self> {
        Nonblocking::inherited(io::stdout().as_fd(), "/proc/self/fd/1", 0)
    }

    /// Returns the standard error.
    ///
    /// # Errors
    /// Those of fcntl(2).
    pub fn stderr() -> io::Result<Self> {
        Nonblocking::inherited(io::stderr().as_fd(), "/proc/self/fd/2", ABOVE_PASSED)
    }

    /// Returns an output that the program has inherited; `path` leads to it. `lowest`: the lowest number of
    /// its descriptor.
    fn inherited(stream: BorrowedFd<'_>, path: &str, lowest: RawFd) -> io::Result<Self> {
        let stat = fstat(stream)?;
        let file_type = FileType::from_raw_mode(stat.st_mode);
        if matches!(file_type, FileType::Fifo | FileType::CharacterDevice) {
            let flags = (OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed();
            let mut options = OpenOptions::new();
            options.write(true).custom_flags(flags);
            if let Ok(mut file) = options.open(path) {
                if file.as_raw_fd() < lowest {
                    file = fcntl_dupfd_cloexec(&file, lowest)?.into();
                }
                return Ok(Nonblocking::new(None, file, Mode::NonBlocking));
            }
        }
        let mode = match file_type {
            FileType::Fifo | FileType::CharacterDevice | FileType::Socket => Mode::NoWait,
            _ => Mode::Blocking,
        };
        let file = match lowest {
            0 => stream.try_clone_to_owned()?,
            lowest => fcntl_dupfd_cloexec(stream, lowest)?,
        };
        Ok(Nonblocking::new(None, file.into(), mode))
    }

    /// Opens the file at `path` if it is no regular file. Returns `None` for one, and for a path that
    /// does not exist.
    ///
    /// # Errors
    /// Those of open(2), if nothing can be written to a file of that type, and if another user may have
    /// planted it.
    pub(super) fn open(path: &Path, folders: FolderPolicy) -> io::Result<Option<Self>> {
        // Errors of stat(2) are those of open(2), too.
        let Some(data) = fs::metadata(path).ok().filter(|data| !data.is_file()) else {
            return Ok(None);
        };
        if is_stdout(&data) {
            let output = Nonblocking::stdout()?;
            return Ok(Some(Nonblocking {
                path: Some(path.to_owned()),
                ..output
            }));
        }
        let place = Place::resolve(path, folders)?;
        let file_type = data.file_type();
        let unfit = |text: &str| Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        if file_type.is_dir() {
            return Err(Errno::ISDIR.into());
        }
        if file_type.is_socket() {
            return unfit(
                "it is a socket; pipe the standard output to a program that connects to it",
            );
        }
        if !file_type.is_fifo() && !file_type.is_char_device() {
            return unfit("it is a block device, whose data the lines would replace");
        }
        // The readers of a FIFO with a name may come and go, as those of a regular file.
        let is_named = file_type.is_fifo() && !place.is_magic();
        let flags = if is_named {
            OFlags::RDWR
        } else {
            OFlags::WRONLY
        };
        let existing = match place.open(flags) {
            Err(error) if is_named && error.kind() == io::ErrorKind::PermissionDenied => {
                place.open(OFlags::WRONLY)
            }
            existing => existing,
        }?;
        // Another file may be there by now.
        let Some(file) = existing.map(|it| it.file) else {
            return Ok(None);
        };
        if file.metadata()?.file_type() != file_type {
            return Ok(None);
        }
        Nonblocking::of(path, file).map(Some)
    }

    /// Takes a file that is open for writing, and whose open file description no other process has.
    ///
    /// # Errors
    /// Those of fcntl(2).
    pub fn of(path: &Path, file: File) -> io::Result<Self> {
        fcntl_setfl(&file, fcntl_getfl(&file)? | OFlags::NONBLOCK)?;
        Ok(Nonblocking::new(Some(path), file, Mode::NonBlocking))
    }

    /// Returns true if it is the standard output, and `--output` does not name it.
    pub(super) fn is_default(&self) -> bool {
        self.path.is_none()
    }

    /// Returns the error of a failed write.
    pub(super) fn error(&self, source: io::Error) -> Error {
        match &self.path {
            None => super::stdout_error(source),
            Some(path) => Error::Write {
                name: path.display().to_string(),
                source,
            },
        }
    }

    /// Number of bytes written so far.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The descriptor to poll for the reader taking more.
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }

    /// Number of bytes that wait for the reader.
    pub fn pending(&self) -> usize {
        self.pending.len() - self.written
    }

    /// Writes bytes, or keeps those that cannot be written without blocking.
    ///
    /// # Errors
    /// Those of write(2).
    pub fn write(&mut self, lines: &[u8]) -> io::Result<()> {
        if self.pending() > 0 {
            self.pending.extend_from_slice(lines);
            return self.flush();
        }
        let written = self.write_some(lines)?;
        self.pending.extend_from_slice(&lines[written..]);
        Ok(())
    }

    /// Writes bytes that wait, as far as that is possible without blocking.
    ///
    /// # Errors
    /// Those of write(2).
    pub fn flush(&mut self) -> io::Result<()> {
        let pending = std::mem::take(&mut self.pending);
        let result = self.write_some(&pending[self.written..]);
        self.pending = pending;
        self.written += result?;
        if self.written == self.pending.len() {
            self.pending.clear();
            self.written = 0;
            give_back(&mut self.pending);
        } else if self.written > self.pending.len() / 2 {
            self.pending.drain(..self.written);
            self.written = 0;
            give_back(&mut self.pending);
        }
        Ok(())
    }

    /// Writes all bytes that wait, as long as the reader takes some within every `patience` (`None`:
    /// forever).
    ///
    /// # Errors
    /// Those of write(2) and poll(2), and `TimedOut`.
    pub fn finish(&mut self, patience: Option<Duration>) -> io::Result<()> {
        let patience = patience.map(Timespec::try_from).transpose();
        let patience = patience.map_err(io::Error::other)?;
        loop {
            self.flush()?;
            if self.pending() == 0 {
                return Ok(());
            }
            let mut fds = [PollFd::from_borrowed_fd(self.fd(), PollFlags::OUT)];
            match poll(&mut fds, patience.as_ref()) {
                Ok(0) => {
                    let left = self.pending();
                    let text =
                        format!("the reader takes no more data; the last {left} bytes are lost");
                    return Err(io::Error::new(io::ErrorKind::TimedOut, text));
                }
                Ok(_) | Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Writes until a write would block. Returns how many bytes were written.
    fn write_some(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut written = 0;
        while written < bytes.len() {
            let rest = &bytes[written..];
            let result = match self.mode {
                Mode::NonBlocking => rustix::io::write(&self.file, rest),
                Mode::NoWait => {
                    let rest = [IoSlice::new(rest)];
                    pwritev2(&self.file, &rest, NO_OFFSET, ReadWriteFlags::NOWAIT)
                }
                Mode::Blocking => {
                    self.file.write_all(rest)?;
                    Ok(rest.len())
                }
            };
            match result {
                Ok(count) => written += count,
                Err(Errno::AGAIN) => break,
                Err(Errno::INTR) => {}
                Err(Errno::OPNOTSUPP | Errno::INVAL | Errno::NOSYS) => self.mode = Mode::Blocking,
                Err(error) => return Err(error.into()),
            }
        }
        self.bytes += written as u64;
        Ok(written)
    }
}

/// Returns true if the file is that of the standard output, by whatever name.
fn is_stdout(data: &Metadata) -> bool {
    fstat(io::stdout()).is_ok_and(|stat| (stat.st_dev, stat.st_ino) == (data.dev(), data.ino()))
}
