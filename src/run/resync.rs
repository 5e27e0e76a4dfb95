//! Schedules reconciliations: of every kind at the start, after a gap and at regular intervals, and
//! of the objects that an event may have changed without a notification.

mod pending;
mod plan;
mod quick;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use log::{debug, warn};

use crate::channel::{Channel, FamilyId, NetnsId, Role};
use crate::event::scope::Scope;
use crate::event::{Kind, Origin};
use crate::netlink::dump::Outcome;
use crate::netlink::request::Request;
use crate::run::clock;
use crate::state::{Effect, ReconcileResult, Stale};
use pending::{Demand, PendingResync};
use plan::{Known, plan};
use quick::QuickAudits;

/// Debounce delay: a stale kind is dumped after this time without a further event that makes it
/// stale.
const DEBOUNCE: Duration = Duration::from_millis(200);
/// Maximum debounce delay.
const MAX_DEBOUNCE: Duration = Duration::from_secs(1);
/// The kernel sends IGMP and MLD reports some time after a device or an address changed, and creates
/// neighbours for them without a notification: neighbours are dumped again after this time.
const NEIGHBOUR_RECHECK: Duration = Duration::from_secs(3);
/// A bond's LACP values settle some seconds after the last event; with the slow rate its partner
/// sends every 30 seconds. The bond and its ports are verified again after these times.
const NEGOTIATION_RECHECKS: [Duration; 3] = [
    Duration::from_secs(3),
    Duration::from_secs(10),
    Duration::from_secs(35),
];
/// Delay after a reconciliation that was not clean; doubled after each further one.
const BACKOFF: Duration = Duration::from_millis(20);
const MAX_BACKOFF: Duration = Duration::from_secs(5);
/// Number of consecutive unclean reconciliations after which `sync` or `resync` no longer waits for
/// the kind.
const MAX_ATTEMPTS: u32 = 8;
/// Reconciliations that neither `sync` nor `resync` waits for take at most this fraction (1/n) of
/// the time.
const MAX_SHARE: u32 = 10;
/// The time for which a reconciliation waited delays the next one by no more than this: for a processor on a
/// busy machine, which says nothing about its cost, or for a driver or a lock of the kernel.
const MAX_DELAY: Duration = Duration::from_secs(10);
/// Objects that come and go without a message are read at this interval: elements of sets of nftables that
/// packets add, or that expire.
const SILENT_RECHECK: Duration = Duration::from_secs(10);

/// The namespace and the kind of a reconciliation.
pub(super) type Target = (NetnsId, Kind);

/// The dumps of a target.
#[derive(Clone, Debug)]
pub(super) struct Dumps {
    /// The family that provides them.
    pub family: FamilyId,
    /// Those that list every object.
    pub requests: Vec<Request>,
    /// The run has details.
    pub details: bool,
}

/// The reconciliation in progress.
#[derive(Debug)]
struct Current {
    target: Target,
    channel: Channel,
    origin: Origin,
    scope: Scope,
    effect: Effect,
    /// It is a quick audit.
    quick: bool,
    begun: Instant,
    /// CPU time of the thread at the beginning.
    begun_cpu: Duration,
    /// It began within the debounce delay of the last event: the change that this event implies may
    /// take some time.
    early: bool,
    /// The dumps that are still to be requested, last first.
    left: Vec<Request>,
    /// Those that follow were added.
    extended: bool,
    /// Every dump so far was complete, and no event was lost meanwhile.
    complete: bool,
    failed: bool,
    /// The kernel does not list the objects of one of the devices alone.
    rejected: bool,
}

/// A reconciliation that begins.
#[derive(Debug)]
pub(super) struct Begin {
    /// The channel of its dumps.
    pub channel: Channel,
    pub kind: Kind,
    pub origin: Origin,
    pub scope: Scope,
    /// It is a quick audit.
    pub quick: bool,
    /// The first dump to request.
    pub request: Request,
}

/// What the end of a reconciliation completes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Milestone {
    None,
    /// Every target was dumped once.
    Sync,
    /// Every target of this namespace, which was added during the run, was dumped once.
    SyncOf(NetnsId),
    /// Every target of this namespace that a gap concerned was dumped again; [`NetnsId::OWN`] stands for all
    /// namespaces if one socket receives the events of all.
    Resync(NetnsId),
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
    /// The targets of namespaces that were added during the run and that were not dumped yet.
    added: BTreeSet<Target>,
    /// One socket receives the events of all namespaces: a loss concerns all of them.
    shared: bool,
    audit: Option<Duration>,
    next_audit: Option<Instant>,
    quick: Option<QuickAudits>,
    has_quick: bool,
    /// What is read once more, and when, by the delay.
    rechecks: BTreeMap<(Target, Duration), (Instant, Demand)>,
    /// Reads the CPU time of the thread.
    cpu_time: fn() -> Duration,
}

impl ResyncScheduler {
    /// Schedules a dump of every target now and after every `audit` interval.
    pub(super) fn new(
        dumps: BTreeMap<Target, Dumps>,
        audit: Option<Duration>,
        now: Instant,
    ) -> Self {
        let targets: BTreeSet<_> = dumps.keys().copied().collect();
        let mut resync = ResyncScheduler {
            dumps,
            pending: BTreeMap::new(),
            current: None,
            sync: targets.clone(),
            resync: BTreeSet::new(),
            synced: false,
            added: BTreeSet::new(),
            shared: false,
            audit,
            next_audit: audit.map(|audit| now + audit),
            quick: audit.map(|audit| QuickAudits::new(audit, now)),
            has_quick: true,
            rechecks: BTreeMap::new(),
            cpu_time: clock::cpu_time,
        };
        for target in targets {
            resync.schedule(target, Demand::kind(Origin::Snapshot), now);
        }
        resync
    }

    /// From now on the audits are those of all kinds.
    pub(super) fn without_quick_audits(&mut self) {
        (self.quick, self.has_quick) = (None, false);
    }

    /// From now on a loss concerns all namespaces.
    pub(super) fn share(&mut self) {
        self.shared = true;
    }

    /// Adds the targets of a namespace that was found during the run, and schedules a dump of each.
    pub(super) fn add(&mut self, dumps: BTreeMap<Target, Dumps>, now: Instant) {
        for (target, dumps) in dumps {
            self.dumps.insert(target, dumps);
            self.added.insert(target);
            self.schedule(target, Demand::kind(Origin::Snapshot), now);
        }
    }

    /// Adds the targets of a family that was registered during the run, and schedules a dump of each. `sync` waits
    /// for them if it has not been reached yet.
    pub(super) fn add_late(&mut self, dumps: BTreeMap<Target, Dumps>, now: Instant) {
        for (target, dumps) in dumps {
            self.dumps.insert(target, dumps);
            let origin = match self.synced {
                true => Origin::Inferred,
                false => Origin::Snapshot,
            };
            if !self.synced {
                self.sync.insert(target);
            }
            self.schedule(target, Demand::kind(origin), now);
        }
    }

    /// Removes a target whose family is no longer registered.
    pub(super) fn remove_kind(&mut self, target: Target) {
        self.dumps.remove(&target);
        self.pending.remove(&target);
        self.rechecks.retain(|(of, _), _| *of != target);
        self.sync.remove(&target);
        self.resync.remove(&target);
        self.added.remove(&target);
    }

    /// Changes the interval of the audit; the next one is due after it.
    pub(super) fn set_audit(&mut self, audit: Option<Duration>, now: Instant) {
        self.audit = audit;
        self.next_audit = audit.map(|audit| now + audit);
        let audit = audit.filter(|_| self.has_quick);
        self.quick = audit.map(|audit| QuickAudits::new(audit, now));
    }

    /// Schedules reads of objects that may have changed without a notification. A dump of them that
    /// is in progress may lack objects.
    pub(super) fn schedule_stale(&mut self, netns: NetnsId, stale: &Stale, now: Instant) {
        stale.for_each(&mut |kind, scope, effect| {
            let target = (netns, kind);
            if let Some(current) = &mut self.current
                && current.target == target
                && effect != Effect::Verified
                && current.scope.meets(&scope)
            {
                current.complete = false;
            }
            let demand = Demand::stale(scope, effect);
            if kind == Kind::Neigh && effect != Effect::Verified {
                self.recheck(target, NEIGHBOUR_RECHECK, demand.clone(), now);
            }
            self.schedule(target, demand, now);
            if let Some(pending) = self.pending.get_mut(&target) {
                pending.by_event = true;
            }
        });
    }

    /// Schedules a further read of these objects after the delay.
    fn recheck(&mut self, target: Target, delay: Duration, demand: Demand, now: Instant) {
        if !self.dumps.contains_key(&target) {
            return;
        }
        match self.rechecks.entry((target, delay)) {
            Entry::Vacant(entry) => {
                entry.insert((now + delay, demand));
            }
            Entry::Occupied(mut entry) => {
                let (at, demanded) = entry.get_mut();
                *at = now + delay;
                demanded.scope.merge(demand.scope);
                demanded.effect = demanded.effect.max(demand.effect);
            }
        }
    }

    /// Schedules dumps of every kind of the channel's namespace and family, of which events were
    /// lost. A dump of them that is in progress is not complete.
    pub(super) fn lost(&mut self, channel: Channel, now: Instant) {
        // Until each number is certain again, the events of all families are left out.
        let of_all = self.shared && channel.family == FamilyId::ROUTE;
        let shared = self.shared;
        let concerns = |netns, family| {
            of_all || family == channel.family && (shared || netns == channel.netns)
        };
        if let Some(current) = &mut self.current
            && concerns(current.channel.netns, current.channel.family)
        {
            current.complete = false;
        }
        let dumps = self.dumps.iter();
        let concerned = dumps.filter(|((netns, _), dumps)| concerns(*netns, dumps.family));
        let targets: Vec<_> = concerned.map(|(target, _)| *target).collect();
        for target in targets {
            self.resync.insert(target);
            self.schedule(target, Demand::kind(Origin::Resync), now);
        }
    }

    /// Removes the targets of a namespace that has ended. Returns what is complete without them.
    pub(super) fn remove(&mut self, netns: NetnsId) -> Vec<Milestone> {
        let awaited = !self.resync.is_empty();
        self.dumps.retain(|target, _| target.0 != netns);
        self.pending.retain(|target, _| target.0 != netns);
        self.rechecks.retain(|(target, _), _| target.0 != netns);
        self.sync.retain(|target| target.0 != netns);
        self.resync.retain(|target| target.0 != netns);
        self.added.retain(|target| target.0 != netns);
        if let Some(quick) = &mut self.quick {
            quick.retain(|target| target.0 != netns);
        }
        self.current.take_if(|current| current.target.0 == netns);
        let mut reached = Vec::new();
        if self.sync.is_empty() && !std::mem::replace(&mut self.synced, self.sync.is_empty()) {
            reached.push(Milestone::Sync);
        }
        if self.shared && awaited && self.resync.is_empty() {
            reached.push(Milestone::Resync(NetnsId::OWN));
        }
        reached
    }

    /// The dump in progress is not complete: its next entries may be older than events that were
    /// processed already.
    pub(super) fn disturb(&mut self) {
        if let Some(current) = &mut self.current {
            current.complete = false;
        }
    }

    fn schedule(&mut self, target: Target, demand: Demand, now: Instant) {
        if self.dumps.contains_key(&target) {
            let pending = self.pending.entry(target);
            let pending = pending.or_insert_with(|| PendingResync::new(demand.origin, now));
            pending.demand(demand, now);
        }
    }

    /// When the next reconciliation is due; `None` while one is in progress.
    pub(super) fn wakeup(&self) -> Option<Instant> {
        if self.current.is_some() {
            return None;
        }
        let pending = self.pending.values().map(PendingResync::due);
        let rechecks = self.rechecks.values().map(|(at, _)| *at);
        let quick = self.quick.as_ref().filter(|_| self.synced);
        let quick = quick.map(QuickAudits::wakeup);
        pending
            .chain(self.next_audit)
            .chain(quick)
            .chain(rechecks)
            .min()
    }

    /// Begins the reconciliation that is due, if there is one.
    pub(super) fn begin(&mut self, now: Instant, known: &impl Known) -> Option<Begin> {
        if self.current.is_some() {
            return None;
        }
        self.schedule_timed(now);
        loop {
            let mut due = self.pending.iter_mut().filter(|(_, it)| it.due() <= now);
            let Some((target, pending)) = due.next() else {
                return self.begin_quick_audit(now, known);
            };
            let target = *target;
            let by_event = pending.by_event;
            let early = pending.last_stale.is_some_and(|last| last + DEBOUNCE > now);
            let origin = pending.origin;
            let (scope, effect) = pending.take();
            let dumps = self.dumps.get(&target)?;
            let Some(plan) = plan(target, dumps, (&scope, effect), known) else {
                debug!("{}: too many objects to verify some", target.1.name());
                self.pending.remove(&target);
                continue;
            };
            let channel = Channel {
                netns: target.0,
                family: dumps.family,
                role: Role::Dumps,
            };
            if plan.negotiates && by_event {
                for delay in NEGOTIATION_RECHECKS {
                    let demand = Demand::stale(scope.clone(), Effect::Verified);
                    self.recheck(target, delay, demand, now);
                }
            }
            if known.is_silent(target.0, target.1) {
                let demand = Demand::stale(Scope::Kind, Effect::Anywhere);
                self.recheck(target, SILENT_RECHECK, demand, now);
            }
            let mut left = plan.requests;
            left.reverse();
            let request = left.pop()?;
            debug!("dump {}{} ({origin:?})", target.1.name(), plan.scope);
            self.current = Some(Current {
                target,
                channel,
                origin,
                scope: plan.scope.clone(),
                effect,
                quick: false,
                begun: now,
                begun_cpu: (self.cpu_time)(),
                early,
                left,
                extended: false,
                complete: true,
                failed: false,
                rejected: false,
            });
            return Some(Begin {
                channel,
                kind: target.1,
                origin,
                scope: plan.scope,
                quick: false,
                request,
            });
        }
    }

    /// Begins the quick audit that is due, if there is one.
    fn begin_quick_audit(&mut self, now: Instant, known: &impl Known) -> Option<Begin> {
        let quick = self.quick.as_mut().filter(|_| self.synced)?;
        let targets = self.dumps.keys().copied();
        let targets = targets.filter(|target| !self.pending.contains_key(target));
        let counted = targets.map(|target| (target, known.count(target.0, target.1)));
        let target = quick.next(counted, now)?;
        let dumps = self.dumps.get(&target)?;
        let channel = Channel {
            netns: target.0,
            family: dumps.family,
            role: Role::Dumps,
        };
        let mut left = dumps.requests.clone();
        left.reverse();
        let request = left.pop()?;
        debug!("dump {} (quick audit)", target.1.name());
        self.current = Some(Current {
            target,
            channel,
            origin: Origin::Inferred,
            scope: Scope::Kind,
            effect: Effect::Anywhere,
            quick: true,
            begun: now,
            begun_cpu: (self.cpu_time)(),
            early: false,
            left,
            extended: false,
            complete: true,
            failed: false,
            rejected: false,
        });
        Some(Begin {
            channel,
            kind: target.1,
            origin: Origin::Inferred,
            scope: Scope::Kind,
            quick: true,
            request,
        })
    }

    /// Schedules what is due by time: the audit, and further reads.
    fn schedule_timed(&mut self, now: Instant) {
        if let (Some(audit), Some(next)) = (self.audit, self.next_audit)
            && next <= now
        {
            self.next_audit = Some(now + audit);
            let targets: Vec<_> = self.dumps.keys().copied().collect();
            for target in targets {
                self.schedule(target, Demand::kind(Origin::Inferred), now);
            }
        }
        let rechecks = self.rechecks.iter();
        let due = rechecks.filter(|(_, (at, _))| *at <= now);
        for key in due.map(|(key, _)| *key).collect::<Vec<_>>() {
            if let Some((_, demand)) = self.rechecks.remove(&key) {
                self.schedule(key.0, demand, now);
            }
        }
    }

    /// Returns true if the reconciliation in progress is a quick audit.
    pub(super) fn is_quick(&self) -> bool {
        self.current.as_ref().is_some_and(|current| current.quick)
    }

    /// The channel of the dump in progress.
    pub(super) fn channel(&self) -> Option<Channel> {
        self.current.as_ref().map(|current| current.channel)
    }

    /// Adds the dumps for each object ([`Known::further_dumps`]), when those of the kind have been answered: the objects may
    /// be of the same kind.
    pub(super) fn extend(&mut self, known: &impl Known) {
        if let Some(current) = &mut self.current
            && current.left.is_empty()
            && current.scope.is_kind()
            && !current.extended
        {
            current.extended = true;
            current.left = known.further_dumps(current.target.0, current.target.1);
            current.left.reverse();
        }
    }

    /// Handles the end of a dump. Returns the next dump to request, or `Err` if there is none: with
    /// `true` if every dump of the reconciliation was complete.
    pub(super) fn dump_ended(&mut self, outcome: Outcome) -> Result<Request, bool> {
        let Some(current) = &mut self.current else {
            return Err(false);
        };
        let per_object = current.target.1.dumps_per_object();
        match outcome {
            // A kernel without support for the objects has no objects of that kind.
            Outcome::Complete | Outcome::Failed(libc::EOPNOTSUPP | libc::EAFNOSUPPORT) => {}
            Outcome::Interrupted => current.complete = false,
            // Temporary: the reconciliation is repeated.
            Outcome::Failed(
                libc::EINTR | libc::EAGAIN | libc::EBUSY | libc::ENOMEM | libc::ENOBUFS,
            ) => current.complete = false,
            // The set, interface or the like that was asked for does not exist.
            Outcome::Failed(errno) if per_object.iter().any(|it| it.missing == errno) => {
                current.complete &= per_object.iter().any(|it| it.is_guess);
            }
            // The device was deleted meanwhile.
            Outcome::Failed(libc::ENODEV) if !current.scope.is_kind() => {}
            Outcome::Failed(_) if !current.scope.is_kind() => {
                (current.complete, current.rejected) = (false, true);
            }
            Outcome::Failed(errno) => {
                (current.complete, current.failed) = (false, true);
                let kind = current.target.1.name();
                let error = std::io::Error::from_raw_os_error(errno);
                let advice = match errno {
                    libc::EPERM => "; run with CAP_NET_ADMIN",
                    _ => "",
                };
                warn!(
                    "cannot dump all objects of kind {kind}: {error}; changes without an event may be missing for this kind{advice}"
                );
            }
        }
        current.left.pop().ok_or(current.complete)
    }

    /// Ends the reconciliation with that result.
    pub(super) fn over(&mut self, result: Option<&ReconcileResult>, now: Instant) -> Milestone {
        let Some(current) = self.current.take() else {
            return Milestone::None;
        };
        let ReconcileResult {
            clean,
            missing,
            undecided,
            ..
        } = result.cloned().unwrap_or_default();
        let took = now.saturating_duration_since(current.begun);
        if let Some(quick) = self.quick.as_mut().filter(|_| current.scope.is_kind()) {
            let took = (!current.failed).then_some(took);
            quick.note(current.target, took, current.quick, now);
        }
        if current.quick {
            // A second dump decides if the missing objects were deleted.
            if clean && missing > 0 {
                self.schedule(current.target, Demand::kind(Origin::Inferred), now);
                if let Some(pending) = self.pending.get_mut(&current.target) {
                    pending.hurry(now);
                }
            }
            return Milestone::None;
        }
        let pause = match current.origin {
            Origin::Inferred => {
                let cpu = (self.cpu_time)().saturating_sub(current.begun_cpu);
                let pause = |took: Duration| took * (MAX_SHARE - 1);
                pause(took).min(pause(cpu).max(MAX_DELAY))
            }
            _ => Duration::ZERO,
        };
        let mut done = true;
        if let Some(pending) = self.pending.get_mut(&current.target) {
            // Also if the target was dumped for another reason, within the debounce delay.
            let requested_again = current.early || pending.last > current.begun;
            if current.rejected {
                pending.add(Scope::Kind, current.effect);
                pending.hurry(now);
                done = false;
            } else if !clean && !current.failed {
                pending.add(current.scope, current.effect);
                pending.attempts += 1;
                let backoff = BACKOFF * 2_u32.saturating_pow(pending.attempts.min(16));
                pending.not_before = now + backoff.clamp(pause, MAX_BACKOFF.max(pause));
                (pending.first, pending.last) = (now, now);
                done = pending.attempts >= MAX_ATTEMPTS;
                if done {
                    pending.origin = Origin::Inferred;
                }
            } else if clean && (missing > 0 || !undecided.is_empty()) {
                // A second dump decides if the missing objects were deleted.
                pending.add(current.scope, current.effect);
                pending.add(Scope::Devices(undecided), current.effect);
                pending.hurry(now);
                done = false;
            } else if requested_again {
                if current.early {
                    pending.add(current.scope, current.effect);
                }
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
                let was_added = self.added.remove(&target);
                if self.resync.contains(&target) {
                    self.pending.remove(&target);
                    self.schedule(target, Demand::kind(Origin::Resync), now);
                }
                if was_added && !self.added.iter().any(|(netns, _)| *netns == target.0) {
                    return Milestone::SyncOf(target.0);
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
        let of = if self.shared { NetnsId::OWN } else { target.0 };
        let is_left = |(netns, _): &Target| self.shared || *netns == of;
        match origin == Origin::Resync && !self.resync.iter().any(is_left) {
            true => Milestone::Resync(of),
            false => Milestone::None,
        }
    }
}

#[cfg(test)]
mod tests;
