//! The objects by what they refer to.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use crate::event::address::Address;
use crate::event::values::IfName;
use crate::event::{Kind, Payload};
use crate::names::Names;
use crate::state::key::Key;
use crate::state::stores::Stores;

/// The index is kept while at least so many objects are stored after its last use.
const MIN_KEPT: usize = 1024;

/// What an object refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reference {
    Device(u32),
    /// A device by its name.
    Name(IfName),
    /// An address of this machine.
    Address(IpAddr),
    /// A nexthop object, by its id.
    Nexthop(u32),
}

/// The objects by what they refer to. It exists only while it is in use: to maintain it costs as much as
/// to store a route. It is dropped when more objects were stored since its last use than it had entries
/// then, so that the cost of building it again is spread over these.
#[derive(Debug, Default)]
pub(super) struct ReferenceIndex {
    objects: Option<BTreeMap<Reference, BTreeSet<(Kind, Key)>>>,
    /// Pairs of a reference and an object.
    entries: usize,
    /// How many more objects may be stored before the index is dropped.
    kept_for: usize,
}

impl ReferenceIndex {
    /// Returns true if the index has to be maintained.
    #[inline]
    pub(super) fn exists(&self) -> bool {
        self.objects.is_some()
    }

    /// Builds the index, if it does not exist.
    pub(super) fn build(&mut self, stores: &Stores, names: &Names) {
        if self.objects.is_none() {
            self.objects = Some(BTreeMap::new());
            self.add_all(stores, names);
        }
        self.kept_for = MIN_KEPT + self.entries;
    }

    fn add_all(&mut self, stores: &Stores, names: &Names) {
        for kind in Kind::ALL.iter().copied() {
            for at in 0..stores.len(kind) {
                let key = stores.key_at(kind, at);
                let stored = key.and_then(|key| Some((key, stores.get(kind, key, names)?)));
                if let Some((key, payload)) = stored {
                    self.add(key, &payload);
                }
            }
        }
    }

    /// Returns true if an object may refer to it: an index that does not exist does not tell.
    pub(super) fn may_contain(&self, reference: Reference) -> bool {
        let objects = self.objects.as_ref();
        objects.is_none_or(|objects| objects.contains_key(&reference))
    }

    /// The objects that refer to it. The index must [exist](ReferenceIndex::build).
    pub(super) fn objects(
        &self,
        reference: Reference,
    ) -> impl Iterator<Item = (Kind, Key)> + use<> {
        let objects = self.objects.as_ref();
        let objects = objects.and_then(|objects| objects.get(&reference)).cloned();
        objects.unwrap_or_default().into_iter()
    }

    /// An object was stored.
    #[inline]
    pub(super) fn insert(&mut self, key: Key, payload: &Payload) {
        if self.objects.is_none() {
            return;
        }
        match self.kept_for.checked_sub(1) {
            Some(rest) => {
                self.kept_for = rest;
                self.add(key, payload);
            }
            None => *self = ReferenceIndex::default(),
        }
    }

    fn add(&mut self, key: Key, payload: &Payload) {
        let Some(objects) = &mut self.objects else {
            return;
        };
        for_each_reference(payload, &mut |reference| {
            let objects = objects.entry(reference).or_default();
            self.entries += usize::from(objects.insert((payload.kind(), key)));
        });
    }

    /// An object was deleted, or is about to be stored in another state. `payload`: the former one.
    pub(super) fn remove(&mut self, key: Key, payload: &Payload) {
        let Some(index) = &mut self.objects else {
            return;
        };
        for_each_reference(payload, &mut |reference| {
            if let Some(objects) = index.get_mut(&reference) {
                self.entries -= usize::from(objects.remove(&(payload.kind(), key)));
                if objects.is_empty() {
                    index.remove(&reference);
                }
            }
        });
    }
}

/// The local address of an object; `None` without one.
pub(super) fn own_address(address: &Address) -> Option<IpAddr> {
    address.local.or(address.address)
}

fn for_each_reference(payload: &Payload, each: &mut dyn FnMut(Reference)) {
    match payload {
        // Its own events tell everything.
        Payload::Link(_) | Payload::Vlan(_) | Payload::Vni(_) => {}
        Payload::Route(route) => {
            route
                .output_devices()
                .map(Reference::Device)
                .for_each(&mut *each);
            route
                .prefsrc
                .map(Reference::Address)
                .into_iter()
                .for_each(&mut *each);
            route
                .nhid
                .map(Reference::Nexthop)
                .into_iter()
                .for_each(each);
        }
        Payload::Rule(rule) => {
            let names = [rule.iif, rule.oif].into_iter().flatten();
            names.map(Reference::Name).for_each(each);
        }
        Payload::Nexthop(nexthop) => {
            let members = nexthop.group.iter().flatten();
            members.for_each(|member| each(Reference::Nexthop(member.id)));
            nexthop
                .ifindex
                .map(Reference::Device)
                .into_iter()
                .for_each(each);
        }
        Payload::NexthopBucket(bucket) => each(Reference::Nexthop(bucket.id)),
        // Labels remain without their device.
        Payload::Addrlabel(_) => {}
        _ => {
            if let Payload::Address(address) = payload {
                own_address(address)
                    .map(Reference::Address)
                    .into_iter()
                    .for_each(&mut *each);
            }
            // The method lends the names to be changed.
            payload.clone().for_each_device(&mut |ifindex, _| {
                if ifindex != 0 {
                    each(Reference::Device(ifindex));
                }
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::neigh::Neigh;

    fn neigh(ifindex: u32) -> Payload {
        Neigh {
            ifindex,
            ..Neigh::default()
        }
        .into()
    }

    #[test]
    fn the_index_is_dropped_when_it_is_not_used() {
        let (stores, names) = (Stores::default(), Names::builtin());
        let mut index = ReferenceIndex::default();
        let reference = Reference::Device(1);
        index.insert(0, &neigh(1));
        assert!(index.may_contain(reference));
        index.build(&stores, &names);
        // Nothing is stored.
        assert!(!index.may_contain(reference));
        for key in 0..MIN_KEPT as Key {
            index.insert(key, &neigh(1));
        }
        assert_eq!(index.objects(reference).count(), MIN_KEPT);
        assert!(!index.may_contain(Reference::Device(2)));
        // It is used, and then kept for as many objects as it has, and more.
        index.build(&stores, &names);
        for key in 0..2 * MIN_KEPT as Key {
            index.remove(key, &neigh(1));
            index.insert(key, &neigh(2));
        }
        assert_eq!(index.objects(reference).count(), 0);
        assert_eq!(index.objects(Reference::Device(2)).count(), 2 * MIN_KEPT);
        index.insert(0, &neigh(2));
        assert!(index.objects.is_none());
        assert!(index.may_contain(reference));
    }
}
