//! What the live loop does for the namespaces of `--all-netns`: it follows the reports of the visiting thread, and
//! opens and closes the dump sockets of visits.

use std::collections::HashSet;
use std::time::Instant;

use log::{debug, warn};

use super::{LOOK_INTERVAL, LOOK_SHARE, MAX_PAUSE, Visit, forget};
use crate::channel::{Channel, NetnsId};
use crate::error::Error;
use crate::event::meta::MAX_NAMESPACES;
use crate::input::{ControlRecord, Found};
use crate::netlink::dump::Outcome;
use crate::netlink::request::Request;
use crate::netlink::{DumpSource, EventSource};
use crate::run::live::dumps::dumps_of;
use crate::run::live::visitor::{Failure, Looked, Report, Task};
use crate::run::live::{Stream, clock};

impl<E: EventSource, D: DumpSource> Stream<E, D> {
    /// When the namespaces need attention.
    pub(in crate::run::live) fn namespaces_wakeup(&self) -> Option<Instant> {
        self.all.as_ref()?.wakeup()
    }

    /// Ends a namespace: nothing about it is queued behind this.
    fn end_known(&mut self, netns: NetnsId) {
        if let Some(all) = &mut self.all {
            all.end(netns, &mut self.backlog, &mut self.resync);
        }
    }

    /// Appends the end of a namespace to the backlog, and what is complete without it.
    pub(in crate::run::live) fn forget_namespace(&mut self, netns: NetnsId) {
        forget(netns, &mut self.backlog, &mut self.resync);
    }

    /// Does what the thread reports, and asks it for what is due. Every datagram that was queued before a
    /// report has been read: an event about a number is older than the report.
    pub(in crate::run::live) fn attend_namespaces(
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
    pub(in crate::run::live) fn take_reports(&mut self) -> Vec<Report> {
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
    pub(in crate::run::live) fn request_in(
        &mut self,
        netns: NetnsId,
        at: usize,
        request: &Request,
    ) -> bool {
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
    pub(in crate::run::live) fn note_progress(&mut self) {
        if let Some(all) = &mut self.all
            && let Visit::In(_, _, last) = &mut all.visit
        {
            *last = Instant::now();
        }
    }

    /// Closes the dump socket, which keeps the namespace alive.
    pub(in crate::run::live) fn end_visit(&mut self) {
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
