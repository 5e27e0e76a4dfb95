//! All network namespaces (`--all-netns`): one socket for each family receives the events of all of them, and
//! their objects are dumped in visits. Nothing keeps a namespace alive for longer than a visit.
//!
//! The kernel marks an event with the number (nsid) of its namespace in that of the program. A number may be
//! given to another namespace as soon as the first has ended. Which namespace a number means is therefore
//! decided at the position of the event among the others: an `RTM_DELNSID` ends the namespace, an
//! `RTM_NEWNSID` announces one that is to be identified, and until then its events are left out: its
//! snapshot follows.

mod visits;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::File;
use std::io;
use std::time::{Duration, Instant};

use caps::{CapSet, Capability};
use log::info;
use mio::unix::SourceFd;
use mio::{Interest, Registry, Token};

use super::namespaces::Namespaces;
use super::subscription::Reach;
use super::visitor::{Look, Report, Task, Visitor};
use super::{clock, families};
use crate::channel::{Channel, NetnsId};
use crate::error::Error;
use crate::event::meta::Settings;
use crate::family::Subscribed;
use crate::input::{ControlRecord, Found};
use crate::netlink::nsids::{self, NsidEvent};
use crate::netlink::request::Request;
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
