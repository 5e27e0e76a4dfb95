//! The live run: one mio loop over the event and dump sockets, the signals and the output.

mod all;
mod dumps;
mod events;
mod families;
mod host;
mod namespaces;
mod prepare;
mod reload;
mod requesters;
mod stream;
mod subscription;
mod transactions;
mod visitor;

use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use mio::unix::SourceFd;
use mio::{Interest, Poll, Token, Waker};

use super::backlog::Backlog;
use super::clock::Clock;
use super::header::header;
use super::metrics::{self, Metrics};
use super::resync::ResyncScheduler;
use super::session::Session;
use super::{Outputs, run_id};
use crate::channel::{Channel, NetnsId};
use crate::error::Error;
use crate::event::meta::{Part, Settings};
use crate::event::values::Time;
use crate::family::known::{Requested, curated_names};
use crate::family::needed_messages;
use crate::filter;
use crate::input::{Input, InputData};
use crate::names::Names;
use crate::sink::Sink;
use events::SpoofedDatagrams;
use families::Follow;
pub(crate) use host::Host;
use namespaces::Namespaces;
#[cfg(feature = "cli")]
use prepare::check_files;
use prepare::passed_socket;
pub use prepare::{Prepared, prepare};
pub use reload::{Options, ReadOptions};
use stream::Stream;
use subscription::Reach;
use transactions::Transactions;

/// The options of a live run.
#[derive(Clone, Debug, Default)]
pub struct Live {
    pub outputs: Outputs,
    pub settings: Settings,
    /// The network namespaces to watch: names, paths or process ids. None: that of the program.
    pub netns: Vec<String>,
    /// Watch all network namespaces.
    pub all_netns: bool,
    /// Stop after this time.
    pub duration: Option<Duration>,
    /// Stop when the snapshot is complete.
    pub exit: bool,
    /// The configuration file.
    pub config: Option<PathBuf>,
    /// All options by name, to find those that differ after a SIGHUP.
    pub options: Options,
    /// Reads the options again on SIGHUP.
    pub read_options: Option<ReadOptions>,
    /// Size of the receive buffer, bytes.
    pub rcvbuf: u32,
    /// That size is no default: a smaller one deserves a warning.
    pub is_rcvbuf_requested: bool,
    /// The service manager may have passed the event socket.
    pub is_service: bool,
    /// Interval of dumps of every kind.
    pub audit: Option<Duration>,
    /// Interval of heartbeats.
    pub heartbeat: Option<Duration>,
    /// The metrics file.
    pub metrics: Option<metrics::Config>,
}

const SIGNALS: Token = Token(0);
const OUTPUT: Token = Token(1);
const RECORDING: Token = Token(2);
/// Reports of the thread that visits namespaces, and mounts (`--all-netns`).
const REPORTS: Token = Token(3);
const MOUNTS: Token = Token(4);
/// A reader in the same process takes events again, or has gone.
const READER: Token = Token(5);
/// The event socket of the first subscription. Its dump socket has the next number, and so on for
/// every further subscription.
const FIRST_SOCKET: usize = 6;

/// Events processed before the sockets are emptied again. The smallest usual receive buffer
/// (net.core.rmem_default) holds that many routes.
const BATCH_SIZE: usize = 256;
/// Number of stored objects to which work in slices comes between two batches of events.
const SLICE: u32 = 1024;
/// Batches after which dump entries are processed even if events keep arriving.
const MAX_BATCHES: u32 = 1024;
/// Minimum interval of reports of spoofed datagrams.
const REFUSED_INTERVAL: Duration = Duration::from_secs(1);
/// Time during which events accumulate after one that was processed at once. At 100,000 events per
/// second one pass of the loop per event would cost more than the event itself.
const COALESCE: Duration = Duration::from_micros(500);
/// The same after at least [`STORM_BATCH`] events: a write of 100 KB to a file costs half as much
/// per byte as one of 30 KB.
const COALESCE_STORM: Duration = Duration::from_millis(2);
const STORM_BATCH: usize = 32;
/// How long the last lines wait for a reader that accepts nothing.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(4);
/// How long events that were queued before the end are still read.
const LAST_READS: Duration = Duration::from_secs(1);
/// Number of consecutive errors after which a socket counts as broken.
const MAX_ERRORS: u32 = 100;

/// Streams events until a signal, a limit, or the reader ends the run.
///
/// This is the main function of a process: it installs handlers of signals. `prepared`: the result of
/// [`prepare()`]. Programs that use the library have `watch`.
///
/// # Errors
/// If a socket, the output or the recording fails, or if the run ends without the snapshot that it
/// was to write.
#[cfg(feature = "cli")]
pub fn run(live: &Live, prepared: Prepared) -> Result<(), Error> {
    check_files(live)?;
    let live = live.clone();
    // Before anything else: from now on no signal ends the program without its last lines.
    let host = Host::program().map_err(Error::Loop)?;
    let outputs = live.outputs.clone();
    begin(live, prepared, host, || super::open(&outputs), || {})
}

/// Streams events until the host, a limit, or the reader ends the run. `begun` is called when no later event
/// is missed.
///
/// # Errors
/// If a socket, the output or the recording fails, or if the run ends without the snapshot that it
/// was to write.
pub(crate) fn begin(
    mut live: Live,
    prepared: Prepared,
    mut host: Host,
    open: impl FnOnce() -> Result<Sink, Error>,
    begun: impl FnOnce(),
) -> Result<(), Error> {
    if !live.settings.filters.is_empty() {
        filter::prepare(&mut live.settings, &Names::of_machine(), true)?;
    }
    if Requested::of(&live.settings).has_generic() {
        live.settings.curated = curated_names();
    }
    let live = &live;
    let Prepared {
        namespaces,
        requesters,
        ..
    } = prepared;
    let Namespaces {
        mut subscriptions,
        mut answers,
        mut unavailable,
        watched,
        listed,
        mut all,
    } = namespaces;
    if live.netns.is_empty() && all.is_none() && subscriptions.is_empty() {
        let needed = needed_messages(&live.settings);
        let reach = Reach::One(NetnsId::OWN);
        let passed = passed_socket(live)?;
        let opened = families::open(
            reach,
            &live.settings,
            live.rcvbuf,
            needed.as_deref(),
            passed,
        )?;
        (subscriptions, answers) = (opened.subscriptions, opened.answers);
        unavailable = opened.unavailable;
    }
    let mut sink = open()?;
    let dumps = match all {
        Some(_) => dumps::dumps_of_all(listed.len(), &subscriptions, &live.settings),
        None => dumps::dumps(&subscriptions, &live.settings),
    };
    let mut resync = ResyncScheduler::new(dumps, live.audit, Instant::now());
    if all.is_some() {
        resync.share();
    }
    // Values that change with time alone are stored then, so that the dumps would fill the recording.
    if live.outputs.record.is_some() && live.settings.with.contains(&Part::Details) {
        resync.without_quick_audits();
    }
    let sockets = subscriptions.iter().map(|it| &it.events);
    let header = header(&live.settings, sockets, listed, unavailable, &sink);
    let run = run_id();
    let mut session = Session::new(&live.outputs, run.clone(), &header)?;
    // First of all: they name the families of later messages.
    for (family, answer) in &answers {
        let channel = Channel {
            family: *family,
            ..Channel::NLCTRL_DUMPS
        };
        let data = InputData::Datagram(channel, answer);
        let time = clock();
        session.feed(&[Input { time, data }])?;
    }

    let poll = Poll::new().map_err(Error::Loop)?;
    let registry = poll.registry();
    let mut register = || -> io::Result<()> {
        host.register(registry, SIGNALS)?;
        if let Sink::Queue(queue) = &sink {
            queue.wake_with(Waker::new(registry, READER)?);
        }
        if let Some(all) = &mut all {
            all.register(registry, [REPORTS, MOUNTS])?;
        }
        for (at, subscription) in subscriptions.iter_mut().enumerate() {
            subscription.register(registry, FIRST_SOCKET, at)?;
        }
        Ok(())
    };
    register().map_err(Error::Loop)?;
    for (token, fd) in [(OUTPUT, sink.pollable()), (RECORDING, session.recording())] {
        if let Some(fd) = fd {
            let fd = std::os::fd::AsRawFd::as_raw_fd(&fd);
            // Fails for a regular file, which never blocks.
            let _ = registry.register(&mut SourceFd(&fd), token, Interest::WRITABLE);
        }
    }
    let buffers = subscriptions.iter().map(|it| it.events.rcvbuf());
    let smallest = buffers.map(|it| it.unwrap_or(0)).min().unwrap_or(0);
    warn_of_size(live, smallest);
    let start = Instant::now();
    let registry = poll.registry().try_clone().map_err(Error::Loop)?;
    let mut stream = Stream {
        follow: Follow::new(&live.settings, &answers, live.rcvbuf, registry),
        session,
        subscriptions,
        watched,
        all,
        looked_at: start,
        resync,
        backlog: Backlog::default(),
        refused: SpoofedDatagrams::default(),
        requesters,
        transactions: Transactions::default(),
        clock: Clock::new(),
        host,
        metrics: live.metrics.clone().map(Metrics::new),
        run,
        started: header.time,
        max_coalesce: max_coalesce(smallest),
        live: live.clone(),
        deadline: live.duration.map(|duration| start + duration),
        next_heartbeat: live.heartbeat.map(|every| start + every),
        release_at: None,
    };
    if stream.metrics.is_some() {
        stream.session.pipeline.count_network();
    }
    begun();
    stream.run(poll, &mut sink)
}

/// Tells that the kernel granted a smaller receive buffer than that of the options.
fn warn_of_size(live: &Live, reported: u64) {
    // The kernel reports twice the size that was set: the rest is for its own records.
    // Half of the largest `int` is the largest size.
    let largest = u64::from(i32::MAX.unsigned_abs() / 2);
    let (granted, wanted) = (reported / 2, u64::from(live.rcvbuf).min(largest));
    if granted >= wanted {
        return;
    }
    let level = match live.is_rcvbuf_requested {
        true => log::Level::Warn,
        false => log::Level::Debug,
    };
    log::log!(
        level,
        "the kernel granted a receive buffer of {granted} bytes in place of {wanted}: raise its limit with `sysctl net.core.rmem_max={wanted}`, or run with CAP_NET_ADMIN"
    );
}

/// Maximum time for which events may accumulate in a receive buffer of `rcvbuf` bytes, as the kernel
/// accounts for it. Events about links fill it with less than 1 GB/s, including the kernel's
/// overhead, so half of it stays free.
fn max_coalesce(rcvbuf: u64) -> Duration {
    const MIN: Duration = Duration::from_micros(100);
    let time = Duration::from_nanos(rcvbuf);
    match time < MIN {
        true => Duration::ZERO,
        false => time,
    }
}

fn clock() -> Time {
    Time(Timestamp::now())
}

#[cfg(test)]
mod tests;
