//! All network namespaces (`--all-netns`): one socket for each family receives the events of all of them, and
//! their objects are dumped in visits. Nothing keeps a namespace alive for longer than a visit.
//!
//! The kernel marks an event with the number (nsid) of its namespace in that of the program. A number may be
//! given to another namespace as soon as the first has ended. Which namespace a number means is therefore
//! decided at the position of the event among the others: an `RTM_DELNSID` ends the namespace, an
//! `RTM_NEWNSID` announces one that is to be identified, and until then its events are left out: its
//! snapshot follows.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fs::File;
use std::io;
use std::time::{Duration, Instant};

use caps::{CapSet, Capability};
use log::{debug, info, warn};
use mio::unix::SourceFd;
use mio::{Interest, Registry, Token};

use super::namespaces::Namespaces;
use super::subscription::Reach;
use super::visitor::{Failure, Look, Looked, Report, Task, Visitor};
use super::{Stream, clock, dumps_of, families};
use crate::channel::{Channel, NetnsId};
use crate::error::Error;
use crate::event::meta::{MAX_NAMESPACES, Settings};
use crate::family::Subscribed;
use crate::input::{ControlRecord, Found};
use crate::netlink::dump::Outcome;
use crate::netlink::nsids::{self, NsidEvent};
use crate::netlink::request::Request;
use crate::netlink::{DumpSource, EventSource};
use crate::run::backlog::Backlog;
use crate::run::resync::{Milestone, ResyncScheduler};

/// Shortest time between two looks for namespaces. Looks take at most a tenth of the time.
const LOOK_INTERVAL: Duration = Duration::from_millis(10);
const LOOK_SHARE: u32 = 9;
/// How long a namespace that has a number, and was not found by a mount, waits for a look at all
/// processes: a container has its processes after its devices.
const SCAN_DELAY: Duration = Duration::from_millis(20);
/// How long a visit may last during which the output accepts no lines.
const MAX_PAUSE: Duration = Duration::from_secs(2);

/// The program's own namespace, which is the first of the list.
pub(super) const OWN: NetnsId = NetnsId::OWN_LISTED;

/// The namespaces of a run that watches all.
pub(super) struct AllNamespaces {
    visitor: Visitor,
    /// Changes when something is mounted (proc_pid_mountinfo(5)).
    mounts: File,
    known: BTreeMap<NetnsId, Found>,
    /// The namespaces of the numbers. Empty from a loss on until each is found again: any number may have
    /// been given to another namespace.
    by_nsid: HashMap<i32, NetnsId>,
    /// The numbers of namespaces that are not identified, and since when.
    unidentified: BTreeMap<i32, Instant>,
    /// When a number was last taken from a namespace.
    deleted: HashMap<i32, Instant>,
    /// Numbers that a look at all processes did not find.
    hidden: BTreeSet<i32>,
    /// The look that is to make up for a loss has this number or a later one.
    generation: u64,
    /// Since a loss the numbers are not certain.
    is_uncertain: bool,
    look: Option<Look>,
    is_looking: bool,
    not_before: Instant,
    next_scan: Option<Instant>,
    visit: Visit,
}

/// The present visit.
#[derive(Default)]
enum Visit {
    #[default]
    None,
    /// The thread was asked for a socket; the request to send then.
    Asked(NetnsId, Request),
    /// The dump socket is one of this namespace, and of the subscription with this index. When something
    /// was received last.
    In(NetnsId, usize, Instant),
    /// The dump socket of this subscription is one of a namespace that has ended.
    Over(usize),
}

/// Opens the sockets, starts the thread and finds the namespaces of the beginning.
///
/// # Errors
/// If a socket cannot be opened, or without CAP_SYS_ADMIN and CAP_NET_BROADCAST.
pub(super) fn open(
    settings: &Settings,
    rcvbuf: u32,
    audit: Option<Duration>,
    confine: Option<fn(&str)>,
) -> Result<Namespaces, Error> {
    // Before the first look: then the events tell what happens after it. Without a classic BPF filter: the
    // numbers of namespaces are read in any run.
    let opened = families::open(Reach::All, settings, rcvbuf, None, None);
    let opened = opened.map_err(|error| match error {
        Error::Socket(source) => fault(source),
        other => other,
    })?;
    let mut found = Namespaces {
        subscriptions: opened.subscriptions,
        answers: opened.answers,
        unavailable: opened.unavailable,
        ..Namespaces::default()
    };
    if !is_capable() {
        return Err(fault(io::Error::from_raw_os_error(libc::EPERM)));
    }
    let start = || -> io::Result<AllNamespaces> {
        let now = Instant::now();
        Ok(AllNamespaces {
            visitor: Visitor::start(Subscribed::privileged_protocols(settings), confine)?,
            mounts: File::open("/proc/self/mountinfo")?,
            known: BTreeMap::new(),
            by_nsid: HashMap::new(),
            unidentified: BTreeMap::new(),
            deleted: HashMap::new(),
            hidden: BTreeSet::new(),
            generation: 0,
            is_uncertain: false,
            look: None,
            is_looking: false,
            not_before: now,
            next_scan: audit.map(|audit| now + audit),
            visit: Visit::None,
        })
    };
    let mut all = start().map_err(fault)?;
    all.visitor.ask(Task::Look(Look {
        scan: true,
        ..Look::default()
    }));
    while let Some(report) = all.visitor.wait() {
        match report {
            Report::Found(namespace, _) => {
                let netns = NetnsId::of_listed(found.listed.len());
                found.listed.push(namespace.netns.clone());
                all.bind(netns, namespace);
            }
            Report::Looked(_) => break,
            Report::Visited(..) => {}
        }
    }
    found.all = Some(Box::new(all));
    Ok(found)
}

/// Returns true if namespaces can be entered and given numbers. The kernel has judged CAP_NET_BROADCAST when
/// the sockets were opened.
fn is_capable() -> bool {
    let needed = [Capability::CAP_SYS_ADMIN, Capability::CAP_NET_ADMIN];
    let mut needed = needed.into_iter();
    needed.all(|it| caps::has_cap(None, CapSet::Effective, it).unwrap_or(true))
}

/// The error, with what to do about it.
fn fault(error: io::Error) -> Error {
    let remedy = match error.raw_os_error() {
        Some(libc::EPERM) => {
            "; watching all network namespaces needs CAP_SYS_ADMIN, CAP_NET_ADMIN and CAP_NET_BROADCAST: run as \
             root, or as a service with AmbientCapabilities= of these"
        }
        _ => "",
    };
    Error::AllNetns(format!("{error}{remedy}"))
}

impl AllNamespaces {
    /// Registers what wakes the loop: reports of the thread, and mounts.
    pub(super) fn register(&mut self, registry: &Registry, tokens: [Token; 2]) -> io::Result<()> {
        use std::os::fd::AsRawFd as _;
        registry.register(&mut self.visitor.wakeup, tokens[0], Interest::READABLE)?;
        let fd = self.mounts.as_raw_fd();
        registry.register(&mut SourceFd(&fd), tokens[1], Interest::PRIORITY)
    }

    fn bind(&mut self, netns: NetnsId, found: Found) {
        if let Some(nsid) = found.nsid {
            self.by_nsid.insert(nsid, netns);
            self.unidentified.remove(&nsid);
            self.hidden.remove(&nsid);
        }
        self.known.insert(netns, found);
    }

    /// The namespace of an event with this number; `None` while it is not identified.
    pub(super) fn netns_of(&self, nsid: Option<i32>) -> Option<NetnsId> {
        match nsid {
            None => Some(OWN),
            Some(nsid) => self.by_nsid.get(&nsid).copied(),
        }
    }

    fn with_nsid(&self, nsid: i32) -> Option<NetnsId> {
        let mut known = self.known.iter();
        known
            .find(|(_, found)| found.nsid == Some(nsid))
            .map(|(netns, _)| *netns)
    }

    /// Requests a look for namespaces, at all processes with `scan`.
    fn want(&mut self, scan: bool) -> &mut Look {
        let look = self.look.get_or_insert_default();
        look.scan |= scan;
        look
    }

    /// Something was mounted.
    pub(super) fn note_mount(&mut self) {
        self.want(false);
    }

    /// Events were lost: numbers may have been given to other namespaces.
    pub(super) fn note_loss(&mut self) {
        self.generation += 1;
        self.is_uncertain = true;
        self.by_nsid.retain(|_, netns| *netns == OWN);
        let numbers: Vec<_> = self.known.values().filter_map(|it| it.nsid).collect();
        let generation = self.generation;
        let look = self.want(true);
        (look.again, look.generation, look.numbers) = (true, generation, numbers);
    }

    /// Notes what a datagram of the program's own namespace, which is queued already, says about the numbers
    /// of others.
    pub(super) fn note_nsid(
        &mut self,
        datagram: &[u8],
        backlog: &mut Backlog,
        resync: &mut ResyncScheduler,
    ) {
        let (nsid, is_new) = match nsids::event(datagram) {
            Some(NsidEvent::New(nsid)) => (nsid, true),
            Some(NsidEvent::Deleted(nsid)) => (nsid, false),
            None => return,
        };
        let now = Instant::now();
        let known = self.with_nsid(nsid);
        if is_new {
            // The number of a known one is taken from it before another one gets it.
            if known.is_none() || self.is_uncertain {
                self.unidentified.insert(nsid, now);
            }
            return;
        }
        self.unidentified.remove(&nsid);
        self.hidden.remove(&nsid);
        self.deleted.insert(nsid, now);
        // A new namespace may have the inode.
        self.want(false);
        if let Some(netns) = known.filter(|netns| *netns != OWN) {
            self.end(netns, backlog, resync);
        }
    }

    /// Ends a namespace: nothing about it is queued behind this.
    fn end(&mut self, netns: NetnsId, backlog: &mut Backlog, resync: &mut ResyncScheduler) {
        let Some(found) = self.known.remove(&netns) else {
            return;
        };
        self.by_nsid.retain(|_, of| *of != netns);
        self.visitor.ask(Task::Forget(found.netns.inode));
        info!("the network namespace {} has ended", found.netns.name);
        match self.visit {
            Visit::Asked(of, _) if of == netns => self.visit = Visit::None,
            Visit::In(of, at, _) if of == netns => self.visit = Visit::Over(at),
            _ => {}
        }
        forget(netns, backlog, resync);
    }

    /// When [`Stream::attend_namespaces`] has something to do.
    fn wakeup(&self) -> Option<Instant> {
        let look = self.look.as_ref().filter(|_| !self.is_looking);
        let look = look.map(|_| self.not_before);
        let scan = self
            .unidentified
            .iter()
            .filter(|(nsid, _)| !self.hidden.contains(nsid));
        let scan = scan.map(|(_, since)| *since + SCAN_DELAY).min();
        let scan = scan
            .filter(|_| !self.is_looking)
            .map(|due| due.max(self.not_before));
        let pause = match self.visit {
            Visit::In(_, _, since) => Some(since + MAX_PAUSE),
            Visit::Over(_) => Some(Instant::now()),
            _ => None,
        };
        [look, scan, pause, self.next_scan]
            .into_iter()
            .flatten()
            .min()
    }

    /// Asks for the look that is due.
    fn begin_look(&mut self, audit: Option<Duration>, now: Instant) {
        if self.next_scan.is_some_and(|due| due <= now) {
            self.next_scan = audit.map(|audit| now + audit);
            self.hidden.clear();
            self.want(true);
        }
        if self.is_looking || now < self.not_before {
            return;
        }
        let waits = |(nsid, since): (&i32, &Instant)| {
            !self.hidden.contains(nsid) && *since + SCAN_DELAY <= now
        };
        if self.unidentified.iter().any(waits) {
            self.want(true);
        }
        if let Some(look) = self.look.take() {
            self.is_looking = true;
            self.visitor.ask(Task::Look(look));
        }
    }
}

/// Appends the end of a namespace to the backlog, and what is complete without it.
fn forget(netns: NetnsId, backlog: &mut Backlog, resync: &mut ResyncScheduler) {
    let channel = Channel {
        netns,
        ..Channel::ROUTE_EVENTS
    };
    let time = clock();
    backlog.push_control(time, channel, ControlRecord::EndNetns);
    for milestone in resync.remove(netns) {
        if let Some((channel, record)) = milestone.record() {
            backlog.push_control(time, channel, record);
        }
    }
}

impl<E: EventSource, D: DumpSource> Stream<E, D> {
    /// When the namespaces need attention.
    pub(super) fn namespaces_wakeup(&self) -> Option<Instant> {
        self.all.as_ref()?.wakeup()
    }

    /// Ends a namespace: nothing about it is queued behind this.
    fn end_known(&mut self, netns: NetnsId) {
        if let Some(all) = &mut self.all {
            all.end(netns, &mut self.backlog, &mut self.resync);
        }
    }

    /// Appends the end of a namespace to the backlog, and what is complete without it.
    pub(super) fn forget_namespace(&mut self, netns: NetnsId) {
        forget(netns, &mut self.backlog, &mut self.resync);
    }

    /// Does what the thread reports, and asks it for what is due. Every datagram that was queued before a
    /// report has been read: an event about a number is older than the report.
    pub(super) fn attend_namespaces(
        &mut self,
        reports: Vec<Report>,
        now: Instant,
    ) -> Result<(), Error> {
        for report in reports {
            match report {
                Report::Found(found, at) => self.begin_found(found, at, now),
                Report::Looked(looked) => self.end_look(&looked, now),
                Report::Visited(netns, result) => self.begin_visit(netns, result)?,
            }
        }
        let audit = self.live.audit;
        let Some(all) = &mut self.all else {
            return Ok(());
        };
        all.begin_look(audit, now);
        if let Visit::Over(_) = all.visit {
            self.end_visit();
        } else if let Visit::In(_, _, since) = all.visit {
            let is_idle = self.resync.channel().is_none();
            let is_due = || self.resync.wakeup().is_some_and(|due| due <= now);
            if is_idle && !is_due() {
                self.end_visit();
            } else if since + MAX_PAUSE <= now {
                // The output accepts no lines.
                self.end_visit();
                self.abandon_reconcile()?;
            }
        }
        Ok(())
    }

    /// The reports of the thread so far. All sockets are read before they are used.
    pub(super) fn take_reports(&mut self) -> Vec<Report> {
        let Some(all) = &mut self.all else {
            return Vec::new();
        };
        let reports = all.visitor.reports();
        if !reports.is_empty() {
            for subscription in &mut self.subscriptions {
                subscription.readable = true;
            }
        }
        reports
    }

    /// Begins a namespace that the thread has found; `at`: when it had its number.
    fn begin_found(&mut self, found: Found, at: Instant, now: Instant) {
        let Some(all) = &mut self.all else {
            return;
        };
        let same = all.known.iter().find(|(_, it)| it.netns.is(&found.netns));
        if let Some((netns, known)) = same {
            let netns = *netns;
            // Its number, or that of an earlier one with the same inode, is not certain after a loss.
            if known.nsid == found.nsid || found.nsid.is_none() {
                return all.bind(netns, Found { ..found });
            }
            self.end_known(netns);
        }
        let Some(all) = &mut self.all else {
            return;
        };
        if let Some(nsid) = found.nsid {
            if all.deleted.get(&nsid).is_some_and(|deleted| *deleted >= at) {
                // It has ended, unless the event is about an earlier one.
                all.visitor.ask(Task::Forget(found.netns.inode));
                all.want(true);
                return;
            }
            if let Some(netns) = all.with_nsid(nsid) {
                self.end_known(netns);
            }
        }
        let Some(netns) = self.free_number() else {
            warn!(
                "the network namespace {} is not watched: there are {MAX_NAMESPACES} others",
                found.netns.name
            );
            return;
        };
        let Some(all) = &mut self.all else {
            return;
        };
        debug!("found the network namespace {:?}", found.netns);
        all.bind(netns, found.clone());
        let channel = Channel {
            netns,
            ..Channel::ROUTE_EVENTS
        };
        let record = ControlRecord::BeginNetns(found);
        self.backlog.push_control(clock(), channel, record);
        let families = self.subscriptions.iter().map(|it| (it.id, it.family));
        let dumps = families.flat_map(|family| dumps_of(netns, family, &self.live.settings));
        self.resync.add(dumps.collect(), now);
    }

    /// The lowest number of no namespace, and of no line to come.
    fn free_number(&self) -> Option<NetnsId> {
        let all = self.all.as_ref()?;
        let pipeline = &self.session.pipeline;
        (0..MAX_NAMESPACES).map(NetnsId::of_listed).find(|netns| {
            !all.known.contains_key(netns)
                && !pipeline.uses_namespace(*netns)
                && !self.backlog.has_controls_of(*netns)
        })
    }

    fn end_look(&mut self, looked: &Looked, now: Instant) {
        let Some(all) = &mut self.all else {
            return;
        };
        all.is_looking = false;
        all.not_before = now + LOOK_INTERVAL.max(looked.took * LOOK_SHARE);
        if looked.scan {
            let waited = all
                .unidentified
                .iter()
                .filter(|(_, since)| **since < looked.begun);
            let waited: Vec<_> = waited.map(|(nsid, _)| *nsid).collect();
            for nsid in waited {
                if all.hidden.insert(nsid) {
                    debug!(
                        "no mount and no process of the network namespace with nsid {nsid} is visible"
                    );
                }
            }
        }
        if !all.is_uncertain || looked.generation != all.generation {
            return;
        }
        all.is_uncertain = false;
        let bound: HashSet<_> = all.by_nsid.values().copied().collect();
        let lost = all.known.iter().filter(|(netns, found)| {
            let is_found = bound.contains(netns) || found.nsid.is_none();
            !is_found
        });
        let mut ended = Vec::new();
        let mut remaining = Vec::new();
        for (netns, found) in lost {
            match found.nsid {
                // No other namespace was found with it: nobody else can enter it either.
                Some(nsid)
                    if looked.numbers.contains(&nsid) && !all.by_nsid.contains_key(&nsid) =>
                {
                    remaining.push((nsid, *netns));
                }
                _ => ended.push(*netns),
            }
        }
        all.by_nsid.extend(remaining);
        for netns in ended {
            self.end_known(netns);
        }
        self.resync.lost(Channel::ROUTE_EVENTS, now);
    }

    /// Sends a request in a namespace, in which the dump socket is opened first.
    pub(super) fn request_in(&mut self, netns: NetnsId, at: usize, request: &Request) -> bool {
        let Some(all) = &mut self.all else {
            return true;
        };
        if matches!(all.visit, Visit::In(of, of_at, _) if (of, of_at) == (netns, at)) {
            return true;
        }
        self.end_visit();
        let family = self.subscriptions[at].family;
        if let Some(all) = &mut self.all
            && let Some(found) = all.known.get(&netns)
        {
            all.visitor.ask(Task::Visit(netns, found.clone(), family));
            all.visit = Visit::Asked(netns, request.clone());
        }
        false
    }

    fn begin_visit(
        &mut self,
        netns: NetnsId,
        result: Result<netlink_sys::Socket, Failure>,
    ) -> Result<(), Error> {
        let at = self.dumping();
        let Some(all) = &mut self.all else {
            return Ok(());
        };
        let Visit::Asked(of, request) = &all.visit else {
            return Ok(());
        };
        if *of != netns {
            return Ok(());
        }
        let request = request.clone();
        all.visit = Visit::None;
        match (result, at) {
            (Ok(socket), Some(at)) => {
                all.visit = Visit::In(netns, at, Instant::now());
                let subscription = &mut self.subscriptions[at];
                subscription.dumps.attach(socket).map_err(Error::Socket)?;
                subscription.dump_readable = true;
                subscription.dumps.request(&request).map_err(Error::Dump)
            }
            (Ok(_), None) => Ok(()),
            (Err(Failure::Ended), _) => {
                self.end_known(netns);
                Ok(())
            }
            (Err(Failure::Error(error)), _) => {
                let name = all.known.get(&netns).map_or("", |it| &it.netns.name);
                debug!("cannot enter the network namespace {name}: {error}");
                let errno = error.raw_os_error().unwrap_or(libc::ENOENT);
                self.end_dump(Outcome::Failed(errno))
            }
        }
    }

    /// Notes that something was received in a visit.
    pub(super) fn note_progress(&mut self) {
        if let Some(all) = &mut self.all
            && let Visit::In(_, _, last) = &mut all.visit
        {
            *last = Instant::now();
        }
    }

    /// Closes the dump socket, which keeps the namespace alive.
    pub(super) fn end_visit(&mut self) {
        if let Some(all) = &mut self.all
            && let Visit::In(_, at, _) | Visit::Over(at) = std::mem::take(&mut all.visit)
        {
            self.subscriptions[at].dumps.detach();
            self.subscriptions[at].dump_readable = false;
        }
    }

    /// Ends the reconciliation in progress without its remaining dumps; it is repeated later.
    fn abandon_reconcile(&mut self) -> Result<(), Error> {
        while self.resync.channel().is_some() {
            if let Err(complete) = self.resync.dump_ended(Outcome::Interrupted) {
                self.end_reconcile(complete)?;
                break;
            }
        }
        Ok(())
    }
}

impl Milestone {
    /// The control record of a milestone, and its channel; `None` if there is none.
    pub(super) fn record(self) -> Option<(Channel, ControlRecord)> {
        let of = |netns| Channel {
            netns,
            ..Channel::ROUTE_EVENTS
        };
        match self {
            Milestone::None => None,
            Milestone::Sync => Some((Channel::ROUTE_EVENTS, ControlRecord::Sync)),
            Milestone::SyncOf(netns) => Some((of(netns), ControlRecord::Sync)),
            Milestone::Resync(netns) => Some((of(netns), ControlRecord::Resync)),
        }
    }
}
