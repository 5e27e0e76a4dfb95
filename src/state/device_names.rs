//! Names of devices that are not those of the stored links: the last names of deleted devices, and
//! which devices have a name that older lines do not have.

use std::collections::{BTreeMap, HashMap, VecDeque};

use super::key::Key;
use crate::event::Kind;
use crate::event::kind_set::KindSet;
use crate::event::values::IfName;

/// Callback (ifindex, name slot).
pub(super) type NameSlot<'a> = &'a mut dyn FnMut(u32, &mut Option<IfName>);

/// The devices that an object names: their indexes, and the names that its last line has.
pub(super) type ReportedNames = Vec<(u32, Option<IfName>)>;

/// The devices for which `for_each_device` calls back.
pub(super) fn names_in(for_each_device: &mut dyn FnMut(NameSlot<'_>)) -> ReportedNames {
    let mut reported = Vec::new();
    for_each_device(&mut |index, name| reported.push((index, *name)));
    reported
}

/// Copies the names that `reported` contains.
pub(super) fn copy_names(reported: &ReportedNames, for_each_device: &mut dyn FnMut(NameSlot<'_>)) {
    /// Number of devices from which on an index is faster than a search.
    const MANY: usize = 16;
    let by_index: BTreeMap<u32, Option<IfName>> = match reported.len() {
        // The first of a device counts, as in a search.
        MANY.. => reported.iter().rev().copied().collect(),
        _ => BTreeMap::new(),
    };
    for_each_device(&mut |index, name| {
        let known = match reported.len() {
            MANY.. => by_index.get(&index).copied(),
            _ => {
                let mut search = reported.iter();
                search.find(|(it, _)| *it == index).map(|(_, name)| *name)
            }
        };
        *name = known.flatten().or(*name);
    });
}

/// The last names of deleted devices: the kernel announces the deletion of a device before that of
/// some of its objects, and of others not at all.
#[derive(Debug, Default)]
pub(super) struct GoneNames {
    /// By index: the name, and the number of the deletion.
    names: HashMap<u32, (IfName, u64)>,
    /// The deletions, oldest first.
    order: VecDeque<(u32, u64)>,
    deletions: u64,
}

/// Number of deletions that are remembered.
const MAX_GONE: usize = 4096;

impl GoneNames {
    /// The device is deleted.
    pub(super) fn insert(&mut self, ifindex: u32, name: IfName) {
        self.deletions += 1;
        self.names.insert(ifindex, (name, self.deletions));
        self.order.push_back((ifindex, self.deletions));
        if self.order.len() > MAX_GONE
            && let Some((oldest, number)) = self.order.pop_front()
            && self.names.get(&oldest).is_some_and(|(_, it)| *it == number)
        {
            self.names.remove(&oldest);
        }
    }

    /// Another device has the index now.
    pub(super) fn remove(&mut self, ifindex: u32) {
        if !self.names.is_empty() {
            self.names.remove(&ifindex);
        }
    }

    pub(super) fn get(&self, ifindex: u32) -> Option<IfName> {
        self.names.get(&ifindex).map(|(name, _)| *name)
    }
}

/// What happened to the name of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NameChange {
    /// It is known for the first time: objects may have been reported without it.
    Learnt,
    /// It is another one: objects were reported with the former one.
    Renamed,
}

/// The devices whose names changed, by index.
#[derive(Debug, Default)]
pub(super) struct NameChanges(BTreeMap<u32, NameChange>);

impl NameChanges {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn get(&self, ifindex: u32) -> Option<NameChange> {
        self.0.get(&ifindex).copied()
    }

    /// Adds a change. A rename covers that the name was learnt.
    pub(super) fn insert(&mut self, ifindex: u32, change: NameChange) {
        let known = self.0.entry(ifindex).or_insert(change);
        if change == NameChange::Renamed {
            *known = change;
        }
    }

    /// Adds the changes of `other`.
    pub(super) fn extend(&mut self, other: NameChanges) {
        for (ifindex, change) in other.0 {
            self.insert(ifindex, change);
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, NameChange)> {
        self.0.iter().map(|(ifindex, change)| (*ifindex, *change))
    }
}

/// The objects that were reported without the name of a device, by the index of the device.
#[derive(Debug, Default)]
pub(super) struct UnresolvedObjects(BTreeMap<u32, Renames>);

/// Number of devices of which [`UnresolvedObjects`] contains the index, and of objects that it lists
/// for one.
const MAX_UNRESOLVED: usize = 4096;
const MAX_LISTED: usize = 16;

/// The stored objects that may have a former name of a device.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Renames {
    /// The kinds of which every object may.
    pub kinds: KindSet,
    /// Objects of other kinds.
    pub objects: Vec<(Kind, Key)>,
}

impl UnresolvedObjects {
    /// Adds an object of that kind that names the device; `key`: `None` for any object of the kind.
    pub(super) fn insert(&mut self, ifindex: u32, kind: Kind, key: Option<Key>) {
        let renames = self.0.entry(ifindex).or_default();
        match key.map(|key| (kind, key)) {
            _ if renames.kinds.contains(kind) => {}
            Some(object) if renames.objects.contains(&object) => {}
            Some(object) if renames.objects.len() < MAX_LISTED => renames.objects.push(object),
            _ => {
                renames.kinds.insert(kind);
                renames.objects.retain(|(listed, _)| *listed != kind);
            }
        }
        while self.0.len() > MAX_UNRESOLVED {
            self.0.pop_first();
        }
    }

    /// Removes and returns the objects that name the device.
    pub(super) fn remove(&mut self, ifindex: u32) -> Renames {
        self.0.remove(&ifindex).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> IfName {
        IfName::new(text.as_bytes()).unwrap()
    }

    #[test]
    fn the_last_deletions_are_remembered() {
        let mut gone = GoneNames::default();
        gone.insert(7, name("a"));
        assert_eq!(gone.get(7), Some(name("a")));
        // The index is used again.
        gone.remove(7);
        assert_eq!(gone.get(7), None);
        gone.insert(7, name("b"));
        for ifindex in 0..MAX_GONE as u32 - 1 {
            gone.insert(1000 + ifindex, name("x"));
        }
        // The first deletion is forgotten, and the second of the same index is not.
        assert_eq!(gone.get(7), Some(name("b")));
        gone.insert(6000, name("x"));
        assert_eq!((gone.get(7), gone.get(6000)), (None, Some(name("x"))));
        assert_eq!((gone.order.len(), gone.names.len()), (MAX_GONE, MAX_GONE));
    }
}
