//! The dump sockets: reconciliation with the kernel's state.

use std::collections::BTreeMap;
use std::io;
use std::time::Instant;

use log::warn;

use super::subscription::Subscription;
use super::{MAX_BATCHES, MAX_ERRORS, Stream, clock};
use crate::channel::{FamilyId, NetnsId};
use crate::error::Error;
use crate::event::meta::{Part, Settings};
use crate::family::Family;
use crate::input::{ControlRecord, Input, InputData};
use crate::netlink::dump::{Outcome, Progress};
use crate::netlink::request::Request;
use crate::netlink::secrets::redacted;
use crate::netlink::{DumpSource, EventSource};
use crate::run::resync;

impl<E: EventSource, D: DumpSource> Stream<E, D> {
    /// Continues the reconciliation in progress, or begins the one that is due.
    pub(super) fn reconcile(&mut self, now: Instant) -> Result<(), Error> {
        let Some(begin) = self.resync.begin(now, &self.session.pipeline) else {
            return self.receive_entries();
        };
        let record = match begin.quick {
            true => ControlRecord::BeginQuickAudit(begin.kind),
            false => ControlRecord::BeginReconcile(begin.kind, begin.origin, begin.scope),
        };
        if begin.quick {
            self.session.hold_recording();
        }
        let input = Input::control_of(begin.channel, clock(), record);
        self.session.feed(&[input])?;
        self.request(&begin.request)
    }

    /// Index of the subscription whose dump is in progress.
    pub(super) fn dumping(&self) -> Option<usize> {
        let channel = self.resync.channel()?;
        let is_shared = self.all.is_some();
        let of = |family| {
            let mut all = self.subscriptions.iter();
            all.position(|it| it.id == family && (is_shared || it.netns == channel.netns))
        };
        // A family that was registered later has no sockets of its own in some runs: all of generic netlink have
        // the same protocol.
        of(channel.family).or_else(|| match channel.family.is_generic() {
            true => of(FamilyId::NLCTRL),
            false => None,
        })
    }

    fn request(&mut self, request: &Request) -> Result<(), Error> {
        let (Some(at), Some(channel)) = (self.dumping(), self.resync.channel()) else {
            return Ok(());
        };
        let request = request.clone().addressed(channel.family);
        if self.request_in(channel.netns, at, &request) {
            let subscription = &mut self.subscriptions[at];
            subscription.dump_readable = true;
            subscription.dumps.request(&request).map_err(Error::Dump)?;
        }
        Ok(())
    }

    /// Returns true if a dump socket without a dump in progress may have datagrams. The kernel sends
    /// none, so other processes did.
    pub(super) fn has_unexpected(&self) -> bool {
        let dumping = self.dumping();
        let mut subscriptions = self.subscriptions.iter().enumerate();
        subscriptions.any(|(at, it)| it.dump_readable && Some(at) != dumping)
    }

    /// Discards datagrams of dump sockets without a dump in progress, and counts them.
    pub(super) fn discard_unexpected(&mut self) {
        if !self.has_unexpected() {
            return;
        }
        let dumping = self.dumping();
        for (at, subscription) in self.subscriptions.iter_mut().enumerate() {
            if subscription.dump_readable && Some(at) != dumping {
                subscription.dump_readable = subscription.dumps.discard();
                if let Some((datagrams, portid)) = subscription.dumps.take_refused() {
                    self.refused.add(datagrams, portid);
                }
            }
        }
    }

    /// Processes the next entries of the dump in progress.
    fn receive_entries(&mut self) -> Result<(), Error> {
        let Some(at) = self.dumping() else {
            return Ok(());
        };
        let subscription = &mut self.subscriptions[at];
        let received = subscription.dumps.receive();
        if let Some((datagrams, portid)) = subscription.dumps.take_refused() {
            self.refused.add(datagrams, portid);
        }
        let progress = match received {
            Ok(Progress::Wait) => {
                subscription.dump_readable = false;
                subscription.dump_errors = 0;
                return Ok(());
            }
            Ok(progress) => {
                subscription.dump_errors = 0;
                progress
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(()),
            // Entries are missing: the dump is not complete, and the reconciliation is repeated.
            Err(error) => {
                subscription.dump_errors += 1;
                if subscription.dump_errors > MAX_ERRORS {
                    return Err(Error::Receive {
                        what: "dumps",
                        errors: subscription.dump_errors,
                        source: error,
                    });
                }
                warn!("netlink dump interrupted, retrying: {error}");
                subscription.dumps.abandon().map_err(Error::Socket)?;
                return self.end_dump(Outcome::Interrupted);
            }
        };
        self.note_progress();
        self.process_events_before_entries(at)?;
        // The namespace may have ended meanwhile.
        let Some(channel) = self.resync.channel() else {
            return Ok(());
        };
        let has_secrets = self.live.settings.with.contains(&Part::Secrets);
        let subscription = &mut self.subscriptions[at];
        for bytes in subscription.dumps.entries() {
            // Before they are recorded.
            let redacted = match has_secrets || channel.family == FamilyId::ROUTE {
                true => None,
                false => redacted(channel.family, None, bytes),
            };
            let data = InputData::Datagram(channel, redacted.as_deref().unwrap_or(bytes));
            let time = clock();
            self.session.feed(&[Input { time, data }])?;
        }
        if let Progress::Done(outcome) = progress {
            self.end_dump(outcome)?;
        }
        Ok(())
    }

    /// Processes the events that the kernel sent before it made the entries just received. If
    /// events keep arriving, the entries do not wait for all of them, and the dump counts as
    /// incomplete.
    fn process_events_before_entries(&mut self, at: usize) -> Result<(), Error> {
        let mut batches = 0;
        while !self.session.is_full() {
            // Even if mio has not reported the socket as readable since it was last empty.
            let more = self.receive_from(at)?;
            self.subscriptions[at].readable = more;
            if !more {
                self.release_transactions();
            }
            if !more && self.backlog.is_empty() {
                break;
            }
            self.process_batch()?;
            batches += 1;
            if batches == MAX_BATCHES {
                self.resync.disturb();
                break;
            }
        }
        self.schedule_stale(Instant::now());
        Ok(())
    }

    /// Requests the next dump of the reconciliation, or ends it.
    pub(super) fn end_dump(&mut self, outcome: Outcome) -> Result<(), Error> {
        self.resync.extend(&self.session.pipeline);
        let complete = match self.resync.dump_ended(outcome) {
            Ok(request) => return self.request(&request),
            Err(complete) => complete,
        };
        self.end_reconcile(complete)
    }

    /// Ends the reconciliation in progress. `complete`: every dump of it was.
    pub(super) fn end_reconcile(&mut self, complete: bool) -> Result<(), Error> {
        if let Some(channel) = self.resync.channel() {
            let record = ControlRecord::EndReconcile(complete);
            let input = Input::control_of(channel, clock(), record);
            self.session.feed(&[input])?;
        }
        let is_quick = self.resync.is_quick();
        let result = self.session.pipeline.reconcile_result();
        // What has changed nothing changes nothing in a replay either.
        let is_idle = result.is_some_and(|it| it.clean && it.missing == 0 && !it.changed);
        let milestone = self.resync.over(result, Instant::now());
        if is_quick {
            self.session.end_held_recording(is_idle);
        }
        if let Some((channel, record)) = milestone.record() {
            let input = Input::control_of(channel, clock(), record);
            self.session.feed(&[input])?;
        }
        Ok(())
    }
}

/// The dumps of every kind in every subscribed namespace.
pub(super) fn dumps<E, D>(
    subscriptions: &[Subscription<E, D>],
    settings: &Settings,
) -> BTreeMap<resync::Target, resync::Dumps> {
    let each = |it: &Subscription<E, D>| dumps_of(it.netns, (it.id, it.family), settings);
    subscriptions.iter().flat_map(each).collect()
}

/// The same for namespaces with the numbers from 1 to `count`.
pub(super) fn dumps_of_all<E, D>(
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
pub(super) fn dumps_of(
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
