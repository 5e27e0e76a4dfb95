//! Where a line stands among those read before: log shippers deliver at least once, and a user may name
//! files in the wrong order.

use std::collections::BTreeMap;

use super::Start;
use super::line::{Line, LineFault, LineOp};
use crate::event::values::Time;

/// Where a line stands among those read before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The next line of the run, possibly after a hole.
    Next,
    /// It was read before.
    Repeated,
    /// The first line of another run.
    NewRun,
    /// Older than lines that were read.
    Disorder,
}

/// The run of the last line.
#[derive(Debug)]
struct Run {
    id: String,
    /// Numbers of its first and its last line.
    first: u64,
    last: u64,
    /// Time of its last line.
    time: Time,
}

/// The lines that were read.
#[derive(Debug, Default)]
pub struct Order {
    run: Option<Run>,
    /// First and last number of the runs before.
    earlier: BTreeMap<String, (u64, u64)>,
}

impl Order {
    /// Compares a line with those before, and counts it among them unless it was read before or is older.
    /// `is_first`: it is the first of its file.
    ///
    /// # Errors
    /// If it is a `start` line without the content of one.
    pub fn place(&mut self, line: &Line<'_>, is_first: bool) -> Result<Place, LineFault> {
        let place = self.find(line, is_first)?;
        match place {
            Place::Repeated | Place::Disorder => {}
            Place::Next => {
                if let Some(run) = &mut self.run {
                    (run.last, run.time) = (line.seq, line.time);
                }
            }
            Place::NewRun => {
                let run = Run {
                    id: line.run.clone().into_owned(),
                    first: line.seq,
                    last: line.seq,
                    time: line.time,
                };
                if let Some(run) = self.run.replace(run) {
                    self.earlier.insert(run.id, (run.first, run.last));
                }
            }
        }
        Ok(place)
    }

    fn find(&self, line: &Line<'_>, is_first: bool) -> Result<Place, LineFault> {
        if let Some((first, last)) = self.earlier.get(&*line.run) {
            return Ok(match (*first..=*last).contains(&line.seq) {
                true => Place::Repeated,
                false => Place::Disorder,
            });
        }
        let Some(run) = &self.run else {
            return Ok(Place::NewRun);
        };
        if run.id == *line.run {
            return Ok(match line.seq {
                seq if seq < run.first => Place::Disorder,
                seq if seq <= run.last => Place::Repeated,
                _ => Place::Next,
            });
        }
        // The clock may have been set back between two runs: their order is certain if the second
        // began in the file of the first.
        if is_first && line.time < run.time {
            let follows = match line.op {
                LineOp::Start => line.meta::<Start>()?.follows,
                _ => None,
            };
            if follows.is_none_or(|follows| follows.run != run.id) {
                return Ok(Place::Disorder);
            }
        }
        Ok(Place::NewRun)
    }
}
