//! The live run: one mio loop over the kernel's events, the dumps, the signals and the reader.

mod dumps;
mod events;

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use mio::unix::SourceFd;
use mio::{Interest, Poll, Token};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1};
use signal_hook_mio::v1_0::Signals;

use super::backlog::Backlog;
use super::clock::Clock;
use super::header::header;
use super::metrics::{self, Metrics};
use super::requests::requests;
use super::resync::ResyncScheduler;
use super::sandbox;
use super::service::{self, Manager};
use super::session::Session;
use super::{Outputs, open, run_id};
use crate::error::Error;
use crate::event::meta::{Settings, Stop, StopReason};
use crate::event::values::Time;
use crate::input::{ControlRecord, Input};
use crate::netlink::dump::Dumps;
use crate::netlink::events::Events;
use crate::netlink::{DumpSource, EventSource};
use crate::sink::{Reader, Sink};
use events::SpoofedDatagrams;

/// What a live run is asked for.
#[derive(Clone, Debug)]
pub struct Live {
    pub outputs: Outputs,
    pub settings: Settings,
    /// Stop after so long.
    pub duration: Option<Duration>,
    /// Size of the receive buffer, bytes.
    pub rcvbuf: u32,
    /// How often everything is read again.
    pub audit: Option<Duration>,
    /// How often a sign of life is told.
    pub heartbeat: Option<Duration>,
    /// The file for counters.
    pub metrics: Option<metrics::Config>,
}

const SIGNALS: Token = Token(0);
const EVENTS: Token = Token(1);
const DUMPS: Token = Token(2);
const OUTPUT: Token = Token(3);

/// Events that are told before the socket is emptied again. The smallest usual receive buffer
/// (net.core.rmem_default) holds as many routes.
const BATCH: usize = 256;
/// Lines are written together until there is no more to tell, or so many bytes: a file takes many
/// at once for less.
const WRITE_SIZE: usize = 256 << 10;
/// After so many batches in a row rows wait no more for the events to be told.
const MAX_BATCHES: u32 = 1024;
/// How often refused datagrams are told.
const REFUSED_INTERVAL: Duration = Duration::from_secs(1);
/// How long events gather behind one that was told at once. Where they come by the hundred thousand
/// a second a round of the loop for each would cost more than the event itself.
const COALESCE: Duration = Duration::from_micros(500);
/// The same behind as many as [`STORM_BATCH`] that were told together: a write of 100 KB costs a file half
/// as much a byte as one of 30 KB.
const COALESCE_STORM: Duration = Duration::from_millis(2);
const STORM_BATCH: usize = 32;
/// How long the last lines wait for a reader that takes nothing.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(4);
/// How long events that were queued before the end are still read.
const LAST_READS: Duration = Duration::from_secs(1);
/// A socket that gives so many errors in a row is broken.
const MAX_ERRORS: u32 = 100;

/// Streams what the kernel says until a signal, a limit, or the reader ends it.
///
/// # Errors
/// Where a socket, the output or the recording fails.
pub fn run(live: &Live) -> Result<(), Error> {
    // From the first moment on no signal ends the program without its last lines.
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGUSR1, SIGHUP]).map_err(Error::Loop)?;
    // A second signal ends the program at once, whatever it waits for.
    let impatient = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        signal_hook::flag::register_conditional_default(signal, impatient.clone())
            .map_err(Error::Loop)?;
    }
    // The events' socket comes before the dumps: what changes while the dumps run is queued there.
    let mut events = match service::passed_socket().map_err(Error::Socket)? {
        Some(fd) => Events::take_over(fd).map_err(Error::Socket)?,
        None => Events::open(live.rcvbuf).map_err(Error::Socket)?,
    };
    let mut dumps = Dumps::open().map_err(Error::Dump)?;
    // Before the sink: what the threads are not to do that it starts.
    sandbox::enter(live.outputs.output.is_some() || live.outputs.record.is_some());
    let mut sink = open(&live.outputs)?;
    let resync = ResyncScheduler::new(requests(&live.settings), live.audit, Instant::now());
    let header = header(&live.settings, &events, &sink);
    let run = run_id();
    let session = Session::new(&live.outputs, run.clone(), &header)?;

    let poll = Poll::new().map_err(Error::Loop)?;
    let registry = poll.registry();
    let mut register = || -> io::Result<()> {
        registry.register(&mut signals, SIGNALS, Interest::READABLE)?;
        registry.register(events.source(), EVENTS, Interest::READABLE)?;
        dumps.register(registry.try_clone()?, DUMPS)
    };
    register().map_err(Error::Loop)?;
    if let Some(fd) = sink.pollable() {
        let fd = std::os::fd::AsRawFd::as_raw_fd(&fd);
        // A regular file cannot be polled: it takes everything at once.
        let _ = registry.register(&mut SourceFd(&fd), OUTPUT, Interest::WRITABLE);
    }
    let max_coalesce = max_coalesce(events.rcvbuf().unwrap_or(0));
    let begun = Instant::now();
    Stream {
        session,
        events,
        dumps,
        resync,
        backlog: Backlog::default(),
        refused: SpoofedDatagrams::default(),
        clock: Clock::new(),
        manager: Manager::new(),
        metrics: live.metrics.clone().map(Metrics::new),
        run,
        started: header.time,
        fault: None,
        errors: 0,
        dump_errors: 0,
        emptied: None,
        max_coalesce,
        deadline: live.duration.map(|duration| begun + duration),
        heartbeat: live.heartbeat,
        next_heartbeat: live.heartbeat.map(|every| begun + every),
    }
    .run(poll, signals, &impatient, &mut sink)
}

/// How long events may gather in a receive buffer of so many bytes, as the kernel counts them: it
/// fills less than 1 GB/s with links, its own memory for them included, so half of it stays free.
fn max_coalesce(rcvbuf: u64) -> Duration {
    const LEAST: Duration = Duration::from_micros(100);
    let room = Duration::from_nanos(rcvbuf);
    match room < LEAST {
        true => Duration::ZERO,
        false => room,
    }
}

fn clock() -> Time {
    Time(Timestamp::now())
}

/// The loop's state.
struct Stream<E, D> {
    session: Session,
    events: E,
    dumps: D,
    resync: ResyncScheduler,
    backlog: Backlog,
    refused: SpoofedDatagrams,
    clock: Clock,
    manager: Manager,
    metrics: Option<Metrics>,
    /// The id of the run, and when it began.
    run: String,
    started: Time,
    /// The error that tells of a loss behind what is still queued.
    fault: Option<io::Error>,
    /// Errors in a row: of the events, and of the dumps.
    errors: u32,
    dump_errors: u32,
    /// When the socket was empty last, and nothing had been lost.
    emptied: Option<Time>,
    /// How long events may gather in the socket at most.
    max_coalesce: Duration,
    deadline: Option<Instant>,
    heartbeat: Option<Duration>,
    next_heartbeat: Option<Instant>,
}

impl<E: EventSource, D: DumpSource> Stream<E, D> {
    fn run(
        mut self,
        mut poll: Poll,
        mut signals: Signals,
        impatient: &AtomicBool,
        sink: &mut Sink,
    ) -> Result<(), Error> {
        let mut ready = mio::Events::with_capacity(8);
        // Edge-triggered: readiness is remembered until a read finds nothing.
        let (mut readable, mut entries) = (true, true);
        let reason = loop {
            let room = self.session.has_room(sink);
            let busy = readable || !self.backlog.is_empty() || (entries && room);
            match poll.poll(&mut ready, self.timeout(busy, sink)) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                result => result.map_err(Error::Loop)?,
            }
            for event in &ready {
                match event.token() {
                    EVENTS => readable = true,
                    DUMPS => entries = true,
                    OUTPUT if event.is_error() || event.is_write_closed() => {
                        return self.session.abandon();
                    }
                    _ => {}
                }
            }
            let (mut ends, mut beats) = (false, false);
            for signal in signals.pending() {
                match signal {
                    SIGUSR1 => beats = true,
                    // Where there is no file the terminal hung up.
                    SIGHUP if sink.hang_up() => {}
                    _ => ends = true,
                }
            }
            if ends {
                impatient.store(true, Ordering::Relaxed);
                break StopReason::Signal;
            }
            if sink.flush()? == Reader::Gone || self.session.rotate(sink, clock())? == Reader::Gone
            {
                return self.session.abandon();
            }
            self.look_at_clock(clock());
            if beats {
                self.emit_heartbeat()?;
            }
            if readable {
                readable = self.receive()?;
            }
            let news = self.tell()?;
            // Events come first: a row is told only when all that happened before it was.
            let now = Instant::now();
            self.resync
                .schedule_stale(self.session.pipeline.take_stale(), now);
            let told = !readable && self.backlog.is_empty();
            if told && room && !self.session.is_full() {
                entries = self.advance_dumps(now)?;
            }
            self.timers(now)?;
            self.write_metrics(sink, now);
            let waits = !self.backlog.is_empty() && self.session.lines.len() < WRITE_SIZE;
            if !waits && self.session.flush(sink, clock())? == Reader::Gone {
                return self.session.abandon();
            }
            self.manager.alive(now, sink.errno());
            if self.session.is_full() {
                break StopReason::Count;
            }
            if self.deadline.is_some_and(|deadline| now >= deadline) {
                break StopReason::Time;
            }
            let idle = !readable && self.backlog.is_empty() && !(entries && room);
            if news > 0 && idle {
                let gather = if news < STORM_BATCH {
                    COALESCE
                } else {
                    COALESCE_STORM
                };
                std::thread::sleep(gather.min(self.max_coalesce));
            }
        };
        self.stop(reason, sink)
    }

    /// How long to wait for something to happen.
    fn timeout(&self, busy: bool, sink: &Sink) -> Option<Duration> {
        if busy {
            return Some(Duration::ZERO);
        }
        let now = Instant::now();
        let times = [
            self.deadline,
            self.next_heartbeat,
            self.resync.wakeup(),
            self.refused.due(now),
            sink.wakeup(),
            self.manager.due(),
            self.metrics.as_ref().map(|metrics| metrics.due),
        ];
        let next = times.into_iter().flatten().min()?;
        // mio waits in whole milliseconds, rounded down.
        let wait = next.saturating_duration_since(now);
        Some(wait + Duration::from_micros(999))
    }

    fn timers(&mut self, now: Instant) -> Result<(), Error> {
        if let (Some(every), Some(next)) = (self.heartbeat, self.next_heartbeat)
            && next <= now
        {
            self.next_heartbeat = Some(now + every);
            self.emit_heartbeat()?;
        }
        if self.refused.due(now).is_some_and(|due| due <= now) {
            self.emit_refused(now)?;
        }
        Ok(())
    }

    /// That the clock was set is told before anything that has happened since.
    fn look_at_clock(&mut self, now: Time) {
        if let Some(step) = self.clock.step() {
            self.backlog.push_control(now, ControlRecord::Clock(step));
        }
    }

    fn emit_heartbeat(&mut self) -> Result<(), Error> {
        let pulse = self.session.pulse();
        self.control(ControlRecord::Heartbeat(pulse))
    }

    /// Writes the file of counters, where that is due.
    fn write_metrics(&mut self, sink: &Sink, now: Instant) {
        if let Some(metrics) = &mut self.metrics
            && metrics.due <= now
        {
            metrics.write(&metrics::Values {
                run: &self.run,
                begun: self.started.0.as_second(),
                counts: self.session.pipeline.counts(self.session.pulse()),
                sink: sink.stats(),
                up: !sink.is_faulty(),
            });
        }
    }

    fn control(&mut self, record: ControlRecord) -> Result<(), Error> {
        self.session.feed(&[Input::control(clock(), record)])?;
        Ok(())
    }

    /// Reads what was queued before the end, and ends.
    fn stop(mut self, reason: StopReason, sink: &mut Sink) -> Result<(), Error> {
        self.manager.stopping();
        let end = Instant::now() + LAST_READS;
        while !self.session.is_full() {
            let more = Instant::now() < end && self.receive()?;
            if !more && self.backlog.is_empty() {
                break;
            }
            self.tell()?;
            if self.session.flush(sink, clock())? == Reader::Gone {
                return self.session.abandon();
            }
        }
        // What was lost behind what could still be read.
        self.note_loss()?;
        self.tell()?;
        if let Some(metrics) = &mut self.metrics {
            metrics.due = Instant::now();
        }
        self.write_metrics(sink, Instant::now());
        let stop = Stop {
            reason,
            refused: self.refused.datagrams,
            ..Stop::default()
        };
        self.session
            .stop(stop, sink, clock(), Some(SHUTDOWN_TIMEOUT))
    }
}

#[cfg(test)]
mod tests;
