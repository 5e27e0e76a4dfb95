//! The common part of a live run and a replay: feeds inputs to the pipeline and the recorder, and
//! passes the lines to the sink.

use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};

use log::warn;

use super::Outputs;
use super::checkpoint::{CheckpointScheduler, FileEnd};
use super::recorder::Recorder;
use crate::error::Error;
use crate::event::meta::{Pulse, Stop};
use crate::event::values::Time;
use crate::input::{ControlRecord, Header, Input};
use crate::pipeline::{CheckpointProgress, Config, Pipeline};
use crate::sink::{Reader, Sink, give_back};

/// A run that has begun.
pub(super) struct Session {
    pub pipeline: Pipeline,
    recorder: Option<Recorder>,
    pub checkpoints: CheckpointScheduler,
    /// Size of the lines that were passed to the sink, bytes.
    written: u64,
    checkpoint_sizes: CheckpointSizes,
    /// Lines that were not passed to the sink yet.
    pub lines: Vec<u8>,
    /// Size of the lines that wait for a slow reader, bytes: the limit, the present size and the
    /// maximum so far.
    limit: usize,
    pending: usize,
    most_pending: usize,
    /// When the number of repetitions is written that the text format has not written.
    repetitions_due: Option<Instant>,
    /// See [`Outputs::shares_process`].
    shares_process: bool,
}

/// Time after which the text format writes how often a line was repeated, if no other line follows.
const REPETITIONS: Duration = Duration::from_millis(500);

/// Sizes of the lines of checkpoints, bytes.
#[derive(Debug, Default)]
struct CheckpointSizes {
    /// All of them.
    total: u64,
    /// The present one, or the last.
    current: u64,
    /// Those that were not passed to the sink yet.
    unwritten: u64,
    /// Lines of one wait for the file to take them.
    waits: bool,
    /// `--rotate-size`, until its warning is logged.
    warn_limit: Option<u64>,
}

/// Size at which lines are written although more events are queued, bytes: writing to a file costs
/// less per byte in large pieces.
const WRITE_SIZE: usize = 256 << 10;
/// Size of the lines about dropped objects that are written at once, bytes.
const PORTION: usize = 1024 * 1024;

/// Interval of retries to write to the output file at the end of the run.
const RETRY: Duration = Duration::from_millis(100);

impl Session {
    pub(super) fn new(outputs: &Outputs, run: String, header: &Header) -> Result<Self, Error> {
        let record = outputs.record.as_deref();
        let recorder = record.map(|path| Recorder::create(path, outputs, header));
        let recorder = recorder.transpose()?;
        let mut lines = Vec::new();
        let config = Config::new(outputs.format.clone(), run, header);
        let pipeline = Pipeline::new(config, &mut lines).map_err(Error::Encode)?;
        Ok(Session {
            pipeline,
            recorder,
            checkpoints: CheckpointScheduler::new(
                outputs.checkpoints,
                header.start.settings.snapshot,
            ),
            written: 0,
            checkpoint_sizes: CheckpointSizes {
                warn_limit: outputs.file.rotation.size,
                ..CheckpointSizes::default()
            },
            lines,
            limit: outputs.queue,
            pending: 0,
            most_pending: 0,
            repetitions_due: None,
            shares_process: outputs.shares_process,
        })
    }

    pub(super) fn is_full(&self) -> bool {
        self.pipeline.is_full()
    }

    /// Returns true if the snapshot is complete.
    pub(super) fn is_synced(&self) -> bool {
        self.pipeline.is_synced()
    }

    /// Processes inputs, and records those that the pipeline processed. Returns their number.
    pub(super) fn feed(&mut self, inputs: &[Input<'_>]) -> Result<usize, Error> {
        let fed = self.pipeline.feed(inputs, &mut self.lines);
        let taken = fed.map_err(Error::Encode)?;
        if let Some(recorder) = &mut self.recorder {
            for input in &inputs[..taken] {
                recorder.write(input);
            }
        }
        Ok(taken)
    }

    /// Holds the inputs about dumps back that follow, until [`Session::end_held_recording`] or another
    /// input.
    pub(super) fn hold_recording(&mut self) {
        if let Some(recorder) = &mut self.recorder {
            recorder.hold();
        }
    }

    /// Leaves the inputs that are held back out of the recording (`leave_out`), or records them.
    pub(super) fn end_held_recording(&mut self, leave_out: bool) {
        if let Some(recorder) = &mut self.recorder {
            recorder.end_hold(leave_out);
        }
    }

    /// Sets the size from which on the file is rotated, bytes.
    pub(super) fn set_rotate_size(&mut self, size: Option<u64>) {
        self.checkpoint_sizes.warn_limit = size;
    }

    /// Sets the maximum size of the lines that wait for a slow reader, bytes.
    pub(super) fn set_limit(&mut self, limit: usize) {
        self.limit = limit;
    }

    /// Returns true if further lines may join those that were not passed to the sink yet. Whether too much waits for the
    /// reader is known only once they are.
    pub(super) fn accumulates(&self) -> bool {
        self.lines.len() < WRITE_SIZE.min(self.limit)
    }

    /// Returns true if less than half of the limit waits for the reader.
    pub(super) fn accepts_entries(&self, sink: &Sink) -> bool {
        sink.pending() < self.limit / 2
    }

    /// Writes how often the last line was repeated, if that is due.
    pub(super) fn end_repetitions(&mut self, now: Instant) {
        let has = self.pipeline.has_repetitions();
        let due = self.repetitions_due.filter(|_| has);
        self.repetitions_due = match due {
            None => has.then(|| now + REPETITIONS),
            Some(due) if due > now => Some(due),
            Some(_) => {
                self.pipeline.end_repetitions(&mut self.lines);
                None
            }
        };
    }

    /// When [`Session::end_repetitions`] has something to do.
    pub(super) fn repetitions_wakeup(&self) -> Option<Instant> {
        self.repetitions_due
    }

    /// Passes the lines to the sink. If more than the limit waits for the reader, further lines are
    /// dropped; once the reader has caught up, the state of their objects is written.
    pub(super) fn flush(&mut self, sink: &mut Sink, now: Time) -> Result<Reader, Error> {
        if let Some(recorder) = &mut self.recorder {
            recorder.flush();
        }
        if sink.pending() > self.limit {
            self.pipeline.pause_output(now, sink.errno());
        } else if self.pipeline.has_dropped() && self.accepts_entries(sink) {
            let resumed = self.pipeline.resume_output(now, PORTION, &mut self.lines);
            resumed.map_err(Error::Encode)?;
        }
        let reader = sink.write(&self.lines)?;
        let unwritten = std::mem::take(&mut self.checkpoint_sizes.unwritten);
        sink.note_checkpoint(unwritten);
        let waits = self.checkpoint_sizes.waits || unwritten > 0;
        self.checkpoint_sizes.waits = waits && sink.pending() > 0;
        self.written += self.lines.len() as u64;
        self.lines.clear();
        give_back(&mut self.lines);
        self.pending = sink.pending();
        self.most_pending = self.most_pending.max(self.pending);
        Ok(reader)
    }

    /// Writes the next part of a checkpoint, if one is due or has begun. `drained`: no event waits.
    pub(super) fn write_checkpoint(
        &mut self,
        sink: &Sink,
        drained: bool,
        time: Time,
        now: Instant,
    ) -> Result<(), Error> {
        if !self.accepts_checkpoint(sink) {
            return Ok(());
        }
        loop {
            let sizes = &self.checkpoint_sizes;
            let before = self.lines.len() as u64;
            let bytes = self.written + before - sizes.total;
            let next = self.checkpoints.next(&self.pipeline, bytes, drained, now);
            let Some(record) = next else {
                return Ok(());
            };
            let begins = matches!(record, ControlRecord::BeginCheckpoint(_));
            let ends = matches!(record, ControlRecord::EndCheckpoint);
            self.feed(&[Input::control(time, record)])?;
            let grown = self.lines.len() as u64 - before;
            let sizes = &mut self.checkpoint_sizes;
            sizes.current = if begins { grown } else { sizes.current + grown };
            sizes.total += grown;
            sizes.unwritten += grown;
            if ends {
                let size = sizes.current;
                self.warn_of_size(size);
                let lines = self.pipeline.events();
                self.checkpoints.ended(lines, bytes, size, now);
                return Ok(());
            }
            // A small checkpoint is written at once.
            if !begins && self.pipeline.checkpoint() != Some(CheckpointProgress::Swept) {
                return Ok(());
            }
        }
    }

    /// Returns true if the sink accepts lines of checkpoints. While a disk is full the lines of
    /// events need the space.
    fn accepts_checkpoint(&self, sink: &Sink) -> bool {
        self.accepts_entries(sink) && !sink.is_faulty()
    }

    /// Returns true if [`Session::write_checkpoint`] has something to do, if no event waits.
    pub(super) fn is_checkpoint_due(&self, sink: &Sink) -> bool {
        self.accepts_checkpoint(sink) && self.checkpoints.is_busy(&self.pipeline)
    }

    /// When [`Session::write_checkpoint`] has something to do by time; `None` while the sink accepts no
    /// lines about it.
    pub(super) fn checkpoint_wakeup(&self, sink: &Sink) -> Option<Instant> {
        let accepts = self.accepts_checkpoint(sink) && !self.pipeline.has_dropped();
        self.checkpoints.wakeup().filter(|_| accepts)
    }

    /// Warns once if checkpoints are large compared with the files.
    fn warn_of_size(&mut self, size: u64) {
        let limit = &mut self.checkpoint_sizes.warn_limit;
        if let Some(limit) = limit.take_if(|limit| size > *limit / 2) {
            warn!(
                "the checkpoint at the beginning of each file has {size} bytes, and --rotate-size is {limit}: checkpoints are most of the output; \
                 set --rotate-size to {} or more, or --checkpoint to off",
                size.saturating_mul(10)
            );
        }
    }

    /// Rotates the output file, if that is due: only while no line is in preparation, so that the
    /// numbers of the lines stay in order.
    pub(super) fn rotate(&mut self, sink: &mut Sink, now: Time) -> Result<Reader, Error> {
        if !self.lines.is_empty() {
            return Ok(Reader::Alive);
        }
        sink.hold_rotation(self.pipeline.checkpoint().is_some());
        let Some(rotate_action) = sink.rotate_action() else {
            return Ok(Reader::Alive);
        };
        let feed = |session: &mut Self, record| session.feed(&[Input::control(now, record)]);
        if let Some(rotate) = sink.close_current(rotate_action) {
            feed(self, ControlRecord::Rotate(rotate))?;
            let _alive = sink.write(&self.lines)?;
            self.lines.clear();
        }
        let Some(opened) = sink.open_next(rotate_action) else {
            return Ok(Reader::Alive);
        };
        feed(self, ControlRecord::File(opened))?;
        let bytes = self.written - self.checkpoint_sizes.total;
        let now = Instant::now();
        let last = match (sink.pending() > 0, self.checkpoint_sizes.waits) {
            (false, _) => FileEnd::Rotated,
            (true, false) => FileEnd::Full,
            (true, true) => FileEnd::FullInCheckpoint,
        };
        let at_files = self
            .checkpoints
            .file_began(last, &self.pipeline, bytes, now);
        if !at_files {
            warn!(
                "the files end before the checkpoint at their beginning is complete: `nlstream state` needs earlier files; \
                 raise the limit of the file size (RLIMIT_FSIZE), or set --checkpoint to off"
            );
        }
        let reader = sink.write_first(&self.lines);
        self.lines.clear();
        reader
    }

    /// Returns the descriptor to poll for the reader of the recording taking more.
    pub(super) fn recording(&self) -> Option<BorrowedFd<'_>> {
        self.recorder.as_ref()?.pollable()
    }

    /// Queue sizes, memory, and whether the recording is complete.
    pub(super) fn pulse(&self) -> Pulse {
        Pulse {
            queue: self.pending as u64,
            queue_most: self.most_pending as u64,
            memory: resident(),
            unrecorded_since: self.unrecorded_since(),
        }
    }

    fn unrecorded_since(&self) -> Option<Time> {
        self.recorder.as_ref()?.unrecorded_since()
    }

    /// Ends the run without writing `stop`.
    ///
    /// # Errors
    /// If the recording is not complete.
    pub(super) fn abandon(self) -> Result<(), Error> {
        // If the process ends: freeing a large state object by object would take seconds.
        if !self.shares_process {
            std::mem::forget(self.pipeline);
        }
        self.recorder.map_or(Ok(()), Recorder::finish)
    }

    /// Ends the run: writes `stop`, and waits up to `patience` for the reader. `waits` is called if it has to wait.
    ///
    /// # Errors
    /// If a line cannot be written, or the recording is not complete.
    pub(super) fn stop(
        mut self,
        mut stop: Stop,
        sink: &mut Sink,
        now: Time,
        patience: Option<Duration>,
        waits: &dyn Fn(),
    ) -> Result<(), Error> {
        let _gone = self.flush(sink, now)?;
        // Writes only the gap: the state of dropped objects is not written any more.
        let resumed = self.pipeline.resume_output(now, 0, &mut self.lines);
        resumed.map_err(Error::Encode)?;
        let input = |stop: &Stop| Input::control(now, ControlRecord::Stop(stop.clone()));
        // Recorded before the line is made, since it reports whether the recording is complete.
        if let Some(recorder) = &mut self.recorder {
            recorder.write(&input(&stop));
            recorder.drain();
            stop.unrecorded_since = recorder.unrecorded_since();
        }
        let fed = self.pipeline.feed(&[input(&stop)], &mut self.lines);
        fed.map_err(Error::Encode)?;
        // Not by `flush`, which goes on with the state of dropped objects: nothing follows `stop`.
        let _gone = sink.write(&self.lines)?;
        self.lines.clear();
        if sink.pending() > 0 {
            waits();
        }
        let end = Instant::now() + patience.unwrap_or_default();
        while sink.is_faulty() && Instant::now() < end {
            std::thread::sleep(RETRY);
            let _gone = self.rotate(sink, now)?;
            let _gone = sink.flush()?;
        }
        let _gone = sink.finish(patience)?;
        self.abandon()
    }
}

#[cfg(test)]
mod tests;

/// Resident memory of this process, bytes (proc(5), statm).
fn resident() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = text.split(' ').nth(1)?.parse().ok()?;
    Some(pages * rustix::param::page_size() as u64)
}
