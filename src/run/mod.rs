//! A run: inputs from the kernel ([`live`]) or from a file ([`replay`]) through the pipeline to
//! the sink, and to a recording.

mod backlog;
pub mod live;
mod looks;
pub mod replay;
mod requests;
pub mod state;

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::capture::Writer;
use crate::encode::Format;
use crate::error::Error;
use crate::event::meta::{Pulse, Stop};
use crate::event::values::Time;
use crate::input::{Header, Input, Mark, What};
use crate::pipeline::{Config, Pipeline};
use crate::sink::{Reader, Sink};

/// Where the lines and the recording of a run go.
#[derive(Clone, Debug, Default)]
pub struct Outputs {
    pub format: Format,
    /// The file for the lines; the standard output without one.
    pub output: Option<PathBuf>,
    /// The file for the recording.
    pub record: Option<PathBuf>,
    /// Lines that may wait for a slow reader, bytes.
    pub queue: usize,
}

/// A run that has begun.
struct Session {
    pipeline: Pipeline,
    recorder: Option<Recorder>,
    /// Lines on their way to the sink.
    lines: Vec<u8>,
    /// Lines that may wait for a slow reader, bytes; how many do, and the most that ever did.
    limit: usize,
    pending: usize,
    most_pending: usize,
}

/// How much of what a reader has missed is told at once, bytes.
const PORTION: usize = 1024 * 1024;

struct Recorder {
    writer: Writer<BufWriter<File>>,
    path: PathBuf,
}

impl Recorder {
    fn create(path: &Path, header: &Header) -> Result<Self, Error> {
        let create = || Writer::new(BufWriter::new(File::create(path)?), header);
        match create() {
            Ok(writer) => Ok(Recorder {
                writer,
                path: path.to_owned(),
            }),
            Err(source) => Err(Error::Record {
                path: path.to_owned(),
                source,
            }),
        }
    }

    fn fault(&self) -> impl FnOnce(std::io::Error) -> Error + use<> {
        let path = self.path.clone();
        |source| Error::Record { path, source }
    }
}

impl Session {
    fn new(outputs: &Outputs, run: String, header: &Header) -> Result<Self, Error> {
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

    fn is_full(&self) -> bool {
        self.pipeline.is_full()
    }

    fn feed(&mut self, input: &Input<'_>) -> Result<(), Error> {
        if let Some(recorder) = &mut self.recorder {
            let written = recorder.writer.write(input);
            written.map_err(recorder.fault())?;
        }
        let fed = self.pipeline.feed(input, &mut self.lines);
        fed.map_err(Error::Encode)
    }

    /// Has the reader taken enough of what waits for it?
    fn has_room(&self, sink: &Sink) -> bool {
        sink.pending() < self.limit / 2
    }

    /// Hands the lines over. Where too many wait for the reader those that follow are dropped, and
    /// once it is back it is told what it has missed.
    fn flush(&mut self, sink: &mut Sink, now: Time) -> Result<Reader, Error> {
        if let Some(recorder) = &mut self.recorder {
            let flushed = recorder.writer.flush();
            flushed.map_err(recorder.fault())?;
        }
        if sink.pending() > self.limit {
            self.pipeline.deafen(now);
        } else if self.pipeline.has_missed() && self.has_room(sink) {
            let told = self.pipeline.listen(now, PORTION, &mut self.lines);
            told.map_err(Error::Encode)?;
        }
        let reader = sink.write(&self.lines)?;
        self.lines.clear();
        self.pending = sink.pending();
        self.most_pending = self.most_pending.max(self.pending);
        Ok(reader)
    }

    /// How it is with the program.
    fn pulse(&self) -> Pulse {
        Pulse {
            queue: self.pending as u64,
            queue_most: self.most_pending as u64,
            memory: resident(),
        }
    }

    /// Ends the run: says why, whatever waits, and waits for the reader, as long as `patience`
    /// lasts.
    fn stop(
        mut self,
        stop: Stop,
        sink: &mut Sink,
        now: Time,
        patience: Option<Duration>,
    ) -> Result<(), Error> {
        let _gone = self.flush(sink, now)?;
        // What else is missing it will not be told.
        let told = self.pipeline.listen(now, 0, &mut self.lines);
        told.map_err(Error::Encode)?;
        self.feed(&Input {
            time: now,
            what: What::Mark(Mark::Stop(stop)),
        })?;
        let _gone = sink.write(&self.lines)?;
        self.lines.clear();
        let _gone = self.flush(sink, now)?;
        let _gone = sink.finish(patience)?;
        Ok(())
    }
}

/// Resident memory of this process, bytes (proc(5), statm).
fn resident() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = text.split(' ').nth(1)?.parse().ok()?;
    Some(pages * rustix::param::page_size() as u64)
}

fn open(outputs: &Outputs) -> Result<Sink, Error> {
    match &outputs.output {
        Some(path) => Sink::file(path),
        None => Ok(Sink::stdout()),
    }
}

/// 8 random hexadecimal digits.
fn run_id() -> String {
    let mut bytes = [0; 4];
    // Without randomness (a kernel before 3.17) the process id has to do.
    if rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty()) != Ok(4) {
        bytes = std::process::id().to_ne_bytes();
    }
    format!("{:08x}", u32::from_ne_bytes(bytes))
}
