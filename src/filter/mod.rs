//! The stage between state and encode: selects the events that become lines, and numbers the lines.
//!
//! A filter sees an event only after the state has applied it. What a filter rejects is therefore
//! never missing from the state.

#[cfg_attr(not(feature = "where"), path = "no_condition.rs")]
mod condition;
mod fault;
mod json;
mod options;
mod pattern;
pub mod sample;
mod selection;
#[cfg(test)]
mod tests;

pub use condition::Surroundings;
#[cfg(all(test, feature = "where"))]
pub(crate) use condition::take_noted;
pub use fault::Fault;
pub use options::{FILTERS, FilterOption, Vocabulary};
pub use selection::{Selection, Values, prepare};

use crate::channel::NetnsId;
use crate::event::kind_set::KindSet;
use crate::event::meta::{Netns, Settings};
use crate::event::{Event, Kind, Origin};
use crate::names::Names;

/// The filters and the line counter of one run.
#[derive(Debug)]
pub struct Filter {
    /// Kinds of `--kind`, and `meta`.
    kinds: KindSet,
    /// The other filters; `None` without any.
    selection: Option<Box<Selection>>,
    leaves_out_meta: bool,
    /// Events that may still be selected until `--count` is reached. Only events with the origin
    /// `kernel` count; `None` without a limit.
    remaining: Option<u64>,
    next_seq: u64,
    events: u64,
}

impl Filter {
    /// A filter as `settings` ask for, which gives the next line the number 0. `names`: those of the
    /// machine that is monitored. `surroundings`: what the lines have beside the events.
    ///
    /// # Errors
    /// If the value of a filter is invalid.
    pub fn new(
        settings: &Settings,
        names: &Names,
        surroundings: Surroundings,
    ) -> Result<Self, Fault> {
        let mut selection = Selection::new(&settings.filters, Vocabulary::of(names))?;
        selection.set_surroundings(surroundings);
        let mut kinds = KindSet::of(settings.kinds.as_deref().unwrap_or(Kind::ALL));
        kinds.insert(Kind::Meta);
        Ok(Filter {
            kinds,
            leaves_out_meta: selection.leaves_out_meta(),
            selection: (!selection.is_empty()).then(|| Box::new(selection)),
            remaining: settings.count,
            next_seq: 0,
            events: 0,
        })
    }

    /// Returns true if events of `kind` can be selected. A kind that cannot needs no dump.
    pub fn selects_kind(&self, kind: Kind) -> bool {
        self.kinds.contains(kind)
    }

    /// Returns true if `event` passes every filter. The `--count` limit is not a filter: see
    /// [`next_seq`](Self::next_seq).
    pub fn selects(&self, event: &Event) -> bool {
        self.selects_kind(event.payload.kind())
            && self.selection.as_ref().is_none_or(|selection| {
                selection.selects_event(event)
                    && selection.selects_object(event)
                    && selection.selects_line_of(event, self.next_seq)
            })
    }

    /// Returns true if `event` passes every filter except for those on properties of the object:
    /// its line is the correction of one that has passed.
    pub fn selects_correction(&self, event: &Event) -> bool {
        let mut selection = self.selection.iter();
        selection.all(|selection| {
            selection.selects_event(event) && selection.selects_line_of(event, self.next_seq)
        })
    }

    /// From now on the network namespace with that number is this one.
    pub fn set_namespace(&mut self, number: NetnsId, netns: &Netns) {
        if let Some(selection) = &mut self.selection {
            selection.set_namespace(number, netns);
        }
    }

    /// Returns how often the expression of `--where` failed. Those events have no lines.
    pub fn failures(&self) -> u64 {
        self.selection.as_ref().map_or(0, |it| it.failures())
    }

    /// Returns the number of the line of a [selected](Self::selects) event and counts the event, or
    /// `None` if the `--count` limit is reached. `meta` records have no line with `--no-meta`.
    pub fn next_seq(&mut self, event: &Event) -> Option<u64> {
        if event.payload.kind() != Kind::Meta {
            if self.is_full() {
                return None;
            }
            self.events += 1;
            if event.origin == Some(Origin::Kernel) {
                self.remaining = self.remaining.map(|remaining| remaining - 1);
            }
        } else if self.leaves_out_meta {
            return None;
        }
        let seq = self.next_seq;
        self.next_seq += 1;
        Some(seq)
    }

    /// The number of the next line.
    pub fn peek_seq(&self) -> u64 {
        self.next_seq
    }

    /// Leaves out one number, for a line that is dropped because the reader is too slow. The reader
    /// sees the hole, which the next `gap` record explains.
    pub fn skip_seq(&mut self) {
        self.next_seq += 1;
    }

    /// Returns true if as many events were selected as `--count` asks for.
    pub fn is_full(&self) -> bool {
        self.remaining == Some(0)
    }

    /// Returns how many events have a line so far. `meta` records are not events.
    pub fn events(&self) -> u64 {
        self.events
    }
}
