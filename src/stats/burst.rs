//! Changes of one object in quick succession, which the timeline shows as one entry.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use jiff::Timestamp;

use crate::event::values::Time;
use crate::lines::{Line, LineFault, LineOp};

/// Number of changes from which on they are one entry: fewer are shown one by one.
const MIN: usize = 3;
/// A burst ends at the latest after this many times the pause.
const MAX_BURST: u32 = 10;
/// Maximum number of entries that wait for the end of a burst.
const MAX_ENTRIES: usize = 10_000;

/// An entry of the timeline.
#[derive(Debug)]
pub struct Entry {
    /// The last line.
    pub line: String,
    /// Its time.
    pub time: Time,
    /// Number of lines.
    pub lines: usize,
    /// Time of the first one.
    pub since: Time,
}

impl Entry {
    /// `14 changes in 80 ms`; `None` of a single line.
    pub fn count(&self) -> Option<String> {
        let span = Duration::try_from(self.time.0.duration_since(self.since.0));
        let span = super::span(span.unwrap_or_default());
        (self.lines > 1).then(|| format!("{} changes in {span}", self.lines))
    }
}

/// The changes of an object.
#[derive(Debug)]
struct Burst {
    /// The first lines, as long as they are few, and the last one.
    lines: Vec<(Time, String)>,
    number: usize,
    since: Time,
}

impl Burst {
    /// Its entries.
    fn entries(self) -> Vec<Entry> {
        let entry = |(time, line): (Time, String), lines, since| Entry {
            line,
            time,
            lines,
            since,
        };
        if self.number < MIN {
            let entries = self.lines.into_iter().map(|line| {
                let time = line.0;
                entry(line, 1, time)
            });
            return entries.collect();
        }
        let (number, since) = (self.number, self.since);
        let last = self.lines.into_iter().next_back();
        last.map(|line| entry(line, number, since))
            .into_iter()
            .collect()
    }
}

/// What distinguishes objects: network namespace, kind and key.
type Object = (String, String, Box<str>);

/// Collects changes into bursts, and returns entries in the order of their times.
#[derive(Debug)]
pub struct Bursts {
    /// Time without a change after which a burst has ended; `None`: there are no bursts.
    pause: Option<Duration>,
    open: HashMap<Object, Burst>,
    /// Entries in the order of their last lines, until no earlier one can follow.
    waiting: BTreeMap<(Time, u64), Entry>,
    next: u64,
    /// When bursts were looked at.
    looked: Time,
}

impl Bursts {
    /// `pause`: the time without a change of the object after which a burst has ended; without one each line is
    /// an entry.
    pub fn new(pause: Option<Duration>) -> Self {
        Bursts {
            pause,
            open: HashMap::new(),
            waiting: BTreeMap::new(),
            next: 0,
            looked: Time::default(),
        }
    }

    /// Takes a line, and returns the entries that are complete.
    ///
    /// # Errors
    /// If a change has no object.
    pub fn push(&mut self, line: &Line<'_>) -> Result<Vec<Entry>, LineFault> {
        let text = String::from_utf8_lossy(line.text).into_owned();
        let single = Entry {
            line: text,
            time: line.time,
            lines: 1,
            since: line.time,
        };
        let Some(pause) = self.pause else {
            return Ok(vec![single]);
        };
        let mut entries = self.close(line.time, pause);
        let object = match line.op {
            LineOp::Exists => line.object()?,
            _ => None,
        };
        let Some((kind, key)) = object.filter(|_| &*line.op_name == "change") else {
            // What is no change ends the burst of the object, which stays before it.
            if let Some((kind, key)) = match line.op {
                LineOp::Exists | LineOp::Delete => line.object()?,
                _ => None,
            } {
                let object = (line.namespace().into_owned(), kind.name().to_owned(), key);
                if let Some(burst) = self.open.remove(&object) {
                    self.keep(burst);
                }
            }
            self.wait(single);
            return Ok(entries);
        };
        let object = (line.namespace().into_owned(), kind.name().to_owned(), key);
        let burst = self.open.entry(object).or_insert_with(|| Burst {
            lines: Vec::new(),
            number: 0,
            since: line.time,
        });
        burst.number += 1;
        if burst.number > MIN {
            burst.lines.clear();
        }
        burst.lines.push((single.time, single.line));
        if self.open.len() + self.waiting.len() > MAX_ENTRIES {
            entries.extend(self.end());
        }
        Ok(entries)
    }

    /// Returns the entries before that time.
    pub fn flush(&mut self, time: Time) -> Vec<Entry> {
        match self.pause {
            Some(pause) => self.close(time, pause),
            None => Vec::new(),
        }
    }

    /// Ends the bursts that are over, and returns what no later line precedes.
    fn close(&mut self, now: Time, pause: Duration) -> Vec<Entry> {
        // There may be thousands of bursts, and as many lines in a pause.
        let since = Duration::try_from(now.0.duration_since(self.looked.0));
        if since.is_ok_and(|since| since < pause / 4) {
            return Vec::new();
        }
        self.looked = now;
        let before = |time: Duration| now.0.checked_sub(time).unwrap_or(Timestamp::MIN);
        let (end, limit) = (before(pause), before(pause * MAX_BURST));
        let is_over = |burst: &Burst| {
            burst.since.0 < limit || burst.lines.last().is_none_or(|(time, _)| time.0 < end)
        };
        let over: Vec<_> = self.open.extract_if(|_, burst| is_over(burst)).collect();
        for (_, burst) in over {
            self.keep(burst);
        }
        // The lines of a burst that has few may become entries of their own.
        let few = self.open.values().filter(|burst| burst.number < MIN);
        let end = few.map(|burst| burst.since.0).fold(end, Timestamp::min);
        let rest = self.waiting.split_off(&(Time(end), 0));
        std::mem::replace(&mut self.waiting, rest)
            .into_values()
            .collect()
    }

    fn keep(&mut self, burst: Burst) {
        for entry in burst.entries() {
            self.wait(entry);
        }
    }

    fn wait(&mut self, entry: Entry) {
        self.waiting.insert((entry.time, self.next), entry);
        self.next += 1;
    }

    /// Ends all bursts, and returns all entries.
    pub fn end(&mut self) -> Vec<Entry> {
        for (_, burst) in std::mem::take(&mut self.open) {
            self.keep(burst);
        }
        std::mem::take(&mut self.waiting).into_values().collect()
    }
}
