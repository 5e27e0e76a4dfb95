//! The counts of a run: for heartbeats, metrics and the `stop` record.

use crate::event::meta::{
    Corrections, Counts, Gap, GapCause, Heartbeat, Pulse, Skipped, Stop, add,
};
use crate::event::{Kind, Op};
use crate::netlink::frame::ControlMessage;

/// The counts of a run.
#[derive(Debug, Default)]
pub(super) struct Totals {
    lines: Lines,
    /// Objects written as part of the snapshot.
    pub snapshot: u64,
    pub datagrams: u64,
    pub control: u64,
    pub refused: u64,
    gaps: u64,
    lost: u64,
    dropped: u64,
    /// Messages that gave no line.
    pub skipped: Skipped,
    corrections: Vec<Corrections>,
}

/// Lines by kind.
#[derive(Debug)]
struct Lines([u64; Kind::ALL.len()]);

impl Default for Lines {
    fn default() -> Self {
        Lines([0; Kind::ALL.len()])
    }
}

impl Totals {
    pub(super) fn line(&mut self, kind: Kind) {
        add(&mut self.lines.0[kind as usize], 1);
    }

    pub(super) fn gap(&mut self, gap: &Gap) {
        add(&mut self.gaps, 1);
        let lost = gap.lost.unwrap_or(1);
        match gap.cause {
            GapCause::Output => add(&mut self.dropped, lost),
            _ => add(&mut self.lost, lost),
        }
    }

    /// Counts a control message of the netlink protocol, which never gives a line.
    pub(super) fn skip_control(&mut self, message: ControlMessage) {
        let skipped = &mut self.skipped;
        let counter = match message {
            ControlMessage::Ack => &mut skipped.acks,
            ControlMessage::Error => &mut skipped.errors,
            ControlMessage::Done => &mut skipped.done,
            ControlMessage::Noop => &mut skipped.noop,
        };
        add(counter, 1);
    }

    /// Counts an object whose state differed from the stored one.
    pub(super) fn corrected(&mut self, kind: Kind, op: Op) {
        count(&mut self.corrections, kind, op);
    }

    pub(super) fn heartbeat(&self, pulse: Pulse, objects: impl Fn(Kind) -> u64) -> Heartbeat {
        let counts = Kind::ALL.iter().map(|kind| Counts {
            kind: *kind,
            lines: self.lines.0[*kind as usize],
            objects: objects(*kind),
        });
        Heartbeat {
            kinds: counts.filter(|it| it.lines > 0 || it.objects > 0).collect(),
            datagrams: self.datagrams,
            gaps: self.gaps,
            lost: self.lost,
            dropped: self.dropped,
            refused: self.refused,
            corrections: self.corrections.clone(),
            pulse,
        }
    }

    /// The content of the `stop` record.
    pub(super) fn stop(&self, stop: &Stop) -> Stop {
        let mut skipped = self.skipped;
        skipped.add(&stop.skipped);
        Stop {
            reason: stop.reason,
            datagrams: self.datagrams,
            lost: self.lost,
            dropped: self.dropped,
            refused: self.refused.saturating_add(stop.refused),
            control: self.control,
            skipped,
            events: 0,
            where_failures: 0,
            unrecorded_since: stop.unrecorded_since,
        }
    }
}

/// Counts a difference that a dump showed, by kind.
pub(super) fn count(corrections: &mut Vec<Corrections>, kind: Kind, op: Op) {
    let at = match corrections.binary_search_by_key(&kind, |of| of.kind) {
        Ok(at) => at,
        Err(at) => {
            let none = Corrections {
                kind,
                added: 0,
                changed: 0,
                deleted: 0,
            };
            corrections.insert(at, none);
            at
        }
    };
    let of_kind = &mut corrections[at];
    match op {
        Op::Add | Op::Present => add(&mut of_kind.added, 1),
        Op::Delete => add(&mut of_kind.deleted, 1),
        _ => add(&mut of_kind.changed, 1),
    }
}
