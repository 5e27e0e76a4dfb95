//! The counts of a run.

use std::collections::BTreeMap;

use crate::event::meta::{Corrections, Gap, GapCause, Heartbeat, Pulse, Stop};
use crate::event::{Kind, Op};

/// The counts of a run.
#[derive(Debug, Default)]
pub struct Totals {
    /// Lines by kind.
    lines: [u64; Kind::ALL.len()],
    /// Objects of the snapshot that were told.
    pub snapshot: u64,
    pub datagrams: u64,
    pub control: u64,
    pub refused: u64,
    gaps: u64,
    lost: u64,
    dropped: u64,
    corrections: BTreeMap<Kind, Corrections>,
}

impl Totals {
    pub fn line(&mut self, kind: Kind) {
        self.lines[kind as usize] += 1;
    }

    pub fn gap(&mut self, gap: &Gap) {
        self.gaps += 1;
        let lost = gap.lost.unwrap_or(1);
        match gap.cause {
            GapCause::Output => self.dropped += lost,
            _ => self.lost += lost,
        }
    }

    /// An object was not what was known of it.
    pub fn corrected(&mut self, kind: Kind, op: Op) {
        count(&mut self.corrections, kind, op);
    }

    pub fn heartbeat(&self, pulse: Pulse, objects: impl Fn(Kind) -> u64) -> Heartbeat {
        let some = |count: &dyn Fn(Kind) -> u64| -> BTreeMap<Kind, u64> {
            let kinds = Kind::ALL.iter().map(|kind| (*kind, count(*kind)));
            kinds.filter(|(_, count)| *count > 0).collect()
        };
        Heartbeat {
            lines: some(&|kind| self.lines[kind as usize]),
            objects: some(&objects),
            datagrams: self.datagrams,
            gaps: self.gaps,
            lost: self.lost,
            dropped: self.dropped,
            refused: self.refused,
            corrections: self.corrections.clone(),
            pulse,
        }
    }

    /// The last record, for that reason.
    pub fn stop(&self, stop: &Stop) -> Stop {
        Stop {
            reason: stop.reason,
            datagrams: self.datagrams,
            lost: self.lost,
            dropped: self.dropped,
            refused: self.refused + stop.refused,
            control: self.control,
            events: 0,
        }
    }
}

/// Counts what a look found.
pub fn count(corrections: &mut BTreeMap<Kind, Corrections>, kind: Kind, op: Op) {
    let of_kind = corrections.entry(kind).or_default();
    match op {
        Op::Add | Op::Present => of_kind.added += 1,
        Op::Delete => of_kind.deleted += 1,
        _ => of_kind.changed += 1,
    }
}
