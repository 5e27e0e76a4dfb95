//! The confinement of a run: what its task needs is allowed, everything else is refused, to contain an
//! attacker who exploits a fault in the handling of netlink messages or files. docs/confinement.md
//! describes it, with the table of [`calls`].

pub mod calls;
mod capabilities;
mod landlock;
mod names;
mod seccomp;

use std::ffi::OsString;
use std::os::fd::RawFd;
use std::path::{Path, PathBuf};

use caps::Capability;
use log::{Level, debug, log, warn};

use super::capabilities::{keep_only, warn_kept};
use super::live::Live;
use super::log::LogQuery;
use super::replay::Replay;
use super::report::ReportQuery;
use super::state::StateQuery;
use super::{Outputs, metrics};
use crate::family::Subscribed;
pub use calls::Mode;
pub use landlock::is_writable;

/// The exit status of a process that made a call which its confinement refuses.
pub const REFUSED_CALL: i32 = 4;

/// What a task needs.
#[derive(Debug)]
pub struct Needs {
    pub mode: Mode,
    /// Files that are read, and may be readable only by the superuser.
    pub inputs: Vec<PathBuf>,
    /// Files that are written, besides the standard output.
    pub outputs: Vec<PathBuf>,
    /// The socket of the service manager.
    pub notify: Option<OsString>,
    /// Another thread has a confinement of its own.
    pub has_visitor: bool,
    /// Another process keeps CAP_NET_ADMIN, and this one does not.
    pub has_broker: bool,
    /// Of the broker: the file descriptors on which it sends.
    pub sockets: Vec<RawFd>,
    /// The protocols of the families that need CAP_NET_ADMIN: without a broker their sockets are opened at any
    /// time.
    pub protocols: Vec<u16>,
}

impl Needs {
    fn new(mode: Mode, inputs: &[PathBuf], outputs: Option<&Outputs>) -> Self {
        let outputs = outputs.map(|it| it.output.iter().chain(&it.record));
        Needs {
            mode,
            inputs: inputs.to_vec(),
            outputs: outputs.into_iter().flatten().cloned().collect(),
            notify: None,
            has_visitor: false,
            has_broker: false,
            sockets: Vec::new(),
            protocols: Vec::new(),
        }
    }

    /// Returns the paths that lead through another process, as `/proc/PID/root/FILE`.
    fn files_of_others(&self) -> impl Iterator<Item = &Path> {
        let is_of_other = |path: &&Path| {
            let process = path.strip_prefix("/proc").ok();
            let process = process.and_then(|rest| rest.iter().next()?.to_str()?.parse().ok());
            process.is_some_and(|process: u32| process != std::process::id())
        };
        let all = self.inputs.iter().chain(&self.outputs);
        all.map(PathBuf::as_path).filter(is_of_other)
    }

    /// Returns the needs of a live run.
    pub fn live(live: &Live) -> Self {
        let inputs: Vec<_> = live.config.iter().cloned().collect();
        let mut needs = Needs::new(Mode::Live, &inputs, Some(&live.outputs));
        let metrics = live.metrics.as_ref().map(metrics::Config::path);
        needs.outputs.extend(metrics.map(Path::to_owned));
        needs.has_visitor = live.all_netns;
        needs.protocols = Subscribed::privileged_protocols(&live.settings);
        needs.notify = std::env::var_os("NOTIFY_SOCKET").filter(|socket| !socket.is_empty());
        needs
    }

    /// Returns the needs of a replay of these files.
    pub fn replay(replay: &Replay, files: &[PathBuf]) -> Self {
        Needs::new(Mode::Replay, files, Some(&replay.outputs))
    }

    /// Returns the needs of `nlstream state`.
    pub fn state(query: &StateQuery) -> Self {
        Needs::new(Mode::State, &query.files, None)
    }

    /// Returns the needs of `nlstream report`, which writes a file as a replay does.
    pub fn report(query: &ReportQuery) -> Self {
        let mut needs = Needs::new(Mode::Replay, &query.files, None);
        needs.outputs.extend(query.output.clone());
        needs
    }

    /// Returns the needs of `nlstream log`, which reads files as `nlstream state` does.
    pub fn log(query: &LogQuery) -> Self {
        Needs::new(Mode::State, &query.files, None)
    }
}

/// Confines the thread that visits network namespaces, for good: it keeps the capabilities to find and
/// enter them, reads files and opens netlink sockets. Landlock would hide the files of other processes in
/// /proc. `protocols`: those of families that need CAP_NET_ADMIN. `report`: as for [`enter`].
pub(super) fn enter_visitor(protocols: Vec<u16>, report: fn(&str)) {
    // To enter a namespace; to give it a number; to see those of other users' processes, and folders
    // of container managers.
    let needed = [
        Capability::CAP_SYS_ADMIN,
        Capability::CAP_NET_ADMIN,
        Capability::CAP_SYS_PTRACE,
        Capability::CAP_DAC_READ_SEARCH,
    ];
    let thread = "the thread that visits namespaces";
    keep_only(&needed, thread);
    let needs = Needs {
        protocols,
        has_visitor: true,
        ..Needs::new(Mode::Visit, &[], None)
    };
    filter_calls(&needs, thread, report);
}

/// Confines the broker, for good: it keeps CAP_NET_ADMIN, and sends on these file descriptors.
/// `report`: as for [`enter`].
pub(super) fn enter_broker(sockets: &[RawFd], report: fn(&str)) {
    let needs = Needs {
        sockets: sockets.to_vec(),
        ..Needs::new(Mode::Broker, &[], None)
    };
    let process = "the process that keeps CAP_NET_ADMIN";
    keep_only(&[Capability::CAP_NET_ADMIN], process);
    filter_calls(&needs, process, report);
}

/// Filters the system calls of the thread that reads about processes, for good, in a run with a thread that
/// visits network namespaces: no filter of all threads does it then. `report`: as for [`enter`].
pub(super) fn enter_processes(report: fn(&str)) {
    let needs = Needs {
        has_visitor: true,
        ..Needs::new(Mode::Live, &[], None)
    };
    filter_calls(&needs, "the thread that reads about processes", report);
}

fn filter_calls(needs: &Needs, thread: &str, report: fn(&str)) {
    if let Err(error) = seccomp::filter(needs, report) {
        warn!("cannot filter system calls of {thread}: {error}");
    }
}

/// Confines this thread and those that it starts later, for good. What the kernel does not support is
/// logged, and left out. `report` writes the message about a refused call: it is called by a signal
/// handler, and must be async-signal-safe.
pub fn enter(needs: &Needs, report: fn(&str)) {
    // A run that writes files can do more damage.
    let level = match needs.outputs.is_empty() {
        true => Level::Debug,
        false => Level::Warn,
    };
    crate::file::note_user();
    if let Err(error) = capabilities::drop(needs) {
        warn_kept("this process", &error);
    }
    match needs.files_of_others().next() {
        // Landlock keeps a process out of the files of others in /proc.
        Some(path) => debug!(
            "landlock is not used: {} is a path through another process",
            path.display()
        ),
        None => match landlock::restrict(needs) {
            Ok(true) => {}
            Ok(false) => log!(
                level,
                "landlock is not supported by this kernel; continuing without it"
            ),
            Err(error) => log!(level, "cannot apply landlock: {error}"),
        },
    }
    filter_calls(needs, "this process", report);
}
