//! What ends a run with a failure, said so that a person knows what to do.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::event::values::Time;
use crate::fold::{FoldError, IncompleteReason};

/// What ends a run with exit status 1.
#[derive(Debug, Error)]
pub enum Error {
    #[error("cannot open {}: {source}: choose a file in a folder that you may write to", path.display())]
    OpenOutput { path: PathBuf, source: io::Error },
    #[error(
        "cannot write to {name}: {source}: what was written so far is whole lines; make room and start again"
    )]
    Write { name: String, source: io::Error },
    #[error("cannot record to {}: {source}", path.display())]
    Record { path: PathBuf, source: io::Error },
    #[error(
        "the recording {} is not complete: {source}: it ends before {since}; the lines are all there", path.display()
    )]
    Unrecorded {
        path: PathBuf,
        /// When the first input happened that is not in it.
        since: Time,
        source: io::Error,
    },
    #[error("{}: {source}", path.display())]
    Lines { path: PathBuf, source: FoldError },
    #[error("what stood at that moment is not known: {0}; --partial tells what is")]
    Incomplete(IncompleteReason),
    #[error(transparent)]
    Capture(#[from] crate::capture::Error),
    #[error("cannot open a netlink socket: {0}")]
    Socket(io::Error),
    #[error("cannot ask the kernel what exists: {0}")]
    Dump(io::Error),
    #[error("cannot set up the event loop: {0}")]
    Loop(io::Error),
    #[error("cannot encode an event: {0}")]
    Encode(io::Error),
}
