//! Lines that are missing, by their numbers.

use crate::event::Kind;
use crate::event::meta::Gap;
use crate::event::values::Time;
use crate::lines::{Line, LineFault};

/// Finds lines that are missing.
#[derive(Debug, Default)]
pub struct Holes {
    run: String,
    last: u64,
    /// Numbers before and after missing lines, and the time of the latter, until the line after that is
    /// known: a `gap` may explain them.
    open: Option<(u64, u64, Time)>,
}

impl Holes {
    /// Returns what is missing before the line before this one, and the time of that line.
    ///
    /// # Errors
    /// If a `gap` line has no content of one.
    pub fn find(&mut self, line: &Line<'_>) -> Result<Option<(Time, String)>, LineFault> {
        let is_same = self.run == *line.run;
        let mut found = None;
        if let Some((last, next, time)) = self.open.take() {
            let explains = line.kind == Some(Kind::Meta) && &*line.op_name == "gap" && is_same && {
                let gap: Gap = line.meta()?;
                gap.lost == Some(next - last - 1)
            };
            if !explains {
                found = Some((time, missing(&self.run, last, next)));
            }
        }
        if is_same && line.seq > self.last.saturating_add(1) {
            self.open = Some((self.last, line.seq, line.time));
        }
        if !is_same {
            self.run = line.run.clone().into_owned();
        }
        self.last = line.seq;
        Ok(found)
    }
}

fn missing(run: &str, last: u64, next: u64) -> String {
    match next - last - 1 {
        1 => format!("1 line is missing: seq {} of run {run}", last + 1),
        number => format!(
            "{number} lines are missing: seq {} to {} of run {run}",
            last + 1,
            next - 1
        ),
    }
}
