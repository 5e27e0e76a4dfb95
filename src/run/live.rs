//! The live run: one mio loop over the kernel's events, the dumps, the signals and the reader.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use log::warn;
use mio::unix::SourceFd;
use mio::{Interest, Poll, Token};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook_mio::v1_0::Signals;

use super::{Outputs, Session, open, run_id};
use crate::error::Error;
use crate::event::meta::{Gap, GapCause, Part, RefusedGroup, Settings, Start, Stop, StopReason};
use crate::event::values::Time;
use crate::input::{Header, Input, Mark, Source, What};
use crate::names::Names;
use crate::netlink::dump::{Dumps, Progress, Request};
use crate::netlink::events::Events;
use crate::sink::{LIMIT, Reader, Sink};

/// What a live run is asked for.
#[derive(Clone, Debug)]
pub struct Live {
    pub outputs: Outputs,
    pub settings: Settings,
    /// Stop after so long.
    pub duration: Option<Duration>,
    /// Size of the receive buffer, bytes.
    pub rcvbuf: u32,
}

const SIGNALS: Token = Token(0);
const EVENTS: Token = Token(1);
const DUMPS: Token = Token(2);
const OUTPUT: Token = Token(3);

/// How many receives are made before the lines are handed over.
const RECEIVES: usize = 16;
/// How long the last lines wait for a reader that takes nothing.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long events that were queued before the end are still read.
const LAST_READS: Duration = Duration::from_secs(1);
/// A socket that gives so many errors in a row is broken.
const MOST_ERRORS: u32 = 100;

/// Streams what the kernel says until a signal, a limit, or the reader ends it.
///
/// # Errors
/// Where a socket, the output or the recording fails.
pub fn run(live: &Live) -> Result<(), Error> {
    let mut sink = open(&live.outputs)?;
    // The events' socket comes first: what changes while the dumps run is queued there.
    let mut events = Events::open(live.rcvbuf).map_err(Error::Socket)?;
    let mut dumps = Dumps::open(requests(&live.settings)).map_err(Error::Dump)?;
    let header = header(live, &events);
    let session = Session::new(&live.outputs, run_id(), &header)?;

    let poll = Poll::new().map_err(Error::Loop)?;
    let registry = poll.registry();
    let mut signals = Signals::new([SIGINT, SIGTERM]).map_err(Error::Loop)?;
    // A second signal ends the program at once, whatever it waits for.
    let impatient = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        signal_hook::flag::register_conditional_default(signal, impatient.clone())
            .map_err(Error::Loop)?;
    }
    let mut register = || -> io::Result<()> {
        registry.register(&mut signals, SIGNALS, Interest::READABLE)?;
        registry.register(events.source(), EVENTS, Interest::READABLE)?;
        registry.register(dumps.source(), DUMPS, Interest::READABLE)
    };
    register().map_err(Error::Loop)?;
    if let Some(fd) = sink.pollable() {
        let fd = std::os::fd::AsRawFd::as_raw_fd(&fd);
        // A regular file cannot be polled: it takes everything at once.
        let _ = registry.register(&mut SourceFd(&fd), OUTPUT, Interest::WRITABLE);
    }
    Stream {
        session,
        events,
        dumps,
        dumping: true,
        refused: 0,
        fault: None,
        errors: 0,
        last: None,
    }
    .run(poll, signals, &impatient, &mut sink, live.duration)
}

/// What has to be known to tell what an event changes; the routes only if they shall be told.
fn requests(settings: &Settings) -> Vec<Request> {
    let details = settings.with.contains(&Part::Details);
    let mut requests = vec![
        Request::links(details),
        Request::bridge_links(),
        Request::addresses(),
        Request::neighs(),
        Request::proxy_neighs(),
        Request::fdb(),
        Request::rules(),
    ];
    if settings.snapshot {
        requests.push(Request::routes());
    }
    requests
}

fn header(live: &Live, events: &Events) -> Header {
    let names = |groups: &[u32]| Events::group_names(groups);
    let refused: Vec<_> = events
        .refused
        .iter()
        .map(|(group, error)| RefusedGroup {
            group: names(&[*group]).concat(),
            errno: error.raw_os_error().unwrap_or(0).unsigned_abs(),
            error: error.to_string(),
        })
        .collect();
    for RefusedGroup { group, error, .. } in &refused {
        warn!("the events of the group {group} will be missing: {error}: it takes CAP_NET_ADMIN");
    }
    let uname = rustix::system::uname();
    let boot_id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id");
    Header {
        time: now(),
        start: Start {
            tool: env!("CARGO_PKG_NAME").to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            host: Some(uname.nodename().to_string_lossy().into_owned()),
            kernel: Some(uname.release().to_string_lossy().into_owned()),
            boot_id: boot_id.ok().map(|id| id.trim().to_owned()),
            groups: Some(names(&events.joined)),
            refused_groups: (!refused.is_empty()).then_some(refused),
            rcvbuf: events.rcvbuf().ok(),
            settings: live.settings.clone(),
        },
        names: Names::of_machine().recorded(),
    }
}

fn now() -> Time {
    Time(Timestamp::now())
}

/// The loop's state.
struct Stream {
    session: Session,
    events: Events,
    dumps: Dumps,
    /// The dumps are not complete yet.
    dumping: bool,
    /// Datagrams whose sender was not the kernel.
    refused: u64,
    /// The error that tells of a loss behind what is still queued.
    fault: Option<io::Error>,
    /// Errors in a row.
    errors: u32,
    /// When something was received last.
    last: Option<Time>,
}

impl Stream {
    fn run(
        mut self,
        mut poll: Poll,
        mut signals: Signals,
        impatient: &AtomicBool,
        sink: &mut Sink,
        duration: Option<Duration>,
    ) -> Result<(), Error> {
        let deadline = duration.map(|duration| Instant::now() + duration);
        let mut ready = mio::Events::with_capacity(8);
        // Edge-triggered: readiness is remembered until a read finds nothing.
        let (mut readable, mut rows) = (true, true);
        let reason = loop {
            let room = sink.pending() < LIMIT / 2;
            let busy = if self.dumping { rows && room } else { readable };
            let timeout = match deadline {
                _ if busy => Some(Duration::ZERO),
                Some(deadline) => Some(deadline.saturating_duration_since(Instant::now())),
                None => None,
            };
            match poll.poll(&mut ready, timeout) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                result => result.map_err(Error::Loop)?,
            }
            for event in &ready {
                match event.token() {
                    EVENTS => readable = true,
                    DUMPS => rows = true,
                    OUTPUT if event.is_error() || event.is_write_closed() => return Ok(()),
                    _ => {}
                }
            }
            if signals.pending().next().is_some() {
                impatient.store(true, Ordering::Relaxed);
                break StopReason::Signal;
            }
            if sink.flush()? == Reader::Gone {
                return Ok(());
            }
            if self.dumping && rows && room {
                rows = self.dump()?;
            } else if !self.dumping && readable {
                readable = self.receive()?;
            }
            if self.session.flush(sink, now())? == Reader::Gone {
                return Ok(());
            }
            if self.session.is_full() {
                break StopReason::Count;
            }
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                break StopReason::Time;
            }
        };
        self.stop(reason, sink)
    }

    /// Reads some rows. Returns whether there may be more at once.
    fn dump(&mut self) -> Result<bool, Error> {
        for _ in 0..RECEIVES {
            let mut fed = Ok(());
            let progress = self.dumps.advance(|bytes| {
                let what = What::Datagram(Source::Dumps, bytes);
                fed = self.session.feed(&Input { time: now(), what });
            });
            fed?;
            match progress.map_err(Error::Dump)? {
                Progress::Rows => {}
                Progress::Wait => return Ok(false),
                Progress::Done => {
                    self.dumping = false;
                    self.mark(Mark::Sync)?;
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// Reads some events. Returns whether there may be more at once.
    fn receive(&mut self) -> Result<bool, Error> {
        for _ in 0..RECEIVES {
            match self.events.receive() {
                Ok(()) => {
                    self.errors = 0;
                    let time = now();
                    let mut truncated = 0;
                    for datagram in self.events.datagrams() {
                        if datagram.sender != 0 {
                            self.refused += 1;
                            continue;
                        }
                        truncated += u64::from(datagram.truncated);
                        let what = What::Datagram(Source::Events, datagram.bytes);
                        self.session.feed(&Input { time, what })?;
                        self.last = Some(time);
                        if self.session.is_full() {
                            return Ok(false);
                        }
                    }
                    if truncated > 0 {
                        self.gap(GapCause::Truncated, None, Some(truncated))?;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.tell_loss()?;
                    return Ok(false);
                }
                // What was queued before the loss comes first, then the gap.
                Err(error) => {
                    self.errors += 1;
                    if self.errors > MOST_ERRORS {
                        return Err(Error::Socket(error));
                    }
                    self.fault = Some(error);
                }
            }
        }
        Ok(true)
    }

    /// Tells what was lost behind what has been read.
    fn tell_loss(&mut self) -> Result<(), Error> {
        let Some(error) = self.fault.take() else {
            return Ok(());
        };
        let lost = self.events.dropped().map_err(Error::Socket)?;
        let cause = match error.raw_os_error() {
            Some(libc::ENOBUFS) => GapCause::Overflow,
            _ => GapCause::Error,
        };
        let errno = error.raw_os_error().map(i32::unsigned_abs);
        let lost = (lost > 0).then_some(u64::from(lost));
        self.gap(cause, errno, lost)
    }

    fn gap(&mut self, cause: GapCause, errno: Option<u32>, lost: Option<u64>) -> Result<(), Error> {
        self.mark(Mark::Gap(Gap {
            cause,
            errno,
            lost,
            from: self.last,
            to: Some(now()),
        }))
    }

    fn mark(&mut self, mark: Mark) -> Result<(), Error> {
        let what = What::Mark(mark);
        self.session.feed(&Input { time: now(), what })
    }

    /// Reads what was queued before the end, and ends.
    fn stop(mut self, reason: StopReason, sink: &mut Sink) -> Result<(), Error> {
        let end = Instant::now() + LAST_READS;
        while !self.dumping && reason != StopReason::Count && self.receive()? {
            if self.session.flush(sink, now())? == Reader::Gone {
                return Ok(());
            }
            if Instant::now() > end {
                break;
            }
        }
        if reason != StopReason::Count {
            self.tell_loss()?;
        }
        let stop = Stop {
            reason,
            refused: self.refused,
            ..Stop::default()
        };
        self.session.stop(stop, sink, now(), Some(PATIENCE))
    }
}
