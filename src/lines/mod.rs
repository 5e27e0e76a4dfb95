//! Reads lines that nlstream wrote, for `state`, `log` and `exec`: parses them, names what is wrong with
//! a file that has none, and finds lines that were read before.

mod input;
mod line;
mod order;

use std::io::{self, BufRead};
use std::ops::ControlFlow;

use serde::Deserialize;
use thiserror::Error;

pub use input::{Ending, LONGEST, foreign, is_torn, next};
pub use line::{Line, LineFault, LineOp, Members};
pub use order::{Order, Place};

/// Lines that cannot be read.
#[derive(Debug, Error)]
pub enum LinesError {
    /// The error of read(2), or of decompression.
    #[error("cannot read the lines: {0}")]
    Read(#[from] io::Error),
    /// The file has no lines of nlstream: what it is, and what to do with it.
    #[error("not lines of nlstream, but {0}")]
    Foreign(&'static str),
    /// The number of the line, from 1, and what is wrong with it.
    #[error("line {0} {1}")]
    Line(u64, LineFault),
    /// The number of a line that is implausibly long.
    #[error("line {0} is longer than {max} bytes: this is no file of nlstream", max = LONGEST)]
    TooLong(u64),
    /// The number of a line that is older than lines already read, its run and its `seq`.
    #[error(
        "line {0} (run {1}, seq {2}) is older than lines already read; name the files in the order in which they were written, oldest first"
    )]
    Disorder(u64, String, u64),
}

/// What a `start` line tells of the lines before it.
#[derive(Debug, Deserialize)]
struct Start {
    follows: Option<Follows>,
    tail_ended: Option<u64>,
}

#[derive(Debug, Deserialize)]
struct Follows {
    run: String,
}

/// Calls `take` with each line of an input that was not read before, until it returns a value: that is
/// returned, and `None` at the end of the lines. `order`: the lines read so far, of earlier inputs too.
///
/// # Errors
/// If the lines cannot be read or parsed, or were written before lines already read. A last line
/// without its newline is ignored if it is incomplete.
pub fn each<T>(
    mut input: impl BufRead,
    order: &mut Order,
    mut take: impl FnMut(&Line<'_>) -> Result<ControlFlow<T>, LineFault>,
) -> Result<Option<T>, LinesError> {
    if let Some(name) = foreign(input.fill_buf()?) {
        return Err(LinesError::Foreign(name));
    }
    let mut text = Vec::new();
    let mut is_first = true;
    // A line that is no JSON. It is permitted before a `start` line that tells of it.
    let mut torn: Option<LinesError> = None;
    for number in 1.. {
        let ending = next(&mut input, &mut text)?;
        match ending {
            Ending::Nothing => break,
            Ending::TooLong => return Err(LinesError::TooLong(number)),
            Ending::Newline | Ending::Torn => {}
        }
        if text.trim_ascii().is_empty() {
            continue;
        }
        let fault = |fault| LinesError::Line(number, fault);
        let line = match Line::parse(&text) {
            Ok(line) => line,
            Err(LineFault::Json(_)) if ending == Ending::Torn && is_torn(&text) => break,
            Err(error @ LineFault::Json(_)) if torn.is_none() && is_torn(&text) => {
                torn = Some(fault(error));
                continue;
            }
            Err(error) => return Err(torn.unwrap_or(fault(error))),
        };
        if let Some(torn) = torn.take() {
            let is_start = line.op == LineOp::Start;
            if !is_start || line.meta::<Start>().map_err(fault)?.tail_ended.is_none() {
                return Err(torn);
            }
        }
        let place = order.place(&line, is_first).map_err(fault)?;
        is_first = false;
        match place {
            Place::Repeated => continue,
            Place::Disorder => {
                return Err(LinesError::Disorder(
                    number,
                    line.run.into_owned(),
                    line.seq,
                ));
            }
            Place::Next | Place::NewRun => {}
        }
        if let ControlFlow::Break(value) = take(&line).map_err(fault)? {
            return Ok(Some(value));
        }
    }
    torn.map_or(Ok(None), Err)
}
