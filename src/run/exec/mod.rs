//! `nlstream exec`: runs a command for each event of lines, from the standard input or from a file that
//! is followed.
//!
//! | module | responsibility |
//! |---|---|
//! | `input` | a thread that reads the lines and selects the events |
//! | `follow` | a file across rotation, and the files beside it |
//! | `event` | what a command is told about an event |
//! | `queue` | events that wait: debounce, order, rate |
//! | `job` | a running command |
//! | `position` | what was done, for the next start |
//!
//! Memory is bounded: the thread waits while the queue is full, and reads no further.

mod event;
pub(super) mod follow;
mod input;
mod job;
mod position;
mod queue;

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};
use std::time::{Duration, Instant};

use log::{debug, info, warn};
use mio::{Events, Interest, Poll, Token, Waker};
use rustix::fs::{Access as Allowed, access};
use signal_hook::consts::{SIGCHLD, SIGINT, SIGTERM};
use signal_hook_mio::v1_0::Signals;

use super::files::Files;
use super::line_filter::{LineFilter, LineOptions};
use crate::error::Error;
pub use event::MARK;
use input::{Input, Message};
use job::{Ending, Job};
use position::{Positions, Progress};
use queue::{Queue, Rate, Waiting};

/// The options of `nlstream exec`.
#[derive(Clone, Debug)]
pub struct Exec {
    /// The file with the lines, which is followed; `-` is the standard input, which is read to its end.
    pub file: PathBuf,
    /// The lines for which the command runs.
    pub lines: LineOptions,
    /// The command and its arguments.
    pub command: Vec<OsString>,
    /// Time without a further event of the object after which the command runs for the last one.
    pub debounce: Option<Duration>,
    /// Number of commands that are started at most within a time.
    pub rate: Option<(u32, Duration)>,
    /// Number of commands that run at the same time.
    pub jobs: usize,
    /// Time after which a command is ended.
    pub timeout: Option<Duration>,
    /// The file that keeps what was done.
    pub position: Option<PathBuf>,
    pub on_failure: OnFailure,
}

/// What follows when a command fails: it does not end with status 0, or not in time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnFailure {
    /// The next event.
    #[default]
    Continue,
    /// The end of the program. The event counts as not done.
    Stop,
    /// The same command again, this often; then the next event.
    Retry(u32),
}

const SIGNALS: Token = Token(0);
const LINES: Token = Token(1);
const PIPES: Token = Token(2);

/// Time before a command is run again; doubled each time.
const RETRY: Duration = Duration::from_secs(1);
const MAX_RETRY: Duration = Duration::from_secs(60);
/// Interval in which the position is written if no command ends.
const SAVE_INTERVAL: Duration = Duration::from_secs(1);

/// Runs the command for each event, to the end of the input or to a signal.
///
/// # Errors
/// If the command cannot be started, the lines cannot be read, or the position cannot be kept; with
/// [`OnFailure::Stop`] if a command fails.
pub fn run(exec: &Exec) -> Result<(), Error> {
    check_program(exec)?;
    let filter = LineFilter::new(&exec.lines)?;
    let mut files = Files::default();
    files.input(&exec.file);
    files.replaced("--position", exec.position.as_deref());
    files.check()?;
    let positions = exec.position.as_deref().map(Positions::open).transpose()?;
    let signals = Signals::new([SIGCHLD, SIGINT, SIGTERM]).map_err(Error::Loop)?;
    let poll = Poll::new().map_err(Error::Loop)?;
    // Kept to the end: what it has signalled is lost when it is closed.
    let waker = Arc::new(Waker::new(poll.registry(), LINES).map_err(Error::Loop)?);
    // One message: what waits is in the queue, whose size is limited.
    let (sender, lines) = sync_channel(1);
    let saved = positions.as_ref().and_then(|it| it.saved.clone());
    let from = saved.as_ref().map(|saved| saved.at.clone());
    Input::new(&exec.file, filter, from, sender, waker.clone()).start()?;
    let progress = Progress::new(saved);
    let result = Loop::new(exec, lines, positions, progress).run(poll, signals);
    drop(waker);
    result
}

/// # Errors
/// If the program of the command does not exist or cannot be executed.
fn check_program(exec: &Exec) -> Result<(), Error> {
    let Some(program) = exec.command.first() else {
        return Err(cannot_start(exec, io::ErrorKind::NotFound.into()));
    };
    let is_executable = |path: &Path| path.is_file() && access(path, Allowed::EXEC_OK).is_ok();
    let path = Path::new(program);
    if path.components().count() > 1 || program.as_encoded_bytes().contains(&b'/') {
        return match is_executable(path) {
            true => Ok(()),
            false if path.is_file() => {
                Err(cannot_start(exec, io::ErrorKind::PermissionDenied.into()))
            }
            false => Err(cannot_start(exec, io::ErrorKind::NotFound.into())),
        };
    }
    let folders = std::env::var_os("PATH").unwrap_or_else(|| "/bin:/usr/bin".into());
    let mut places = std::env::split_paths(&folders).map(|folder| folder.join(program));
    match places.any(|place| is_executable(&place)) {
        true => Ok(()),
        false => Err(cannot_start(exec, io::ErrorKind::NotFound.into())),
    }
}

fn cannot_start(exec: &Exec, source: io::Error) -> Error {
    let program = exec.command.first().map(PathBuf::from).unwrap_or_default();
    Error::StartCommand { program, source }
}

/// The numbers that are logged at the end.
#[derive(Debug, Default)]
struct Counts {
    events: u64,
    commands: u64,
    failed: u64,
}

/// The state of the loop.
struct Loop<'a> {
    exec: &'a Exec,
    lines: Receiver<Message>,
    positions: Option<Positions>,
    progress: Progress,
    /// The position changed since it was written, and when it was written.
    unsaved: bool,
    saved_at: Option<Instant>,
    queue: Queue,
    rate: Option<Rate>,
    jobs: Vec<Job>,
    next_pipe: usize,
    counts: Counts,
    /// The input has ended.
    ended: bool,
    /// Nothing is started any more.
    stopping: bool,
    error: Option<Error>,
}

impl<'a> Loop<'a> {
    fn new(
        exec: &'a Exec,
        lines: Receiver<Message>,
        positions: Option<Positions>,
        progress: Progress,
    ) -> Self {
        Loop {
            exec,
            lines,
            positions,
            progress,
            unsaved: false,
            saved_at: None,
            queue: Queue::new(exec.debounce),
            rate: exec.rate.map(|(number, time)| Rate::new(number, time)),
            jobs: Vec::new(),
            next_pipe: PIPES.0,
            counts: Counts::default(),
            ended: false,
            stopping: false,
            error: None,
        }
    }

    fn run(mut self, mut poll: Poll, mut signals: Signals) -> Result<(), Error> {
        // A second signal ends the program at once.
        let impatient = Arc::new(AtomicBool::new(false));
        poll.registry()
            .register(&mut signals, SIGNALS, Interest::READABLE)
            .map_err(Error::Loop)?;
        let mut events = Events::with_capacity(64);
        loop {
            for signal in signals.pending() {
                if signal == SIGCHLD {
                    continue;
                }
                if impatient.swap(true, Ordering::Relaxed) {
                    self.stop();
                    self.jobs.iter_mut().for_each(Job::kill);
                }
                self.stop();
            }
            let now = Instant::now();
            self.receive(now);
            self.serve(now);
            self.start(&poll, now);
            self.save(now, false);
            // Log messages that wait for their reader.
            log::logger().flush();
            let is_idle = self.queue.is_empty() && self.jobs.is_empty();
            if (self.stopping && self.jobs.is_empty()) || (self.ended && is_idle) {
                break;
            }
            let timeout = self.wakeup().map(|due| due.saturating_duration_since(now));
            match poll.poll(&mut events, timeout) {
                Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                    return Err(Error::Loop(error));
                }
                _ => {}
            }
        }
        self.save(Instant::now(), true);
        let Counts {
            events,
            commands,
            failed,
        } = self.counts;
        info!("events: {events}, commands that ended: {commands}, of which failed: {failed}");
        self.error.map_or(Ok(()), Err)
    }

    fn stop(&mut self) {
        if !self.stopping && !self.jobs.is_empty() {
            info!("waiting for {} running commands", self.jobs.len());
        }
        self.stopping = true;
    }

    /// Takes events while there is room for them.
    fn receive(&mut self, now: Instant) {
        while !self.ended && !self.stopping && self.queue.has_room() && self.progress.has_room() {
            match self.lines.try_recv() {
                Ok(Message::Event { event, before }) => {
                    self.unsaved = true;
                    if self.progress.is_done(&event) {
                        self.progress.skip(&event);
                        continue;
                    }
                    self.counts.events += 1;
                    self.progress.begin(&event, before);
                    if let Some(replaced) = self.queue.push(*event, now) {
                        self.progress.supersede(&replaced);
                    }
                }
                Ok(Message::Passed(position)) => {
                    self.unsaved = true;
                    self.progress.pass(position);
                }
                Ok(Message::End) => {
                    self.ended = true;
                    self.queue.flush(now);
                }
                Ok(Message::Failed(error)) => {
                    self.error.get_or_insert(error);
                    self.ended = true;
                    self.queue.flush(now);
                }
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => {
                    self.ended = true;
                    self.queue.flush(now);
                }
            }
        }
    }

    /// Serves the running commands, and ends what has ended.
    fn serve(&mut self, now: Instant) {
        let mut at = 0;
        while let Some(job) = self.jobs.get_mut(at) {
            match job.serve(now) {
                None => at += 1,
                Some(ending) => {
                    let job = self.jobs.swap_remove(at);
                    self.end(job, &ending, now);
                    self.save(now, true);
                }
            }
        }
    }

    fn end(&mut self, job: Job, ending: &Ending, now: Instant) {
        self.counts.commands += 1;
        let mut waiting = job.into_waiting();
        self.queue.release(waiting.event.key);
        self.unsaved = true;
        let name = waiting.event.name();
        if ending.is_success() {
            debug!("the command for {name} succeeded");
            return self.progress.end(&waiting.event);
        }
        self.counts.failed += 1;
        match self.exec.on_failure {
            OnFailure::Stop => {
                self.fail(Error::CommandFailed(name, ending.to_string()));
            }
            OnFailure::Retry(number) if waiting.attempts < number => {
                let delay = RETRY.saturating_mul(1 << waiting.attempts.min(16));
                let delay = delay.min(MAX_RETRY);
                waiting.attempts += 1;
                warn!("the command for {name} {ending}; it is run again in {delay:?}");
                self.queue.retry(waiting, now + delay);
            }
            _ => {
                warn!("the command for {name} {ending}");
                self.progress.end(&waiting.event);
            }
        }
    }

    /// Starts the commands that are due.
    fn start(&mut self, poll: &Poll, now: Instant) {
        while !self.stopping && self.jobs.len() < self.exec.jobs {
            if self.rate.as_mut().is_some_and(|rate| !rate.permits(now)) {
                break;
            }
            let Some(waiting) = self.queue.next(now) else {
                break;
            };
            self.start_one(poll, waiting, now);
        }
    }

    fn start_one(&mut self, poll: &Poll, waiting: Waiting, now: Instant) {
        let deadline = self.exec.timeout.map(|timeout| now + timeout);
        let token = Token(self.next_pipe);
        self.next_pipe = self.next_pipe.checked_add(1).unwrap_or(PIPES.0);
        match Job::start(
            &self.exec.command,
            waiting,
            deadline,
            poll.registry(),
            token,
        ) {
            Ok(job) => {
                self.jobs.push(job);
                if let Some(rate) = &mut self.rate {
                    rate.started(now);
                }
            }
            // The event is not done: the next start begins with it.
            Err(source) => self.fail(cannot_start(self.exec, source)),
        }
    }

    /// When the loop has something to do without a signal or a line.
    fn wakeup(&self) -> Option<Instant> {
        let jobs = self.jobs.iter().filter_map(Job::due);
        let can_start = !self.stopping && self.jobs.len() < self.exec.jobs;
        let queue = self.queue.due().filter(|_| can_start).map(|due| {
            let rate = self.rate.as_ref().and_then(Rate::due);
            rate.map_or(due, |rate| due.max(rate))
        });
        let save = self.saved_at.map(|saved| saved + SAVE_INTERVAL);
        let save = save.filter(|_| self.unsaved && self.positions.is_some());
        jobs.chain(queue).chain(save).min()
    }

    /// Writes the position: at once if `is_due`, otherwise at intervals.
    fn save(&mut self, now: Instant, is_due: bool) {
        let Some(positions) = &mut self.positions else {
            return;
        };
        let is_early = self
            .saved_at
            .is_some_and(|saved| now < saved + SAVE_INTERVAL);
        if !self.unsaved || (is_early && !is_due) {
            return;
        }
        let Some(saved) = self.progress.to_save() else {
            return;
        };
        (self.unsaved, self.saved_at) = (false, Some(now));
        if let Err(error) = positions.save(&saved) {
            self.fail(error);
        }
    }

    /// Ends the program with an error, after the running commands.
    fn fail(&mut self, error: Error) {
        self.error.get_or_insert(error);
        self.stop();
    }
}
