//! What the screen shows: the statistics of the lines, and the last changes.

use std::collections::VecDeque;
use std::time::Duration;

use jiff::Timestamp;

use super::super::line_filter::LineFilter;
use super::TopQuery;
use crate::escape::Escaped;
use crate::event::Kind;
use crate::event::values::Time;
use crate::lines::{Line, LineFault};
use crate::stats::{Detail, Holes, Stats};

/// Number of changes that are kept.
const CHANGES: usize = 500;
/// Length of a line that is kept, bytes; of a longer one only the beginning is shown.
const LINE: usize = 32 << 10;
/// A line that is not older than this is of now.
const RECENT: Duration = Duration::from_secs(15);

/// A change.
#[derive(Clone, Debug)]
pub(super) enum Change {
    /// The line.
    Line(Box<str>),
    /// The time and a text: a line that is too long, or one about the lines themselves.
    Text(Time, String),
}

/// How far the lines are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// There is more to read.
    Behind,
    /// Everything is read, and more may follow.
    Live,
    Ended,
}

#[derive(Debug)]
pub(super) struct Model {
    pub stats: Stats,
    pub changes: VecDeque<Change>,
    pub reading: Reading,
    /// The last message of the run, or about the lines.
    pub message: Option<String>,
    /// Time of the last line.
    pub last: Option<Time>,
    filter: LineFilter,
    holes: Holes,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    /// A run of this program, without which there is nothing to see.
    has_run: bool,
    /// Why the lines end.
    pub failure: Option<String>,
}

impl Model {
    pub(super) fn new(query: &TopQuery, filter: LineFilter) -> Self {
        Model {
            stats: Stats::new(Detail::All),
            changes: VecDeque::new(),
            reading: Reading::Behind,
            message: None,
            last: None,
            filter,
            holes: Holes::default(),
            since: query.since,
            until: query.until,
            has_run: query.files.is_empty(),
            failure: None,
        }
    }

    /// The time up to which rates are measured: now, or that of the last line if lines of the past are read.
    pub(super) fn now(&self) -> Time {
        let now = Time(Timestamp::now());
        let Some(last) = self.last else { return now };
        let age = Duration::try_from(now.0.duration_since(last.0)).unwrap_or_default();
        match self.reading {
            Reading::Live => now,
            Reading::Behind if age < RECENT => now,
            _ => last,
        }
    }

    /// Takes a line.
    ///
    /// # Errors
    /// If a member has a wrong type.
    pub(super) fn take(&mut self, line: &Line<'_>) -> Result<(), LineFault> {
        if let Some((time, hole)) = self.holes.find(line)?
            && self.is_in(time)
        {
            self.stats.hole();
            self.change(Change::Text(time, hole));
        }
        if !self.is_in(line.time) {
            return Ok(());
        }
        self.last = self.last.max(Some(line.time));
        let is_selected = self.filter.selects(line)?;
        self.stats.take(line, is_selected)?;
        // A run that restarts is no event of the network.
        if is_selected {
            let text = String::from_utf8_lossy(line.text);
            let change = match text.len() {
                ..=LINE => Change::Line(text.into()),
                _ => {
                    let kind = line.kind.map_or("", Kind::name);
                    let text = format!("{kind} {}: a line of {} bytes", line.op_name, text.len());
                    Change::Text(line.time, Escaped(text).to_string())
                }
            };
            self.change(change);
        }
        Ok(())
    }

    fn change(&mut self, change: Change) {
        if self.changes.len() == CHANGES {
            self.changes.pop_front();
        }
        self.changes.push_back(change);
    }

    fn is_in(&self, time: Time) -> bool {
        let is_before = self.since.is_some_and(|since| time.0 < since);
        !is_before && self.until.is_none_or(|until| time.0 <= until)
    }

    /// Begins to count again, with this filter or the former one.
    pub(super) fn restart(&mut self, filter: Option<LineFilter>) {
        self.stats = Stats::new(Detail::All);
        self.changes.clear();
        if let Some(filter) = filter {
            self.filter = filter;
        }
    }

    pub(super) fn note_live(&mut self) {
        self.reading = Reading::Live;
    }

    pub(super) fn note_message(&mut self, message: &str) {
        self.message = Some(Escaped(message.trim()).to_string());
    }

    /// The lines have ended.
    pub(super) fn end(&mut self) {
        self.reading = Reading::Ended;
    }

    /// The lines cannot be read. Of files what was read stays on the screen.
    pub(super) fn fail(&mut self, message: &str) {
        self.failure = Some(Escaped(message).to_string());
        self.reading = Reading::Ended;
    }

    /// The run has ended, and its last message says why.
    pub(super) fn end_of_run(&mut self) {
        let message = self.message.clone();
        self.failure.get_or_insert_with(|| {
            let why = message.unwrap_or_else(|| "it was stopped".to_owned());
            format!(
                "the run has ended: {}",
                why.trim_start_matches("nlstream: error: ")
            )
        });
        self.reading = Reading::Ended;
    }

    /// Returns true if nothing more can be seen.
    pub(super) fn must_end(&self) -> bool {
        self.has_run && self.reading == Reading::Ended
    }

    pub(super) fn take_failure(&mut self) -> Option<String> {
        self.failure.take()
    }
}
