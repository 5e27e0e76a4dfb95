//! Quick audits: a kind that is dumped in a moment is read again every few seconds, since the kernel
//! and its drivers change settings without an event. They take a small share of the time, and give way to
//! events: one that an event disturbs is not repeated before its next turn.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use super::Target;

/// Minimum interval of two rounds, and of two quick audits of a target.
pub(super) const INTERVAL: Duration = Duration::from_secs(2);
/// A round takes at most this fraction (1/n) of the time, by the clock: a driver that asks its firmware holds a
/// lock of the kernel meanwhile, which the CPU time does not show.
const SHARE: u32 = 100;
/// The dumps of one target take at most this fraction: a large kind is read less often than others, or
/// only by the audit of all kinds.
const SHARE_OF_TARGET: u32 = 200;

/// What an entry of a dump takes at least, about: a table may have grown since it was read.
const ENTRY: Duration = Duration::from_micros(1);

/// Decides when which kind is read.
#[derive(Debug)]
pub(super) struct QuickAudits {
    /// The interval of the audit of all kinds.
    audit: Duration,
    /// When the run began: until the first quick audit of a target has ended, its pause counts from here.
    begun: Instant,
    /// When the next round begins.
    due: Instant,
    /// What is left of the present round.
    round: VecDeque<Target>,
    /// How long the dumps of the present round took.
    took: Duration,
    /// When a target was read, and how long that took. The next read is later if it takes long.
    last: BTreeMap<Target, (Instant, Duration)>,
}

impl QuickAudits {
    pub(super) fn new(audit: Duration, now: Instant) -> Self {
        QuickAudits {
            audit,
            begun: now,
            due: now + INTERVAL.min(audit),
            round: VecDeque::new(),
            took: Duration::ZERO,
            last: BTreeMap::new(),
        }
    }

    /// When the next one is due.
    pub(super) fn wakeup(&self) -> Instant {
        self.due
    }

    /// The target to read now; `None` if none is due. `targets`: all that have no other read ahead, with the number
    /// of their objects.
    pub(super) fn next(
        &mut self,
        targets: impl Iterator<Item = (Target, usize)>,
        now: Instant,
    ) -> Option<Target> {
        if self.due > now {
            return None;
        }
        if self.round.is_empty() {
            let is_due = |(target, count): &(Target, usize)| {
                let last = self.last.get(target).copied();
                let (ended, took) = last.unwrap_or((self.begun, Duration::ZERO));
                let entries = u32::try_from(*count).unwrap_or(u32::MAX);
                ended + self.pause(took.max(ENTRY.saturating_mul(entries))) <= now
            };
            self.round = targets.filter(is_due).map(|(target, _)| target).collect();
            self.took = Duration::ZERO;
        }
        let next = self.round.pop_front();
        if self.round.is_empty() {
            self.plan(now);
        }
        next
    }

    /// All objects of a target were read, for whichever reason, in this time; `None`: the kernel refused.
    /// `quick`: by a quick audit.
    pub(super) fn note(
        &mut self,
        target: Target,
        took: Option<Duration>,
        quick: bool,
        now: Instant,
    ) {
        let took = took.unwrap_or(self.audit);
        self.last.insert(target, (now, took));
        if quick {
            self.took += took;
            if self.round.is_empty() {
                self.plan(now);
            }
        }
    }

    /// The time between two reads of a target that take this long each.
    fn pause(&self, took: Duration) -> Duration {
        let pause = took.saturating_mul(SHARE_OF_TARGET - 1);
        pause.clamp(INTERVAL.min(self.audit), self.audit)
    }

    /// Plans the next round.
    fn plan(&mut self, now: Instant) {
        let pause = self.took.saturating_mul(SHARE - 1);
        self.due = now + pause.max(INTERVAL).min(self.audit);
    }

    /// The targets of an ended namespace are not read any more.
    pub(super) fn retain(&mut self, keeps: impl Fn(&Target) -> bool) {
        self.last.retain(|target, _| keeps(target));
        self.round.retain(keeps);
    }
}
