//! The replay: the inputs of a file through the same pipeline.

use std::path::Path;

use jiff::Timestamp;
use log::warn;

use super::session::Session;
use super::{Outputs, open, run_id};
use crate::capture;
use crate::error::Error;
use crate::event::Kind;
use crate::event::meta::{Part, Stop, StopReason};
use crate::event::values::Time;
use crate::input::{ControlRecord, Header, Input, InputData};
use crate::sink::Reader;

/// What a replay is asked for. What is left out is as it was recorded.
#[derive(Clone, Debug, Default)]
pub struct Replay {
    pub outputs: Outputs,
    pub kinds: Option<Vec<Kind>>,
    pub with: Option<Vec<Part>>,
    pub snapshot: bool,
    pub count: Option<u64>,
    /// Longer lines are cut, bytes.
    pub max_line: Option<u64>,
    /// Stop where so much of the recorded time is over.
    pub duration: Option<jiff::SignedDuration>,
    /// The id of the run; a random one without.
    pub run: Option<String>,
}

/// Bytes of lines that are handed over at once.
const WRITE_SIZE: usize = 64 * 1024;
/// Inputs that are read, and told, together.
const TOGETHER: usize = 64;

/// Replays one file; `-` is the standard input.
///
/// # Errors
/// Where the file cannot be read to its end (the events before the fault are written), or the
/// output or the recording fails.
pub fn run(replay: &Replay, file: &Path) -> Result<(), Error> {
    let mut capture = capture::open(file)?;
    let mut sink = open(&replay.outputs)?;
    let recorded = capture.header().cloned();
    let ours = recorded.is_some();
    let mut batch = Batch::read(&mut capture, TOGETHER);
    // A foreign capture begins with its first datagram.
    let mut header = recorded.unwrap_or_else(|| Header {
        time: batch
            .inputs
            .first()
            .map(|input| input.time)
            .unwrap_or_default(),
        ..Header::default()
    });
    replay.begin(&mut header);
    if let Some(opened) = sink.opened() {
        header.start.tail_repaired = opened.tail_repaired;
        header.start.follows.clone_from(&opened.follows);
    }
    let run = replay.run.clone().unwrap_or_else(run_id);
    let mut session = Session::new(&replay.outputs, run, &header)?;

    let until = replay
        .duration
        .and_then(|d| header.time.0.checked_add(d).ok());
    let mut last = header.time;
    let stop = loop {
        let Batch { inputs, mut end } = batch.up_to(until);
        let taken = session.feed(&inputs)?;
        if let Some(input) = inputs[..taken].last() {
            last = input.time;
        }
        let told = taken == inputs.len();
        drop(inputs);
        if session.is_full() {
            if told && end.is_none() {
                end = Batch::read(&mut capture, 1).up_to(until).end;
            }
            // The recorded run may have ended here too, for the same reason.
            break match end {
                Some(End::Stop(time, stop)) if told => {
                    last = time;
                    stop
                }
                _ => because(StopReason::Count),
            };
        }
        if session.lines.len() >= WRITE_SIZE {
            let _gone = session.flush(&mut sink, last)?;
            if sink.finish(None)? == Reader::Gone {
                return session.abandon();
            }
        }
        match end {
            None => {}
            Some(End::Stop(time, stop)) => {
                last = time;
                break stop;
            }
            Some(End::Until) => break because(StopReason::Time),
            Some(End::File) => {
                if ours {
                    let file = file.display();
                    warn!(
                        "{file} ends without the end of its run: it was cut short, or copied by a tool that left out what it does not know"
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
        batch = Batch::read(&mut capture, TOGETHER);
    };
    session.stop(stop, &mut sink, last, None)
}

/// Inputs that are told together.
struct Batch<'a> {
    inputs: Vec<Input<'a>>,
    /// Why none follows.
    end: Option<End>,
}

/// Why nothing more is read.
enum End {
    /// The file is at its end.
    File,
    /// The run is.
    Stop(Time, Stop),
    /// What follows happened later.
    Until,
    Fault(capture::Error),
}

impl<'a> Batch<'a> {
    /// Reads at most so many inputs.
    fn read(capture: &'a mut capture::Reader, most: usize) -> Self {
        let (inputs, end) = match capture.next_many(most) {
            Ok(inputs) if inputs.is_empty() => (inputs, Some(End::File)),
            Ok(inputs) => (inputs, None),
            Err(error) => (Vec::new(), Some(End::Fault(error))),
        };
        Batch { inputs, end }
    }

    /// Those before the end of the recorded run, and not later.
    fn up_to(mut self, until: Option<Timestamp>) -> Self {
        let recheck_neighbours_at = |time: Time| until.is_some_and(|until| time.0 > until);
        let is_stop = |what: &InputData<'_>| matches!(what, InputData::Control(mark) if matches!(**mark, ControlRecord::Stop(_)));
        let is_end = |input: &Input<'_>| recheck_neighbours_at(input.time) || is_stop(&input.what);
        let Some(at) = self.inputs.iter().position(is_end) else {
            return self;
        };
        let Input { time, what } = self.inputs.swap_remove(at);
        self.inputs.truncate(at);
        self.end = Some(End::Until);
        if let InputData::Control(mark) = what
            && let ControlRecord::Stop(stop) = *mark
            && !recheck_neighbours_at(time)
        {
            self.end = Some(End::Stop(time, stop));
        }
        self
    }
}

fn because(reason: StopReason) -> Stop {
    Stop {
        reason,
        ..Stop::default()
    }
}

impl Replay {
    /// Changes how the recording began into how this run begins.
    fn begin(&self, header: &mut Header) {
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
        settings.snapshot |= self.snapshot;
        settings.count = self.count.or(settings.count);
        settings.max_line = self.max_line.or(settings.max_line);
    }
}
