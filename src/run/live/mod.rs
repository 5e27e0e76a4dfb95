//! The live run: one mio loop over the event and dump sockets, the signals and the output.

mod all;
mod dumps;
mod events;
mod families;
mod host;
mod namespaces;
mod reload;
mod requesters;
mod subscription;
mod transactions;
mod visitor;

use std::collections::BTreeMap;
use std::io;
use std::os::fd::RawFd;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use mio::unix::SourceFd;
use mio::{Interest, Poll, Token, Waker};

use super::backlog::Backlog;
use super::clock::Clock;
use super::files::{Access, Files};
use super::header::header;
use super::metrics::{self, Metrics};
use super::resync::{self, ResyncScheduler};
#[cfg(feature = "cli")]
use super::service;
use super::session::Session;
use super::{Outputs, run_id};
use crate::channel::{Channel, FamilyId, NetnsId};
use crate::error::Error;
use crate::event::meta::{Part, Settings, Stop, StopReason};
use crate::event::values::Time;
use crate::family::known::{Requested, curated_names};
use crate::family::{Family, Subscribed, needed_messages};
use crate::filter;
use crate::input::{ControlRecord, Input, InputData};
use crate::names::Names;
use crate::netlink::{DumpSource, EventSource};
use crate::pipeline::Pipeline;
use crate::sink::{Reader, Sink};
use all::AllNamespaces;
use events::SpoofedDatagrams;
use families::Follow;
pub(crate) use host::Host;
use namespaces::{Namespaces, Watched};
pub use reload::{Options, ReadOptions};
use requesters::RequesterLog;
use subscription::{Reach, Subscription};
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
/// Size at which lines are written although more events are queued, bytes: writing to a file costs
/// less per byte in large pieces.
const WRITE_SIZE: usize = 256 << 10;
/// Number of stored objects to which work in slices comes between two batches of events.
const SLICE: u32 = 1024;
/// How long a line waits for the name of a device.
const NAME_WAIT: Duration = Duration::from_millis(100);
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
/// [`prepare`]. Programs that use the library have `watch`.
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
    } = prepared;
    let Namespaces {
        mut subscriptions,
        mut answers,
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
    }
    let mut sink = open()?;
    let dumps = match all {
        Some(_) => dumps_of_all(listed.len(), &subscriptions, &live.settings),
        None => dumps(&subscriptions, &live.settings),
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
    let header = header(&live.settings, sockets, listed, &sink);
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

/// The socket that the service manager passed, if the run is a service.
///
/// # Errors
/// If it passed several.
fn passed_socket(live: &Live) -> Result<Option<RawFd>, Error> {
    #[cfg(feature = "cli")]
    if live.is_service {
        return service::passed_socket().map_err(Error::PassedSocket);
    }
    let _ = live;
    Ok(None)
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

/// What a run opens before the process is confined.
#[derive(Default)]
pub struct Prepared {
    namespaces: Namespaces,
    requesters: Option<RequesterLog>,
}

/// Enters the network namespaces that the run watches by name, and opens its sockets in them, or starts the
/// thread that visits all of them. With `--with by` and for other families than rtnetlink it opens the
/// sockets in any case; with `--with by` it finds out from then on who causes the events.
///
/// The confinement of the process, which comes later, refuses all of this. `confine`: the thread that visits
/// namespaces confines itself, and reports a refused call by this function.
///
/// # Errors
/// If a namespace does not exist or cannot be entered, or if a socket cannot be opened.
pub fn prepare(live: &Live, confine: Option<fn(&str)>) -> Result<Prepared, Error> {
    let with_by = live.settings.with.contains(&Part::By);
    let mut namespaces = Namespaces::default();
    if live.all_netns {
        namespaces = all::open(&live.settings, live.rcvbuf, live.audit, confine)?;
    } else if !live.netns.is_empty() {
        namespaces = namespaces::open(&live.netns, &live.settings, live.rcvbuf)?;
    } else if with_by
        || !Requested::of(&live.settings).is_empty()
        || Subscribed::new(&live.settings).has_subsystem()
    {
        // A socket has one filter: with `by` that which tells who caused the events.
        let needed = needed_messages(&live.settings).filter(|_| !with_by);
        let passed = passed_socket(live)?;
        let opened = families::open(
            Reach::One(NetnsId::OWN),
            &live.settings,
            live.rcvbuf,
            needed.as_deref(),
            passed,
        )?;
        (namespaces.subscriptions, namespaces.answers) = (opened.subscriptions, opened.answers);
    }
    // With a thread that has a confinement of its own, each thread confines itself.
    let confine = confine.filter(|_| live.all_netns);
    let start = || RequesterLog::start(&mut namespaces.subscriptions, confine);
    let requesters = with_by.then(start);
    Ok(Prepared {
        namespaces,
        requesters,
    })
}

/// # Errors
/// If a file of the run is used for two purposes, or the metrics file is refused.
fn check_files(live: &Live) -> Result<(), Error> {
    let mut files = Files::default();
    if let Some(path) = &live.config {
        files.path("--config", Access::Read, path);
    }
    files.output(live.outputs.output.as_ref());
    if let Some(path) = &live.outputs.output
        && live.outputs.file.rotation.is_on()
    {
        files.rotated(path);
    }
    files.replaced("--record", live.outputs.record.as_deref());
    let metrics = live.metrics.as_ref().map(metrics::Config::path);
    files.replaced("--metrics", metrics).check()?;
    live.metrics.as_ref().map_or(Ok(()), metrics::Config::check)
}

/// The dumps of every kind in every subscribed namespace.
fn dumps<E, D>(
    subscriptions: &[Subscription<E, D>],
    settings: &Settings,
) -> BTreeMap<resync::Target, resync::Dumps> {
    let each = |it: &Subscription<E, D>| dumps_of(it.netns, (it.id, it.family), settings);
    subscriptions.iter().flat_map(each).collect()
}

/// The same for namespaces with the numbers from 1 to `count`.
fn dumps_of_all<E, D>(
    count: usize,
    subscriptions: &[Subscription<E, D>],
    settings: &Settings,
) -> BTreeMap<resync::Target, resync::Dumps> {
    let of = |at| {
        let families = subscriptions.iter().map(|it| (it.id, it.family));
        families.flat_map(move |family| dumps_of(NetnsId::of_listed(at), family, settings))
    };
    (0..count).flat_map(of).collect()
}

/// The dumps of every kind of a family, which has that id, in a namespace.
fn dumps_of(
    netns: NetnsId,
    (id, family): (FamilyId, &'static dyn Family),
    settings: &Settings,
) -> impl Iterator<Item = (resync::Target, resync::Dumps)> + use<> {
    let details = settings.with.contains(&Part::Details);
    let kinds = family.dumps(settings).into_iter();
    kinds.map(move |(kind, requests)| {
        let dumps = resync::Dumps {
            family: id,
            requests,
            details,
        };
        ((netns, kind), dumps)
    })
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

/// The state of the loop.
struct Stream<E, D> {
    session: Session,
    /// In the order of their pairs of tokens.
    subscriptions: Vec<Subscription<E, D>>,
    /// The namespaces that are watched by name.
    watched: Vec<Watched>,
    /// All namespaces.
    all: Option<Box<AllNamespaces>>,
    /// When their existence was examined last.
    looked_at: Instant,
    /// The families that come and go; `None` if the run has no generic netlink families.
    follow: Option<Follow<E, D>>,
    resync: ResyncScheduler,
    backlog: Backlog,
    refused: SpoofedDatagrams,
    /// Who caused the events, with `--with by`.
    requesters: Option<RequesterLog>,
    /// Of nftables.
    transactions: Transactions,
    clock: Clock,
    host: Host,
    metrics: Option<Metrics>,
    /// Id and start time of the run.
    run: String,
    started: Time,
    /// Maximum time for which events may accumulate in the sockets.
    max_coalesce: Duration,
    /// The options, as far as they are still needed.
    live: Live,
    deadline: Option<Instant>,
    next_heartbeat: Option<Instant>,
    /// When lines that wait for the names of devices are written without them.
    release_at: Option<Instant>,
}

impl<E: EventSource, D: DumpSource> Stream<E, D> {
    fn run(mut self, mut poll: Poll, sink: &mut Sink) -> Result<(), Error> {
        let mut ready = mio::Events::with_capacity(64);
        let mut reports = Vec::new();
        let reason = loop {
            let accepts_entries = self.session.accepts_entries(sink);
            let busy = self.is_busy(sink);
            match poll.poll(&mut ready, self.timeout(busy, sink)) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                result => result.map_err(Error::Loop)?,
            }
            for event in &ready {
                match event.token() {
                    SIGNALS => {}
                    OUTPUT if event.is_error() || event.is_write_closed() => {
                        return self.session.abandon();
                    }
                    OUTPUT | RECORDING | REPORTS | READER => {}
                    MOUNTS => {
                        if let Some(all) = &mut self.all {
                            all.note_mount();
                        }
                    }
                    Token(socket) => self.note_readable(socket - FIRST_SOCKET),
                }
            }
            let requests = self.host.requests();
            if requests.checkpoint {
                self.session.checkpoints.request();
            }
            // Without an output file the terminal hung up.
            let reloads = requests.hang_up && sink.hang_up();
            if requests.end || (requests.hang_up && !reloads) {
                self.host.ending();
                break StopReason::Signal;
            }
            if sink.flush()? == Reader::Gone || self.session.rotate(sink, clock())? == Reader::Gone
            {
                return self.session.abandon();
            }
            #[cfg(feature = "cli")]
            if reloads {
                self.reload(sink);
            }
            self.check_clock(clock());
            if requests.heartbeat {
                self.emit_heartbeat()?;
            }
            reports.append(&mut self.take_reports());
            self.receive()?;
            if self
                .transactions
                .due()
                .is_some_and(|due| due <= Instant::now())
            {
                self.release_transactions();
            }
            self.follow_families()?;
            self.end_namespaces()?;
            // With a full backlog some datagrams are not read yet.
            if !self.is_readable() {
                let reports = std::mem::take(&mut reports);
                self.attend_namespaces(reports, Instant::now())?;
            }
            self.discard_unexpected();
            let processed = self.process_batch()?;
            // Events come first: a dump entry is processed only after every event before it.
            let now = Instant::now();
            self.session.end_repetitions(now);
            self.schedule_stale(now);
            let drained = !self.is_readable() && self.backlog.is_empty();
            if drained && accepts_entries && !self.session.is_full() {
                self.reconcile(now)?;
            }
            self.continue_slices(accepts_entries, now)?;
            self.session.write_checkpoint(sink, drained, clock(), now)?;
            self.timers(now)?;
            self.write_metrics(sink, now);
            let more = !self.backlog.is_empty() && self.session.lines.len() < WRITE_SIZE;
            if !more && self.session.flush(sink, clock())? == Reader::Gone {
                return self.session.abandon();
            }
            self.host.alive(now, sink.errno());
            // Log messages that wait for their reader.
            log::logger().flush();
            if self.session.is_full() {
                break StopReason::Count;
            }
            if self.live.exit && self.session.is_synced() {
                break StopReason::Sync;
            }
            if self.has_nothing_to_watch() {
                break StopReason::Netns;
            }
            if self.deadline.is_some_and(|deadline| now >= deadline) {
                break StopReason::Time;
            }
            if processed > 0 && !self.is_busy(sink) {
                let coalesce = if processed < STORM_BATCH {
                    COALESCE
                } else {
                    COALESCE_STORM
                };
                std::thread::sleep(coalesce.min(self.max_coalesce));
            }
        };
        let snapshot = self.check_snapshot(reason);
        self.stop(reason, sink).and(snapshot)
    }

    /// # Errors
    /// If the run ends without the snapshot that it was to write.
    fn check_snapshot(&self, reason: StopReason) -> Result<(), Error> {
        if !self.session.is_synced() {
            let awaited = self.live.settings.snapshot && reason == StopReason::Time;
            let missing = self.live.exit || awaited;
            return if missing { Err(Error::NoSync) } else { Ok(()) };
        }
        match self.session.pipeline.incomplete() {
            Some(kinds) if reason == StopReason::Sync => {
                let names = kinds.iter().map(|kind| kind.name());
                Err(Error::IncompleteSnapshot(names.collect()))
            }
            _ => Ok(()),
        }
    }

    /// Records that mio reported a socket as readable: an even number is an event socket.
    fn note_readable(&mut self, socket: usize) {
        let pair = socket / 2;
        // A namespace that has ended has left a hole in the numbers.
        if let Ok(at) = self.subscriptions.binary_search_by_key(&pair, |it| it.pair) {
            let subscription = &mut self.subscriptions[at];
            match socket % 2 {
                0 => subscription.readable = true,
                _ => subscription.dump_readable = true,
            }
        }
    }

    /// Returns true if the loop has work without waiting.
    fn is_busy(&self, sink: &Sink) -> bool {
        let has_entries = || match self.dumping() {
            Some(at) => self.subscriptions[at].dump_readable,
            None => {
                let now = Instant::now();
                self.resync.wakeup().is_some_and(|due| due <= now)
            }
        };
        let pipeline = &self.session.pipeline;
        let has_slices = || pipeline.is_renaming() || pipeline.is_ending();
        let accepts_entries = self.session.accepts_entries(sink);
        self.is_readable()
            || !self.backlog.is_empty()
            || self.has_unexpected()
            || (accepts_entries && (has_slices() || has_entries()))
            || self.session.is_checkpoint_due(sink)
    }

    /// How long to wait for an event of mio; `None` without limit.
    fn timeout(&self, busy: bool, sink: &Sink) -> Option<Duration> {
        if busy {
            return Some(Duration::ZERO);
        }
        let now = Instant::now();
        let accepts_entries = self.session.accepts_entries(sink);
        let times = [
            self.deadline,
            self.next_heartbeat,
            self.next_look(),
            self.namespaces_wakeup(),
            self.resync.wakeup().filter(|_| accepts_entries),
            self.release_at,
            self.transactions.due(),
            self.session.checkpoint_wakeup(sink),
            self.session.repetitions_wakeup(),
            self.refused.due(now),
            sink.wakeup(),
            self.host.due(),
            self.metrics.as_ref().map(|metrics| metrics.due),
        ];
        let next = times.into_iter().flatten().min()?;
        // mio rounds the time down to milliseconds.
        let wait = next.saturating_duration_since(now);
        Some(wait + Duration::from_micros(999))
    }

    /// Schedules reads of the objects that the processed events made stale.
    fn schedule_stale(&mut self, now: Instant) {
        for (netns, stale) in self.session.pipeline.take_stale() {
            self.resync.schedule_stale(netns, &stale, now);
        }
    }

    /// Continues the work that is done in slices between batches of events.
    fn continue_slices(&mut self, accepts_lines: bool, now: Instant) -> Result<(), Error> {
        let pipeline = &self.session.pipeline;
        if pipeline.has_withheld() {
            self.release_at.get_or_insert(now + NAME_WAIT);
        } else {
            self.release_at = None;
        }
        let is_due = self.release_at.is_some_and(|due| due <= now);
        let has_slices = pipeline.is_renaming() || pipeline.is_ending();
        if is_due || (accepts_lines && has_slices) {
            self.release_at = None;
            self.control(ControlRecord::Slice(SLICE))?;
        }
        Ok(())
    }

    fn timers(&mut self, now: Instant) -> Result<(), Error> {
        if let (Some(every), Some(next)) = (self.live.heartbeat, self.next_heartbeat)
            && next <= now
        {
            self.next_heartbeat = Some(now + every);
            self.emit_heartbeat()?;
        }
        if self.refused.due(now).is_some_and(|due| due <= now) {
            self.emit_refused()?;
        }
        Ok(())
    }

    /// Queues a record if the system clock was set: before the events since then.
    fn check_clock(&mut self, now: Time) {
        if let Some(step) = self.clock.step() {
            let record = ControlRecord::Clock(step);
            self.backlog
                .push_control(now, Channel::ROUTE_EVENTS, record);
        }
    }

    fn emit_heartbeat(&mut self) -> Result<(), Error> {
        let pulse = self.session.pulse();
        self.control(ControlRecord::Heartbeat(pulse))
    }

    /// Writes the metrics file, if that is due.
    fn write_metrics(&mut self, sink: &Sink, now: Instant) {
        if let Some(metrics) = &mut self.metrics
            && metrics.due <= now
            && let Some((network, netns)) = self.session.pipeline.network()
        {
            metrics.write(&metrics::Values {
                network,
                netns: &netns,
                run: &self.run,
                begun: self.started.0.as_second(),
                counts: self.session.pipeline.counts(self.session.pulse()),
                sink: sink.stats(),
                up: !sink.is_faulty(),
            });
        }
    }

    /// Feeds a control record about the run to the pipeline.
    fn control(&mut self, record: ControlRecord) -> Result<(), Error> {
        self.session.feed(&[Input::control(clock(), record)])?;
        Ok(())
    }

    /// Reads what was queued before the end, and ends the run.
    fn stop(mut self, reason: StopReason, sink: &mut Sink) -> Result<(), Error> {
        self.host.stopping();
        let end = Instant::now() + LAST_READS;
        while !self.session.is_full() {
            let mut more = false;
            if Instant::now() < end {
                for at in 0..self.subscriptions.len() {
                    more |= self.receive_from(at)?;
                }
            }
            if !more {
                self.release_transactions();
            }
            if !more && self.backlog.is_empty() {
                break;
            }
            self.process_batch()?;
            if self.session.flush(sink, clock())? == Reader::Gone {
                return self.session.abandon();
            }
        }
        // Lines about renamed devices, and about ended namespaces.
        let has_slices = |pipeline: &Pipeline| pipeline.is_renaming() || pipeline.is_ending();
        while has_slices(&self.session.pipeline) && Instant::now() < end {
            self.control(ControlRecord::Slice(SLICE))?;
            if self.session.flush(sink, clock())? == Reader::Gone {
                return self.session.abandon();
            }
        }
        // A loss reported after the datagrams that could still be read.
        for at in 0..self.subscriptions.len() {
            self.note_loss(at)?;
        }
        self.process_batch()?;
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
