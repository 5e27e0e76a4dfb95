//! The lines that a report keeps, as words: events, and lines of snapshots and checkpoints, from which the
//! page computes the objects of a moment. Of too many lines the oldest are left out.

use std::collections::{HashSet, VecDeque};
use std::hash::{BuildHasher as _, RandomState};

use serde::Deserialize;
use serde::de::value::{Error as NameError, StrDeserializer};

use super::known::Mark;
use crate::event::values::Time;
use crate::event::{Kind, Op, Origin};
use crate::lines::{Line, LineFault, LineOp};
use crate::stats;
use crate::text;

/// Number of events that are kept.
const EVENTS: usize = 250_000;
/// Number of lines of snapshots and checkpoints that are kept.
const STATES: usize = 250_000;
/// Size of the words of either that are kept, bytes.
const BYTES: usize = 96 << 20;
/// Number of characters of a line's words that are kept.
const WORDS: usize = 600;

/// What a line means for its object in the state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Nothing.
    None,
    /// The object exists, with these words.
    Is(Box<str>),
    /// It was deleted, or passes the filters no more.
    Gone,
}

/// A line.
#[derive(Debug)]
pub(super) struct Record {
    pub number: u64,
    pub time: Time,
    pub kind: &'static str,
    pub op: &'static str,
    pub origin: &'static str,
    pub netns: Box<str>,
    pub device: Box<str>,
    pub by: Box<str>,
    /// What distinguishes the object from others; 0 for none.
    pub object: u64,
    pub words: Box<str>,
    pub state: State,
    pub mark: Mark,
    pub is_selected: bool,
}

impl Record {
    /// Returns true if it is an event, and no `meta` line.
    pub(super) fn is_event(&self) -> bool {
        self.is_selected && self.kind != Kind::Meta.name()
    }

    fn size(&self) -> usize {
        let state = match &self.state {
            State::Is(words) => words.len(),
            _ => 0,
        };
        size_of::<Self>()
            + self.netns.len()
            + self.device.len()
            + self.by.len()
            + self.words.len()
            + state
    }
}

/// Records up to a number and a size.
#[derive(Debug)]
struct Ring {
    records: VecDeque<Record>,
    capacity: usize,
    bytes: usize,
}

impl Ring {
    fn new(capacity: usize) -> Self {
        Ring {
            records: VecDeque::new(),
            capacity,
            bytes: 0,
        }
    }

    /// Returns how many events had to be left out, and the number of the last record that was.
    fn push(&mut self, record: Record) -> (u64, Option<u64>) {
        self.bytes += record.size();
        self.records.push_back(record);
        let (mut events, mut last) = (0, None);
        while self.records.len() > self.capacity || self.bytes > BYTES {
            let Some(record) = self.pop() else { break };
            events += u64::from(record.is_event());
            last = Some(record.number);
        }
        (events, last)
    }

    fn pop(&mut self) -> Option<Record> {
        let record = self.records.pop_front()?;
        self.bytes -= record.size();
        Some(record)
    }
}

/// The lines.
#[derive(Debug)]
pub(super) struct Records {
    hasher: RandomState,
    events: Ring,
    states: Ring,
    next: u64,
    /// The first number that no line that was left out has.
    first: u64,
    /// Number of events that were left out.
    pub left_out: u64,
    /// The objects that exist and pass the filters.
    existing: HashSet<u64>,
}

impl Default for Records {
    fn default() -> Self {
        Records {
            hasher: RandomState::new(),
            events: Ring::new(EVENTS),
            states: Ring::new(STATES),
            next: 0,
            first: 0,
            left_out: 0,
            existing: HashSet::new(),
        }
    }
}

/// Shortens words.
fn shortened(mut words: String) -> Box<str> {
    if let Some((at, _)) = words.char_indices().nth(WORDS) {
        words.truncate(at);
        words.push('…');
    }
    words.into_boxed_str()
}

impl Records {
    /// The number of the next record.
    pub(super) fn next(&self) -> u64 {
        self.next
    }

    /// The first number from which on nothing was left out.
    pub(super) fn first(&self) -> u64 {
        self.first
    }

    /// Takes a line. `passes`: its object is one of the state.
    pub(super) fn take(
        &mut self,
        line: &Line<'_>,
        is_selected: bool,
        passes: bool,
        mark: Mark,
    ) -> Result<(), LineFault> {
        let Some(kind) = line.kind else {
            return Ok(());
        };
        let object = match line.op {
            LineOp::Exists | LineOp::Delete if kind.is_listed() => line.object()?,
            _ => None,
        };
        let object = object.map_or(0, |(kind, key)| {
            let id = (line.namespace(), kind.name(), key);
            self.hasher.hash_one(id).max(1)
        });
        let is_state = object != 0 && (passes || self.existing.contains(&object));
        if !is_selected && !is_state && mark == Mark::None {
            return Ok(());
        }
        let text = String::from_utf8_lossy(line.text);
        let words = text::words(&text);
        let (event, of_object) = match words {
            Some(words) => (words.event, words.object.unwrap_or_default()),
            None => Default::default(),
        };
        let state = match (is_state, line.op) {
            (false, _) => State::None,
            (true, LineOp::Exists) if passes => State::Is(shortened(of_object)),
            (true, _) => State::Gone,
        };
        match state {
            State::Is(_) if self.existing.len() < STATES => {
                self.existing.insert(object);
            }
            State::Gone => {
                self.existing.remove(&object);
            }
            _ => {}
        }
        let origin = line.string("origin")?.unwrap_or_default();
        let origin = Origin::deserialize(StrDeserializer::<NameError>::new(&origin));
        let op = Op::deserialize(StrDeserializer::<NameError>::new(&line.op_name));
        let netns = line.netns.as_ref().map(|netns| &*netns.name);
        let record = Record {
            number: self.next,
            time: line.time,
            kind: kind.name(),
            op: op.map_or("", |op| op.name()),
            origin: origin.map_or("", |origin| origin.name()),
            netns: netns.unwrap_or_default().into(),
            device: line.string("ifname")?.unwrap_or_default().into(),
            by: stats::process(line).unwrap_or_default().into(),
            object,
            words: match is_selected {
                true => shortened(event),
                false => Box::default(),
            },
            state,
            mark,
            is_selected,
        };
        self.next += 1;
        let (events, last) = match is_selected {
            true => self.events.push(record),
            false => self.states.push(record),
        };
        self.left_out += events;
        if let Some(last) = last {
            self.first = self.first.max(last + 1);
        }
        Ok(())
    }

    /// Forgets the lines before that number that are no events: they do not matter any more.
    pub(super) fn forget_before(&mut self, number: u64) {
        while self
            .states
            .records
            .front()
            .is_some_and(|record| record.number < number)
        {
            self.states.pop();
        }
    }

    /// The records in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Record> {
        let (mut events, mut states) = (
            self.events.records.iter().peekable(),
            self.states.records.iter().peekable(),
        );
        std::iter::from_fn(move || match (events.peek(), states.peek()) {
            (Some(event), Some(state)) if event.number < state.number => events.next(),
            (_, Some(_)) => states.next(),
            _ => events.next(),
        })
    }
}
