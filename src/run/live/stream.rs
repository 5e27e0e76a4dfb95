//! The loop of a live run.

use std::io;
use std::time::{Duration, Instant};

use mio::{Poll, Token};

use super::all::AllNamespaces;
use super::events::SpoofedDatagrams;
use super::families::Follow;
use super::namespaces::Watched;
use super::requesters::RequesterLog;
use super::subscription::Subscription;
use super::transactions::Transactions;
use super::{
    COALESCE, COALESCE_STORM, FIRST_SOCKET, Host, LAST_READS, Live, MOUNTS, OUTPUT, READER,
    RECORDING, REPORTS, SHUTDOWN_TIMEOUT, SIGNALS, SLICE, STORM_BATCH, clock,
};
use crate::channel::Channel;
use crate::error::Error;
use crate::event::meta::{Stop, StopReason};
use crate::event::values::Time;
use crate::input::{ControlRecord, Input};
use crate::netlink::{DumpSource, EventSource};
use crate::pipeline::{NAME_WAIT, Pipeline};
use crate::run::backlog::Backlog;
use crate::run::clock::Clock;
use crate::run::metrics::{self, Metrics};
use crate::run::resync::ResyncScheduler;
use crate::run::session::Session;
use crate::sink::{Reader, Sink};

/// The state of a live run.
pub(super) struct Stream<E, D> {
    pub(super) session: Session,
    /// In the order of their pairs of tokens.
    pub(super) subscriptions: Vec<Subscription<E, D>>,
    /// The namespaces that are watched by name.
    pub(super) watched: Vec<Watched>,
    /// All namespaces.
    pub(super) all: Option<Box<AllNamespaces>>,
    /// When their existence was examined last.
    pub(super) looked_at: Instant,
    /// The families that come and go; `None` if the run has no generic netlink families.
    pub(super) follow: Option<Follow<E, D>>,
    pub(super) resync: ResyncScheduler,
    pub(super) backlog: Backlog,
    pub(super) refused: SpoofedDatagrams,
    /// Who caused the events, with `--with by`.
    pub(super) requesters: Option<RequesterLog>,
    /// Of nftables.
    pub(super) transactions: Transactions,
    pub(super) clock: Clock,
    pub(super) host: Host,
    pub(super) metrics: Option<Metrics>,
    /// Id and start time of the run.
    pub(super) run: String,
    pub(super) started: Time,
    /// Maximum time for which events may accumulate in the sockets.
    pub(super) max_coalesce: Duration,
    /// The options, as far as they are still needed.
    pub(super) live: Live,
    pub(super) deadline: Option<Instant>,
    pub(super) next_heartbeat: Option<Instant>,
    /// When lines that wait for the names of devices are written without them.
    pub(super) release_at: Option<Instant>,
}

impl<E: EventSource, D: DumpSource> Stream<E, D> {
    pub(super) fn run(mut self, mut poll: Poll, sink: &mut Sink) -> Result<(), Error> {
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
            let more = !self.backlog.is_empty() && self.session.accumulates();
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
    pub(super) fn check_snapshot(&self, reason: StopReason) -> Result<(), Error> {
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
    pub(super) fn note_readable(&mut self, socket: usize) {
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
    pub(super) fn is_busy(&self, sink: &Sink) -> bool {
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
    pub(super) fn timeout(&self, busy: bool, sink: &Sink) -> Option<Duration> {
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
    pub(super) fn schedule_stale(&mut self, now: Instant) {
        for (netns, stale) in self.session.pipeline.take_stale() {
            self.resync.schedule_stale(netns, &stale, now);
        }
    }

    /// Continues the work that is done in slices between batches of events.
    pub(super) fn continue_slices(
        &mut self,
        accepts_lines: bool,
        now: Instant,
    ) -> Result<(), Error> {
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

    pub(super) fn timers(&mut self, now: Instant) -> Result<(), Error> {
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
    pub(super) fn check_clock(&mut self, now: Time) {
        if let Some(step) = self.clock.step() {
            let record = ControlRecord::Clock(step);
            self.backlog
                .push_control(now, Channel::ROUTE_EVENTS, record);
        }
    }

    pub(super) fn emit_heartbeat(&mut self) -> Result<(), Error> {
        let pulse = self.session.pulse();
        self.control(ControlRecord::Heartbeat(pulse))
    }

    /// Writes the metrics file, if that is due.
    pub(super) fn write_metrics(&mut self, sink: &Sink, now: Instant) {
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
    pub(super) fn control(&mut self, record: ControlRecord) -> Result<(), Error> {
        self.session.feed(&[Input::control(clock(), record)])?;
        Ok(())
    }

    /// Reads what was queued before the end, and ends the run.
    pub(super) fn stop(mut self, reason: StopReason, sink: &mut Sink) -> Result<(), Error> {
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
        // A second signal does not end the program before: timeout(1) sends its own twice, to the program and to
        // the process group.
        let waits = || {
            if reason == StopReason::Signal {
                self.host.ending();
            }
        };
        self.session
            .stop(stop, sink, clock(), Some(SHUTDOWN_TIMEOUT), &waits)
    }
}
