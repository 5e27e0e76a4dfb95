//! The event sockets: received datagrams, losses, and datagrams from senders other than the kernel.

use std::io;
use std::time::Instant;

use super::{BATCH_SIZE, MAX_ERRORS, REFUSED_INTERVAL, Stream, all, clock};
use crate::channel::{FamilyId, NetnsId, Role};
use crate::error::Error;
use crate::event::meta::{Gap, GapCause, Part, Refused};
use crate::event::values::Time;
use crate::input::{ControlRecord, InputData};
use crate::netlink::frame::message_type;
use crate::netlink::protocols::MIN_ID;
use crate::netlink::secrets::redacted;
use crate::netlink::{DumpSource, EventSource};

/// Datagrams from senders other than the kernel, which were discarded and not reported yet.
#[derive(Debug, Default)]
pub(super) struct SpoofedDatagrams {
    pub(super) datagrams: u64,
    portid: u32,
    /// Earliest time of the next report.
    not_before: Option<Instant>,
}

impl<E: EventSource, D: DumpSource> Stream<E, D> {
    /// Moves the queued datagrams of every readable event socket to the backlog, until the backlog
    /// is full.
    pub(super) fn receive(&mut self) -> Result<(), Error> {
        for at in 0..self.subscriptions.len() {
            if self.subscriptions[at].readable {
                let more = self.receive_from(at)?;
                self.subscriptions[at].readable = more;
            }
        }
        Ok(())
    }

    /// Returns true if a read of an event socket may find something.
    pub(super) fn is_readable(&self) -> bool {
        self.subscriptions.iter().any(|it| it.readable)
    }

    /// Empties an event socket. Returns true if the backlog was full before it was empty.
    pub(super) fn receive_from(&mut self, at: usize) -> Result<bool, Error> {
        while !self.backlog.is_full() {
            let subscription = &mut self.subscriptions[at];
            match subscription.events.receive() {
                Ok(()) => {
                    subscription.errors = 0;
                    let time = clock();
                    self.check_clock(time);
                    self.queue_received(at, time);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    subscription.errors = 0;
                    self.note_loss(at)?;
                    let subscription = &mut self.subscriptions[at];
                    if let Some(requesters) = &mut subscription.requesters {
                        requesters.note_empty();
                    }
                    subscription.emptied = Some(clock());
                    return Ok(false);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // The datagrams queued before the loss come first, then the gap.
                Err(error) => {
                    subscription.errors += 1;
                    if subscription.errors > MAX_ERRORS {
                        return Err(Error::Receive {
                            what: "events",
                            errors: subscription.errors,
                            source: error,
                        });
                    }
                    subscription.fault = Some(error);
                }
            }
        }
        Ok(true)
    }

    fn queue_received(&mut self, at: usize, time: Time) {
        let subscription = &mut self.subscriptions[at];
        let of_socket = subscription.channel(Role::Events);
        let has_secrets = self.live.settings.with.contains(&Part::Secrets);
        for datagram in subscription.events.datagrams() {
            let requesters = subscription.requesters.as_mut();
            let requester = requesters.and_then(|requesters| requesters.of(datagram.bytes));
            if datagram.sender != 0 {
                self.refused.add(1, datagram.sender);
                continue;
            }
            let mut channel = of_socket;
            if let Some(all) = &self.all {
                match all.netns_of(datagram.nsid) {
                    Some(netns) => channel.netns = netns,
                    // Its snapshot follows.
                    None => continue,
                }
            }
            let is_own = match self.all {
                Some(_) => channel.netns == all::OWN,
                None => channel.netns == NetnsId::OWN,
            };
            let mut without_secrets = None;
            if channel.family != FamilyId::ROUTE {
                let name = match &mut self.follow {
                    Some(follow) => {
                        if channel.family == FamilyId::NLCTRL {
                            channel.family = family_of(datagram.bytes);
                        }
                        // The controller announces a family in every namespace: a socket of all of them
                        // joins its groups once.
                        if channel.family == FamilyId::NLCTRL && (is_own || self.all.is_none()) {
                            follow.note(of_socket.netns, datagram.bytes);
                        }
                        follow.known.get(channel.family).map(|it| &*it.name)
                    }
                    None => None,
                };
                if !has_secrets {
                    without_secrets = redacted(channel.family, name, datagram.bytes);
                }
            }
            let bytes = without_secrets.as_deref().unwrap_or(datagram.bytes);
            if channel.family == FamilyId::NFTABLES {
                if self.transactions.note(channel.netns, bytes) {
                    let gap = gap(GapCause::Generation, None, None, subscription.emptied);
                    let record = ControlRecord::Gap(gap);
                    self.backlog.push_control(time, channel, record);
                }
                if let (Some(log), None) = (&mut self.requesters, &requester) {
                    self.transactions
                        .hold(time, channel, bytes, log, &mut self.backlog);
                    continue;
                }
            }
            let log = self.requesters.as_mut();
            let record =
                log.and_then(|log| log.record(requester.as_ref(), channel.family, is_own, bytes));
            if let Some(record) = record {
                self.backlog.push_control(time, channel, record);
            }
            self.backlog.push(time, channel, bytes);
            if let Some(all) = &mut self.all {
                // Numbers are those of rtnetlink.
                if of_socket.family == FamilyId::ROUTE {
                    if is_own {
                        all.note_nsid(datagram.bytes, &mut self.backlog, &mut self.resync);
                    }
                    if datagram.truncated {
                        all.note_loss();
                    }
                }
                // A loss is one of all namespaces.
                channel.netns = NetnsId::OWN;
            }
            if datagram.truncated {
                let gap = gap(GapCause::Truncated, None, Some(1), subscription.emptied);
                let record = ControlRecord::Gap(gap);
                self.backlog.push_control(time, channel, record);
            }
        }
    }

    /// Queues a gap after the datagrams received so far, if the socket reported a loss.
    pub(super) fn note_loss(&mut self, at: usize) -> Result<(), Error> {
        let subscription = &mut self.subscriptions[at];
        let Some(error) = subscription.fault.take() else {
            return Ok(());
        };
        let lost = subscription.events.dropped().map_err(Error::DropCount)?;
        let cause = match error.raw_os_error() {
            Some(libc::ENOBUFS) => GapCause::Overflow,
            _ => GapCause::Error,
        };
        let errno = error.raw_os_error().map(i32::unsigned_abs);
        let requesters = subscription.requesters.as_mut();
        let requesters = requesters.map(|requesters| requesters.note_loss(lost));
        let log = self.requesters.as_mut().zip(requesters);
        let by = log.and_then(|(log, requesters)| log.lost_by(&requesters));
        let lost = (lost > 0).then_some(u64::from(lost));
        let record = ControlRecord::Gap(Gap {
            by,
            ..gap(cause, errno, lost, subscription.emptied)
        });
        let channel = subscription.channel(Role::Events);
        if channel.family == FamilyId::NFTABLES {
            match self.all {
                Some(_) => self.transactions.forget_all(),
                None => self.transactions.forget(channel.netns),
            }
        }
        self.release_transactions();
        self.backlog.push_control(clock(), channel, record);
        if let Some(all) = &mut self.all
            && channel.family == FamilyId::ROUTE
        {
            all.note_loss();
        }
        Ok(())
    }

    /// Lets the datagrams of transactions go on whose end was not received.
    pub(super) fn release_transactions(&mut self) {
        if let Some(log) = &mut self.requesters
            && self.transactions.due().is_some()
        {
            self.transactions
                .release(clock(), None, log, &mut self.backlog);
        }
    }

    /// Feeds a batch of the backlog to the pipeline; returns its size.
    pub(super) fn process_batch(&mut self) -> Result<usize, Error> {
        if self.session.is_full() {
            return Ok(0);
        }
        let inputs = self.backlog.pop(BATCH_SIZE);
        for input in &inputs {
            // rtnetlink's of all namespaces: when each number is certain again.
            if let InputData::Control(channel, record) = &input.data
                && let ControlRecord::Gap(_) = **record
                && (self.all.is_none() || channel.family != FamilyId::ROUTE)
            {
                self.resync.lost(*channel, Instant::now());
            }
        }
        let size = inputs.len();
        self.session.feed(&inputs)?;
        Ok(size)
    }

    pub(super) fn emit_refused(&mut self) -> Result<(), Error> {
        let datagrams = std::mem::take(&mut self.refused.datagrams);
        self.control(ControlRecord::Refused(Refused {
            datagrams,
            portid: self.refused.portid,
        }))?;
        // After the line has its time: the next one is a second later by that as well.
        self.refused.not_before = Some(Instant::now() + REFUSED_INTERVAL);
        Ok(())
    }
}

/// The family of a datagram on the socket of the controller, which may have joined groups of others.
fn family_of(datagram: &[u8]) -> FamilyId {
    let family = message_type(datagram).and_then(FamilyId::generic);
    family
        .filter(|id| id.generic_id() >= MIN_ID)
        .unwrap_or(FamilyId::NLCTRL)
}

fn gap(cause: GapCause, errno: Option<u32>, lost: Option<u64>, from: Option<Time>) -> Gap {
    Gap {
        family: None,
        kinds: None,
        cause,
        errno,
        lost,
        from,
        to: Some(clock()),
        by: None,
    }
}

impl SpoofedDatagrams {
    /// Counts datagrams; the last of them was sent by `portid`.
    pub(super) fn add(&mut self, datagrams: u64, portid: u32) {
        self.datagrams = self.datagrams.saturating_add(datagrams);
        self.portid = portid;
    }

    /// When the next report is due; `None` if there is nothing to report.
    pub(super) fn due(&self, now: Instant) -> Option<Instant> {
        (self.datagrams > 0).then(|| self.not_before.unwrap_or(now))
    }
}
