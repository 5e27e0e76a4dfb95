//! Schedules dumps: of every kind at the start, after a gap, after events that imply changes without
//! a notification, and at regular intervals.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use log::{debug, warn};

use crate::channel::{Channel, FamilyId, NetnsId, Role};
use crate::event::kind_set::KindSet;
use crate::event::{Kind, Origin};
use crate::netlink::dump::Outcome;
use crate::netlink::request::Request;
use crate::state::ReconcileResult;

/// Debounce delay: a stale kind is dumped after this time without a further event that makes it
/// stale.
const DEBOUNCE: Duration = Duration::from_millis(200);
/// Maximum debounce delay.
const MAX_DEBOUNCE: Duration = Duration::from_secs(1);
/// The kernel sends IGMP and MLD reports some time after a device or an address changed, and creates
/// neighbours for them without a notification: neighbours are dumped again after this time.
const NEIGHBOUR_RECHECK: Duration = Duration::from_secs(3);
/// Delay after a reconciliation that was not clean; doubled after each further one.
const BACKOFF: Duration = Duration::from_millis(20);
const MAX_BACKOFF: Duration = Duration::from_secs(5);
/// Number of consecutive unclean reconciliations after which `sync` or `resync` no longer waits for
/// the kind.
const MAX_ATTEMPTS: u32 = 8;
/// Reconciliations that neither `sync` nor `resync` waits for take at most this fraction (1/n) of
/// the time.
const MAX_SHARE: u32 = 10;

/// The objects of one reconciliation.
pub(super) type Target = (NetnsId, Kind);

/// The dumps that list the objects of a target, and the family that provides them.
pub(super) type Dumps = (FamilyId, Vec<Request>);

/// A reconciliation that is due now or later.
#[derive(Debug)]
struct PendingResync {
    origin: Origin,
    /// When it was first, and last, requested.
    first: Instant,
    last: Instant,
    not_before: Instant,
    /// When the kind was last reported stale. The change that an event implies may take some time.
    last_stale: Option<Instant>,
    /// Number of consecutive unclean reconciliations.
    attempts: u32,
}

/// The reconciliation in progress.
#[derive(Debug)]
struct Current {
    target: Target,
    channel: Channel,
    origin: Origin,
    begun: Instant,
    /// The dumps that are still to be requested, last first.
    left: Vec<Request>,
    /// Every dump so far was complete, and no event was lost meanwhile.
    complete: bool,
    failed: bool,
}

/// A reconciliation that begins.
#[derive(Debug)]
pub(super) struct Begin {
    /// The channel of its dumps.
    pub channel: Channel,
    pub kind: Kind,
    pub origin: Origin,
    /// The first dump to request.
    pub request: Request,
}

/// What the end of a reconciliation completes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Milestone {
    None,
    /// Every target was dumped once.
    Sync,
    /// Every target that a gap concerned was dumped again.
    Resync,
}

/// Decides when each kind of each namespace is dumped. At most one reconciliation is in progress.
#[derive(Debug)]
pub(super) struct ResyncScheduler {
    dumps: BTreeMap<Target, Dumps>,
    pending: BTreeMap<Target, PendingResync>,
    current: Option<Current>,
    /// The targets that `sync`, and `resync`, still wait for.
    sync: BTreeSet<Target>,
    resync: BTreeSet<Target>,
    synced: bool,
    audit: Option<Duration>,
    next_audit: Option<Instant>,
    /// When the neighbours of a namespace are dumped once more.
    recheck_neighbours_at: BTreeMap<NetnsId, Instant>,
}

impl ResyncScheduler {
    /// Schedules a dump of every target now and after every `audit` interval.
    pub(super) fn new(dumps: BTreeMap<Target, Dumps>, audit: Option<Duration>, now: Instant) -> Self {
        let targets: BTreeSet<_> = dumps.keys().copied().collect();
        let mut resync = ResyncScheduler {
            dumps,
            pending: BTreeMap::new(),
            current: None,
            sync: targets.clone(),
            resync: BTreeSet::new(),
            synced: false,
            audit,
            next_audit: audit.map(|audit| now + audit),
            recheck_neighbours_at: BTreeMap::new(),
        };
        for target in targets {
            resync.schedule(target, Origin::Snapshot, now);
        }
        resync
    }

    /// Schedules dumps of kinds that may have changed without a notification. If one of them is
    /// being dumped, that dump may lack objects.
    pub(super) fn schedule_stale(&mut self, netns: NetnsId, kinds: KindSet, now: Instant) {
        if let Some(current) = &mut self.current
            && current.target.0 == netns
            && kinds.contains(current.target.1)
        {
            current.complete = false;
        }
        for kind in kinds.iter() {
            self.schedule((netns, kind), Origin::Inferred, now);
        }
        let neighbours = (netns, Kind::Neigh);
        if kinds.contains(Kind::Neigh) && self.dumps.contains_key(&neighbours) {
            let recheck = now + NEIGHBOUR_RECHECK;
            self.recheck_neighbours_at.insert(netns, recheck);
        }
    }

    /// Schedules dumps of every kind of the channel's namespace and family, of which events were
    /// lost. A dump of them that is in progress is not complete.
    pub(super) fn lost(&mut self, channel: Channel, now: Instant) {
        if let Some(current) = &mut self.current
            && current.channel.is_beside(channel)
        {
            current.complete = false;
        }
        let dumps = self.dumps.iter();
        let concerned = dumps.filter(|((netns, _), (family, _))| {
            (*netns, *family) == (channel.netns, channel.family)
        });
        let targets: Vec<_> = concerned.map(|(target, _)| *target).collect();
        for target in targets {
            self.resync.insert(target);
            self.schedule(target, Origin::Resync, now);
        }
    }

    /// The dump in progress is not complete: its next entries may be older than events that were
    /// processed already.
    pub(super) fn disturb(&mut self) {
        if let Some(current) = &mut self.current {
            current.complete = false;
        }
    }

    fn schedule(&mut self, target: Target, origin: Origin, now: Instant) {
        if !self.dumps.contains_key(&target) {
            return;
        }
        let pending = self.pending.entry(target).or_insert(PendingResync {
            origin,
            first: now,
            last: now,
            not_before: now,
            last_stale: None,
            attempts: 0,
        });
        pending.last = now;
        if origin == Origin::Inferred {
            pending.last_stale = Some(now);
        }
        if origin == Origin::Resync {
            (pending.not_before, pending.attempts) = (now, 0);
            if pending.origin == Origin::Inferred {
                pending.origin = origin;
            }
        }
    }

    /// When the next reconciliation is due; `None` while one is in progress.
    pub(super) fn wakeup(&self) -> Option<Instant> {
        if self.current.is_some() {
            return None;
        }
        let pending = self.pending.values().map(PendingResync::due);
        let rechecks = self.recheck_neighbours_at.values().copied();
        pending.chain(self.next_audit).chain(rechecks).min()
    }

    /// Begins the reconciliation that is due, if there is one.
    pub(super) fn begin(&mut self, now: Instant) -> Option<Begin> {
        if self.current.is_some() {
            return None;
        }
        self.schedule_timed(now);
        let mut due = self.pending.iter().filter(|(_, it)| it.due() <= now);
        let (target, origin) = due.next().map(|(target, it)| (*target, it.origin))?;
        let (netns, kind) = target;
        let (family, requests) = self.dumps.get(&target)?;
        let mut left: Vec<_> = requests.iter().rev().cloned().collect();
        let request = left.pop()?;
        let channel = Channel {
            netns,
            family: *family,
            role: Role::Dumps,
        };
        debug!("dump {} ({origin:?})", kind.name());
        self.current = Some(Current {
            target,
            channel,
            origin,
            begun: now,
            left,
            complete: true,
            failed: false,
        });
        Some(Begin {
            channel,
            kind,
            origin,
            request,
        })
    }

    /// Schedules what is due by time: the audit, and further dumps of neighbours.
    fn schedule_timed(&mut self, now: Instant) {
        if let (Some(audit), Some(next)) = (self.audit, self.next_audit)
            && next <= now
        {
            self.next_audit = Some(now + audit);
            let targets: Vec<_> = self.dumps.keys().copied().collect();
            for target in targets {
                self.schedule(target, Origin::Inferred, now);
            }
        }
        let rechecks = self.recheck_neighbours_at.iter();
        let due: Vec<_> = rechecks
            .filter(|(_, at)| **at <= now)
            .map(|(netns, _)| *netns)
            .collect();
        for netns in due {
            self.recheck_neighbours_at.remove(&netns);
            self.schedule((netns, Kind::Neigh), Origin::Inferred, now);
        }
    }

    /// The channel of the dump in progress.
    pub(super) fn channel(&self) -> Option<Channel> {
        self.current.as_ref().map(|current| current.channel)
    }

    /// Handles the end of a dump. Returns the next dump to request, or `Err` if there is none: with
    /// `true` if every dump of the reconciliation was complete.
    pub(super) fn dump_ended(&mut self, outcome: Outcome) -> Result<Request, bool> {
        let Some(current) = &mut self.current else {
            return Err(false);
        };
        match outcome {
            // A kernel without support for the objects has no objects of that kind.
            Outcome::Complete | Outcome::Failed(libc::EOPNOTSUPP | libc::EAFNOSUPPORT) => {}
            Outcome::Interrupted => current.complete = false,
            // Temporary: the reconciliation is repeated.
            Outcome::Failed(
                libc::EINTR | libc::EAGAIN | libc::EBUSY | libc::ENOMEM | libc::ENOBUFS,
            ) => current.complete = false,
            Outcome::Failed(errno) => {
                (current.complete, current.failed) = (false, true);
                let kind = current.target.1.name();
                let error = std::io::Error::from_raw_os_error(errno);
                warn!("cannot dump all objects of kind {kind}: {error}; changes without an event may be missing for this kind");
            }
        }
        current.left.pop().ok_or(current.complete)
    }

    /// Ends the reconciliation with that result.
    pub(super) fn over(&mut self, result: Option<ReconcileResult>, now: Instant) -> Milestone {
        let Some(current) = self.current.take() else {
            return Milestone::None;
        };
        let clean = result.is_some_and(|result| result.clean);
        let missing = result.map_or(0, |result| result.missing);
        let took = now.saturating_duration_since(current.begun);
        let pause = match current.origin {
            Origin::Inferred => took * (MAX_SHARE - 1),
            _ => Duration::ZERO,
        };
        let mut done = true;
        if let Some(pending) = self.pending.get_mut(&current.target) {
            // Also if the target was dumped for another reason, within the debounce delay.
            let too_early = pending
                .last_stale
                .is_some_and(|last_stale| last_stale + DEBOUNCE > current.begun);
            let requested_again = too_early || pending.last > current.begun;
            if !clean && !current.failed {
                pending.attempts += 1;
                let backoff = BACKOFF * 2_u32.saturating_pow(pending.attempts.min(16));
                pending.not_before = now + backoff.clamp(pause, MAX_BACKOFF.max(pause));
                (pending.first, pending.last) = (now, now);
                done = pending.attempts >= MAX_ATTEMPTS;
                if done {
                    pending.origin = Origin::Inferred;
                }
            } else if missing > 0 && clean {
                // A second dump decides if the missing objects were deleted.
                pending.not_before = now;
                let before = |time| now.checked_sub(time).unwrap_or(now);
                (pending.first, pending.last) = (before(MAX_DEBOUNCE), before(DEBOUNCE));
                done = false;
            } else if requested_again {
                pending.origin = Origin::Inferred;
                (pending.first, pending.attempts) = (pending.last, 0);
                pending.not_before = now + pause;
            } else {
                self.pending.remove(&current.target);
            }
        }
        if !done {
            return Milestone::None;
        }
        self.done(current.origin, current.target, now)
    }

    fn done(&mut self, origin: Origin, target: Target, now: Instant) -> Milestone {
        match origin {
            Origin::Snapshot => {
                self.sync.remove(&target);
                if self.resync.contains(&target) {
                    self.pending.remove(&target);
                    self.schedule(target, Origin::Resync, now);
                }
            }
            Origin::Resync => {
                self.resync.remove(&target);
            }
            Origin::Inferred | Origin::Kernel | Origin::Checkpoint => return Milestone::None,
        }
        if origin == Origin::Snapshot && self.sync.is_empty() && !self.synced {
            self.synced = true;
            return Milestone::Sync;
        }
        match origin == Origin::Resync && self.resync.is_empty() {
            true => Milestone::Resync,
            false => Milestone::None,
        }
    }
}

impl PendingResync {
    fn due(&self) -> Instant {
        let due = match self.origin {
            Origin::Inferred => (self.last + DEBOUNCE).min(self.first + MAX_DEBOUNCE),
            _ => self.first,
        };
        due.max(self.not_before)
    }
}

#[cfg(test)]
mod tests;
