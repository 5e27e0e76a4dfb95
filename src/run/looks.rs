//! When to look at the kernel's own lists: at the start, after a gap, after what may have changed
//! something without a word, and now and then all of it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use log::{debug, warn};

use crate::event::kind_set::KindSet;
use crate::event::{Kind, Origin};
use crate::netlink::dump::{Outcome, Request};
use crate::state::Verdict;

/// How long it must be quiet before a look at what may have changed without a word.
const QUIET: Duration = Duration::from_millis(200);
/// How long such a look is put off at the most.
const NOISE: Duration = Duration::from_secs(1);
/// How long to wait after a look that was disturbed; twice as long after each further one.
const BACKOFF: Duration = Duration::from_millis(20);
const MOST_BACKOFF: Duration = Duration::from_secs(5);
/// After so many disturbed looks in a row nobody waits for a clean one any more.
const ATTEMPTS: u32 = 8;
/// Looks that nobody waits for take no more than one in so many parts of the time.
const SHARE: u32 = 10;

/// What is still to be looked at.
#[derive(Debug)]
struct Owed {
    origin: Origin,
    /// When it was first, and last, asked for.
    first: Instant,
    last: Instant,
    not_before: Instant,
    /// When something may have changed without a word last: it may go on for some time.
    doubt: Option<Instant>,
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
pub struct Looks {
    /// The dumps that list a kind.
    requests: BTreeMap<Kind, Vec<Request>>,
    owed: BTreeMap<Kind, Owed>,
    current: Option<Current>,
    /// The kinds that the snapshot, or a resync, is still waiting for.
    sync: KindSet,
    resync: KindSet,
    synced: bool,
    audit: Option<Duration>,
    next_audit: Option<Instant>,
}

impl Looks {
    /// Owes a look at every one of these kinds, and again each `audit`.
    pub fn new(
        requests: BTreeMap<Kind, Vec<Request>>,
        audit: Option<Duration>,
        now: Instant,
    ) -> Self {
        let mut looks = Looks {
            requests,
            owed: BTreeMap::new(),
            current: None,
            sync: KindSet::EMPTY,
            resync: KindSet::EMPTY,
            synced: false,
            audit,
            next_audit: audit.map(|audit| now + audit),
        };
        looks.sync = looks.kinds();
        looks.want(looks.sync, Origin::Snapshot, now);
        looks
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
    pub fn doubt(&mut self, kinds: KindSet, now: Instant) {
        if let Some(current) = &mut self.current
            && kinds.contains(current.kind)
        {
            current.whole = false;
        }
        self.want(kinds, Origin::Inferred, now);
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
            let owed = self.owed.entry(kind).or_insert(Owed {
                origin,
                first: now,
                last: now,
                not_before: now,
                doubt: None,
                attempts: 0,
            });
            owed.last = now;
            if origin == Origin::Inferred {
                owed.doubt = Some(now);
            }
            if origin == Origin::Resync {
                (owed.not_before, owed.attempts) = (now, 0);
                if owed.origin == Origin::Inferred {
                    owed.origin = origin;
                }
            }
        }
    }

    /// When the next look is due.
    pub fn wakeup(&self) -> Option<Instant> {
        if self.current.is_some() {
            return None;
        }
        let looks = self.owed.values().map(Owed::due);
        looks.chain(self.next_audit).min()
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
            self.doubt(self.kinds(), now);
        }
        let mut due = self.owed.iter().filter(|(_, owed)| owed.due() <= now);
        let (kind, origin) = due.next().map(|(kind, owed)| (*kind, owed.origin))?;
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
    pub fn answered(&mut self, outcome: Outcome) -> Result<Request, bool> {
        let Some(current) = &mut self.current else {
            return Err(false);
        };
        match outcome {
            // Where the kernel knows no such objects there are none.
            Outcome::Whole | Outcome::Failed(libc::EOPNOTSUPP | libc::EAFNOSUPPORT) => {}
            Outcome::Interrupted => current.whole = false,
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
    pub fn over(&mut self, verdict: Option<Verdict>, now: Instant) -> Milestone {
        let Some(current) = self.current.take() else {
            return Milestone::None;
        };
        let kind = current.kind;
        let again = self.owed.get_mut(&kind);
        let clean = verdict.is_some_and(|verdict| verdict.clean);
        let missing = verdict.map_or(0, |verdict| verdict.missing);
        let took = now.saturating_duration_since(current.begun);
        let rest = match current.origin {
            Origin::Inferred => took * (SHARE - 1),
            _ => Duration::ZERO,
        };
        let mut done = true;
        if let Some(owed) = again {
            // Also where it was looked at for another reason, before there was any quiet.
            let early = owed
                .doubt
                .is_some_and(|doubt| doubt + QUIET > current.begun);
            let asked_again = early || owed.last > current.begun;
            if !clean && !current.failed {
                owed.attempts += 1;
                let backoff = BACKOFF * 2_u32.saturating_pow(owed.attempts.min(16));
                owed.not_before = now + backoff.clamp(rest, MOST_BACKOFF.max(rest));
                (owed.first, owed.last) = (now, now);
                done = owed.attempts >= ATTEMPTS;
                if done {
                    owed.origin = Origin::Inferred;
                }
            } else if missing > 0 && clean {
                // A second look tells whether it is gone.
                owed.not_before = now;
                (owed.first, owed.last) = (now - NOISE, now - QUIET);
                done = false;
            } else if asked_again {
                owed.origin = Origin::Inferred;
                (owed.first, owed.attempts) = (owed.last, 0);
                owed.not_before = now + rest;
            } else {
                self.owed.remove(&kind);
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
                    self.owed.remove(&kind);
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

impl Owed {
    fn due(&self) -> Instant {
        let due = match self.origin {
            Origin::Inferred => (self.last + QUIET).min(self.first + NOISE),
            _ => self.first,
        };
        due.max(self.not_before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLEAN: Option<Verdict> = Some(Verdict {
        clean: true,
        missing: 0,
    });

    fn looks(audit: Option<Duration>, now: Instant) -> Looks {
        let requests = [
            (
                Kind::Link,
                vec![Request::links(false), Request::bridge_links()],
            ),
            (Kind::Route, vec![Request::routes()]),
        ];
        Looks::new(requests.into(), audit, now)
    }

    fn look(
        looks: &mut Looks,
        verdict: Option<Verdict>,
        now: Instant,
    ) -> (Kind, Origin, Milestone) {
        let (kind, origin, _) = looks.begin(now).expect("a look is due");
        while looks.answered(Outcome::Whole).is_ok() {}
        (kind, origin, looks.over(verdict, now))
    }

    #[test]
    fn first_everything_then_what_is_doubtful_after_some_quiet() {
        let start = Instant::now();
        let mut looks = looks(None, start);
        assert_eq!(
            look(&mut looks, CLEAN, start),
            (Kind::Link, Origin::Snapshot, Milestone::None)
        );
        assert_eq!(
            look(&mut looks, CLEAN, start),
            (Kind::Route, Origin::Snapshot, Milestone::Sync)
        );
        assert_eq!(looks.wakeup(), None);

        let routes = KindSet::of(&[Kind::Route]);
        looks.doubt(routes, start);
        assert_eq!(looks.wakeup(), Some(start + QUIET));
        // Noise puts it off, but not for ever.
        for tenth in 1..12 {
            looks.doubt(routes, start + NOISE / 10 * tenth);
        }
        assert_eq!(looks.wakeup(), Some(start + NOISE));
        let now = start + NOISE;
        assert_eq!(
            look(&mut looks, CLEAN, now),
            (Kind::Route, Origin::Inferred, Milestone::None)
        );
    }

    #[test]
    fn a_look_for_another_reason_comes_too_soon_for_a_doubt() {
        let now = Instant::now();
        let mut looks = looks(None, now);
        look(&mut looks, CLEAN, now);
        look(&mut looks, CLEAN, now);
        looks.lost(now);
        looks.doubt(KindSet::of(&[Kind::Route]), now);
        look(&mut looks, CLEAN, now);
        let (.., milestone) = look(&mut looks, CLEAN, now);
        assert_eq!(milestone, Milestone::Resync);
        assert_eq!(looks.wakeup(), Some(now + QUIET));
        let (kind, origin, _) = look(&mut looks, CLEAN, now + QUIET);
        assert_eq!((kind, origin), (Kind::Route, Origin::Inferred));
        assert_eq!(looks.wakeup(), None);
    }

    #[test]
    fn what_is_missing_is_looked_for_again_at_once() {
        let now = Instant::now();
        let mut looks = looks(None, now);
        look(&mut looks, CLEAN, now);
        let missing = Some(Verdict {
            clean: true,
            missing: 3,
        });
        assert_eq!(look(&mut looks, missing, now).2, Milestone::None);
        assert_eq!(
            look(&mut looks, CLEAN, now),
            (Kind::Route, Origin::Snapshot, Milestone::Sync)
        );
    }

    #[test]
    fn a_gap_makes_everything_due_and_a_disturbed_look_is_repeated_later() {
        let now = Instant::now();
        let mut looks = looks(None, now);
        look(&mut looks, CLEAN, now);
        look(&mut looks, CLEAN, now);
        looks.lost(now);
        assert_eq!(
            look(&mut looks, CLEAN, now),
            (Kind::Link, Origin::Resync, Milestone::None)
        );
        let (kind, ..) = looks.begin(now).unwrap();
        assert_eq!(kind, Kind::Route);
        looks.disturb();
        assert_eq!(looks.answered(Outcome::Whole), Err(false));
        let dirty = Some(Verdict {
            clean: false,
            missing: 0,
        });
        assert_eq!(looks.over(dirty, now), Milestone::None);
        let later = looks.wakeup().unwrap();
        assert!(later > now && looks.begin(now).is_none());
        assert_eq!(
            look(&mut looks, CLEAN, later),
            (Kind::Route, Origin::Resync, Milestone::Resync)
        );
    }

    #[test]
    fn nobody_waits_for_ever() {
        let mut now = Instant::now();
        let mut looks = looks(None, now);
        look(&mut looks, CLEAN, now);
        let dirty = Some(Verdict {
            clean: false,
            missing: 0,
        });
        let mut milestones = Vec::new();
        for _ in 0..ATTEMPTS {
            now = looks.wakeup().unwrap();
            milestones.push(look(&mut looks, dirty, now).2);
        }
        assert_eq!(milestones.pop(), Some(Milestone::Sync));
        assert!(milestones.iter().all(|m| *m == Milestone::None));
        // It is still owed.
        assert!(looks.wakeup().is_some());
    }
}
