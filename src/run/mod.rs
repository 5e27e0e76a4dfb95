//! A run: inputs from the kernel ([`live`]) or from a file ([`replay`]) through the pipeline to
//! the sink, and to a recording.

pub mod live;
pub mod replay;

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::capture::Writer;
use crate::encode::Format;
use crate::error::Error;
use crate::event::meta::{Gap, GapCause, Stop};
use crate::event::values::Time;
use crate::input::{Header, Input, Mark, What};
use crate::pipeline::{Config, Pipeline};
use crate::sink::{LIMIT, Reader, Sink};

/// Where the lines and the recording of a run go.
#[derive(Clone, Debug, Default)]
pub struct Outputs {
    pub format: Format,
    /// The file for the lines; the standard output without one.
    pub output: Option<PathBuf>,
    /// The file for the recording.
    pub record: Option<PathBuf>,
}

/// A run that has begun.
struct Session {
    pipeline: Pipeline,
    recorder: Option<Recorder>,
    /// Lines on their way to the sink.
    lines: Vec<u8>,
    /// Lines that a slow reader lost, and since when.
    dropped: Option<(u64, Time)>,
}

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
            dropped: None,
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
        self.told(input)
    }

    /// Takes an input that is not recorded.
    fn told(&mut self, input: &Input<'_>) -> Result<(), Error> {
        let fed = self.pipeline.feed(input, &mut self.lines);
        fed.map_err(Error::Encode)
    }

    /// Hands the lines over: to the sink, or, where it is full, to nobody. Once it has room again
    /// a gap says how many were lost, and the lines go on.
    fn flush(&mut self, sink: &mut Sink, now: Time) -> Result<Reader, Error> {
        if let Some(recorder) = &mut self.recorder {
            let flushed = recorder.writer.flush();
            flushed.map_err(recorder.fault())?;
        }
        if !self.lines.is_empty() && (self.dropped.is_some() || sink.pending() > LIMIT) {
            let lines = self.lines.iter().filter(|byte| **byte == b'\n').count() as u64;
            self.dropped.get_or_insert((0, now)).0 += lines;
            self.lines.clear();
        }
        if sink.pending() < LIMIT / 2 {
            self.tell_dropped(now)?;
        }
        let reader = sink.write(&self.lines)?;
        self.lines.clear();
        Ok(reader)
    }

    /// Says how many lines a slow reader lost, if any.
    fn tell_dropped(&mut self, now: Time) -> Result<(), Error> {
        let Some((lost, from)) = self.dropped.take() else {
            return Ok(());
        };
        self.told(&Input {
            time: now,
            what: What::Mark(Mark::Gap(Gap {
                cause: GapCause::Output,
                errno: None,
                lost: Some(lost),
                from: Some(from),
                to: Some(now),
            })),
        })
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
        self.tell_dropped(now)?;
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
