//! The replay: the inputs of a file through the same pipeline.

use std::path::Path;

use log::warn;

use super::session::Session;
use super::{Outputs, open, run_id};
use crate::capture;
use crate::error::Error;
use crate::event::Kind;
use crate::event::meta::{Part, Start, Stop, StopReason};
use crate::event::values::Time;
use crate::input::{Header, Mark, What};
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
const BATCH: usize = 64 * 1024;

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
    if let Some(opened) = sink.opened() {
        header.start.tail_repaired = opened.tail_repaired;
        header.start.follows.clone_from(&opened.follows);
    }
    let run = replay.run.clone().unwrap_or_else(run_id);
    let mut session = Session::new(&replay.outputs, run, &header)?;

    let end = replay
        .duration
        .and_then(|d| header.time.0.checked_add(d).ok());
    let mut last = header.time;
    let mut stop = None;
    let mut next = first;
    while let Some(input) = next {
        if end.is_some_and(|end| input.time.0 > end) {
            stop = Some(because(StopReason::Time));
            break;
        }
        last = input.time;
        if let What::Mark(Mark::Stop(recorded)) = &input.what {
            stop = Some(recorded.clone());
            break;
        }
        session.feed(&input)?;
        if session.is_full() {
            stop = Some(because(StopReason::Count));
            // The recorded run ended here too, for the same reason.
            if let Ok(Some(input)) = capture.next()
                && let What::Mark(Mark::Stop(recorded)) = &input.what
            {
                (last, stop) = (input.time, Some(recorded.clone()));
            }
            break;
        }
        if session.lines.len() >= BATCH {
            let _gone = session.flush(&mut sink, last)?;
            if sink.finish(None)? == Reader::Gone {
                return session.abandon();
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
    if stop.is_none() && ours {
        let file = file.display();
        warn!(
            "{file} ends without the end of its run: it was cut short, or copied by a tool that left out what it does not know"
        );
    }
    session.stop(stop.unwrap_or_default(), &mut sink, last, None)
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
