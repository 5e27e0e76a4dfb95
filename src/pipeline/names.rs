//! Names of devices in the lines: events that wait for the name of a new device, and objects that
//! were reported with a former name.
//!
//! The kernel reports some objects of a new device (`netconf`, `maddress`) before the device itself,
//! in the same section under its lock. Their lines wait for the message about the device: so the
//! first line of each has the name, and no second one is needed to add it.
//!
//! After a rename the kernel reports the device, and not the objects that are related to it by its
//! index. Each of them gets a line, soon after the device's: at once if they are few, else in slices
//! between other inputs.

use std::collections::HashSet;
use std::io;
use std::time::Duration;

use super::decode_batch::DecodedItem;
use super::sweep::Sweep;
use super::{Pipeline, Provenance, event};
use crate::channel::NetnsId;
use crate::decode::MessageAction;
use crate::event::kind_set::KindSet;
use crate::event::values::Time;
use crate::event::{Event, Kind, Origin};
use crate::input::{ControlRecord, InputData};
use crate::state::Key;

/// Number of stored objects that are examined at once after a rename.
pub(super) const FIRST_SLICE: u32 = 4096;
/// Number of stored objects that may be examined at once after later renames, for each input: however
/// often devices are renamed, the lines remain a multiple of the inputs.
const RENAMES_PER_INPUT: u32 = 64;
/// Number of links whose keys take as long to collect as another object takes to be examined.
const LINKS_PER_RENAME: u64 = 64;
/// Number of events that wait for the names of devices, and bytes of messages in them.
const MAX_WITHHELD: usize = 1024;
const MAX_WITHHELD_BYTES: usize = 1 << 20;
/// How long an event waits for the name of a device. The kernel sends the message about a new device
/// within microseconds, unless the process that makes the device has to wait for a processor.
pub const NAME_WAIT: Duration = Duration::from_secs(1);
const MAX_WAIT: jiff::SignedDuration = jiff::SignedDuration::from_secs(NAME_WAIT.as_secs() as i64);

/// Events whose lines wait for the names of devices.
#[derive(Debug, Default)]
pub(super) struct WithheldEvents {
    /// With the keys of their objects, in the order of their reception.
    events: Vec<(Key, Event)>,
    /// Bytes of their messages that they contain.
    bytes: usize,
    /// Time of the last line that was written meanwhile.
    passed: Time,
}

impl WithheldEvents {
    fn push(&mut self, key: Key, event: Event) {
        let unparsed = event.unparsed.iter().map(|it| it.hex.0.len());
        let raw = event.raw.as_ref().map_or(0, |raw| raw.0.len());
        self.bytes += unparsed.sum::<usize>() + raw;
        self.events.push((key, event));
    }

    /// A line of this time is written while others wait.
    #[inline]
    pub(super) fn pass(&mut self, time: Time) {
        if !self.events.is_empty() {
            self.passed = self.passed.max(time);
        }
    }

    /// Returns true if one of the events is about the object of that key.
    fn contains(&self, key: Key) -> bool {
        self.events.iter().any(|(it, _)| *it == key)
    }

    /// Returns true if the events have to be written before this item: they have waited too long, or
    /// it may be about one of their objects and have a name by itself.
    pub(super) fn end_before(&self, item: &DecodedItem<'_>) -> bool {
        let Some((_, first)) = self.events.first() else {
            return false;
        };
        match item {
            DecodedItem::Object(object) => {
                let may_be_same = object.event.payload.kind().precedes_device()
                    && (!object.channel.is_events() || object.action == MessageAction::Delete);
                let is_much = self.events.len() >= MAX_WITHHELD || self.bytes > MAX_WITHHELD_BYTES;
                may_be_same || is_much
            }
            DecodedItem::Input(input) => {
                let is_end = match &input.data {
                    InputData::Datagram(..) => false,
                    // Its entries follow.
                    InputData::Control(_, record) => {
                        use ControlRecord::{BeginQuickAudit, BeginReconcile};
                        !matches!(**record, BeginReconcile(..) | BeginQuickAudit(_))
                    }
                };
                is_end || input.time.0.duration_since(first.time.0) >= MAX_WAIT
            }
            _ => false,
        }
    }
}

impl Pipeline {
    /// Returns true if lines wait for the names of devices. If no further input follows within a
    /// short time, [`ControlRecord::Slice`] writes them.
    pub fn has_withheld(&self) -> bool {
        !self.withheld.events.is_empty()
    }

    /// Returns true if stored objects may have the former name of a device:
    /// [`ControlRecord::Slice`] renames the next ones.
    pub fn is_renaming(&self) -> bool {
        self.renaming.is_some()
    }

    /// Returns true if the line of this event, which names its devices, would overtake that of an earlier
    /// one about the same object. A dump can tell the name of a device before its event does.
    pub(super) fn overtakes_withheld(&self, item: &DecodedItem<'_>) -> bool {
        match item {
            DecodedItem::Object(object) if object.channel.is_events() => {
                let payload = &object.event.payload;
                let state = || &self.namespaces.get(object.event.netns).state;
                payload.kind().precedes_device()
                    && object.key.is_some_and(|key| self.withheld.contains(key))
                    && state().knows_names(payload)
            }
            _ => false,
        }
    }

    /// Lets the line of an event wait.
    pub(super) fn withhold(&mut self, item: DecodedItem<'_>) {
        if let DecodedItem::Object(object) = item
            && let Some(key) = object.key
        {
            self.withheld.push(key, object.event);
        }
    }

    /// Writes the lines that wait for the names of devices: those whose names are known by now, or
    /// `all`. The lines of one object keep their order: a line waits as long as an earlier one does.
    pub(super) fn release_withheld(&mut self, all: bool, out: &mut Vec<u8>) -> io::Result<()> {
        self.withheld.bytes = 0;
        let mut waiting = HashSet::new();
        for (key, mut event) in std::mem::take(&mut self.withheld.events) {
            let state = &mut self.namespaces.get_mut(event.netns).state;
            let is_named = state.complete_names(key, &mut event, all);
            if !all && (!is_named || waiting.contains(&key)) {
                waiting.insert(key);
                self.withheld.push(key, event);
                continue;
            }
            if !is_named {
                state.note_unresolved(&event.payload);
            }
            // The times of lines do not go back.
            event.time = event.time.max(self.withheld.passed);
            self.emit_apart(event, out)?;
        }
        Ok(())
    }

    /// Writes a line that is not one of the message in progress.
    pub(super) fn emit_apart(&mut self, event: Event, out: &mut Vec<u8>) -> io::Result<()> {
        let has_line = self.has_line;
        self.emit(event, out)?;
        self.has_line = has_line;
        Ok(())
    }

    /// Writes the lines that follow from new names of devices in a namespace.
    pub(super) fn apply_name_changes(
        &mut self,
        netns: NetnsId,
        now: Time,
        out: &mut Vec<u8>,
    ) -> io::Result<()> {
        self.release_withheld(false, out)?;
        let renames = self.namespaces.get_mut(netns).state.begin_rename();
        for (kind, key) in renames.objects {
            self.rename(netns, kind, key, now, out)?;
        }
        self.namespaces.get_mut(netns).state.end_object_renames();
        if !renames.kinds.is_empty() {
            // A sweep in progress begins again, with what it has not come to.
            self.renaming_kinds = self.renaming_kinds.or(renames.kinds);
            self.renaming = Some(Sweep::new(&self.namespaces, self.renaming_kinds));
            self.rename_slice(now, self.rename_budget, out)?;
        }
        Ok(())
    }

    /// An input was read: some more objects may be renamed at once.
    #[inline]
    pub(super) fn add_to_rename_budget(&mut self) {
        self.rename_budget = FIRST_SLICE.min(self.rename_budget + RENAMES_PER_INPUT);
    }

    /// Renames the devices in the next `limit` stored objects, and writes a line for each that had a
    /// former name. A sweep begins only if the budget has room for the keys of all links.
    pub(super) fn rename_slice(
        &mut self,
        now: Time,
        limit: u32,
        out: &mut Vec<u8>,
    ) -> io::Result<()> {
        if self.renaming.as_ref().is_some_and(Sweep::is_new) {
            let links = self.namespaces.count(Kind::Link) / LINKS_PER_RENAME;
            let cost = FIRST_SLICE.min(u32::try_from(links).unwrap_or(u32::MAX));
            if self.rename_budget < cost {
                return Ok(());
            }
            self.rename_budget -= cost;
        }
        for _ in 0..limit {
            let Some(sweep) = &mut self.renaming else {
                return Ok(());
            };
            self.rename_budget = self.rename_budget.saturating_sub(1);
            let Some((netns, kind, key)) = sweep.next(&self.namespaces) else {
                self.end_renaming();
                return Ok(());
            };
            self.rename(netns, kind, key, now, out)?;
        }
        Ok(())
    }

    /// Renames the devices in a stored object, and writes a line if it had a former name.
    fn rename(
        &mut self,
        netns: NetnsId,
        kind: Kind,
        key: Key,
        now: Time,
        out: &mut Vec<u8>,
    ) -> io::Result<()> {
        let Some(change) = self.namespaces.get_mut(netns).state.rename(kind, key) else {
            return Ok(());
        };
        let event = event(netns, now, Origin::Inferred, change, Provenance::default());
        self.emit_apart(event, out)
    }

    fn end_renaming(&mut self) {
        self.renaming = None;
        self.renaming_kinds = KindSet::EMPTY;
        for (_, namespace) in self.namespaces.iter_mut() {
            namespace.state.end_rename();
        }
    }
}
