//! The content of the page as compact JSON: columns of numbers, which stand for strings that occur once.

use std::collections::HashMap;

use jiff::Timestamp;
use serde::Serialize;

use super::Report;
use super::known::{Mark, Span};
use super::records::{Record, State};
use crate::escape::Escaped;
use crate::event::values::Time;
use crate::stats::{self, Counter, Tally};
use crate::text;

/// Number of rows of a table.
const ROWS: usize = 200;

/// The strings of the columns.
#[derive(Default)]
struct Strings<'a> {
    indexes: HashMap<&'a str, u32>,
    all: Vec<&'a str>,
}

impl<'a> Strings<'a> {
    fn index(&mut self, text: &'a str) -> i64 {
        let next = self.all.len() as u32;
        let index = *self.indexes.entry(text).or_insert(next);
        if index == next {
            self.all.push(text);
        }
        index.into()
    }
}

/// The records, one element of each column for each. Numbers are indexes of strings, if nothing else is said.
#[derive(Default, Serialize)]
struct Columns {
    /// Microseconds since the record before, since the epoch of the first.
    time: Vec<i64>,
    kind: Vec<i64>,
    op: Vec<i64>,
    origin: Vec<i64>,
    netns: Vec<i64>,
    device: Vec<i64>,
    by: Vec<i64>,
    words: Vec<i64>,
    /// Number of the object, 0 for none.
    object: Vec<u32>,
    /// The object's words; -1: it is gone, -2: nothing is said of it.
    state: Vec<i64>,
    /// 1: an event; 2, 4, 6: a run or a checkpoint begins, a checkpoint is complete.
    flags: Vec<u8>,
}

#[derive(Serialize)]
struct Row {
    name: String,
    count: u64,
    last: i64,
}

#[derive(Serialize)]
struct DeviceRow {
    name: String,
    downs: u64,
    ups: u64,
    up: Option<bool>,
    count: u64,
    last: i64,
}

#[derive(Serialize)]
struct GapRow {
    time: i64,
    from: i64,
    until: Option<i64>,
    netns: String,
    cause: String,
    lost: Option<u64>,
}

#[derive(Serialize)]
struct BurstRow {
    time: i64,
    since: i64,
    count: usize,
    span: String,
    words: String,
}

#[derive(Serialize)]
struct SpanRow<'a> {
    from: i64,
    to: i64,
    incomplete: &'a [String],
}

/// A table of which only the first rows are shown.
#[derive(Serialize)]
struct Table<T> {
    rows: Vec<T>,
    /// Number of all rows that are known.
    all: usize,
    /// Events that no row counts.
    left_out: u64,
}

#[derive(Serialize)]
struct Data<'a> {
    version: &'static str,
    made: i64,
    files: Vec<String>,
    selection: Vec<String>,
    since: Option<i64>,
    until: Option<i64>,
    events: u64,
    left_out: u64,
    strings: Vec<&'a str>,
    columns: Columns,
    kinds: Table<Row>,
    devices: Table<DeviceRow>,
    flaps: u64,
    namespaces: Table<Row>,
    processes: Table<Row>,
    routes: Table<Row>,
    neighbours: Table<Row>,
    gaps: Table<GapRow>,
    lost: u64,
    lost_unknown: bool,
    holes: Vec<(i64, String)>,
    hole_count: u64,
    bursts: Vec<BurstRow>,
    known: Vec<SpanRow<'a>>,
    hiding: Option<String>,
}

/// A time in microseconds since the epoch.
fn micros(time: Time) -> i64 {
    time.0.as_microsecond()
}

/// Foreign text as the text format shows it.
fn shown(text: &str) -> String {
    Escaped(text).to_string()
}

fn rows(counter: &Counter) -> Table<Row> {
    let row = |tally: &Tally| Row {
        name: shown(&tally.it),
        count: tally.count,
        last: micros(tally.last),
    };
    Table {
        rows: counter.most(ROWS).into_iter().map(row).collect(),
        all: counter.len(),
        left_out: counter.left_out(),
    }
}

/// The content of the page, as JSON.
pub(super) fn write(report: &Report<'_>, out: impl std::io::Write) -> std::io::Result<()> {
    let records = &report.records;
    // Foreign names are escaped as in text: the strings of the columns refer to these.
    let names: Vec<[String; 3]> = records
        .iter()
        .map(|record| [&record.netns, &record.device, &record.by].map(|name| shown(name)))
        .collect();
    let mut strings = Strings::default();
    let mut objects = HashMap::new();
    let mut columns = Columns::default();
    let mut before = 0;
    for (record, names) in records.iter().zip(&names) {
        let [netns, device, by] = names;
        let time = micros(record.time);
        columns.time.push(time - before);
        before = time;
        columns.kind.push(strings.index(record.kind));
        columns.op.push(strings.index(record.op));
        columns.origin.push(strings.index(record.origin));
        columns.netns.push(strings.index(netns));
        columns.device.push(strings.index(device));
        columns.by.push(strings.index(by));
        columns.words.push(strings.index(&record.words));
        let number = objects.len() as u32 + 1;
        columns.object.push(match record.object {
            0 => 0,
            object => *objects.entry(object).or_insert(number),
        });
        columns.state.push(match &record.state {
            State::Is(words) => strings.index(words),
            State::Gone => -1,
            State::None => -2,
        });
        columns.flags.push(flags(record));
    }
    let stats = &report.stats;
    let (device_count, _) = stats.devices.numbers();
    let devices = stats
        .devices
        .top(ROWS, |tally| (tally.it.changes(), tally.it.events));
    let devices: Vec<_> = devices
        .into_iter()
        .map(|tally| DeviceRow {
            name: shown(&tally.it.name),
            downs: tally.it.downs,
            ups: tally.it.ups,
            up: tally.it.is_up,
            count: tally.it.events,
            last: micros(tally.last),
        })
        .collect();
    let gaps = stats.gaps.last.iter().map(|gap| GapRow {
        time: micros(gap.time),
        from: micros(gap.from),
        until: gap.until.map(micros),
        netns: shown(gap.netns.as_deref().unwrap_or_default()),
        cause: shown(&gap.cause),
        lost: gap.lost,
    });
    let query = report.query;
    let path = |path: &std::path::PathBuf| shown(&path.display().to_string());
    let data = Data {
        version: env!("CARGO_PKG_VERSION"),
        made: Timestamp::now().as_microsecond(),
        files: query.files.iter().map(path).collect(),
        selection: query.selection.iter().map(|it| shown(it)).collect(),
        since: query.since.map(Timestamp::as_microsecond),
        until: query.until.map(Timestamp::as_microsecond),
        events: stats.events,
        left_out: records.left_out,
        strings: strings.all,
        columns,
        kinds: rows(&stats.kinds),
        flaps: stats.devices.downs,
        devices: Table {
            rows: devices,
            all: device_count,
            left_out: stats.devices.left_out(),
        },
        namespaces: rows(&stats.namespaces),
        processes: rows(&stats.processes),
        routes: rows(&stats.routes),
        neighbours: rows(&stats.neighbours),
        gaps: Table {
            rows: gaps.collect(),
            all: usize::try_from(stats.gaps.number).unwrap_or(usize::MAX),
            left_out: 0,
        },
        lost: stats.gaps.lost,
        lost_unknown: stats.gaps.is_unknown,
        holes: report
            .missing
            .iter()
            .map(|(time, text)| (micros(*time), shown(text)))
            .collect(),
        hole_count: stats.holes,
        bursts: report.largest.iter().map(burst).collect(),
        known: report.known.spans(records.first()).map(span).collect(),
        hiding: report.known.hiding.clone(),
    };
    serde_json::to_writer(out, &data).map_err(std::io::Error::from)
}

fn flags(record: &Record) -> u8 {
    let mark = match record.mark {
        Mark::None => 0,
        Mark::Run => 2,
        Mark::Checkpoint => 4,
        Mark::Complete => 6,
    };
    // A `meta` line is shown among the events, and not counted as one.
    let shown = u8::from(record.is_selected);
    let counted = u8::from(record.is_event()) << 3;
    mark | shown | counted
}

fn span(span: &Span) -> SpanRow<'_> {
    SpanRow {
        from: micros(span.from),
        to: micros(span.to),
        incomplete: &span.incomplete,
    }
}

fn burst(entry: &stats::Entry) -> BurstRow {
    let time = std::time::Duration::try_from(entry.time.0.duration_since(entry.since.0));
    let words = text::Printer::new(text::TextStyle {
        times: text::Times::None,
        ..text::TextStyle::new(jiff::tz::TimeZone::UTC)
    })
    .line(&entry.line);
    BurstRow {
        time: micros(entry.time),
        since: micros(entry.since),
        count: entry.lines,
        span: stats::span(time.unwrap_or_default()),
        words: words.and_then(|mut it| it.pop()).unwrap_or_default(),
    }
}
