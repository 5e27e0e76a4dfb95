//! The standard output, written without waiting and without changing its flags: they belong to
//! every process that shares it.

use std::io::{self, IoSlice, Write as _};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::FileType;
use rustix::io::{Errno, ReadWriteFlags, pwritev2};

/// pwritev2(2): write at the file's own position.
const NO_OFFSET: u64 = u64::MAX;

/// The standard output, and what could not be written to it yet.
pub struct Stdout {
    stdout: io::Stdout,
    pending: Vec<u8>,
    /// How much of `pending` is written.
    written: usize,
    /// It cannot be written without waiting (a terminal, a file).
    waits: bool,
}

impl Stdout {
    pub fn new() -> Self {
        let stdout = io::stdout();
        // A file takes everything, and nothing tells when one that asks to wait takes more.
        let waits = rustix::fs::fstat(&stdout)
            .is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile);
        Stdout {
            stdout,
            pending: Vec::new(),
            written: 0,
            waits,
        }
    }

    pub fn fd(&self) -> BorrowedFd<'_> {
        self.stdout.as_fd()
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
        } else if self.written > self.pending.len() / 2 {
            self.pending.drain(..self.written);
            self.written = 0;
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
            let mut fds = [PollFd::new(&self.stdout, PollFlags::OUT)];
            match poll(&mut fds, patience.as_ref()) {
                Ok(0) => {
                    let left = self.pending();
                    let text = format!("its reader takes nothing: the last {left} bytes are lost");
                    return Err(io::Error::new(io::ErrorKind::TimedOut, text));
                }
                Ok(_) | Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Writes until it would have to wait. Returns how much was written.
    fn write_some(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut written = 0;
        while written < bytes.len() && !self.waits {
            let rest = [IoSlice::new(&bytes[written..])];
            match pwritev2(&self.stdout, &rest, NO_OFFSET, ReadWriteFlags::NOWAIT) {
                Ok(count) => written += count,
                Err(Errno::AGAIN) => return Ok(written),
                Err(Errno::INTR) => {}
                // What is neither a pipe nor a socket.
                Err(Errno::OPNOTSUPP | Errno::INVAL | Errno::NOSYS) => self.waits = true,
                Err(error) => return Err(error.into()),
            }
        }
        if self.waits {
            let mut stdout = self.stdout.lock();
            stdout.write_all(&bytes[written..])?;
            stdout.flush()?;
        }
        Ok(bytes.len())
    }
}
