//! Errors that end a run. Messages say what failed and, where possible, what to do.

use std::fmt;
use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::event::values::Time;
use crate::fold::{IncompleteReason, LinesError};

/// What to do about a file that cannot be opened or written, as the end of a message.
pub(crate) struct Remedy<'a>(pub &'a io::Error);

impl fmt::Display for Remedy<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use io::ErrorKind as Kind;
        f.write_str(match self.0.kind() {
            Kind::NotFound => "; create its directory first",
            Kind::IsADirectory => "; name a file in that directory",
            Kind::NotADirectory => "; a part of the path is a file",
            Kind::PermissionDenied | Kind::ReadOnlyFilesystem => {
                "; choose a file in a writable directory"
            }
            Kind::ResourceBusy => "; stop that run, or choose another file",
            Kind::AlreadyExists => "; choose another file, or replace this one with --force",
            Kind::StorageFull | Kind::QuotaExceeded => "; free space and restart",
            Kind::FileTooLarge => "; raise the limit of file sizes (ulimit -f) and restart",
            _ => "",
        })
    }
}

/// An error that ends the run with the exit status [`Error::exit_status`].
#[derive(Debug, Error)]
pub enum Error {
    /// The output file cannot be opened.
    #[error("cannot open {}: {source}{}", path.display(), Remedy(source))]
    OpenOutput {
        /// The file.
        path: PathBuf,
        /// The error of open(2).
        source: io::Error,
    },
    /// Lines cannot be written.
    #[error(
        "cannot write to {name}: {source}; the output so far consists of complete lines{}",
        Remedy(source)
    )]
    Write {
        /// The path of the output, or `the standard output`.
        name: String,
        /// The error of write(2).
        source: io::Error,
    },
    /// The recording cannot be created.
    #[error("cannot record to {}: {source}{}", path.display(), Remedy(source))]
    Record {
        /// The recording.
        path: PathBuf,
        /// The error of open(2) or write(2).
        source: io::Error,
    },
    /// The metrics file cannot be written.
    #[error("cannot write metrics to {}: {source}{}", path.display(), Remedy(source))]
    Metrics {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file of a run has the name of an archived file: what it is, and the output file.
    #[error(
        "{0} has a name like the archived files of {1}, which rotation removes; choose another one"
    )]
    ArchiveName(String, String),
    /// Two files of a run are the same: what they are.
    #[error("{0} and {1} are the same file, which would be destroyed; choose another one")]
    SameFile(String, String),
    /// Several files are replayed, and recorded to one.
    #[error("a recording contains one run; replay one file at a time with --record")]
    SeveralRuns,
    /// The standard output is closed.
    #[error("the standard output is closed; redirect it, or write to a file with --output")]
    ClosedStdout,
    /// The run ended before the snapshot was complete.
    #[error(
        "the run ended before the snapshot was complete: objects are missing, and no `sync` was written; use --exit in place of --for, which ends the run when the snapshot is complete"
    )]
    NoSync,
    /// The snapshot that the run was to print may lack objects of these kinds.
    #[error(
        "the snapshot may lack objects of {}, because they changed faster than they could be dumped; try again", .0.join(", ")
    )]
    IncompleteSnapshot(Vec<&'static str>),
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
        source: LinesError,
    },
    /// The lines do not contain every object of that time.
    #[error(
        "the state at that time is incomplete: {0}; use --partial to print the available objects"
    )]
    Incomplete(IncompleteReason),
    /// The standard input is to be read for two times.
    #[error("--diff reads the lines twice: name files in place of the standard input")]
    ReadTwice,
    /// The command of `nlstream exec` cannot be started.
    #[error("cannot run {}: {source}; give the path of an executable file, or a name in PATH", program.display())]
    StartCommand {
        /// The program.
        program: PathBuf,
        /// The error of execve(2).
        source: io::Error,
    },
    /// A command failed, with `--on-failure stop`: its event, and how it ended.
    #[error(
        "the command for {0} {1}; the next start begins with this event, if there is a --position"
    )]
    CommandFailed(String, String),
    /// The position of `nlstream exec` cannot be read or written.
    #[error("cannot keep the position in {}: {source}{}", path.display(), Remedy(source))]
    Position {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// `nlstream top` has no terminal.
    #[error(
        "top shows a screen, and the standard output is no terminal: use `nlstream --format text` for a stream of lines, `nlstream log` for a file, `nlstream report` for a page"
    )]
    NoTerminal,
    /// What ended `nlstream top`.
    #[error("{0}")]
    Top(String),
    /// A filter selects nothing, or has an invalid value: its option, and why.
    #[error(transparent)]
    Filter(#[from] crate::filter::Fault),
    /// A capture cannot be read.
    #[error(transparent)]
    Capture(#[from] crate::capture::Error),
    /// The capture was replayed to its end, and its snapshot length cut packets.
    #[error(
        "{file}: the snapshot length cut {packets} of its packets: their messages are lost, and marked by `gap` lines; capture whole packets (tcpdump -s 0)"
    )]
    CutPackets {
        /// The capture.
        file: String,
        /// Number of the packets.
        packets: u64,
    },
    /// A network namespace cannot be watched: as it was requested, and why.
    #[error("--netns {0}: {1}")]
    Netns(String, String),
    /// The network namespaces of the machine cannot be watched: why.
    #[error("--all-netns: {0}")]
    AllNetns(String),
    /// A netlink socket cannot be opened.
    #[error("cannot open a netlink socket: {0}")]
    Socket(io::Error),
    /// The socket that the service manager passed cannot be used.
    #[error("cannot use the socket that the service manager passed: {0}")]
    PassedSocket(io::Error),
    /// Every receive from a socket failed.
    #[error("cannot receive {what} from the kernel: {source}, after {errors} errors in a row")]
    Receive {
        /// What the socket is for: events or dumps.
        what: &'static str,
        /// Number of errors without a datagram or an empty socket between them.
        errors: u32,
        /// The last error of recvmmsg(2).
        source: io::Error,
    },
    /// The kernel does not tell how many events it dropped.
    #[error("cannot read the number of events that the kernel dropped: {0}")]
    DropCount(io::Error),
    /// A dump cannot be requested.
    #[error("cannot request a dump of existing objects from the kernel: {0}")]
    Dump(io::Error),
    /// The event loop cannot be set up.
    #[error("cannot set up the event loop: {0}")]
    Loop(io::Error),
    /// An event cannot be encoded.
    #[error("cannot encode an event: {0}")]
    Encode(io::Error),
}

impl Error {
    /// The exit status of the program: 3 if the input was read to its end and is not whole, 2 if an
    /// option is invalid, else 1.
    pub fn exit_status(&self) -> u8 {
        match self {
            Error::CutPackets { .. } => 3,
            Error::Filter(_) => 2,
            _ => 1,
        }
    }
}
