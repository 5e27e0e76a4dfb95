//! Child processes, and the resources that they use.

use std::process::{Child, Command};
use std::time::{Duration, Instant};

use super::sys::{self, Used};

/// A running program.
pub(crate) struct Running {
    pub child: Child,
    begun: Instant,
}

/// The resources that a program used.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    /// CPU time, user and system.
    pub cpu: Duration,
    pub wall: Duration,
    /// The largest resident memory, KiB.
    pub memory: u64,
}

impl Running {
    /// Starts a program, on the core `core` if given.
    pub(crate) fn start(command: &mut Command, core: Option<usize>) -> Self {
        let all = sys::cores().expect("sched_getaffinity");
        if let Some(core) = core {
            sys::bind_to(&[core]).expect("sched_setaffinity");
        }
        let begun = Instant::now();
        let child = command.spawn();
        if core.is_some() {
            sys::bind_to(&all).expect("sched_setaffinity");
        }
        let child = child.unwrap_or_else(|e| panic!("{command:?}: {e}"));
        Running { child, begun }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Returns when it was started.
    pub(crate) fn begun(&self) -> Instant {
        self.begun
    }

    /// Sends SIGTERM. A shell without job control starts background processes with SIGINT ignored,
    /// and `ip monitor`, which inherits that, would never end.
    pub(crate) fn terminate(&self) {
        sys::kill(self.pid(), libc::SIGTERM).expect("kill");
    }

    /// Waits for its end, which must be a success or the SIGTERM that was sent.
    pub(crate) fn end(self) -> Cost {
        let used = sys::wait(self.pid()).expect("wait4");
        let wall = self.begun.elapsed();
        let Used {
            user,
            system,
            memory,
            status,
        } = used;
        let fine = status == 0 || status == libc::SIGTERM;
        assert!(fine, "{:?} failed: status {status:#x}", self.child);
        Cost {
            cpu: user + system,
            wall,
            memory,
        }
    }
}

/// Runs a program to its end.
pub(crate) fn run(command: &mut Command, core: Option<usize>) -> Cost {
    Running::start(command, core).end()
}

/// Returns the value of a line of /proc/PID/status, KiB.
pub(crate) fn status_kib(pid: u32, name: &str) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// Returns the CPU time that a single-threaded program has used so far (proc(5), schedstat).
pub(crate) fn cpu_so_far(pid: u32) -> Option<Duration> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/schedstat")).ok()?;
    text.split(' ')
        .next()?
        .parse()
        .ok()
        .map(Duration::from_nanos)
}
