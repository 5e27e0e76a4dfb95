//! Errors that end a run. Messages say what failed and, where possible, what to do.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::event::values::Time;
use crate::fold::{FoldError, IncompleteReason};

/// An error that ends the run with exit status 1.
#[derive(Debug, Error)]
pub enum Error {
    /// The output file cannot be opened.
    #[error("cannot open {}: {source}; choose a file in a writable directory", path.display())]
    OpenOutput {
        /// The file.
        path: PathBuf,
        /// The error of open(2).
        source: io::Error,
    },
    /// Lines cannot be written.
    #[error(
        "cannot write to {name}: {source}; the output so far consists of complete lines; free space and restart"
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
        "recording {} is incomplete: {source}; it ends before {since}; the output lines are complete", path.display()
    )]
    Unrecorded {
        /// The recording.
        path: PathBuf,
        /// Time of the first input missing from the recording.
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
    /// The lines do not contain every object of that time.
    #[error(
        "the state at that time is incomplete: {0}; use --partial to print the available objects"
    )]
    Incomplete(IncompleteReason),
    /// A capture cannot be read.
    #[error(transparent)]
    Capture(#[from] crate::capture::Error),
    /// A netlink socket cannot be opened.
    #[error("cannot open a netlink socket: {0}")]
    Socket(io::Error),
    /// A dump cannot be requested.
    #[error("cannot dump existing objects from the kernel: {0}")]
    Dump(io::Error),
    /// The event loop cannot be set up.
    #[error("cannot set up the event loop: {0}")]
    Loop(io::Error),
    /// An event cannot be encoded.
    #[error("cannot encode an event: {0}")]
    Encode(io::Error),
}
