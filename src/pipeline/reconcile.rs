//! What the looks at the kernel's own lists find: the snapshot, what is made good after a gap, and
//! what changed without a word.

use std::io;

use super::decode_batch::DecodedObject;
use super::{Pipeline, Provenance, event, totals};
use crate::decode::{Decoded, MessageAction};
use crate::event::meta::{Meta, Resync};
use crate::event::values::Time;
use crate::event::{Event, Kind, Op, Origin, Payload};
use crate::state::StateChange;

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
        if self.lost || self.has_dropped() {
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
        let kinds: Vec<_> = self.incomplete_kinds.iter().collect();
        (!kinds.is_empty()).then_some(kinds)
    }

    /// A look is over.
    pub(super) fn finish_reconcile(
        &mut self,
        time: Time,
        whole: bool,
        out: &mut Vec<u8>,
    ) -> io::Result<()> {
        let Some((kind, origin)) = self.state.reconciling() else {
            return Ok(());
        };
        let (result, changes) = self.state.finish_reconcile(whole);
        self.reconcile_result = Some(result);
        match result.clean {
            true => self.incomplete_kinds.remove(kind),
            false => self.incomplete_kinds.insert(kind),
        }
        for state_change in changes {
            self.emit_found(time, origin, state_change, out)?;
        }
        self.dump_entries.clear();
        Ok(())
    }

    /// Tells what the end of a look found.
    fn emit_found(
        &mut self,
        time: Time,
        origin: Origin,
        state_change: StateChange,
        out: &mut Vec<u8>,
    ) -> io::Result<()> {
        let entry = match &state_change.payload {
            Payload::Link(link) => self.dump_entries.remove(&link.ifindex),
            _ => None,
        };
        let (time, provenance) = entry.unwrap_or_else(|| (time, Provenance::default()));
        self.emit_correction(time, origin, state_change, provenance, out)
    }

    /// Tells what a look found.
    pub(super) fn emit_correction(
        &mut self,
        time: Time,
        origin: Origin,
        state_change: StateChange,
        provenance: Provenance,
        out: &mut Vec<u8>,
    ) -> io::Result<()> {
        let kind = state_change.payload.kind();
        if origin == Origin::Snapshot {
            if !self.snapshot {
                return Ok(());
            }
            self.totals.snapshot += 1;
        } else {
            self.totals.corrected(kind, state_change.op);
            if let Some(resync) = &mut self.resync
                && origin == Origin::Resync
            {
                totals::count(&mut resync.corrections, kind, state_change.op);
            }
        }
        self.emit(event(time, origin, state_change, provenance), out)
    }

    /// Tells what the rows of devices say, where no mark says that all of them were read: in
    /// recordings of the first version.
    pub(super) fn emit_links(&mut self, time: Time, out: &mut Vec<u8>) -> io::Result<()> {
        if self.dump_entries.is_empty() || self.state.reconciling().is_some() {
            return Ok(());
        }
        for state_change in self.state.take_reconciled_links(Origin::Snapshot) {
            self.emit_found(time, Origin::Snapshot, state_change, out)?;
        }
        self.dump_entries.clear();
        Ok(())
    }

    /// Takes a row of a look. What those of devices say is told when all of them were read.
    pub(super) fn apply_dump_entry(
        &mut self,
        entry: DecodedObject<'_>,
        out: &mut Vec<u8>,
    ) -> io::Result<()> {
        let DecodedObject {
            message,
            action,
            event,
            ..
        } = entry;
        let Event {
            time,
            payload,
            nl,
            unparsed,
            raw,
            ..
        } = event;
        let decoded = Decoded { action, payload };
        let provenance = Provenance { nl, unparsed, raw };
        match &decoded.payload {
            Payload::Link(link) if decoded.action == MessageAction::New => {
                self.dump_entries.insert(link.ifindex, (time, provenance));
                self.state.apply_dump_entry(decoded, &message);
                return Ok(());
            }
            Payload::Link(_) => {}
            _ => self.emit_links(time, out)?,
        }
        match self.state.apply_dump_entry(decoded, &message) {
            Some(state_change) => {
                self.emit_correction(time, self.state.origin(), state_change, provenance, out)
            }
            None => Ok(()),
        }
    }
}
