//! Backpressure: lines are dropped while the reader is too slow. The pipeline keeps the keys of the
//! objects they were about, and once the reader has caught up it writes those objects' present
//! state: the reader has missed intermediate states only.

use std::collections::BTreeMap;
use std::io;

use super::{Pipeline, Provenance, event};
use crate::channel::{Channel, NetnsId};
use crate::event::meta::{self, Gap, GapCause};
use crate::event::values::Time;
use crate::event::{Event, Kind, Op, Origin, Payload};
use crate::input::ControlRecord;
use crate::state::{Key, StateChange};

/// The lines that were dropped.
#[derive(Debug)]
pub(super) struct DroppedObjects {
    /// Number of lines dropped since `since`, and not reported as a gap yet.
    lost: u64,
    since: Time,
    objects: BTreeMap<(NetnsId, Kind, Key), DroppedObject>,
    /// The reader has caught up: lines are written again.
    resuming: bool,
    /// The error that prevented the lines from being written.
    errno: Option<u32>,
}

/// An object of which a line was dropped.
#[derive(Debug)]
struct DroppedObject {
    /// The object existed before the first dropped line, so the reader has it.
    existed: bool,
    /// The last payload, if the object was deleted.
    deleted: Option<Payload>,
}

/// Number of objects from which on those of kinds that are not tracked are not remembered: their
/// present state is unknown, and there may be any number of them.
const MAX_UNTRACKED: usize = 65_536;

impl DroppedObjects {
    fn new(since: Time) -> Self {
        DroppedObjects {
            lost: 0,
            since,
            objects: BTreeMap::new(),
            resuming: false,
            errno: None,
        }
    }

    /// Returns true if an object in this namespace is among them.
    pub(super) fn concerns(&self, netns: NetnsId) -> bool {
        self.objects.keys().any(|(of, ..)| *of == netns)
    }

    /// Records that the line of this event was dropped.
    fn drop(&mut self, event: &Event, is_tracked: bool) {
        meta::add(&mut self.lost, 1);
        if !is_tracked && self.objects.len() >= MAX_UNTRACKED {
            return;
        }
        let Some(key) = crate::state::key(&event.payload) else {
            return;
        };
        let key = (event.netns, event.payload.kind(), key);
        let object = self.objects.entry(key).or_insert_with(|| DroppedObject {
            existed: matches!(event.op, Op::Change | Op::Delete),
            deleted: None,
        });
        match event.op {
            // Added and deleted while paused: the reader does not need it.
            Op::Delete if !object.existed => {
                self.objects.remove(&key);
            }
            Op::Delete => object.deleted = Some(event.payload.clone()),
            _ => object.deleted = None,
        }
    }
}

impl Pipeline {
    /// Drops all lines from now on, until [`Pipeline::resume_output`]: the reader is too slow, or
    /// the lines cannot be written because of `errno`.
    pub fn pause_output(&mut self, now: Time, errno: Option<u32>) {
        let dropped = self.dropped.get_or_insert_with(|| DroppedObjects::new(now));
        if dropped.resuming {
            (dropped.resuming, dropped.lost, dropped.since) = (false, 0, now);
            dropped.errno = None;
        }
        dropped.errno = errno.or(dropped.errno);
        self.abandon_checkpoint();
    }

    /// Returns true if lines are being dropped.
    pub fn is_output_paused(&self) -> bool {
        self.dropped
            .as_ref()
            .is_some_and(|dropped| !dropped.resuming)
    }

    /// Returns true if lines were dropped and the state of their objects was not written since.
    pub fn has_dropped(&self) -> bool {
        self.dropped.is_some()
    }

    /// Writes a `gap` about the lines dropped so far. Called before every line that is written
    /// while others are dropped, so that the next line explains each missing `seq`.
    pub(super) fn emit_drop_gap(&mut self, now: Time, out: &mut Vec<u8>) -> io::Result<()> {
        let Some(dropped) = &mut self.dropped else {
            return Ok(());
        };
        if dropped.resuming || dropped.lost == 0 {
            return Ok(());
        }
        let gap = Gap {
            family: None,
            kinds: None,
            cause: GapCause::Output,
            errno: dropped.errno,
            lost: Some(dropped.lost),
            from: Some(dropped.since),
            to: Some(now),
            by: None,
        };
        (dropped.lost, dropped.since) = (0, now);
        self.control(Channel::ROUTE_EVENTS, now, &ControlRecord::Gap(gap), out)
    }

    /// Records that the line of this event was dropped.
    pub(super) fn record_dropped(&mut self, event: &Event) {
        let kind = event.payload.kind();
        let is_tracked = kind == Kind::Link || self.namespaces.tracked().contains(kind);
        if let Some(dropped) = &mut self.dropped {
            dropped.drop(event, is_tracked);
        }
    }

    /// A line about this object is written: its state need not be written again.
    pub(super) fn mark_delivered(&mut self, event: &Event) {
        if let Some(dropped) = &mut self.dropped
            && let Some(key) = crate::state::key(&event.payload)
        {
            let key = (event.netns, event.payload.kind(), key);
            dropped.objects.remove(&key);
        }
    }

    /// Writes the number of dropped lines, then the present state of their objects, up to about
    /// `limit` bytes per call, and after the last object `resync`.
    ///
    /// # Errors
    /// See [`Encoder::flush`](crate::encode::Encoder::flush).
    pub fn resume_output(&mut self, now: Time, limit: usize, out: &mut Vec<u8>) -> io::Result<()> {
        self.emit_dropped(now, limit, out)?;
        self.has_line = false;
        self.encoder.flush(out)
    }

    fn emit_dropped(&mut self, now: Time, limit: usize, out: &mut Vec<u8>) -> io::Result<()> {
        let Some(dropped) = &mut self.dropped else {
            return Ok(());
        };
        if !dropped.resuming {
            self.emit_drop_gap(now, out)?;
            if let Some(dropped) = &mut self.dropped {
                dropped.resuming = true;
            }
            self.begin_resync(NetnsId::OWN, now);
        }
        while out.len() < limit {
            let Some(dropped) = &mut self.dropped else {
                return Ok(());
            };
            let Some(((netns, kind, key), object)) = dropped.objects.pop_first() else {
                self.dropped = None;
                return self.end_resync(NetnsId::OWN, now, out);
            };
            let state = &self.namespaces.get(netns).state;
            let (op, payload) = match (state.object(kind, key), object.deleted) {
                (Some(payload), _) => (Op::Present, payload),
                (None, Some(payload)) => (Op::Delete, payload),
                // An object of a kind that is not tracked: its state is unknown.
                (None, None) => continue,
            };
            let change = StateChange {
                op,
                payload,
                change: None,
            };
            self.count_correction(netns, Origin::Resync, &change);
            let event = event(netns, now, Origin::Resync, change, Provenance::default());
            // The object has passed the filters on objects before, which the reader has to know even
            // if it would not pass any more.
            if self.filter.selects_correction(&event)
                && let Some(seq) = self.number_selected(&event)
            {
                self.encoder.put(seq, event, out)?;
            }
        }
        Ok(())
    }
}
