//! A sweep: work about every stored object, in slices between other inputs, so that no event waits
//! for a million objects.

use super::namespaces::Namespaces;
use crate::channel::NetnsId;
use crate::event::Kind;
use crate::event::kind_set::KindSet;
use crate::state::Key;

/// A position in the stored objects of all namespaces. Objects may be stored, changed and deleted
/// between two steps: a sweep misses no object that is stored all the time, and comes to some of
/// them twice.
#[derive(Debug)]
pub(super) struct Sweep {
    /// The kinds of each namespace that the sweep has not begun, the next one last.
    later: Vec<(NetnsId, Kind)>,
    current: Option<(NetnsId, Kind, Rest)>,
}

/// The objects of a kind that a sweep has not come to.
#[derive(Debug)]
enum Rest {
    /// Those at the positions below this one. An object that is stored later is above it, and one
    /// that moves into the place of a deleted one moves down: at worst the sweep comes to it again.
    Below(usize),
    /// The keys of links, which are few: in the order in which they were added, so that the line of a
    /// device mostly precedes those of the devices above it.
    Keys(Vec<Key>),
}

impl Sweep {
    /// A sweep over the objects of these kinds in every namespace.
    pub(super) fn new(namespaces: &Namespaces, kinds: KindSet) -> Self {
        let all = namespaces.ids().into_iter();
        let mut later: Vec<_> = all
            .flat_map(|netns| kinds.iter().map(move |kind| (netns, kind)))
            .collect();
        later.reverse();
        Sweep {
            later,
            current: None,
        }
    }

    /// Returns true if the sweep has not come to an object yet.
    pub(super) fn is_new(&self) -> bool {
        self.current.is_none()
    }

    /// The next object; `None` at the end of the sweep.
    pub(super) fn next(&mut self, namespaces: &Namespaces) -> Option<(NetnsId, Kind, Key)> {
        loop {
            if let Some((netns, kind, rest)) = &mut self.current {
                let state = &namespaces.get(*netns).state;
                let key = match rest {
                    Rest::Keys(keys) => keys.pop(),
                    Rest::Below(position) => {
                        *position = state.count(*kind).min(*position);
                        position.checked_sub(1).and_then(|at| {
                            *position = at;
                            state.key_at(*kind, at)
                        })
                    }
                };
                if let Some(key) = key {
                    return Some((*netns, *kind, key));
                }
            }
            let (netns, kind) = self.later.pop()?;
            let state = &namespaces.get(netns).state;
            let count = state.count(kind);
            let rest = match kind {
                Kind::Link => {
                    let keys = (0..count).rev().filter_map(|at| state.key_at(kind, at));
                    Rest::Keys(keys.collect())
                }
                _ => Rest::Below(count),
            };
            self.current = Some((netns, kind, rest));
        }
    }
}
