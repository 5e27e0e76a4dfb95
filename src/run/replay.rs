//! The replay: the inputs of a file through the same pipeline.

use std::path::Path;

use super::{Outputs, Session, open, run_id};
use crate::capture::read::Reader as Capture;
use crate::error::Error;
use crate::event::Kind;
use crate::event::meta::{Part, Start, Stop, StopReason};
use crate::event::values::Time;
use crate::input::{Header, Input, Mark, What};
use crate::sink::Reader;

/// What a replay is asked for. What is left out is as it was recorded.
#[derive(Clone, Debug, Default)]
pub struct Replay {
    pub outputs: Outputs,
    pub kinds: Option<Vec<Kind>>,
    pub with: Option<Vec<Part>>,
    pub snapshot: bool,
    pub count: Option<u64>,
    /// Stop where so much of the recorded time is over.
    pub duration: Option<jiff::SignedDuration>,
    /// The id of the run; a random one without.
    pub run: Option<String>,
}

/// Bytes of lines that are handed over at once.
const BATCH: usize = 64 * 1024;

/// Replays one file; `-` is the standard input.
///
/// # Errors
/// Where the file cannot be read to its end (the events before the fault are written), or the
/// output or the recording fails.
pub fn run(replay: &Replay, file: &Path) -> Result<(), Error> {
    let mut capture = Capture::open(file)?;
    let mut sink = open(&replay.outputs)?;
    let recorded = capture.header().cloned();
    // A foreign capture begins with its first datagram.
    let first = capture.next()?;
    let mut header = recorded.unwrap_or_else(|| Header {
        time: first
            .as_ref()
            .map_or_else(Time::default, |input| input.time),
        start: Start::default(),
        names: crate::names::Recorded::default(),
    });
    replay.begin(&mut header);
    let run = replay.run.clone().unwrap_or_else(run_id);
    let mut session = Session::new(&replay.outputs, run, &header)?;

    let end = replay
        .duration
        .and_then(|d| header.time.0.checked_add(d).ok());
    let mut last = header.time;
    let mut stop = Stop::default();
    let mut next = first;
    while let Some(input) = next {
        if end.is_some_and(|end| input.time.0 > end) {
            stop.reason = StopReason::Time;
            break;
        }
        last = input.time;
        if let What::Mark(Mark::Stop(recorded)) = &input.what {
            stop = recorded.clone();
            break;
        }
        session.feed(&input)?;
        if session.is_full() {
            stop.reason = StopReason::Count;
            break;
        }
        if session.lines.len() >= BATCH {
            let _gone = session.flush(&mut sink, last)?;
            if sink.finish(None)? == Reader::Gone {
                return Ok(());
            }
        }
        match capture.next() {
            Ok(input) => next = input,
            Err(error) => {
                let _gone = session.flush(&mut sink, last)?;
                let _gone = sink.finish(None)?;
                return Err(error.into());
            }
        }
    }
    session.feed(&Input {
        time: last,
        what: What::Mark(Mark::Stop(stop)),
    })?;
    let _gone = session.flush(&mut sink, last)?;
    let _gone = sink.finish(None)?;
    Ok(())
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
    }
}
