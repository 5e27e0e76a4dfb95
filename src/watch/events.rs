//! The events of a run, for the thread that reads them.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::sync::Arc;
use std::thread::JoinHandle;

use rustix::event::{PollFd, PollFlags, poll};

use super::Line;
use crate::error::Error;
use crate::sink::{Next, Queue};

/// Events, in order. The iterator waits for the next one; it ends with the run, after an error if that ended
/// it.
///
/// For a loop of one's own (poll(2), mio, tokio) the file descriptor is readable while there are events, and
/// after the end. After a wake-up, take events with [`Events::try_next`] until there is none:
///
/// ```no_run
/// # fn readable(_: &impl std::os::fd::AsFd) {}
/// # let mut events = nlstream::watch::Watcher::builder().events()?;
/// while !events.is_ended() {
///     readable(&events); // with tokio: AsyncFd::new(events)?.readable_mut().await
///     while let Some(event) = events.try_next() {
///         println!("{:?}", event?);
///     }
/// }
/// # Ok::<(), nlstream::error::Error>(())
/// ```
///
/// The run ends soon after `Events` is dropped; [`Events::stop`] waits for that.
#[derive(Debug)]
pub struct Events {
    queue: Arc<Queue>,
    /// The events being read, and where the next one begins.
    chunk: Vec<u8>,
    at: usize,
    is_ended: bool,
    thread: Option<JoinHandle<()>>,
}

impl Events {
    pub(super) fn new(queue: Arc<Queue>, thread: JoinHandle<()>) -> Self {
        Events {
            queue,
            chunk: Vec::new(),
            at: 0,
            is_ended: false,
            thread: Some(thread),
        }
    }

    /// The error of a run that ended before it began.
    pub(super) fn failed(mut self) -> Result<Self, Error> {
        match self.next() {
            Some(Err(error)) => Err(error),
            _ => Ok(self),
        }
    }

    /// The next event, if there is one now.
    pub fn try_next(&mut self) -> Option<Result<Line, Error>> {
        if self.at == self.chunk.len() {
            match self.queue.take() {
                Next::Chunk(chunk) => (self.chunk, self.at) = (chunk, 0),
                Next::Empty => return None,
                Next::Ended(error) => {
                    self.is_ended = true;
                    return error.map(Err);
                }
            }
        }
        let rest = &self.chunk[self.at..];
        let length = rest.iter().position(|byte| *byte == b'\n');
        let length = length.map_or(rest.len(), |at| at + 1);
        self.at += length;
        let line = Line::parse(&rest[..length]);
        Some(line.map_err(|error| Error::Encode(error.into())))
    }

    /// Returns true if the run has ended and its events are taken.
    pub fn is_ended(&self) -> bool {
        self.is_ended
    }

    /// Ends the run, and waits until its thread has ended. Its memory is free then, which takes seconds if the
    /// kernel has millions of objects.
    pub fn stop(mut self) {
        self.queue.close();
        if let Some(thread) = self.thread.take() {
            // The guard of the thread has reported a panic.
            let _ = thread.join();
        }
    }

    /// Waits for an event, or the end.
    fn wait(&self) -> io::Result<()> {
        loop {
            match poll(&mut [PollFd::new(&*self.queue, PollFlags::IN)], None) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => return Ok(result.map(drop)?),
            }
        }
    }
}

impl Iterator for Events {
    type Item = Result<Line, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if self.is_ended {
                return None;
            }
            if let Some(event) = self.try_next() {
                return Some(event);
            }
            if !self.is_ended
                && let Err(error) = self.wait()
            {
                return Some(Err(Error::Loop(error)));
            }
        }
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        self.queue.close();
    }
}

impl AsFd for Events {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.queue.as_fd()
    }
}

impl AsRawFd for Events {
    fn as_raw_fd(&self) -> RawFd {
        self.queue.as_fd().as_raw_fd()
    }
}
