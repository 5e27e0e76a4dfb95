//! The stage between state and encode: selects the events that become lines, and numbers the lines.
//!
//! A filter sees an event only after the state has applied it. What a filter rejects is therefore
//! never missing from the state.

use crate::event::kind_set::KindSet;
use crate::event::meta::Settings;
use crate::event::{Event, Kind, Origin};

/// The filters and the line counter of one run.
#[derive(Debug)]
pub struct Filter {
    /// Kinds of `--kind`, and `meta`.
    kinds: KindSet,
    /// Events that may still be selected until `--count` is reached. Only events with the origin
    /// `kernel` count; `None` without a limit.
    remaining: Option<u64>,
    next_seq: u64,
    events: u64,
}

impl Filter {
    /// A filter as `settings` ask for, which gives the next line the number 0.
    pub fn new(settings: &Settings) -> Self {
        let mut kinds = KindSet::of(settings.kinds.as_deref().unwrap_or(Kind::ALL));
        kinds.insert(Kind::Meta);
        Filter {
            kinds,
            remaining: settings.count,
            next_seq: 0,
            events: 0,
        }
    }

    /// Returns true if events of `kind` can be selected. A kind that cannot needs no dump.
    pub fn selects_kind(&self, kind: Kind) -> bool {
        self.kinds.contains(kind)
    }

    /// Returns true if `event` passes every filter. The `--count` limit is not a filter: see
    /// [`next_seq`](Self::next_seq).
    pub fn selects(&self, event: &Event) -> bool {
        self.selects_kind(event.payload.kind())
    }

    /// Returns the number of the line of a [selected](Self::selects) event and counts the event, or
    /// `None` if the `--count` limit is reached. `meta` records always have a line.
    pub fn next_seq(&mut self, event: &Event) -> Option<u64> {
        if event.payload.kind() != Kind::Meta {
            if self.is_full() {
                return None;
            }
            self.events += 1;
            if event.origin == Some(Origin::Kernel) {
                self.remaining = self.remaining.map(|remaining| remaining - 1);
            }
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

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::event::Op;
    use crate::event::link::Link;
    use crate::event::meta::{Meta, Sync};
    use crate::event::values::Time;

    fn link(origin: Origin) -> Event {
        Event {
            netns: Default::default(),
            time: Time::default(),
            op: Op::Add,
            origin: Some(origin),
            payload: Rc::new(Link::default()).into(),
            change: None,
            uncertain: false,
            by: None,
            nl: None,
            unparsed: Vec::new(),
            raw: None,
        }
    }

    fn meta() -> Event {
        Event {
            op: Op::Sync,
            origin: None,
            payload: Meta::Sync(Sync {
                objects: 0,
                checkpoint: None,
                incomplete: None,
            })
            .into(),
            ..link(Origin::Kernel)
        }
    }

    #[test]
    fn selects_the_given_kinds_and_meta() {
        let only = |kind| {
            Filter::new(&Settings {
                kinds: Some(vec![kind]),
                ..Settings::default()
            })
        };
        for filter in [only(Kind::Link), Filter::new(&Settings::default())] {
            assert!(filter.selects(&link(Origin::Kernel)) && filter.selects(&meta()));
        }
        let routes = only(Kind::Route);
        assert!(!routes.selects(&link(Origin::Kernel)) && routes.selects(&meta()));
    }

    #[test]
    fn count_limits_kernel_events_and_never_meta() {
        let mut filter = Filter::new(&Settings {
            count: Some(2),
            ..Settings::default()
        });
        let seqs = [
            meta(),
            link(Origin::Snapshot),
            link(Origin::Kernel),
            link(Origin::Kernel),
            link(Origin::Kernel),
            link(Origin::Snapshot),
            meta(),
        ]
        .map(|event| filter.next_seq(&event));
        let expected = [Some(0), Some(1), Some(2), Some(3), None, None, Some(4)];
        assert_eq!(seqs, expected);
        assert!(filter.is_full());
        assert_eq!(filter.events(), 3);
    }

    #[test]
    fn a_skipped_number_is_not_used_again() {
        let mut filter = Filter::new(&Settings::default());
        assert_eq!(filter.next_seq(&meta()), Some(0));
        filter.skip_seq();
        assert_eq!(filter.next_seq(&meta()), Some(2));
    }
}
