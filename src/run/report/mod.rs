//! `nlstream report`: what happened in a time, from lines, as one HTML file that needs no network: its
//! events, statistics and the objects at any moment, as compressed JSON, and the scripts that show them.

mod data;
mod known;
mod page;
mod records;

use std::io::{self, Write as _};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use log::info;
use rustix::fs::OFlags;

use super::files::Files;
use super::line_filter::{LineFilter, LineOptions};
use super::state::open;
use crate::error::Error;
use crate::event::Kind;
use crate::event::values::Time;
use crate::file::{Draft, FolderPolicy, Place, Refusal};
use crate::lines::{self, Line, LineFault, LinesError, Order};
use crate::sink;
use crate::stats::{Bursts, Detail, Entry, Holes, Stats};
use known::Known;
use records::Records;

/// The options of `nlstream report`.
#[derive(Clone, Debug)]
pub struct ReportQuery {
    /// The files with the lines, oldest first; `-` is the standard input.
    pub files: Vec<PathBuf>,
    /// The file for the page; `None` for the standard output.
    pub output: Option<PathBuf>,
    /// A file that has content is replaced.
    pub force: bool,
    /// The folders that are accepted for the file.
    pub folders: FolderPolicy,
    /// Limits of the time.
    pub since: Option<Timestamp>,
    pub until: Option<Timestamp>,
    /// The lines that are events of the report.
    pub lines: LineOptions,
    /// The options that select them, as words.
    pub selection: Vec<String>,
}

/// Number of bursts in the report.
const BURSTS: usize = 200;
/// Number of places with missing lines in the report.
const HOLES: usize = 1000;
/// Time without a change of an object after which its burst has ended.
const BURST_PAUSE: Duration = Duration::from_secs(1);
/// Name that is appended while the page is written.
const PART: &str = ".part";

/// Writes the report.
///
/// # Errors
/// If the lines cannot be read, or the file cannot be written.
pub fn run(query: &ReportQuery) -> Result<(), Error> {
    let filter = LineFilter::new(&query.lines)?;
    let mut files = Files::default();
    for path in &query.files {
        files.input(path);
    }
    files.output(query.output.as_ref()).check()?;
    // Before the lines are read, which may take a while.
    if let Some(path) = &query.output {
        destination(path, query).map_err(|source| cannot_write(path, source))?;
    }
    let mut order = Order::default();
    let mut report = Report::new(query);
    for path in &query.files {
        let take = |line: &Line<'_>| -> Result<ControlFlow<()>, LineFault> {
            report.take(line, &filter)?;
            Ok(ControlFlow::Continue(()))
        };
        let read = open(path).map(|input| lines::each(input, &mut order, take));
        if let Err(source) = read.map_err(LinesError::Read).and_then(|read| read) {
            let path = path.clone();
            return Err(Error::Lines { path, source });
        }
    }
    report.end();
    let events = report.stats.events;
    let page = page::write(&report).map_err(Error::Encode)?;
    match &query.output {
        None => sink::print(|out| out.write_all(&page))?,
        Some(path) => {
            replace(path, query, &page).map_err(|source| cannot_write(path, source))?;
            info!(
                "{}: {events} events, {} KiB",
                path.display(),
                page.len().div_ceil(1024)
            );
        }
    }
    Ok(())
}

fn cannot_write(path: &Path, source: io::Error) -> Error {
    let path = path.to_owned();
    Error::OpenOutput { path, source }
}

/// Returns where the page is written. An empty file is replaced as by redirection.
///
/// # Errors
/// If there is anything but a regular file, or a file with content without `--force`.
fn destination(path: &Path, query: &ReportQuery) -> io::Result<Destination> {
    let place = Place::resolve(path, query.folders)?;
    place.folder().check_length(place.name(), PART)?;
    let Some(existing) = place.open(OFlags::RDONLY)? else {
        return Ok(Destination {
            place,
            attributes: None,
        });
    };
    if place.is_magic() || !existing.is_regular {
        let (file, found) = (place.path(), "a device or a pipe");
        return Err(Refusal::NotRegular { file, found }.into());
    }
    if !query.force && existing.file.metadata()?.len() > 0 {
        return Err(io::Error::new(
            io::ErrorKind::AlreadyExists,
            "the file exists and is not empty",
        ));
    }
    Ok(Destination {
        attributes: Some(existing.attributes()),
        place,
    })
}

struct Destination {
    place: Place,
    /// Those of the file that is replaced.
    attributes: Option<crate::file::Attributes>,
}

/// Writes the page to a new file, which takes the place of an existing one when it is complete.
fn replace(path: &Path, query: &ReportQuery, page: &[u8]) -> io::Result<()> {
    // The file may have appeared since.
    let Destination { place, attributes } = destination(path, query)?;
    let name = place.name_with(PART);
    let draft = Draft::create(place.folder(), name, attributes.as_ref())?;
    draft.file().write_all(page)?;
    draft.publish(place.name(), attributes.is_some())?;
    Ok(())
}

/// What the page shows.
struct Report<'a> {
    query: &'a ReportQuery,
    stats: Stats,
    records: Records,
    known: Known,
    holes: Holes,
    missing: Vec<(Time, String)>,
    bursts: Bursts,
    /// The bursts with the most changes.
    largest: Vec<Entry>,
}

impl<'a> Report<'a> {
    fn new(query: &'a ReportQuery) -> Self {
        Report {
            query,
            stats: Stats::new(Detail::All),
            records: Records::default(),
            known: Known::default(),
            holes: Holes::default(),
            missing: Vec::new(),
            bursts: Bursts::new(Some(BURST_PAUSE)),
            largest: Vec::new(),
        }
    }

    fn take(&mut self, line: &Line<'_>, filter: &LineFilter) -> Result<(), LineFault> {
        if let Some((time, hole)) = self.holes.find(line)?
            && self.is_in(time)
        {
            self.stats.hole();
            if self.missing.len() < HOLES {
                self.missing.push((time, hole));
            }
        }
        if self.query.until.is_some_and(|until| line.time.0 > until) {
            return Ok(());
        }
        let mark = self.known.take(line, self.records.next())?;
        let is_in = self.is_in(line.time);
        let is_selected = is_in && filter.selects(line)?;
        if is_in {
            self.stats.take(line, is_selected)?;
        }
        if is_selected && line.kind != Some(Kind::Meta) {
            let entries = self.bursts.push(line)?;
            self.note_bursts(entries);
        }
        let state = filter.selects_object(line)?
            && line.kind.is_some_and(|kind| self.known.is_tracked(kind));
        self.records.take(line, is_selected, state, mark)?;
        if let (Some(since), Some(begin)) = (self.query.since, self.known.complete_since())
            && line.time.0 < since
        {
            self.records.forget_before(begin);
        }
        Ok(())
    }

    fn is_in(&self, time: Time) -> bool {
        let is_before = self.query.since.is_some_and(|since| time.0 < since);
        !is_before && self.query.until.is_none_or(|until| time.0 <= until)
    }

    fn note_bursts(&mut self, entries: Vec<Entry>) {
        self.largest
            .extend(entries.into_iter().filter(|it| it.lines > 1));
        if self.largest.len() > BURSTS * 8 {
            self.keep_largest();
        }
    }

    fn keep_largest(&mut self) {
        self.largest
            .sort_by_key(|it| (std::cmp::Reverse(it.lines), it.time));
        self.largest.truncate(BURSTS);
    }

    fn end(&mut self) {
        let entries = self.bursts.end();
        self.note_bursts(entries);
        self.keep_largest();
        self.known.finish();
    }
}
