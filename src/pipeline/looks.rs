//! What the looks at the kernel's own lists find: the snapshot, what is made good after a gap, and
//! what changed without a word.

use std::io;

use super::stage::Object;
use super::{Pipeline, Provenance, event, totals};
use crate::decode::{Decoded, Verb};
use crate::event::meta::{Meta, Resync};
use crate::event::values::Time;
use crate::event::{Event, Kind, Op, Origin, Payload};
use crate::state::Meaning;

impl Pipeline {
    pub(super) fn begin_resync(&mut self, now: Time) {
        self.resync.get_or_insert_with(|| Resync {
            from: now,
            to: now,
            corrections: Vec::new(),
            incomplete: None,
        });
    }

    /// Whoever folds the lines holds everything again, unless something else is still missing.
    pub(super) fn end_resync(&mut self, now: Time, out: &mut Vec<u8>) -> io::Result<()> {
        if self.lost || self.has_missed() {
            return Ok(());
        }
        let Some(mut resync) = self.resync.take() else {
            return Ok(());
        };
        resync.to = now;
        resync.incomplete = self.incomplete();
        self.meta(now, Op::Resync, Meta::Resync(resync), out)
    }

    pub(super) fn incomplete(&self) -> Option<Vec<Kind>> {
        let kinds: Vec<_> = self.unclean.iter().collect();
        (!kinds.is_empty()).then_some(kinds)
    }

    /// A look is over.
    pub(super) fn looked(&mut self, time: Time, whole: bool, out: &mut Vec<u8>) -> io::Result<()> {
        let Some((kind, origin)) = self.state.looking() else {
            return Ok(());
        };
        let (verdict, told) = self.state.look_over(whole);
        self.verdict = Some(verdict);
        match verdict.clean {
            true => self.unclean.remove(kind),
            false => self.unclean.insert(kind),
        }
        for meaning in told {
            self.found(time, origin, meaning, out)?;
        }
        self.rows.clear();
        Ok(())
    }

    /// Tells what the end of a look found.
    fn found(
        &mut self,
        time: Time,
        origin: Origin,
        meaning: Meaning,
        out: &mut Vec<u8>,
    ) -> io::Result<()> {
        let row = match &meaning.payload {
            Payload::Link(link) => self.rows.remove(&link.ifindex),
            _ => None,
        };
        let (time, provenance) = row.unwrap_or_else(|| (time, Provenance::default()));
        self.correct(time, origin, meaning, provenance, out)
    }

    /// Tells what a look found.
    pub(super) fn correct(
        &mut self,
        time: Time,
        origin: Origin,
        meaning: Meaning,
        provenance: Provenance,
        out: &mut Vec<u8>,
    ) -> io::Result<()> {
        let kind = meaning.payload.kind();
        if origin == Origin::Snapshot {
            if !self.snapshot {
                return Ok(());
            }
            self.totals.snapshot += 1;
        } else {
            self.totals.corrected(kind, meaning.op);
            if let Some(resync) = &mut self.resync
                && origin == Origin::Resync
            {
                totals::count(&mut resync.corrections, kind, meaning.op);
            }
        }
        self.tell(event(time, origin, meaning, provenance), out)
    }

    /// Tells what the rows of devices say, where no mark says that all of them were read: in
    /// recordings of the first version.
    pub(super) fn tell_links(&mut self, time: Time, out: &mut Vec<u8>) -> io::Result<()> {
        if self.rows.is_empty() || self.state.looking().is_some() {
            return Ok(());
        }
        for meaning in self.state.looked_at_links(Origin::Snapshot) {
            self.found(time, Origin::Snapshot, meaning, out)?;
        }
        self.rows.clear();
        Ok(())
    }

    /// Takes a row of a look. What those of devices say is told when all of them were read.
    pub(super) fn row(&mut self, row: Object<'_>, out: &mut Vec<u8>) -> io::Result<()> {
        let Object {
            message,
            verb,
            event,
            ..
        } = row;
        let Event {
            time,
            payload,
            nl,
            unparsed,
            raw,
            ..
        } = event;
        let decoded = Decoded { verb, payload };
        let provenance = Provenance { nl, unparsed, raw };
        match &decoded.payload {
            Payload::Link(link) if decoded.verb == Verb::New => {
                self.rows.insert(link.ifindex, (time, provenance));
                self.state.row(decoded, &message);
                return Ok(());
            }
            Payload::Link(_) => {}
            _ => self.tell_links(time, out)?,
        }
        match self.state.row(decoded, &message) {
            Some(meaning) => self.correct(time, self.state.origin(), meaning, provenance, out),
            None => Ok(()),
        }
    }
}
