//! The errors that end a run. Each message says what the user can do.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::event::values::Time;
use crate::fold::{FoldError, IncompleteReason};

/// An error that ends a run with exit status 1.
#[derive(Debug, Error)]
pub enum Error {
    /// The output file cannot be opened.
    #[error("cannot open {}: {source}: choose a file in a folder that you may write to", path.display())]
    OpenOutput {
        /// The file.
        path: PathBuf,
        /// The error of open(2).
        source: io::Error,
    },
    /// Lines cannot be written.
    #[error(
        "cannot write to {name}: {source}: what was written so far is whole lines; make room and start again"
    )]
    Write {
        /// The path of the output, or `the standard output`.
        name: String,
        /// The error of write(2).
        source: io::Error,
    },
    /// The recording cannot be created.
    #[error("cannot record to {}: {source}", path.display())]
    Record {
        /// The recording.
        path: PathBuf,
        /// The error of open(2) or write(2).
        source: io::Error,
    },
    /// The run succeeded, but its recording ended early.
    #[error(
        "the recording {} is not complete: {source}: it ends before {since}; the lines are all there", path.display()
    )]
    Unrecorded {
        /// The recording.
        path: PathBuf,
        /// The time of the first input that is not in the recording.
        since: Time,
        /// The error of write(2).
        source: io::Error,
    },
    /// A file of lines cannot be folded.
    #[error("{}: {source}", path.display())]
    Lines {
        /// The file.
        path: PathBuf,
        /// The line, and its error.
        source: FoldError,
    },
    /// The lines do not have every object of that time.
    #[error("what stood at that moment is not known: {0}; --partial tells what is")]
    Incomplete(IncompleteReason),
    /// A capture cannot be read.
    #[error(transparent)]
    Capture(#[from] crate::capture::Error),
    /// A netlink socket cannot be opened.
    #[error("cannot open a netlink socket: {0}")]
    Socket(io::Error),
    /// A dump cannot be requested.
    #[error("cannot ask the kernel what exists: {0}")]
    Dump(io::Error),
    /// The event loop cannot be set up.
    #[error("cannot set up the event loop: {0}")]
    Loop(io::Error),
    /// An event cannot be encoded.
    #[error("cannot encode an event: {0}")]
    Encode(io::Error),
}
