//! Errors that end a run. Messages say what failed and, where possible, what to do.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::event::values::Time;
use crate::fold::{FoldError, IncompleteReason};

/// An error that ends the run with exit status 1.
#[derive(Debug, Error)]
pub enum Error {
    #[error("cannot open {}: {source}; choose a file in a writable directory", path.display())]
    OpenOutput { path: PathBuf, source: io::Error },
    #[error(
        "cannot write to {name}: {source}; the output so far consists of complete lines; free space and restart"
    )]
    Write { name: String, source: io::Error },
    #[error("cannot record to {}: {source}", path.display())]
    Record { path: PathBuf, source: io::Error },
    #[error(
        "recording {} is incomplete: {source}; it ends before {since}; the output lines are complete", path.display()
    )]
    Unrecorded {
        path: PathBuf,
        /// Time of the first input missing from the recording.
        since: Time,
        source: io::Error,
    },
    #[error("{}: {source}", path.display())]
    Lines { path: PathBuf, source: FoldError },
    #[error(
        "the state at that time is incomplete: {0}; use --partial to print the available objects"
    )]
    Incomplete(IncompleteReason),
    #[error(transparent)]
    Capture(#[from] crate::capture::Error),
    #[error("cannot open a netlink socket: {0}")]
    Socket(io::Error),
    #[error("cannot dump existing objects from the kernel: {0}")]
    Dump(io::Error),
    #[error("cannot set up the event loop: {0}")]
    Loop(io::Error),
    #[error("cannot encode an event: {0}")]
    Encode(io::Error),
}
