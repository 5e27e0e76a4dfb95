//! `nlstream log`: what happened in a time, from lines: a timeline for people, in which changes of one
//! object in quick succession are one entry, or the lines themselves.

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
use crate::event::values::Time;
use crate::lines::{self, Line, LineFault, LinesError, Order};
use crate::sink;
use crate::stats::{Bursts, Detail, Entry, Holes, Stats, Summary};
use crate::text::Printer;

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
    stats: Stats,
    holes: Holes,
}

impl<'a> Timeline<'a> {
    fn new(query: &'a LogQuery) -> Self {
        Timeline {
            query,
            printer: printer(&query.format),
            bursts: Bursts::new(query.burst),
            stats: Stats::new(Detail::Summary),
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
            self.stats.hole();
            self.note(time, &hole, out);
        }
        if !self.is_in(line.time) {
            return Ok(());
        }
        // Also of lines that are not shown: flaps and gaps are those of all lines in this time.
        let is_selected = filter.selects(line)?;
        self.stats.take(line, is_selected)?;
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
            out.extend_from_slice(Summary(&self.stats).to_string().as_bytes());
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
