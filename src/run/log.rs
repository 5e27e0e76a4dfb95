//! `nlstream log`: what happened in a time, from lines: a timeline for people, in which changes of one
//! object in quick succession are one entry, or the lines themselves.

mod burst;
mod summary;

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;

use super::files::Files;
use super::line_filter::{LineFilter, LineOptions};
use super::render::printer;
use super::state::open;
use crate::encode::Format;
use crate::error::Error;
use crate::escape;
use crate::event::Kind;
use crate::event::meta::Gap;
use crate::event::values::Time;
use crate::lines::{self, Line, LineFault, LinesError, Order};
use crate::sink;
use crate::text::Printer;
use burst::{Bursts, Entry};
use summary::Summary;

/// The options of `nlstream log`.
#[derive(Clone, Debug)]
pub struct LogQuery {
    /// The files with the lines, oldest first; `-` is the standard input.
    pub files: Vec<PathBuf>,
    /// Limits of the time.
    pub since: Option<Timestamp>,
    pub until: Option<Timestamp>,
    /// The lines that are shown.
    pub lines: LineOptions,
    pub format: Format,
    /// Time without a change of the object after which a burst has ended; `None`: each line is shown.
    pub burst: Option<Duration>,
    /// Ends with counts.
    pub summary: bool,
}

/// Prints the lines.
///
/// # Errors
/// If the lines cannot be read.
pub fn run(query: &LogQuery) -> Result<(), Error> {
    let filter = LineFilter::new(&query.lines)?;
    let mut files = Files::default();
    for path in &query.files {
        files.input(path);
    }
    files.output(None).check()?;
    let mut order = Order::default();
    let mut failure = None;
    sink::print(|out| {
        let mut timeline = Timeline::new(query);
        let mut record = Vec::new();
        'files: for path in &query.files {
            let mut written = Ok(());
            let mut take = |line: &Line<'_>| -> Result<ControlFlow<()>, LineFault> {
                timeline.take(line, &filter, &mut record)?;
                written = out.write_all(&record);
                record.clear();
                Ok(match written {
                    Ok(()) => ControlFlow::Continue(()),
                    Err(_) => ControlFlow::Break(()),
                })
            };
            let read = open(path).map(|input| lines::each(input, &mut order, &mut take));
            written?;
            if let Err(source) = read.map_err(LinesError::Read).and_then(|read| read) {
                let path = path.clone();
                failure = Some(Error::Lines { path, source });
                break 'files;
            }
        }
        timeline.end(failure.is_none(), &mut record);
        out.write_all(&record)
    })?;
    failure.map_or(Ok(()), Err)
}

/// The lines that are shown, in order.
struct Timeline<'a> {
    query: &'a LogQuery,
    printer: Option<Printer>,
    bursts: Bursts,
    summary: Summary,
    holes: Holes,
}

impl<'a> Timeline<'a> {
    fn new(query: &'a LogQuery) -> Self {
        Timeline {
            query,
            printer: printer(&query.format),
            bursts: Bursts::new(query.burst),
            summary: Summary::default(),
            holes: Holes::default(),
        }
    }

    /// Appends what can be shown now.
    fn take(
        &mut self,
        line: &Line<'_>,
        filter: &LineFilter,
        out: &mut Vec<u8>,
    ) -> Result<(), LineFault> {
        if let Some((time, hole)) = self.holes.find(line)?
            && self.is_in(time)
        {
            self.summary.hole();
            self.note(time, &hole, out);
        }
        if !self.is_in(line.time) {
            return Ok(());
        }
        // Also of lines that are not shown: flaps and gaps are those of all lines in this time.
        let is_selected = filter.selects(line)?;
        self.summary.take(line, is_selected)?;
        if !is_selected {
            return Ok(());
        }
        let Some(printer) = &mut self.printer else {
            out.extend_from_slice(escape::json(&String::from_utf8_lossy(line.text)).as_bytes());
            out.push(b'\n');
            return Ok(());
        };
        for entry in self.bursts.push(line)? {
            write(printer, &entry, out);
        }
        Ok(())
    }

    /// Returns true if it is a time that is shown.
    fn is_in(&self, time: Time) -> bool {
        let is_before = self.query.since.is_some_and(|since| time.0 < since);
        !is_before && self.query.until.is_none_or(|until| time.0 <= until)
    }

    /// A line of text about the lines themselves.
    fn note(&mut self, time: Time, text: &str, out: &mut Vec<u8>) {
        let Some(printer) = &mut self.printer else {
            return;
        };
        for entry in self.bursts.flush(time) {
            write(printer, &entry, out);
        }
        out.extend_from_slice(format!("-- {text}\n").as_bytes());
    }

    fn end(&mut self, is_whole: bool, out: &mut Vec<u8>) {
        let Some(printer) = &mut self.printer else {
            return;
        };
        for entry in self.bursts.end() {
            write(printer, &entry, out);
        }
        if self.query.summary && is_whole {
            out.extend_from_slice(self.summary.to_string().as_bytes());
        }
    }
}

/// Writes an entry: its last line, and the number of its lines if there are several.
fn write(printer: &mut Printer, entry: &Entry, out: &mut Vec<u8>) {
    let mut printed = printer.line(&entry.line).unwrap_or_default();
    if let (Some(last), Some(count)) = (printed.last_mut(), entry.count()) {
        *last += &format!(" ({count})");
    }
    for line in printed {
        out.extend_from_slice(line.as_bytes());
        out.push(b'\n');
    }
}

/// Finds lines that are missing.
#[derive(Default)]
struct Holes {
    run: String,
    last: u64,
    /// Numbers before and after missing lines, and the time of the latter, until the line after that is
    /// known: a `gap` may explain them.
    open: Option<(u64, u64, Time)>,
}

impl Holes {
    /// Returns what is missing before the line before this one, and the time of that line.
    fn find(&mut self, line: &Line<'_>) -> Result<Option<(Time, String)>, LineFault> {
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
