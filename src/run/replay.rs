//! The replay: feeds the inputs of a recording or capture to the pipeline.

use std::path::Path;
#[cfg(feature = "cli")]
use std::path::PathBuf;

use jiff::Timestamp;
use log::warn;

#[cfg(feature = "cli")]
use super::files::Files;
use super::session::Session;
use super::{Outputs, run_id};
use crate::capture;
use crate::error::Error;
use crate::event::Kind;
use crate::event::meta::{Part, Stop, StopReason};
use crate::event::values::Time;
use crate::filter::{self, Values};
use crate::input::{ControlRecord, Header, Input, InputData, MAX_SLICE};
use crate::names::Names;
use crate::sink::{Reader, Sink};

/// The options of a replay. `None` keeps the recorded setting.
#[derive(Clone, Debug, Default)]
pub struct Replay {
    pub outputs: Outputs,
    pub kinds: Option<Vec<Kind>>,
    /// Filters by option, in place of the recorded values; an empty list removes a filter.
    pub filters: Values,
    pub with: Option<Vec<Part>>,
    pub snapshot: bool,
    pub count: Option<u64>,
    /// Longer lines are truncated, bytes.
    pub max_line: Option<u64>,
    /// Stop after this recorded time.
    pub duration: Option<jiff::SignedDuration>,
    /// The id of the run; `None` for a random one.
    pub run: Option<String>,
}

/// Size of the lines that are passed to the sink at once, bytes.
const WRITE_SIZE: usize = 64 * 1024;
/// Size of the lines with which the pipeline returns, bytes.
const PORTION: usize = 1 << 20;
/// Inputs that are read and processed together.
const BATCH_SIZE: usize = 64;

/// Replays the files, each as a run of its own; `-` is the standard input. A file with packets that
/// its snapshot length cut does not prevent the next from being replayed.
///
/// # Errors
/// If a file cannot be read to its end (the events before the fault are written), if its snapshot
/// length cut packets (all events are written), if the output or the recording fails, or if a file
/// that is written is one of those that are read.
#[cfg(feature = "cli")]
pub fn run(replay: &Replay, paths: &[PathBuf]) -> Result<(), Error> {
    let record = replay.outputs.record.as_deref();
    if record.is_some() && paths.len() > 1 {
        return Err(Error::SeveralRuns);
    }
    let mut files = Files::default();
    for path in paths {
        files.input(path);
    }
    files.output(replay.outputs.output.as_ref());
    files.replaced("--record", record).check()?;
    let mut result = Ok(());
    for path in paths {
        match run_file(replay, path, || super::open(&replay.outputs), || {}) {
            Err(error @ Error::CutPackets { .. }) => {
                if let Err(earlier) = std::mem::replace(&mut result, Err(error)) {
                    log::error!("{earlier}");
                }
            }
            other => other?,
        }
    }
    result
}

/// Replays a file. `begun` is called when the file was opened and no option is wrong.
///
/// # Errors
/// If the file cannot be read to its end, if its snapshot length cut packets, or if an output fails.
pub(crate) fn run_file(
    replay: &Replay,
    file: &Path,
    open: impl FnOnce() -> Result<Sink, Error>,
    begun: impl FnOnce(),
) -> Result<(), Error> {
    let mut capture = capture::open(file)?;
    let mut sink = open()?;
    let recorded = capture.header().cloned();
    let is_recording = recorded.is_some();
    let mut batch = Batch::read(&mut capture, BATCH_SIZE);
    // The start time of another tool's capture is that of its first datagram.
    let mut header = recorded.unwrap_or_else(|| Header {
        time: batch
            .inputs
            .first()
            .map(|input| input.time)
            .unwrap_or_default(),
        ..Header::default()
    });
    replay.begin(&mut header)?;
    if let Some(opened) = sink.opened() {
        header.start.tail_repaired = opened.tail_repaired;
        header.start.tail_ended = opened.tail_ended;
        header.start.follows.clone_from(&opened.follows);
    }
    let run = replay.run.clone().unwrap_or_else(run_id);
    let mut session = Session::new(&replay.outputs, run, &header)?;
    session.pipeline.set_portion(PORTION);
    session.pipeline.index_devices();
    begun();

    let until = replay
        .duration
        .and_then(|d| header.time.0.checked_add(d).ok());
    let mut last = header.time;
    let stop = loop {
        let Batch { inputs, mut end } = batch.up_to(until);
        let mut taken = session.feed(&inputs)?;
        while taken < inputs.len() && !session.is_full() {
            if write(&mut session, &mut sink, last)? == Reader::Gone {
                return session.abandon();
            }
            taken += session.feed(&inputs[taken..])?;
        }
        // Only a recording says when a live run went on with it.
        if !is_recording && session.pipeline.is_renaming() && !session.is_full() {
            let now = inputs.last().map_or(last, |input| input.time);
            session.feed(&[Input::control(now, ControlRecord::Slice(MAX_SLICE))])?;
        }
        if let Some(input) = inputs[..taken].last() {
            last = input.time;
        }
        let all_taken = taken == inputs.len();
        drop(inputs);
        if session.is_full() {
            if all_taken && end.is_none() {
                end = Batch::read(&mut capture, 1).up_to(until).end;
            }
            // If the recorded run ended here as well, its `stop` is kept.
            break match end {
                Some(End::Stop(time, stop)) if all_taken => {
                    last = time;
                    stop
                }
                _ => stopped(StopReason::Count),
            };
        }
        if session.lines.len() >= WRITE_SIZE
            && write(&mut session, &mut sink, last)? == Reader::Gone
        {
            return session.abandon();
        }
        match end {
            None => {}
            Some(End::Stop(time, stop)) => {
                last = time;
                break stop;
            }
            Some(End::Until) => break stopped(StopReason::Time),
            Some(End::File) => {
                if is_recording {
                    let file = file.display();
                    warn!(
                        "{file} has no `stop` record: it is truncated, or was rewritten by a tool that drops pcapng statistics blocks"
                    );
                }
                break Stop::default();
            }
            Some(End::Fault(error)) => {
                let _gone = session.flush(&mut sink, last)?;
                let _gone = sink.finish(None)?;
                return Err(error.into());
            }
        }
        batch = Batch::read(&mut capture, BATCH_SIZE);
    };
    while !is_recording && session.pipeline.is_renaming() && !session.is_full() {
        session.feed(&[Input::control(last, ControlRecord::Slice(MAX_SLICE))])?;
        if write(&mut session, &mut sink, last)? == Reader::Gone {
            return session.abandon();
        }
    }
    let mut stop = stop;
    stop.skipped.add(&capture.skipped());
    session.stop(stop, &mut sink, last, None, &|| {})?;
    report(&capture, file)
}

/// Writes the lines so far, and waits for their reader.
fn write(session: &mut Session, sink: &mut Sink, now: Time) -> Result<Reader, Error> {
    let _gone = session.flush(sink, now)?;
    sink.finish(None)
}

/// Logs what was skipped, where that may be a surprise.
///
/// # Errors
/// If the snapshot length of the capture cut packets.
fn report(capture: &capture::Reader, file: &Path) -> Result<(), Error> {
    let name = file.display();
    let skipped = capture.skipped();
    let mut found = Vec::new();
    for (number, what) in [
        (skipped.not_netlink, "packets that are not netlink"),
        (
            skipped.other_family,
            "messages of protocols that netlink does not have",
        ),
    ] {
        if number > 0 {
            found.push(format!("{number} {what}"));
        }
    }
    if !found.is_empty() {
        let found = found.join(" and ");
        warn!("{name}: skipped {found}; `stop` contains all counts");
    }
    if capture.in_doubt() > 0 {
        let number = capture.in_doubt();
        warn!(
            "{name}: {number} messages were taken for notifications and may be requests: the capture does not show their direction"
        );
    }
    match capture.truncated() {
        0 => Ok(()),
        packets => Err(Error::CutPackets {
            file: name.to_string(),
            packets,
        }),
    }
}

/// Inputs that are processed together.
struct Batch<'a> {
    inputs: Vec<Input<'a>>,
    /// Why no further input follows.
    end: Option<End>,
}

/// Why no further input is read.
enum End {
    /// The end of the file.
    File,
    /// The end of the recorded run.
    Stop(Time, Stop),
    /// The next input is later than requested.
    Until,
    Fault(capture::Error),
}

impl<'a> Batch<'a> {
    /// Reads at most `limit` inputs.
    fn read(capture: &'a mut capture::Reader, limit: usize) -> Self {
        let (inputs, end) = match capture.next_many(limit) {
            Ok(inputs) if inputs.is_empty() => (inputs, Some(End::File)),
            Ok(inputs) => (inputs, None),
            Err(error) => (Vec::new(), Some(End::Fault(error))),
        };
        Batch { inputs, end }
    }

    /// Keeps the inputs up to the end of the recorded run and the time `until`.
    fn up_to(mut self, until: Option<Timestamp>) -> Self {
        let is_later = |time: Time| until.is_some_and(|until| time.0 > until);
        let is_stop = |data: &InputData<'_>| matches!(data, InputData::Control(_, record) if matches!(**record, ControlRecord::Stop(_)));
        let is_end = |input: &Input<'_>| is_later(input.time) || is_stop(&input.data);
        let Some(at) = self.inputs.iter().position(is_end) else {
            return self;
        };
        let Input { time, data } = self.inputs.swap_remove(at);
        self.inputs.truncate(at);
        self.end = Some(End::Until);
        if let InputData::Control(_, record) = data
            && let ControlRecord::Stop(stop) = *record
            && !is_later(time)
        {
            self.end = Some(End::Stop(time, stop));
        }
        self
    }
}

fn stopped(reason: StopReason) -> Stop {
    Stop {
        reason,
        ..Stop::default()
    }
}

impl Replay {
    /// Changes the header of the recording into that of this run.
    ///
    /// # Errors
    /// If the value of a filter is invalid, or if no event can pass.
    fn begin(&self, header: &mut Header) -> Result<(), Error> {
        let start = &mut header.start;
        start.tool = env!("CARGO_PKG_NAME").to_owned();
        start.version = env!("CARGO_PKG_VERSION").to_owned();
        let settings = &mut start.settings;
        if self.kinds.is_some() {
            settings.kinds.clone_from(&self.kinds);
        }
        if let Some(with) = &self.with {
            settings.with.clone_from(with);
        }
        if header.redacted && settings.with.contains(&Part::Secrets) {
            warn!("--with secrets: the recording has none, they were set to zero when it was made");
            settings.with.retain(|part| *part != Part::Secrets);
        }
        if self.outputs.record.is_some() && !settings.with.contains(&Part::Secrets) {
            header.redacted = true;
        }
        settings.filters.extend(self.filters.clone());
        filter::prepare(settings, &Names::from(&header.names), false)?;
        settings.snapshot |= self.snapshot;
        settings.count = self.count.or(settings.count);
        settings.max_line = self.max_line.or(settings.max_line);
        Ok(())
    }
}
