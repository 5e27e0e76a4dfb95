//! The standard output, written without blocking. O_NONBLOCK is not set on it: the flag belongs to the
//! open file description, which other processes share.

use std::fs::{File, OpenOptions};
use std::io::{self, IoSlice, Write as _};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::OpenOptionsExt as _;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{FileType, OFlags};
use rustix::io::{Errno, ReadWriteFlags, pwritev2};

use super::give_back;

/// pwritev2(2): write at the file's own position.
const NO_OFFSET: u64 = u64::MAX;

/// The standard output and the bytes that could not be written to it yet.
pub struct Stdout {
    mode: Mode,
    stdout: io::Stdout,
    pending: Vec<u8>,
    /// How many bytes of `pending` are written.
    written: usize,
    /// Number of bytes written so far.
    bytes: u64,
}

/// How to write without blocking.
enum Mode {
    /// The same pipe or terminal, opened again with O_NONBLOCK in a description of its own.
    Opened(File),
    /// A socket or a pipe of another user, which cannot be opened again: use RWF_NOWAIT.
    NoWait,
    /// A file: blocking writes. poll(2) does not report when a slow file takes more.
    Blocking,
}

impl Mode {
    /// Chooses the mode by the type of the file.
    fn to(stdout: &io::Stdout) -> Self {
        let stat = rustix::fs::fstat(stdout);
        match stat.map(|stat| FileType::from_raw_mode(stat.st_mode)) {
            Ok(FileType::Fifo | FileType::CharacterDevice) => {
                let mut options = OpenOptions::new();
                let flags = (OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed();
                let opened = options
                    .write(true)
                    .custom_flags(flags)
                    .open("/proc/self/fd/1");
                opened.map_or(Mode::NoWait, Mode::Opened)
            }
            Ok(FileType::Socket) => Mode::NoWait,
            _ => Mode::Blocking,
        }
    }
}

impl Stdout {
    pub fn new() -> Self {
        let stdout = io::stdout();
        Stdout {
            mode: Mode::to(&stdout),
            stdout,
            pending: Vec::new(),
            written: 0,
            bytes: 0,
        }
    }

    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    pub fn fd(&self) -> BorrowedFd<'_> {
        match &self.mode {
            Mode::Opened(file) => file.as_fd(),
            Mode::NoWait | Mode::Blocking => self.stdout.as_fd(),
        }
    }

    pub fn pending(&self) -> usize {
        self.pending.len() - self.written
    }

    pub fn write(&mut self, lines: &[u8]) -> io::Result<()> {
        if self.pending() > 0 {
            self.pending.extend_from_slice(lines);
            return self.flush();
        }
        let written = self.write_some(lines)?;
        self.pending.extend_from_slice(&lines[written..]);
        Ok(())
    }

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
            let result = match &self.mode {
                Mode::Opened(file) => rustix::io::write(file, rest),
                Mode::NoWait => {
                    let rest = [IoSlice::new(rest)];
                    pwritev2(&self.stdout, &rest, NO_OFFSET, ReadWriteFlags::NOWAIT)
                }
                Mode::Blocking => {
                    let mut stdout = self.stdout.lock();
                    stdout.write_all(rest)?;
                    stdout.flush()?;
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
