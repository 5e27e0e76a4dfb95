//! When to look at the kernel's own lists: at the start, after a gap, after what may have changed
//! something without a word, and now and then all of it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use log::{debug, warn};

use crate::event::kind_set::KindSet;
use crate::event::{Kind, Origin};
use crate::netlink::dump::Outcome;
use crate::netlink::request::Request;
use crate::state::ReconcileResult;

/// How long it must be quiet before a look at what may have changed without a word.
const DEBOUNCE: Duration = Duration::from_millis(200);
/// How long such a look is put off at the most.
const MAX_DEBOUNCE: Duration = Duration::from_secs(1);
/// Reports of multicast groups are sent some time after a device or an address changed, and make
/// neighbours without a word: so long after there is another look at those.
const NEIGHBOUR_RECHECK: Duration = Duration::from_secs(3);
/// How long to wait after a look that was disturbed; twice as long after each further one.
const BACKOFF: Duration = Duration::from_millis(20);
const MAX_BACKOFF: Duration = Duration::from_secs(5);
/// After so many disturbed looks in a row nobody waits for a clean one any more.
const MAX_ATTEMPTS: u32 = 8;
/// Looks that nobody waits for take no more than one in so many parts of the time.
const MAX_SHARE: u32 = 10;

/// What is still to be looked at.
#[derive(Debug)]
struct PendingResync {
    origin: Origin,
    /// When it was first, and last, asked for.
    first: Instant,
    last: Instant,
    not_before: Instant,
    /// When something may have changed without a word last: it may go on for some time.
    last_stale: Option<Instant>,
    /// Disturbed looks in a row.
    attempts: u32,
}

/// A look that is under way.
#[derive(Debug)]
struct Current {
    kind: Kind,
    origin: Origin,
    begun: Instant,
    /// The dumps that are still to be asked for, last first.
    left: Vec<Request>,
    whole: bool,
    failed: bool,
}

/// What the end of a look completes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Milestone {
    None,
    /// Every kind was read.
    Sync,
    /// Every kind was read again after a gap.
    Resync,
}

/// The looks that are owed.
#[derive(Debug)]
pub struct ResyncScheduler {
    /// The dumps that list a kind.
    requests: BTreeMap<Kind, Vec<Request>>,
    pending: BTreeMap<Kind, PendingResync>,
    current: Option<Current>,
    /// The kinds that the snapshot, or a resync, is still waiting for.
    sync: KindSet,
    resync: KindSet,
    synced: bool,
    audit: Option<Duration>,
    next_audit: Option<Instant>,
    /// When neighbours are looked at once more.
    recheck_neighbours_at: Option<Instant>,
}

impl ResyncScheduler {
    /// Owes a look at every one of these kinds, and again each `audit`.
    pub fn new(
        requests: BTreeMap<Kind, Vec<Request>>,
        audit: Option<Duration>,
        now: Instant,
    ) -> Self {
        let mut resync = ResyncScheduler {
            requests,
            pending: BTreeMap::new(),
            current: None,
            sync: KindSet::EMPTY,
            resync: KindSet::EMPTY,
            synced: false,
            audit,
            next_audit: audit.map(|audit| now + audit),
            recheck_neighbours_at: None,
        };
        resync.sync = resync.kinds();
        resync.want(resync.sync, Origin::Snapshot, now);
        resync
    }

    fn kinds(&self) -> KindSet {
        let mut kinds = KindSet::EMPTY;
        for kind in self.requests.keys() {
            kinds.insert(*kind);
        }
        kinds
    }

    /// These kinds may have changed without a word: also while one of them was being read, and then
    /// rows may be missing.
    pub fn schedule_stale(&mut self, kinds: KindSet, now: Instant) {
        if let Some(current) = &mut self.current
            && kinds.contains(current.kind)
        {
            current.whole = false;
        }
        self.want(kinds, Origin::Inferred, now);
        if kinds.contains(Kind::Neigh) && self.requests.contains_key(&Kind::Neigh) {
            self.recheck_neighbours_at = Some(now + NEIGHBOUR_RECHECK);
        }
    }

    /// Events were lost: everything is to be read again, and what is being read is not whole.
    pub fn lost(&mut self, now: Instant) {
        self.disturb();
        self.resync = self.kinds();
        self.want(self.resync, Origin::Resync, now);
    }

    /// The rows that come now may be older than events that were told already, or events were
    /// lost: what they leave out may exist.
    pub fn disturb(&mut self) {
        if let Some(current) = &mut self.current {
            current.whole = false;
        }
    }

    fn want(&mut self, kinds: KindSet, origin: Origin, now: Instant) {
        for kind in kinds.iter().filter(|kind| self.requests.contains_key(kind)) {
            let pending = self.pending.entry(kind).or_insert(PendingResync {
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
    }

    /// When the next look is due.
    pub fn wakeup(&self) -> Option<Instant> {
        if self.current.is_some() {
            return None;
        }
        let resync = self.pending.values().map(PendingResync::due);
        resync
            .chain(self.next_audit)
            .chain(self.recheck_neighbours_at)
            .min()
    }

    /// Begins the look that is due, if any is. Returns its kind, the reason, and the first dump
    /// to ask for.
    pub fn begin(&mut self, now: Instant) -> Option<(Kind, Origin, Request)> {
        if self.current.is_some() {
            return None;
        }
        if let (Some(audit), Some(next)) = (self.audit, self.next_audit)
            && next <= now
        {
            self.next_audit = Some(now + audit);
            self.want(self.kinds(), Origin::Inferred, now);
        }
        if self.recheck_neighbours_at.is_some_and(|at| at <= now) {
            self.recheck_neighbours_at = None;
            self.want(KindSet::of(&[Kind::Neigh]), Origin::Inferred, now);
        }
        let mut due = self
            .pending
            .iter()
            .filter(|(_, pending)| pending.due() <= now);
        let (kind, origin) = due.next().map(|(kind, pending)| (*kind, pending.origin))?;
        let mut left: Vec<_> = self.requests.get(&kind)?.iter().rev().cloned().collect();
        let first = left.pop()?;
        debug!("look at {} ({origin:?})", kind.name());
        self.current = Some(Current {
            kind,
            origin,
            begun: now,
            left,
            whole: true,
            failed: false,
        });
        Some((kind, origin, first))
    }

    /// A dump of the look has ended. Returns the next one to ask for; or `Err` with whether all
    /// that exists was listed, where there is none.
    pub fn dump_ended(&mut self, outcome: Outcome) -> Result<Request, bool> {
        let Some(current) = &mut self.current else {
            return Err(false);
        };
        match outcome {
            // Where the kernel knows no such objects there are none.
            Outcome::Complete | Outcome::Failed(libc::EOPNOTSUPP | libc::EAFNOSUPPORT) => {}
            Outcome::Interrupted => current.whole = false,
            // That passes: it is looked again.
            Outcome::Failed(
                libc::EINTR | libc::EAGAIN | libc::EBUSY | libc::ENOMEM | libc::ENOBUFS,
            ) => current.whole = false,
            Outcome::Failed(errno) => {
                (current.whole, current.failed) = (false, true);
                let kind = current.kind.name();
                let error = std::io::Error::from_raw_os_error(errno);
                warn!("the kernel does not list every {kind}: {error}");
            }
        }
        current.left.pop().ok_or(current.whole)
    }

    /// The look is over, with that verdict.
    pub fn over(&mut self, reconcile_result: Option<ReconcileResult>, now: Instant) -> Milestone {
        let Some(current) = self.current.take() else {
            return Milestone::None;
        };
        let kind = current.kind;
        let again = self.pending.get_mut(&kind);
        let clean = reconcile_result.is_some_and(|reconcile_result| reconcile_result.clean);
        let missing = reconcile_result.map_or(0, |reconcile_result| reconcile_result.missing);
        let took = now.saturating_duration_since(current.begun);
        let rest = match current.origin {
            Origin::Inferred => took * (MAX_SHARE - 1),
            _ => Duration::ZERO,
        };
        let mut done = true;
        if let Some(pending) = again {
            // Also where it was looked at for another reason, before there was any quiet.
            let early = pending
                .last_stale
                .is_some_and(|at| at + DEBOUNCE > current.begun);
            let asked_again = early || pending.last > current.begun;
            if !clean && !current.failed {
                pending.attempts += 1;
                let backoff = BACKOFF * 2_u32.saturating_pow(pending.attempts.min(16));
                pending.not_before = now + backoff.clamp(rest, MAX_BACKOFF.max(rest));
                (pending.first, pending.last) = (now, now);
                done = pending.attempts >= MAX_ATTEMPTS;
                if done {
                    pending.origin = Origin::Inferred;
                }
            } else if missing > 0 && clean {
                // A second look tells whether it is gone.
                pending.not_before = now;
                let before = |time| now.checked_sub(time).unwrap_or(now);
                (pending.first, pending.last) = (before(MAX_DEBOUNCE), before(DEBOUNCE));
                done = false;
            } else if asked_again {
                pending.origin = Origin::Inferred;
                (pending.first, pending.attempts) = (pending.last, 0);
                pending.not_before = now + rest;
            } else {
                self.pending.remove(&kind);
            }
        }
        if !done {
            return Milestone::None;
        }
        self.done(current.origin, kind, now)
    }

    fn done(&mut self, origin: Origin, kind: Kind, now: Instant) -> Milestone {
        match origin {
            Origin::Snapshot => {
                self.sync.remove(kind);
                if self.resync.contains(kind) {
                    self.pending.remove(&kind);
                    self.want(KindSet::of(&[kind]), Origin::Resync, now);
                }
            }
            Origin::Resync => self.resync.remove(kind),
            Origin::Inferred | Origin::Kernel => return Milestone::None,
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
mod tests {
    use super::*;

    const CLEAN: Option<ReconcileResult> = Some(ReconcileResult {
        clean: true,
        missing: 0,
    });

    fn resync(audit: Option<Duration>, now: Instant) -> ResyncScheduler {
        let requests = [
            (
                Kind::Link,
                vec![Request::links(false), Request::bridge_links()],
            ),
            (Kind::Route, vec![Request::routes()]),
        ];
        ResyncScheduler::new(requests.into(), audit, now)
    }

    fn look(
        resync: &mut ResyncScheduler,
        reconcile_result: Option<ReconcileResult>,
        now: Instant,
    ) -> (Kind, Origin, Milestone) {
        let (kind, origin, _) = resync.begin(now).expect("a look is due");
        while resync.dump_ended(Outcome::Complete).is_ok() {}
        (kind, origin, resync.over(reconcile_result, now))
    }

    #[test]
    fn first_everything_then_what_is_doubtful_after_some_quiet() {
        let start = Instant::now();
        let mut resync = resync(None, start);
        assert_eq!(
            look(&mut resync, CLEAN, start),
            (Kind::Link, Origin::Snapshot, Milestone::None)
        );
        assert_eq!(
            look(&mut resync, CLEAN, start),
            (Kind::Route, Origin::Snapshot, Milestone::Sync)
        );
        assert_eq!(resync.wakeup(), None);

        let routes = KindSet::of(&[Kind::Route]);
        resync.schedule_stale(routes, start);
        assert_eq!(resync.wakeup(), Some(start + DEBOUNCE));
        // Noise puts it off, but not for ever.
        for tenth in 1..12 {
            resync.schedule_stale(routes, start + MAX_DEBOUNCE / 10 * tenth);
        }
        assert_eq!(resync.wakeup(), Some(start + MAX_DEBOUNCE));
        let now = start + MAX_DEBOUNCE;
        assert_eq!(
            look(&mut resync, CLEAN, now),
            (Kind::Route, Origin::Inferred, Milestone::None)
        );
    }

    #[test]
    fn a_look_for_another_reason_comes_too_soon_for_a_doubt() {
        let now = Instant::now();
        let mut resync = resync(None, now);
        look(&mut resync, CLEAN, now);
        look(&mut resync, CLEAN, now);
        resync.lost(now);
        resync.schedule_stale(KindSet::of(&[Kind::Route]), now);
        look(&mut resync, CLEAN, now);
        let (.., milestone) = look(&mut resync, CLEAN, now);
        assert_eq!(milestone, Milestone::Resync);
        assert_eq!(resync.wakeup(), Some(now + DEBOUNCE));
        let (kind, origin, _) = look(&mut resync, CLEAN, now + DEBOUNCE);
        assert_eq!((kind, origin), (Kind::Route, Origin::Inferred));
        assert_eq!(resync.wakeup(), None);
    }

    #[test]
    fn what_is_missing_is_looked_for_again_at_once() {
        let now = Instant::now();
        let mut resync = resync(None, now);
        look(&mut resync, CLEAN, now);
        let missing = Some(ReconcileResult {
            clean: true,
            missing: 3,
        });
        assert_eq!(look(&mut resync, missing, now).2, Milestone::None);
        assert_eq!(
            look(&mut resync, CLEAN, now),
            (Kind::Route, Origin::Snapshot, Milestone::Sync)
        );
    }

    #[test]
    fn a_gap_makes_everything_due_and_a_disturbed_look_is_repeated_later() {
        let now = Instant::now();
        let mut resync = resync(None, now);
        look(&mut resync, CLEAN, now);
        look(&mut resync, CLEAN, now);
        resync.lost(now);
        assert_eq!(
            look(&mut resync, CLEAN, now),
            (Kind::Link, Origin::Resync, Milestone::None)
        );
        let (kind, ..) = resync.begin(now).unwrap();
        assert_eq!(kind, Kind::Route);
        resync.disturb();
        assert_eq!(resync.dump_ended(Outcome::Complete), Err(false));
        let dirty = Some(ReconcileResult {
            clean: false,
            missing: 0,
        });
        assert_eq!(resync.over(dirty, now), Milestone::None);
        let later = resync.wakeup().unwrap();
        assert!(later > now && resync.begin(now).is_none());
        assert_eq!(
            look(&mut resync, CLEAN, later),
            (Kind::Route, Origin::Resync, Milestone::Resync)
        );
    }

    #[test]
    fn nobody_waits_for_ever() {
        let mut now = Instant::now();
        let mut resync = resync(None, now);
        look(&mut resync, CLEAN, now);
        let dirty = Some(ReconcileResult {
            clean: false,
            missing: 0,
        });
        let mut milestones = Vec::new();
        for _ in 0..MAX_ATTEMPTS {
            now = resync.wakeup().unwrap();
            milestones.push(look(&mut resync, dirty, now).2);
        }
        assert_eq!(milestones.pop(), Some(Milestone::Sync));
        assert!(milestones.iter().all(|m| *m == Milestone::None));
        // It is still owed.
        assert!(resync.wakeup().is_some());
    }
}
