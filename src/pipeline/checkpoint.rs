//! Checkpoints: the lines of all stored objects, in slices, between two `meta` lines. A reader that
//! begins at the first of them with no objects has the state at the second.
//!
//! An object that is stored, changed or deleted between two slices has an event line, which stands
//! before or after its line of the checkpoint as the change was before or after the slice. Whether
//! the sweep comes to the object or not, the last line about it is right.

use std::io;

use super::sweep::Sweep;
use super::{Pipeline, Provenance, event};
use crate::event::kind_set::KindSet;
use crate::event::meta::{self, CheckpointReason, Meta, Sync};
use crate::event::values::Time;
use crate::event::{Op, Origin};
use crate::input::MAX_SLICE;
use crate::state::StateChange;

/// A checkpoint that is not complete.
#[derive(Debug)]
pub(super) struct Checkpoint {
    /// Number of its `checkpoint` line.
    seq: u64,
    /// Lines of objects so far.
    objects: u64,
    sweep: Sweep,
    progress: CheckpointProgress,
}

/// How far a checkpoint is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckpointProgress {
    /// Objects are left.
    Slices,
    /// Each object has its line: [`ControlRecord::EndCheckpoint`](crate::input::ControlRecord) is
    /// next.
    Swept,
}

impl Pipeline {
    /// How far the checkpoint is; `None` if there is none.
    pub fn checkpoint(&self) -> Option<CheckpointProgress> {
        Some(self.checkpoint.as_ref()?.progress)
    }

    /// Number of objects that a checkpoint would have now.
    pub fn objects(&self) -> u64 {
        let kinds = self.namespaces.tracked();
        kinds.iter().map(|kind| self.namespaces.count(kind)).sum()
    }

    /// Number of event lines so far.
    pub fn events(&self) -> u64 {
        self.filter.events()
    }

    /// Abandons the checkpoint: no `sync` will follow.
    pub(super) fn abandon_checkpoint(&mut self) {
        self.checkpoint = None;
    }

    /// Writes `checkpoint`. While lines are dropped there is no checkpoint: one of its lines might be
    /// among them.
    pub(super) fn begin_checkpoint(
        &mut self,
        time: Time,
        reason: CheckpointReason,
        out: &mut Vec<u8>,
    ) -> io::Result<()> {
        self.checkpoint = None;
        if self.is_output_paused() {
            return Ok(());
        }
        let seq = self.filter.peek_seq();
        let objects = self.objects();
        let record = meta::Checkpoint { reason, objects };
        self.meta(time, Op::Checkpoint, Meta::Checkpoint(record), out)?;
        self.checkpoint = Some(Checkpoint {
            seq,
            objects: 0,
            sweep: Sweep::new(&self.namespaces, self.namespaces.tracked()),
            progress: CheckpointProgress::Slices,
        });
        Ok(())
    }

    /// Writes the lines of the next `limit` objects of the checkpoint.
    pub(super) fn write_slice(
        &mut self,
        time: Time,
        limit: u32,
        out: &mut Vec<u8>,
    ) -> io::Result<()> {
        for _ in 0..limit {
            if !self.write_next(time, out)? {
                break;
            }
        }
        Ok(())
    }

    /// Writes the line of the next object. Returns false if there is none left.
    fn write_next(&mut self, time: Time, out: &mut Vec<u8>) -> io::Result<bool> {
        let Some(checkpoint) = &mut self.checkpoint else {
            return Ok(false);
        };
        let Some((netns, kind, key)) = checkpoint.sweep.next(&self.namespaces) else {
            checkpoint.progress = CheckpointProgress::Swept;
            return Ok(false);
        };
        let Some(payload) = self.namespaces.get(netns).state.object(kind, key) else {
            return Ok(true);
        };
        let change = StateChange {
            op: Op::Present,
            payload,
            change: None,
        };
        let event = event(
            netns,
            time,
            Origin::Checkpoint,
            change,
            Provenance::default(),
        );
        if self.filter.selects(&event) {
            if let Some(checkpoint) = &mut self.checkpoint {
                checkpoint.objects += 1;
            }
            self.emit_selected(event, out)?;
        }
        Ok(true)
    }

    /// Writes the lines of the objects that are left, and `sync`. A run leaves few, since its slices come
    /// to all; the checkpoint of a forged recording that leaves more than a slice is abandoned.
    pub(super) fn end_checkpoint(&mut self, time: Time, out: &mut Vec<u8>) -> io::Result<()> {
        self.write_slice(time, MAX_SLICE, out)?;
        let checkpoint = self.checkpoint.take();
        let Some(checkpoint) = checkpoint.filter(|it| it.progress == CheckpointProgress::Swept)
        else {
            return Ok(());
        };
        // After the last line of `--count` the lines of objects were left out.
        if self.is_full() {
            return Ok(());
        }
        let incomplete = self.incomplete_or_lost();
        self.reported_incomplete = self.reported_incomplete.or(incomplete);
        let sync = Sync {
            objects: checkpoint.objects,
            checkpoint: Some(checkpoint.seq),
            incomplete: (!incomplete.is_empty()).then(|| incomplete.iter().collect()),
        };
        self.meta(time, Op::Sync, Meta::Sync(sync), out)
    }

    /// The kinds that may be incomplete, including those of which events were lost and that are not
    /// dumped again yet. A checkpoint does not wait for the `resync`: on a host that always loses
    /// events there would be none, and with the lines of the resync the state is exact either way.
    pub(super) fn incomplete_or_lost(&self) -> KindSet {
        let namespaces = self.namespaces.iter();
        namespaces.fold(KindSet::EMPTY, |kinds, it| {
            kinds.or(it.incomplete_kinds).or(it.lost_kinds)
        })
    }
}
