//! The lines that follow from dumps: the snapshot, corrections after a gap, and changes that the
//! kernel made without a notification.

use std::io;

use super::decode_batch::DecodedObject;
use super::{Pipeline, Provenance, event, totals};
use crate::channel::{FamilyId, NetnsId};
use crate::decode::{Decoded, MessageAction};
use crate::event::kind_set::KindSet;
use crate::event::meta::{self, Complete, Meta, Resync};
use crate::event::values::Time;
use crate::event::{Event, Kind, Op, Origin, Payload};
use crate::state::StateChange;

impl Pipeline {
    /// Prepares the `resync` of a namespace; that of all of them if it is not known which of them lost
    /// events.
    pub(super) fn begin_resync(&mut self, netns: NetnsId, now: Time) {
        let is_of_all = !self.namespaces.get(netns).lost && self.namespaces.get(NetnsId::OWN).lost;
        let of = if is_of_all { NetnsId::OWN } else { netns };
        let namespace = self.namespaces.get_mut(of);
        namespace.resync.get_or_insert_with(|| Resync {
            from: now,
            to: now,
            corrections: Vec::new(),
            incomplete: None,
        });
    }

    /// Writes the `resync` of a namespace, unless lost events are not resynced yet. Dropped lines count as
    /// lost in the program's own namespace.
    pub(super) fn end_resync(
        &mut self,
        netns: NetnsId,
        now: Time,
        out: &mut Vec<u8>,
    ) -> io::Result<()> {
        let has_dropped = netns == NetnsId::OWN && self.has_dropped();
        let namespace = self.namespaces.get_mut(netns);
        if namespace.lost || has_dropped {
            return Ok(());
        }
        let Some(mut resync) = namespace.resync.take() else {
            return Ok(());
        };
        resync.to = now;
        resync.incomplete = self.report_incomplete();
        self.meta_of(netns, now, Op::Resync, Meta::Resync(resync), out)
    }

    /// The kinds of which objects may be missing in any namespace; `None` if there are none.
    pub fn incomplete(&self) -> Option<Vec<Kind>> {
        let kinds = self.incomplete_kinds();
        (!kinds.is_empty()).then(|| kinds.iter().collect())
    }

    fn incomplete_kinds(&self) -> KindSet {
        let namespaces = self.namespaces.iter();
        namespaces.fold(KindSet::EMPTY, |kinds, it| kinds.or(it.incomplete_kinds))
    }

    /// The list `incomplete` of the `sync` of a snapshot or of a `resync`; a `complete` about each of
    /// its kinds follows.
    pub(super) fn report_incomplete(&mut self) -> Option<Vec<Kind>> {
        self.reported_incomplete = self.incomplete_kinds();
        self.incomplete()
    }

    /// Writes `complete` about the kinds that were listed as incomplete and are complete now.
    pub(super) fn tell_complete(&mut self, now: Time, out: &mut Vec<u8>) -> io::Result<()> {
        let incomplete = self.incomplete_or_lost();
        let reported = self.reported_incomplete.iter();
        let kinds: Vec<_> = reported
            .filter(|kind| !incomplete.contains(*kind))
            .collect();
        if kinds.is_empty() {
            return Ok(());
        }
        self.reported_incomplete = self.reported_incomplete.and(incomplete);
        self.meta(now, Op::Complete, Meta::Complete(Complete { kinds }), out)
    }

    /// Prepares the begin of a reconciliation: a forged or cut recording may lack the end of the one
    /// before. What it and dump entries outside of one have stored has its lines first.
    pub(super) fn end_before_reconcile(
        &mut self,
        netns: NetnsId,
        time: Time,
        out: &mut Vec<u8>,
    ) -> io::Result<()> {
        self.finish_reconcile(netns, time, false, out)?;
        self.emit_links(netns, time, out)
    }

    /// Ends the reconciliation in a namespace; `complete`: every dump of it was.
    pub(super) fn finish_reconcile(
        &mut self,
        netns: NetnsId,
        time: Time,
        complete: bool,
        out: &mut Vec<u8>,
    ) -> io::Result<()> {
        let namespace = self.namespaces.get_mut(netns);
        let Some((kind, origin, is_whole)) = namespace.state.reconciling() else {
            return Ok(());
        };
        let is_quick = namespace.state.is_quick_audit();
        let (result, changes) = namespace.state.finish_reconcile(complete);
        match (result.clean, result.missing) {
            // A part of the kind proves nothing about the remainder, and is repeated.
            _ if !is_whole => {}
            (false, _) if is_quick => {}
            (true, 0) => namespace.incomplete_kinds.remove(kind),
            // The second dump decides.
            (true, _) => {}
            (false, _) => namespace.incomplete_kinds.insert(kind),
        }
        if result.clean && result.missing == 0 {
            namespace.lost_kinds.remove(kind);
        }
        self.reconcile_result = Some(result);
        let cuts = self.namespaces.get_mut(netns).state.take_cuts(kind);
        self.emit_cuts(netns, time, cuts, out)?;
        for change in changes {
            self.emit_reconciled(netns, time, origin, change, out)?;
        }
        self.namespaces.get_mut(netns).link_entries.clear();
        self.apply_name_changes_of_dump(netns, time, out)?;
        self.tell_complete(time, out)
    }

    /// Writes the lines that follow from names of devices which a dump revealed.
    fn apply_name_changes_of_dump(
        &mut self,
        netns: NetnsId,
        time: Time,
        out: &mut Vec<u8>,
    ) -> io::Result<()> {
        match self.namespaces.get(netns).state.has_name_changes() {
            true => self.apply_name_changes(netns, time, out),
            false => Ok(()),
        }
    }

    /// Writes a change that the end of a reconciliation found. A link's line has time and header
    /// of its dump entry.
    fn emit_reconciled(
        &mut self,
        netns: NetnsId,
        time: Time,
        origin: Origin,
        change: StateChange,
        out: &mut Vec<u8>,
    ) -> io::Result<()> {
        let entry = match &change.payload {
            Payload::Link(link) => {
                let entries = &mut self.namespaces.get_mut(netns).link_entries;
                entries.remove(&link.ifindex)
            }
            _ => None,
        };
        let (time, provenance) = entry.unwrap_or_else(|| (time, Provenance::default()));
        self.emit_correction(netns, time, origin, change, provenance, out)
    }

    /// Writes a change that a dump showed, and counts it.
    pub(super) fn emit_correction(
        &mut self,
        netns: NetnsId,
        time: Time,
        origin: Origin,
        change: StateChange,
        provenance: Provenance,
        out: &mut Vec<u8>,
    ) -> io::Result<()> {
        if origin == Origin::Snapshot {
            if !self.snapshot && !self.namespaces.get(netns).is_found {
                return Ok(());
            }
        } else {
            self.count_correction(netns, origin, &change);
        }
        let event = event(netns, time, origin, change, provenance);
        if !self.filter.selects(&event) {
            return Ok(());
        }
        if origin == Origin::Snapshot {
            let namespace = self.namespaces.get_mut(netns);
            let count = match namespace.is_found {
                true => &mut namespace.snapshot,
                false => &mut self.totals.snapshot,
            };
            meta::add(count, 1);
        }
        self.emit_selected(event, out)
    }

    /// Counts a change that a dump showed, or whose line was dropped.
    pub(super) fn count_correction(
        &mut self,
        netns: NetnsId,
        origin: Origin,
        change: &StateChange,
    ) {
        let kind = change.payload.kind();
        self.totals.corrected(kind, change.op);
        // A resync after dropped lines is that of the whole output.
        let of_output = self.namespaces.get(netns).resync.is_none();
        let of = if of_output { NetnsId::OWN } else { netns };
        if origin == Origin::Resync
            && let Some(resync) = &mut self.namespaces.get_mut(of).resync
        {
            totals::count(&mut resync.corrections, kind, change.op);
        }
    }

    /// Writes the lines about links whose dump entries were received outside a reconciliation:
    /// recordings of the first format version have no records for its begin and end.
    pub(super) fn emit_links(
        &mut self,
        netns: NetnsId,
        time: Time,
        out: &mut Vec<u8>,
    ) -> io::Result<()> {
        let namespace = self.namespaces.get_mut(netns);
        if namespace.link_entries.is_empty() || namespace.state.reconciling().is_some() {
            return Ok(());
        }
        let mut without_line = namespace.link_entries.len() as u64;
        for change in namespace.state.take_reconciled_links(Origin::Snapshot) {
            let entries = &self.namespaces.get(netns).link_entries;
            let has_entry =
                matches!(&change.payload, Payload::Link(it) if entries.contains_key(&it.ifindex));
            self.emit_reconciled(netns, time, Origin::Snapshot, change, out)?;
            let has_line = std::mem::take(&mut self.has_line);
            without_line -= u64::from(has_entry && has_line);
        }
        if self.start.is_foreign() {
            meta::add(&mut self.totals.skipped.dump_entries, without_line);
        }
        self.namespaces.get_mut(netns).link_entries.clear();
        self.apply_name_changes_of_dump(netns, time, out)
    }

    /// Applies a dump entry to the state. The line about a link follows at the end of the dump.
    pub(super) fn apply_dump_entry(
        &mut self,
        object: DecodedObject<'_>,
        out: &mut Vec<u8>,
    ) -> io::Result<()> {
        let DecodedObject {
            channel,
            message,
            action,
            event,
            is_last,
            ..
        } = object;
        let Event {
            time,
            netns,
            payload,
            nl,
            unparsed,
            raw,
            ..
        } = event;
        // The families that the run asked for at its start, to join their groups: no comparison.
        if channel.family == FamilyId::NLCTRL
            && self.is_own_dump(channel)
            && self.namespaces.get(netns).state.reconciling().is_none()
        {
            return Ok(());
        }
        // An answer that is about no object, such as the names of bits, or the number of the last
        // transaction, which precedes a dump.
        if matches!(payload, Payload::Generic(_) | Payload::NftGeneration(_))
            && self.is_own_dump(channel)
        {
            return Ok(());
        }
        let decoded = Decoded { action, payload };
        // An earlier line of the message has it.
        let raw = raw.filter(|_| !self.has_line);
        let provenance = Provenance { nl, unparsed, raw };
        match &decoded.payload {
            Payload::Link(link) => {
                let namespace = self.namespaces.get_mut(netns);
                let entries = &mut namespace.link_entries;
                let has_earlier = entries.contains_key(&link.ifindex);
                // The device was listed twice: its line is that of the last entry, except for one of a
                // bridge's own dump.
                if !has_earlier || decoded.action == MessageAction::New {
                    entries.insert(link.ifindex, (time, provenance));
                }
                namespace.state.apply_dump_entry(decoded, &message);
                if has_earlier {
                    self.skip_entry(channel);
                }
                return Ok(());
            }
            _ => self.emit_links(netns, time, out)?,
        }
        let kind = decoded.payload.kind();
        let state = &mut self.namespaces.get_mut(netns).state;
        if let Some(change) = state.apply_dump_entry(decoded, &message) {
            let origin = state.origin();
            self.emit_correction(netns, time, origin, change, provenance, out)?;
        } else if kind.has_ranges() {
            self.emit_changed_ranges(netns, kind, time, provenance, out)?;
        }
        if is_last && !std::mem::take(&mut self.has_line) {
            self.skip_entry(channel);
        }
        Ok(())
    }

    /// Writes what a dump entry, a range of ids, has changed.
    fn emit_changed_ranges(
        &mut self,
        netns: NetnsId,
        kind: Kind,
        time: Time,
        provenance: Provenance,
        out: &mut Vec<u8>,
    ) -> io::Result<()> {
        let state = &mut self.namespaces.get_mut(netns).state;
        let origin = state.origin();
        let (cuts, changes) = (state.take_cuts(kind), state.take_changed_ranges(kind));
        if origin != Origin::Snapshot || self.snapshot {
            self.emit_cuts(netns, time, cuts, out)?;
        }
        let mut provenance = Some(provenance);
        for change in changes {
            let provenance = provenance.take().unwrap_or_default();
            self.emit_correction(netns, time, origin, change, provenance, out)?;
        }
        Ok(())
    }

    /// Writes the lines of stored ranges of ids that were cut. They say nothing new, and are no
    /// corrections.
    pub(super) fn emit_cuts(
        &mut self,
        netns: NetnsId,
        time: Time,
        cuts: Vec<StateChange>,
        out: &mut Vec<u8>,
    ) -> io::Result<()> {
        for change in cuts {
            let event = event(netns, time, Origin::Inferred, change, Provenance::default());
            self.emit_apart(event, out)?;
        }
        Ok(())
    }
}
