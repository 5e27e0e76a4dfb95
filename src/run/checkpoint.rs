//! Decides when a checkpoint is written, and when its next slice.

use std::time::{Duration, Instant};

use crate::event::meta::CheckpointReason;
use crate::input::ControlRecord;
use crate::pipeline::{CheckpointProgress, Pipeline};

/// When checkpoints are written (`--checkpoint`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Checkpoints {
    /// Only on request.
    #[default]
    Off,
    /// At the start of the run and of every file, after `MIN_LINES` lines at least, and after a
    /// day.
    Auto,
    /// At the start of the run and of every file, and at this interval.
    Every(Duration),
}

/// With `auto` a checkpoint is at most one of this many parts of the output, those at the start of a
/// file and of a day apart: the lines since the last one are this many times the objects, and the
/// bytes this many times its size. (A link has ten times the bytes of most other objects.)
const SHARE: u64 = 10;
/// Fewer lines are read in no time: a host with ten objects needs no checkpoint after 100 lines.
pub(super) const MIN_LINES: u64 = 1000;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// Objects of a slice: about a millisecond.
const SLICE: u32 = 512;
/// Interval of slices while events keep arriving.
const BUSY_INTERVAL: Duration = Duration::from_millis(20);

/// After this many files in a row that had no room for their checkpoint the next one begins when it is
/// due by lines or time.
const MAX_CUT: u32 = 2;

/// Why a file ended, as far as checkpoints go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileEnd {
    /// By its size or age, or on request. That says nothing about the room for a checkpoint.
    Rotated,
    /// It took no more (RLIMIT_FSIZE), and the records that wait are events.
    Full,
    /// It took no more, and lines of a checkpoint wait.
    FullInCheckpoint,
}

/// Decides when the checkpoints of a run are written.
#[derive(Debug)]
pub(super) struct CheckpointScheduler {
    when: Checkpoints,
    /// Every object is known: the initial dumps are complete.
    synced: bool,
    /// A checkpoint that was requested, and has not begun.
    due: Option<CheckpointReason>,
    /// The checkpoint that has begun.
    current: Option<CheckpointReason>,
    /// Number of files in a row that had no room for their checkpoint.
    cut: u32,
    /// A checkpoint was completed since the last file began.
    has_ended: bool,
    last_slice: Option<Instant>,
    /// The end of the last checkpoint: its time, lines and bytes of events until then, and its size,
    /// bytes.
    ended: Option<Instant>,
    lines: u64,
    bytes: u64,
    size: u64,
    /// Number of lines before which the number of objects is not looked at again.
    next_look: u64,
}

impl CheckpointScheduler {
    /// `snapshot`: the run begins with a snapshot, which is as good as a checkpoint.
    pub(super) fn new(when: Checkpoints, snapshot: bool) -> Self {
        let due = when != Checkpoints::Off && !snapshot;
        CheckpointScheduler {
            when,
            synced: false,
            due: due.then_some(CheckpointReason::Start),
            current: None,
            cut: 0,
            has_ended: false,
            last_slice: None,
            ended: None,
            lines: 0,
            bytes: 0,
            size: 0,
            next_look: MIN_LINES,
        }
    }

    /// Changes when checkpoints are written. If there were none until now, one is due.
    pub(super) fn set(&mut self, when: Checkpoints) {
        match (self.when, when) {
            (_, Checkpoints::Off) => self.due = None,
            (Checkpoints::Off, _) => self.request(),
            _ => {}
        }
        self.when = when;
    }

    /// A file began, after one that ended so. Returns false if there will be no checkpoint at the
    /// beginning of files from now on, since the last ones had no room for it: each would only be the
    /// reason for another file.
    pub(super) fn file_began(
        &mut self,
        last: FileEnd,
        pipeline: &Pipeline,
        bytes: u64,
        now: Instant,
    ) -> bool {
        if self.when == Checkpoints::Off {
            return true;
        }
        let had_begun = self.current.take().is_some();
        let is_cut = match last {
            FileEnd::Rotated => false,
            FileEnd::Full => had_begun,
            FileEnd::FullInCheckpoint => true,
        };
        if is_cut {
            self.cut += 1;
        } else if self.has_ended {
            self.cut = 0;
        }
        if self.cut < MAX_CUT {
            self.due = Some(CheckpointReason::File);
        } else if is_cut {
            self.ended(pipeline.events(), bytes, self.size, now);
            self.due = None;
        }
        self.has_ended = false;
        !(is_cut && self.cut == MAX_CUT)
    }

    /// SIGUSR2 was received. A checkpoint that has begun will do.
    pub(super) fn request(&mut self) {
        if self.current.is_none() {
            self.due.get_or_insert(CheckpointReason::Signal);
        }
    }

    /// The next record of a checkpoint; `None` if nothing is to be done now. `bytes`: size of the
    /// lines so far, those of checkpoints apart. `drained`: no event waits.
    pub(super) fn next(
        &mut self,
        pipeline: &Pipeline,
        bytes: u64,
        drained: bool,
        now: Instant,
    ) -> Option<ControlRecord> {
        // A checkpoint among dropped lines would be one with holes.
        if !pipeline.is_synced() || pipeline.has_dropped() || pipeline.is_full() {
            return None;
        }
        if !self.synced {
            self.synced = true;
            // Also without a snapshot: then the first checkpoint is due anyway.
            self.ended(pipeline.events(), bytes, 0, now);
        }
        match pipeline.checkpoint() {
            Some(CheckpointProgress::Swept) => Some(ControlRecord::EndCheckpoint),
            Some(CheckpointProgress::Slices) => {
                let last = self.last_slice;
                if !drained && last.is_some_and(|last| now < last + BUSY_INTERVAL) {
                    return None;
                }
                self.last_slice = Some(now);
                Some(ControlRecord::Slice(SLICE))
            }
            None => {
                // One that has begun was abandoned.
                let abandoned = self.current.take();
                let due = self.due.take().or(abandoned);
                let reason = due.or_else(|| self.due(pipeline, bytes, now))?;
                self.current = Some(reason);
                self.last_slice = None;
                Some(ControlRecord::BeginCheckpoint(reason))
            }
        }
    }

    /// A checkpoint is complete, or the snapshot: lines and bytes of events so far, and its size,
    /// bytes.
    pub(super) fn ended(&mut self, lines: u64, bytes: u64, size: u64, now: Instant) {
        (self.current, self.has_ended) = (None, true);
        self.ended = Some(now);
        (self.lines, self.bytes, self.size) = (lines, bytes, size);
        self.next_look = lines + MIN_LINES;
    }

    /// Why a checkpoint is due by time or by the lines since the last one.
    fn due(&mut self, pipeline: &Pipeline, bytes: u64, now: Instant) -> Option<CheckpointReason> {
        let lines = pipeline.events();
        if self.wakeup().is_some_and(|due| due <= now) {
            // The last checkpoint still says everything.
            if self.when == Checkpoints::Auto && lines == self.lines {
                self.ended = Some(now);
                return None;
            }
            return Some(CheckpointReason::Time);
        }
        if self.when != Checkpoints::Auto || lines < self.next_look {
            return None;
        }
        let enough = self.lines + SHARE * pipeline.objects();
        if lines < enough {
            self.next_look = enough;
            return None;
        }
        (bytes - self.bytes >= SHARE * self.size).then_some(CheckpointReason::Lines)
    }

    /// When the next checkpoint is due by time.
    pub(super) fn wakeup(&self) -> Option<Instant> {
        let interval = match self.when {
            Checkpoints::Off => return None,
            Checkpoints::Auto => DAY,
            Checkpoints::Every(interval) => interval,
        };
        // While one is written its slices wake the loop.
        let ended = self.ended.filter(|_| self.current.is_none());
        ended?.checked_add(interval)
    }

    /// Returns true if [`CheckpointScheduler::next`] has a record now, if no event waits.
    pub(super) fn is_busy(&self, pipeline: &Pipeline) -> bool {
        let has_begun = self.current.is_some();
        (has_begun || self.due.is_some())
            && pipeline.is_synced()
            && !pipeline.has_dropped()
            && !pipeline.is_full()
    }
}

#[cfg(test)]
mod tests;
