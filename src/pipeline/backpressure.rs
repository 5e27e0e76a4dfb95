//! A reader that is too slow misses lines. Which objects they were about is remembered: once it
//! is back it is told how those are by now, and has missed nothing but the way there.

use std::collections::BTreeMap;
use std::io;

use super::{Pipeline, Provenance};
use crate::event::meta::{Gap, GapCause};
use crate::event::values::Time;
use crate::event::{Event, Kind, Op, Origin, Payload};
use crate::input::ControlRecord;
use crate::state::{Key, StateChange};

/// The lines that are missing.
#[derive(Debug)]
pub struct DroppedObjects {
    /// How many, and since when.
    lost: u64,
    since: Time,
    objects: BTreeMap<(Kind, Key), DroppedObject>,
    /// The reader is back: lines are written again.
    resuming: bool,
    /// The error that kept them from being written.
    errno: Option<u32>,
}

/// An object of which a line is missing.
#[derive(Debug)]
struct DroppedObject {
    /// The reader knows the object.
    known: bool,
    /// It is gone, and was this.
    gone: Option<Payload>,
}

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

    /// Takes an event that cannot be written now.
    fn drop(&mut self, event: &Event) {
        self.lost += 1;
        let kind = event.payload.kind();
        let Some(key) = crate::state::key(&event.payload) else {
            return;
        };
        let object = self
            .objects
            .entry((kind, key))
            .or_insert_with(|| DroppedObject {
                known: matches!(event.op, Op::Change | Op::Delete),
                gone: None,
            });
        match event.op {
            // The reader need not know that it ever was.
            Op::Delete if !object.known => {
                self.objects.remove(&(kind, key));
            }
            Op::Delete => object.gone = Some(event.payload.clone()),
            _ => object.gone = None,
        }
    }
}

impl Pipeline {
    /// The reader is too slow, or the lines cannot be written because of `errno`: from now on they
    /// are dropped, until [`Pipeline::resume_output`].
    pub fn pause_output(&mut self, now: Time, errno: Option<u32>) {
        let dropped = self.dropped.get_or_insert_with(|| DroppedObjects::new(now));
        if dropped.resuming {
            (dropped.resuming, dropped.lost, dropped.since) = (false, 0, now);
            dropped.errno = None;
        }
        dropped.errno = errno.or(dropped.errno);
    }

    /// Are lines being dropped?
    pub fn is_output_paused(&self) -> bool {
        self.dropped
            .as_ref()
            .is_some_and(|dropped| !dropped.resuming)
    }

    /// Is there anything that the reader has missed, and not been told yet?
    pub fn has_dropped(&self) -> bool {
        self.dropped.is_some()
    }

    /// Says how many lines are missing so far. Before every line that is written although others
    /// are dropped: so each number that is left out is explained by the line that follows.
    pub(super) fn emit_drop_gap(&mut self, now: Time, out: &mut Vec<u8>) -> io::Result<()> {
        let Some(dropped) = &mut self.dropped else {
            return Ok(());
        };
        if dropped.resuming || dropped.lost == 0 {
            return Ok(());
        }
        let gap = Gap {
            cause: GapCause::Output,
            errno: dropped.errno,
            lost: Some(dropped.lost),
            from: Some(dropped.since),
            to: Some(now),
        };
        (dropped.lost, dropped.since) = (0, now);
        self.control(now, &ControlRecord::Gap(gap), out)
    }

    /// Takes an event that cannot be written now.
    pub(super) fn record_dropped(&mut self, event: &Event) {
        if let Some(dropped) = &mut self.dropped {
            dropped.drop(event);
        }
    }

    /// A line about that object is written: of what the reader has missed it need not be told.
    pub(super) fn mark_delivered(&mut self, object: &Payload) {
        if let Some(dropped) = &mut self.dropped
            && let Some(key) = crate::state::key(object)
        {
            dropped.objects.remove(&(object.kind(), key));
        }
    }

    /// The reader is back. Says how many lines it has missed, and then, up to `room` bytes at a
    /// time, how the objects are that they were about; at last, that this is all.
    ///
    /// # Errors
    /// See [`Encoder::flush`](crate::encode::Encoder::flush).
    pub fn resume_output(&mut self, now: Time, room: usize, out: &mut Vec<u8>) -> io::Result<()> {
        self.emit_dropped(now, room, out)?;
        self.encoder.flush(out)
    }

    fn emit_dropped(&mut self, now: Time, room: usize, out: &mut Vec<u8>) -> io::Result<()> {
        let Some(dropped) = &mut self.dropped else {
            return Ok(());
        };
        if !dropped.resuming {
            self.emit_drop_gap(now, out)?;
            if let Some(dropped) = &mut self.dropped {
                dropped.resuming = true;
            }
            self.begin_resync(now);
        }
        while out.len() < room {
            let Some(dropped) = &mut self.dropped else {
                return Ok(());
            };
            let Some(((kind, key), object)) = dropped.objects.pop_first() else {
                self.dropped = None;
                return self.end_resync(now, out);
            };
            let (op, payload) = match (self.state.object(kind, key), object.gone) {
                (Some(payload), _) => (Op::Present, payload),
                (None, Some(payload)) => (Op::Delete, payload),
                // Not tracked: nobody knows.
                (None, None) => continue,
            };
            let state_change = StateChange {
                op,
                payload,
                change: None,
            };
            self.emit_correction(
                now,
                Origin::Resync,
                state_change,
                Provenance::default(),
                out,
            )?;
        }
        Ok(())
    }
}
