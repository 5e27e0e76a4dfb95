//! What a live run and a replay share: inputs through the pipeline to the sink, and to a recording.

use std::time::{Duration, Instant};

use super::Outputs;
use super::recorder::Recorder;
use crate::error::Error;
use crate::event::meta::{Pulse, Stop};
use crate::event::values::Time;
use crate::input::{ControlRecord, Header, Input};
use crate::pipeline::{Config, Pipeline};
use crate::sink::{Reader, Sink};

/// A run that has begun.
pub struct Session {
    pub pipeline: Pipeline,
    recorder: Option<Recorder>,
    /// Lines on their way to the sink.
    pub lines: Vec<u8>,
    /// Lines that may wait for a slow reader, bytes; how many do, and the most that ever did.
    limit: usize,
    pending: usize,
    most_pending: usize,
}

/// How much of what a reader has missed is told at once, bytes.
const PORTION: usize = 1024 * 1024;

/// How often a file that takes no lines is tried again at the end.
const RETRY: Duration = Duration::from_millis(100);

impl Session {
    pub fn new(outputs: &Outputs, run: String, header: &Header) -> Result<Self, Error> {
        let record = outputs.record.as_deref();
        let recorder = record.map(|path| Recorder::create(path, header));
        let recorder = recorder.transpose()?;
        let mut lines = Vec::new();
        let config = Config::new(outputs.format.clone(), run, header);
        let pipeline = Pipeline::new(config, &mut lines).map_err(Error::Encode)?;
        Ok(Session {
            pipeline,
            recorder,
            lines,
            limit: outputs.queue,
            pending: 0,
            most_pending: 0,
        })
    }

    pub fn is_full(&self) -> bool {
        self.pipeline.is_full()
    }

    /// Takes inputs, as [`Pipeline::feed`] does. Returns how many.
    pub fn feed(&mut self, inputs: &[Input<'_>]) -> Result<usize, Error> {
        let fed = self.pipeline.feed(inputs, &mut self.lines);
        let taken = fed.map_err(Error::Encode)?;
        if let Some(recorder) = &mut self.recorder {
            for input in &inputs[..taken] {
                recorder.write(input);
            }
        }
        Ok(taken)
    }

    /// Has the reader taken enough of what waits for it?
    pub fn has_room(&self, sink: &Sink) -> bool {
        sink.pending() < self.limit / 2
    }

    /// Hands the lines over. Where too many wait for the reader those that follow are dropped, and
    /// once it is back it is told what it has missed.
    pub fn flush(&mut self, sink: &mut Sink, now: Time) -> Result<Reader, Error> {
        if let Some(recorder) = &mut self.recorder {
            recorder.flush();
        }
        if sink.pending() > self.limit {
            self.pipeline.pause_output(now, sink.errno());
        } else if self.pipeline.has_dropped() && self.has_room(sink) {
            let told = self.pipeline.resume_output(now, PORTION, &mut self.lines);
            told.map_err(Error::Encode)?;
        }
        let reader = sink.write(&self.lines)?;
        self.lines.clear();
        self.pending = sink.pending();
        self.most_pending = self.most_pending.max(self.pending);
        Ok(reader)
    }

    /// Puts the file of the lines away, or begins a new one, where that is due. Before any line is
    /// made: so their numbers are in order.
    pub fn rotate(&mut self, sink: &mut Sink, now: Time) -> Result<Reader, Error> {
        if !self.lines.is_empty() {
            return Ok(Reader::Alive);
        }
        let Some(rotate_action) = sink.rotate_action() else {
            return Ok(Reader::Alive);
        };
        let mark = |session: &mut Self, mark| session.feed(&[Input::control(now, mark)]);
        if let Some(rotate) = sink.close_current(rotate_action) {
            mark(self, ControlRecord::Rotate(rotate))?;
            let _alive = sink.write(&self.lines)?;
            self.lines.clear();
        }
        let Some(opened) = sink.open_next(rotate_action) else {
            return Ok(Reader::Alive);
        };
        mark(self, ControlRecord::File(opened))?;
        let reader = sink.write_first(&self.lines);
        self.lines.clear();
        reader
    }

    /// How it is with the program.
    pub fn pulse(&self) -> Pulse {
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

    /// Ends the run without a further word.
    ///
    /// # Errors
    /// Where the recording is not complete.
    pub fn abandon(self) -> Result<(), Error> {
        // The program ends: what is known is not given back object by object.
        std::mem::forget(self.pipeline);
        self.recorder.map_or(Ok(()), Recorder::finish)
    }

    /// Ends the run: says why, whatever waits, and waits for the reader, as long as `patience`
    /// lasts.
    ///
    /// # Errors
    /// Where a line cannot be written, or the recording is not complete.
    pub fn stop(
        mut self,
        mut stop: Stop,
        sink: &mut Sink,
        now: Time,
        patience: Option<Duration>,
    ) -> Result<(), Error> {
        let _gone = self.flush(sink, now)?;
        // What else is missing it will not be told.
        let told = self.pipeline.resume_output(now, 0, &mut self.lines);
        told.map_err(Error::Encode)?;
        let input = |stop: &Stop| Input::control(now, ControlRecord::Stop(stop.clone()));
        // Recorded first: the line says whether all was.
        if let Some(recorder) = &mut self.recorder {
            recorder.write(&input(&stop));
            recorder.flush();
            stop.unrecorded_since = recorder.unrecorded_since();
        }
        let fed = self.pipeline.feed(&[input(&stop)], &mut self.lines);
        fed.map_err(Error::Encode)?;
        let _gone = sink.write(&self.lines)?;
        self.lines.clear();
        let _gone = self.flush(sink, now)?;
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

/// Resident memory of this process, bytes (proc(5), statm).
fn resident() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = text.split(' ').nth(1)?.parse().ok()?;
    Some(pages * rustix::param::page_size() as u64)
}
