//! Counts by name, of any number of names in limited memory.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::hash::{BuildHasher as _, Hash, RandomState};

use super::bounded;
use super::window::{RATE_TIME, Window};
use crate::event::values::Time;

/// How often something occurred.
#[derive(Clone, Debug)]
pub struct Tally<T = String> {
    /// Number of events, at least: those from before the entry was left out for a time are missing.
    pub count: u64,
    /// Events of the last seconds.
    pub recent: Window<RATE_TIME>,
    /// Time of the last event.
    pub last: Time,
    /// What is counted: its name.
    pub it: T,
}

/// Counts of the most frequent names. When there are too many, the rarer half is left out: a name that
/// stays frequent is counted from its first event on, or from a later one.
#[derive(Debug)]
pub struct Counter<T = String> {
    capacity: usize,
    hasher: RandomState,
    tallies: HashMap<u64, Tally<T>>,
    left_out: u64,
}

impl<T> Counter<T> {
    pub(super) fn new(capacity: usize) -> Self {
        Counter {
            capacity,
            hasher: RandomState::new(),
            tallies: HashMap::new(),
            left_out: 0,
        }
    }

    /// Returns the tally of a key, which `new` makes if there is none.
    pub(super) fn entry(
        &mut self,
        key: &(impl Hash + ?Sized),
        new: impl FnOnce() -> T,
    ) -> &mut Tally<T> {
        let key = self.hasher.hash_one(key);
        if self.tallies.len() >= self.capacity && !self.tallies.contains_key(&key) {
            self.leave_out_half();
        }
        self.tallies.entry(key).or_insert_with(|| Tally {
            count: 0,
            recent: Window::default(),
            last: Time::default(),
            it: new(),
        })
    }

    /// Removes the rarer half.
    fn leave_out_half(&mut self) {
        let mut counts: Vec<_> = self.tallies.values().map(|tally| tally.count).collect();
        let middle = counts.len() / 2;
        let (_, median, _) = counts.select_nth_unstable(middle);
        let median = *median;
        // At least half of them, so that each event costs the same on average.
        let mut rest = middle;
        let left_out = &mut self.left_out;
        self.tallies.retain(|_, tally| {
            let stays = tally.count > median && rest > 0;
            match stays {
                true => rest -= 1,
                false => *left_out += tally.count,
            }
            stays
        });
    }

    /// Number of events that no tally counts.
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    /// Number of names.
    pub fn len(&self) -> usize {
        self.tallies.len()
    }

    pub fn is_empty(&self) -> bool {
        self.tallies.is_empty()
    }

    /// The tallies, in no order.
    pub fn tallies(&self) -> impl Iterator<Item = &Tally<T>> {
        self.tallies.values()
    }

    /// The tallies with the highest values, at most `number`; equal ones by `name`.
    pub fn top<K: Ord>(
        &self,
        number: usize,
        value: impl Fn(&Tally<T>) -> K,
        name: impl Fn(&Tally<T>) -> &str,
    ) -> Vec<&Tally<T>> {
        self.first(number, &|one, other| {
            let values = value(other).cmp(&value(one));
            values.then_with(|| name(one).cmp(name(other)))
        })
    }

    /// The first tallies in this order, at most `number`. Sorting is much code: once for all orders.
    fn first(
        &self,
        number: usize,
        order: &dyn Fn(&Tally<T>, &Tally<T>) -> Ordering,
    ) -> Vec<&Tally<T>> {
        let mut all: Vec<_> = self.tallies.values().collect();
        if all.len() > number {
            all.select_nth_unstable_by(number, |one, other| order(one, other));
            all.truncate(number);
        }
        all.sort_by(|one, other| order(one, other));
        all
    }
}

impl Counter {
    /// Counts an event.
    pub(super) fn count(
        &mut self,
        key: &(impl Hash + ?Sized),
        time: Time,
        name: impl FnOnce() -> String,
    ) {
        let tally = self.entry(key, || bounded(name()));
        tally.count += 1;
        tally.recent.add(time);
        tally.last = tally.last.max(time);
    }

    /// The most frequent names, at most `number`.
    pub fn most(&self, number: usize) -> Vec<&Tally> {
        self.top(number, |tally| tally.count, |tally| &tally.it)
    }
}
