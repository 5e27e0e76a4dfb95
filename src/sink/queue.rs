//! Records for a reader in the same process: chunks of whole records, which the run appends and another
//! thread takes.

use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError};

use mio::Waker;
use rustix::event::{EventfdFlags, eventfd};

use super::Reader;
use crate::error::Error;

/// Records on their way to a reader in the same process.
#[derive(Debug)]
pub struct Queue {
    state: Mutex<State>,
    /// Signalled when the reader takes records, or goes away.
    taken: Condvar,
    /// An eventfd, which is readable while there are records, and after the end.
    readable: OwnedFd,
    /// Wakes the run.
    waker: OnceLock<Waker>,
    /// Size of the records with which the run is to wait, or to drop records, bytes.
    limit: usize,
}

#[derive(Debug, Default)]
struct State {
    chunks: VecDeque<Vec<u8>>,
    /// Size of the chunks, bytes.
    pending: usize,
    /// Size of all records so far, bytes.
    written: u64,
    /// The reader has gone.
    is_closed: bool,
    end: Option<End>,
}

/// How the run ended.
#[derive(Debug)]
enum End {
    /// With this result, which the reader has not taken yet.
    Of(Result<(), Error>),
    Taken,
}

/// What the reader finds.
#[derive(Debug)]
pub enum Next {
    /// Whole records.
    Chunk(Vec<u8>),
    /// Nothing yet.
    Empty,
    /// The run has ended. The error is returned once.
    Ended(Option<Error>),
}

impl Queue {
    /// # Errors
    /// If the process has no file descriptor left.
    pub fn new(limit: usize) -> io::Result<Self> {
        Ok(Queue {
            state: Mutex::default(),
            taken: Condvar::new(),
            readable: eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?,
            waker: OnceLock::new(),
            limit,
        })
    }

    /// Wakes the run with that waker when the reader takes records after it was slow, or goes away.
    pub fn wake_with(&self, waker: Waker) {
        let _ = self.waker.set(waker);
        // It may have gone before.
        if self.lock().is_closed {
            self.wake();
        }
    }

    fn wake(&self) {
        if let Some(waker) = self.waker.get() {
            // Fails only without memory; the run looks again at its next event.
            let _ = waker.wake();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Each change of the state is whole before anything can panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_readable(&self) {
        // Fails only if the counter is full: it is readable then.
        let _ = rustix::io::write(&self.readable, &1_u64.to_ne_bytes());
    }

    /// Appends whole records.
    pub(super) fn write(&self, records: &[u8]) -> Reader {
        let mut state = self.lock();
        if state.is_closed {
            return Reader::Gone;
        }
        if !records.is_empty() {
            if state.chunks.is_empty() {
                self.set_readable();
            }
            state.pending += records.len();
            state.written += records.len() as u64;
            state.chunks.push_back(records.to_vec());
        }
        Reader::Alive
    }

    /// Waits until the reader has taken so much that less than the limit waits for it.
    pub(super) fn wait(&self) -> Reader {
        let mut state = self.lock();
        while state.pending > self.limit && !state.is_closed {
            let waited = self.taken.wait(state);
            state = waited.unwrap_or_else(PoisonError::into_inner);
        }
        match state.is_closed {
            true => Reader::Gone,
            false => Reader::Alive,
        }
    }

    /// Size of the records that wait, bytes.
    pub(super) fn pending(&self) -> usize {
        self.lock().pending
    }

    /// Size of all records so far, bytes.
    pub(super) fn written(&self) -> u64 {
        self.lock().written
    }

    /// Ends the queue: the reader finds this result after the last record. Later calls have no effect.
    pub fn end(&self, result: Result<(), Error>) {
        let mut state = self.lock();
        if state.end.is_none() {
            state.end = Some(End::Of(result));
            self.set_readable();
        }
    }

    /// Takes the next records.
    pub fn take(&self) -> Next {
        let mut state = self.lock();
        let Some(chunk) = state.chunks.pop_front() else {
            return match &mut state.end {
                Some(end) => match std::mem::replace(end, End::Taken) {
                    End::Of(result) => Next::Ended(result.err()),
                    End::Taken => Next::Ended(None),
                },
                None => {
                    let _ = rustix::io::read(&self.readable, &mut [0; 8]);
                    Next::Empty
                }
            };
        };
        let before = state.pending;
        state.pending -= chunk.len();
        // The run goes on when half of the limit is free.
        let was_slow = before >= self.limit / 2 && state.pending < self.limit / 2;
        drop(state);
        self.taken.notify_one();
        if was_slow {
            self.wake();
        }
        Next::Chunk(chunk)
    }

    /// The reader goes away: the run ends soon.
    pub fn close(&self) {
        let mut state = self.lock();
        state.is_closed = true;
        state.chunks.clear();
        state.pending = 0;
        drop(state);
        self.taken.notify_one();
        self.wake();
    }
}

/// Readable while there are records, and after the end.
impl AsFd for Queue {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.readable.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};

    use super::*;

    fn is_readable(queue: &Queue) -> bool {
        let mut fds = [PollFd::new(queue, PollFlags::IN)];
        poll(&mut fds, Some(&Timespec::default())).unwrap() == 1
    }

    fn chunk(queue: &Queue) -> Vec<u8> {
        match queue.take() {
            Next::Chunk(chunk) => chunk,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn it_is_readable_while_it_has_records_and_after_the_end() {
        let queue = Queue::new(100).unwrap();
        assert!(matches!(queue.take(), Next::Empty) && !is_readable(&queue));
        for round in 0..2 {
            assert_eq!(queue.write(b"a\n"), Reader::Alive);
            assert_eq!(queue.write(b"b\n"), Reader::Alive);
            assert_eq!(chunk(&queue), b"a\n");
            assert!(is_readable(&queue), "round {round}");
            assert_eq!(chunk(&queue), b"b\n");
            // Only the reader that has found it empty waits.
            assert!(matches!(queue.take(), Next::Empty) && !is_readable(&queue));
        }
        assert_eq!(queue.write(b"c\n"), Reader::Alive);
        queue.end(Err(Error::NoSync));
        queue.end(Ok(()));
        assert_eq!(chunk(&queue), b"c\n");
        assert!(is_readable(&queue));
        assert!(matches!(queue.take(), Next::Ended(Some(Error::NoSync))));
        assert!(is_readable(&queue) && matches!(queue.take(), Next::Ended(None)));
        assert_eq!(queue.written(), 10);
    }

    #[test]
    fn a_writer_waits_for_its_reader_until_that_goes_away() {
        let queue = Queue::new(3).unwrap();
        assert_eq!(queue.write(b"12345\n"), Reader::Alive);
        std::thread::scope(|scope| {
            let writer = scope.spawn(|| queue.wait());
            assert_eq!(chunk(&queue), b"12345\n");
            assert_eq!(writer.join().unwrap(), Reader::Alive);
            assert_eq!(queue.write(b"12345\n"), Reader::Alive);
            let writer = scope.spawn(|| queue.wait());
            queue.close();
            assert_eq!(writer.join().unwrap(), Reader::Gone);
        });
        assert_eq!(queue.write(b"6\n"), Reader::Gone);
        assert_eq!(queue.pending(), 0);
    }
}
