//! A running command: its standard input, its time limit, its end.

use std::ffi::OsString;
use std::fmt;
use std::io::{self, Write as _};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use mio::unix::pipe::Sender;
use mio::{Interest, Registry, Token};
use rustix::process::{Pid, Signal, kill_process_group};

use super::queue::Waiting;

/// Time between SIGTERM and SIGKILL.
const GRACE: Duration = Duration::from_secs(5);

/// How a command ended.
#[derive(Debug)]
pub(super) struct Ending {
    status: ExitStatus,
    is_late: bool,
}

impl Ending {
    pub(super) fn is_success(&self) -> bool {
        self.status.success() && !self.is_late
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_late {
            return f.write_str("exceeded its time limit (--timeout)");
        }
        match (self.status.code(), self.status.signal()) {
            (Some(code), _) => write!(f, "ended with status {code}"),
            (None, Some(signal)) => write!(f, "was ended by the signal {signal}"),
            (None, None) => write!(f, "ended: {}", self.status),
        }
    }
}

/// A command that runs.
#[derive(Debug)]
pub(super) struct Job {
    waiting: Waiting,
    child: Child,
    /// Its standard input, until it has the line.
    stdin: Option<Sender>,
    written: usize,
    /// When it is ended by a signal: the next one.
    deadline: Option<(Instant, Signal)>,
    is_late: bool,
}

impl Job {
    /// Starts the command, in a process group of its own.
    ///
    /// # Errors
    /// If it cannot be started.
    pub(super) fn start(
        command: &[OsString],
        waiting: Waiting,
        deadline: Option<Instant>,
        registry: &Registry,
        token: Token,
    ) -> io::Result<Self> {
        let (program, arguments) = command.split_first().ok_or(io::ErrorKind::NotFound)?;
        let mut command = Command::new(program);
        command
            .args(arguments)
            .stdin(Stdio::piped())
            .process_group(0);
        for (name, value) in waiting.event.variables(waiting.events) {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        let mut child = command.spawn()?;
        let mut stdin = child.stdin.take().map(Sender::from);
        if let Some(stdin) = &mut stdin {
            stdin.set_nonblocking(true)?;
            registry.register(stdin, token, Interest::WRITABLE)?;
        }
        let mut job = Job {
            waiting,
            child,
            stdin,
            written: 0,
            deadline: deadline.map(|deadline| (deadline, Signal::TERM)),
            is_late: false,
        };
        job.write();
        Ok(job)
    }

    /// Writes what its standard input takes. A command need not read it: then the rest is dropped.
    fn write(&mut self) {
        while let Some(stdin) = &mut self.stdin {
            match stdin.write(&self.waiting.event.line[self.written..]) {
                Ok(0) => self.stdin = None,
                Ok(written) => {
                    self.written += written;
                    if self.written == self.waiting.event.line.len() {
                        self.stdin = None;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(_) => self.stdin = None,
            }
        }
    }

    /// Writes, ends the command if its time is over, and returns how it ended, if it did.
    pub(super) fn serve(&mut self, now: Instant) -> Option<Ending> {
        self.write();
        if let Ok(Some(status)) = self.child.try_wait() {
            let is_late = self.is_late;
            return Some(Ending { status, is_late });
        }
        if let Some((due, signal)) = self.deadline
            && due <= now
        {
            self.is_late = true;
            self.signal(signal);
            self.deadline = (signal == Signal::TERM).then_some((now + GRACE, Signal::KILL));
        }
        None
    }

    /// Ends the command and its process group at once.
    pub(super) fn kill(&mut self) {
        self.signal(Signal::KILL);
    }

    fn signal(&self, signal: Signal) {
        // The process was not waited for, so that its id is still its own.
        if let Some(group) = Pid::from_raw(self.child.id().cast_signed()) {
            let _ = kill_process_group(group, signal);
        }
    }

    /// When it is to be served without a signal.
    pub(super) fn due(&self) -> Option<Instant> {
        self.deadline.map(|(due, _)| due)
    }

    /// Returns the event.
    pub(super) fn into_waiting(self) -> Waiting {
        self.waiting
    }
}
