//! Events that wait for their command. The commands of one object run one after the other, in the order
//! of its events; those of different objects may run at the same time.

use std::collections::{HashSet, VecDeque};
use std::time::{Duration, Instant};

use super::event::Event;

/// Limits of what waits: number of events, and size of their lines, bytes.
pub(super) const MAX_EVENTS: usize = 1024;
const MAX_BYTES: usize = 8 << 20;

/// A burst ends at the latest after this many times the debounce.
const MAX_BURST: u32 = 10;

/// An event that waits.
#[derive(Debug)]
pub(super) struct Waiting {
    pub event: Event,
    /// Number of events that it stands for.
    pub events: u64,
    /// How often its command has failed.
    pub attempts: u32,
    /// When the first event of the burst came.
    since: Instant,
    /// When the command may run.
    due: Instant,
}

/// The events that wait, oldest first.
#[derive(Debug)]
pub(super) struct Queue {
    debounce: Option<Duration>,
    waiting: VecDeque<Waiting>,
    bytes: usize,
    /// The objects whose command runs.
    running: HashSet<u64>,
}

impl Queue {
    pub(super) fn new(debounce: Option<Duration>) -> Self {
        Queue {
            debounce,
            waiting: VecDeque::new(),
            bytes: 0,
            running: HashSet::new(),
        }
    }

    pub(super) fn has_room(&self) -> bool {
        self.waiting.len() < MAX_EVENTS && self.bytes < MAX_BYTES
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Adds an event. With debounce it takes the place of the one of its object that waits, which is
    /// returned.
    pub(super) fn push(&mut self, event: Event, now: Instant) -> Option<Event> {
        self.bytes += event.line.len();
        let Some(debounce) = self.debounce else {
            self.waiting.push_back(Waiting {
                event,
                events: 1,
                attempts: 0,
                since: now,
                due: now,
            });
            return None;
        };
        let is_of_object = |it: &&mut Waiting| it.event.key == event.key && it.attempts == 0;
        if let Some(waiting) = self.waiting.iter_mut().find(is_of_object) {
            waiting.events += 1;
            waiting.due = (now + debounce).min(waiting.since + debounce * MAX_BURST);
            let replaced = std::mem::replace(&mut waiting.event, event);
            self.bytes -= replaced.line.len();
            return Some(replaced);
        }
        self.waiting.push_back(Waiting {
            event,
            events: 1,
            attempts: 0,
            since: now,
            due: now + debounce,
        });
        None
    }

    /// Adds an event whose command is run again at that time. Later events of the object wait for it.
    pub(super) fn retry(&mut self, mut waiting: Waiting, due: Instant) {
        self.bytes += waiting.event.line.len();
        waiting.due = due;
        self.waiting.push_front(waiting);
    }

    /// No further event comes: bursts have ended.
    pub(super) fn flush(&mut self, now: Instant) {
        for waiting in self.waiting.iter_mut().filter(|it| it.attempts == 0) {
            waiting.due = waiting.due.min(now);
        }
    }

    /// Takes the next event whose command may run now. Its object is then one whose command runs.
    pub(super) fn next(&mut self, now: Instant) -> Option<Waiting> {
        let at = self.first(|waiting| waiting.due <= now)?;
        let waiting = self.waiting.remove(at)?;
        self.bytes -= waiting.event.line.len();
        self.running.insert(waiting.event.key);
        Some(waiting)
    }

    /// The command of the object has ended.
    pub(super) fn release(&mut self, key: u64) {
        self.running.remove(&key);
    }

    /// The place of the first event for which `is_wanted` holds, and which has to wait for no other one
    /// of its object.
    fn first(&self, is_wanted: impl Fn(&Waiting) -> bool) -> Option<usize> {
        let mut earlier = HashSet::new();
        self.waiting.iter().position(|waiting| {
            let key = waiting.event.key;
            let is_first = !self.running.contains(&key) && !earlier.contains(&key);
            if is_first && is_wanted(waiting) {
                return true;
            }
            earlier.insert(key);
            false
        })
    }

    /// When the next command may run; `None` if that depends on one that runs.
    pub(super) fn due(&self) -> Option<Instant> {
        let mut earlier = HashSet::new();
        let free = self.waiting.iter().filter(|waiting| {
            let key = waiting.event.key;
            earlier.insert(key) && !self.running.contains(&key)
        });
        free.map(|waiting| waiting.due).min()
    }
}

/// Limits how many commands are started within a time.
#[derive(Debug)]
pub(super) struct Rate {
    number: usize,
    time: Duration,
    /// The last starts, at most `number`.
    starts: VecDeque<Instant>,
}

impl Rate {
    pub(super) fn new(number: u32, time: Duration) -> Self {
        Rate {
            number: number as usize,
            time,
            starts: VecDeque::new(),
        }
    }

    /// Returns true if a command may start.
    pub(super) fn permits(&mut self, now: Instant) -> bool {
        while self
            .starts
            .front()
            .is_some_and(|first| *first + self.time <= now)
        {
            self.starts.pop_front();
        }
        self.starts.len() < self.number
    }

    /// Notes a start.
    pub(super) fn started(&mut self, now: Instant) {
        self.starts.push_back(now);
    }

    /// When the next command may start; `None` for at once.
    pub(super) fn due(&self) -> Option<Instant> {
        match self.starts.len() < self.number {
            true => None,
            false => self.starts.front().map(|first| *first + self.time),
        }
    }
}

#[cfg(test)]
mod tests;
