//! The stores of one network namespace: the only place that picks a store by the kind of an object.

use std::collections::{BTreeMap, BTreeSet};

use super::key::{self, Key};
use super::link_store::{Env, LinkStore};
use super::object_store::ObjectStore;
use super::range_store::{Cut, RangeStore};
use super::route_store::RouteStore;
use super::store::{Applied, DumpContext, EventContext, Store};
use super::table::{SweepOf, Swept};
use crate::event::kinds::Inline;
use crate::event::route::{AttrsInterner, LegFlags};
use crate::event::{Kind, Payload};
use crate::kind::range::IdRange;
use crate::names::Names;

/// Every store.
#[derive(Debug, Default)]
pub(super) struct Stores {
    pub links: LinkStore,
    routes: RouteStore,
    objects: BTreeMap<Kind, ObjectStore>,
    ranges: BTreeMap<Kind, RangeStore>,
}

/// Evaluates an expression with the store of a kind, as `$store`, and its `Env`. A match and not a
/// trait object: each store is called directly. `$none` is for a kind of which no object was stored.
macro_rules! with_store {
    ($stores:ident, $names:expr, $kind:expr, |$store:ident, $env:ident| $body:expr, $none:expr) => {
        match $kind {
            Kind::Link => {
                let ($store, $env) = (&mut $stores.links, ());
                $body
            }
            kind => {
                let links = &$stores.links;
                let $env = Env {
                    names: $names,
                    links,
                };
                match kind {
                    Kind::Route => {
                        let $store = &mut $stores.routes;
                        $body
                    }
                    kind if kind.has_ranges() => match $stores.ranges.get_mut(&kind) {
                        Some($store) => $body,
                        None => $none,
                    },
                    kind => match $stores.objects.get_mut(&kind) {
                        Some($store) => $body,
                        None => $none,
                    },
                }
            }
        }
    };
}

/// Evaluates an expression with the store of an object, its `Env` and the object in the type of the
/// store.
macro_rules! with_store_of {
    ($stores:ident, $names:expr, $payload:expr, |$store:ident, $object:ident, $env:ident| $body:expr) => {
        match $payload {
            Payload::Link($object) => {
                let ($store, $env) = (&mut $stores.links, ());
                $body
            }
            payload => {
                let links = &$stores.links;
                let $env = Env {
                    names: $names,
                    links,
                };
                match payload {
                    Payload::Route(route) => {
                        let ($store, $object) = (&mut $stores.routes, Inline::make_mut(route));
                        $body
                    }
                    $object if $object.kind().has_ranges() => {
                        let $store = $stores.ranges.entry($object.kind()).or_default();
                        $body
                    }
                    $object => {
                        let $store = $stores.objects.entry($object.kind()).or_default();
                        $body
                    }
                }
            }
        }
    };
}

impl Stores {
    pub(super) fn interner(&self) -> &AttrsInterner {
        self.routes.interner()
    }

    pub(super) fn len(&self, kind: Kind) -> usize {
        match kind {
            Kind::Link => self.links.len(),
            Kind::Route => self.routes.len(),
            _ if kind.has_ranges() => self.ranges.get(&kind).map_or(0, Store::len),
            _ => self.objects.get(&kind).map_or(0, Store::len),
        }
    }

    pub(super) fn key_at(&self, kind: Kind, at: usize) -> Option<Key> {
        match kind {
            Kind::Link => self.links.key_at(at),
            Kind::Route => self.routes.key_at(at),
            _ if kind.has_ranges() => self.ranges.get(&kind)?.key_at(at),
            _ => self.objects.get(&kind)?.key_at(at),
        }
    }

    /// The key of an object; `None` for a message, which has no identity. Of IPv4 siblings it is the
    /// first's.
    pub(super) fn key(&self, payload: &Payload) -> Option<Key> {
        match payload {
            Payload::Route(route) => Some(self.routes.key(route)),
            _ => key(payload),
        }
    }

    pub(super) fn get(&self, kind: Kind, key: Key, names: &Names) -> Option<Payload> {
        let links = &self.links;
        let env = Env { names, links };
        match kind {
            Kind::Link => self.links.get(key, ()),
            Kind::Route => self.routes.get(key, env),
            _ if kind.has_ranges() => self.ranges.get(&kind)?.get(key, env),
            _ => self.objects.get(&kind)?.get(key, env),
        }
    }

    pub(super) fn objects<'a>(
        &'a self,
        kind: Kind,
        names: &'a Names,
    ) -> Box<dyn Iterator<Item = Payload> + 'a> {
        let links = &self.links;
        let env = Env { names, links };
        match kind {
            Kind::Link => Box::new(self.links.objects(())),
            Kind::Route => Box::new(self.routes.objects(env)),
            _ if kind.has_ranges() => {
                let stores = self.ranges.get(&kind).into_iter();
                Box::new(stores.flat_map(move |it| it.objects(env)))
            }
            _ => {
                let stores = self.objects.get(&kind).into_iter();
                Box::new(stores.flat_map(move |it| it.objects(env)))
            }
        }
    }

    pub(super) fn prefetch(&self, kind: Kind, key: Key) {
        match kind {
            Kind::Link => self.links.prefetch(key),
            Kind::Route => self.routes.prefetch(key),
            _ => {
                if let Some(objects) = self.objects.get(&kind) {
                    objects.prefetch(key);
                }
            }
        }
    }

    /// Fills in the names of devices, and what depends on the type of a device. Returns true if one
    /// of the names is not known yet.
    pub(super) fn name_devices(&self, payload: &mut Payload) -> bool {
        match payload {
            Payload::Route(route) => self
                .routes
                .name_devices(Inline::make_mut(route), &self.links),
            _ => self.links.name_devices(payload),
        }
    }

    /// Fills in the names of devices in the last message about an object, where the device may be
    /// deleted already.
    pub(super) fn name_deleted(&self, payload: &mut Payload) {
        self.links.name_gone(payload);
    }

    /// Fills in the names of devices in a stored object whose line waits for them.
    pub(super) fn complete_names(&mut self, kind: Kind, key: Key) {
        if let Some(objects) = self.objects.get_mut(&kind) {
            objects.complete_names(key, &self.links);
        }
    }

    /// See [`Store::rename`].
    pub(super) fn rename(
        &mut self,
        kind: Kind,
        key: Key,
        names: &Names,
    ) -> Option<(Payload, Payload)> {
        with_store!(self, names, kind, |store, env| store.rename(key, env), None)
    }

    /// Returns true if stored routes may have one of the names that [`Stores::rename`] replaces.
    pub(super) fn renames_routes(&mut self) -> bool {
        self.routes.begin_rename(&self.links)
    }

    /// Every stored object has been [renamed](Stores::rename).
    pub(super) fn end_rename(&mut self) {
        self.links.end_rename();
        self.routes.end_rename();
    }

    pub(super) fn apply_event(
        &mut self,
        payload: &mut Payload,
        event: &EventContext<'_>,
        names: &Names,
    ) -> Applied {
        with_store_of!(self, names, payload, |store, object, env| store
            .apply_event(object, event, env))
    }

    pub(super) fn apply_dump_entry(
        &mut self,
        payload: &mut Payload,
        entry: &DumpContext<'_>,
        names: &Names,
    ) -> Option<Applied> {
        with_store_of!(self, names, payload, |store, object, env| store
            .apply_dump_entry(object, entry, env))
    }

    /// Removes the object of that key, which is no link and no range. Returns it.
    pub(super) fn remove(&mut self, kind: Kind, key: Key, names: &Names) -> Option<Payload> {
        let links = &self.links;
        let env = Env { names, links };
        match kind {
            Kind::Route => self.routes.remove(key, env),
            _ => self.objects.get_mut(&kind)?.take(key, links),
        }
    }

    /// Stores another state of the object of that key, which is no link, route or range.
    pub(super) fn replace(&mut self, key: Key, payload: &Payload) {
        if let Some(objects) = self.objects.get_mut(&payload.kind()) {
            objects.put(key, payload, false);
        }
    }

    /// Removes the objects that have some of these ids, as far as they have them. Returns them.
    pub(super) fn remove_ranges(&mut self, kind: Kind, ids: IdRange) -> Vec<Payload> {
        let mut removed = Vec::new();
        if let Some(ranges) = self.ranges.get_mut(&kind) {
            ranges.delete(ids, &mut removed);
        }
        for payload in &mut removed {
            self.links.name_gone(payload);
        }
        removed
    }

    /// See [`RouteStore::set_leg_flags`].
    pub(super) fn set_leg_flags(
        &mut self,
        key: Key,
        device: u32,
        flags: LegFlags,
        names: &Names,
    ) -> Option<(Payload, Payload)> {
        let links = &self.links;
        self.routes
            .set_leg_flags(key, device, flags, Env { names, links })
    }

    pub(super) fn take_found(&mut self, kind: Kind) -> Vec<(Payload, Option<Payload>)> {
        match kind {
            Kind::Link => self.links.take_found(),
            _ => {
                let ranges = self.ranges.get_mut(&kind);
                ranges.map(Store::take_found).unwrap_or_default()
            }
        }
    }

    /// A dump of the kind follows.
    pub(super) fn begin_resync(&mut self, kind: Kind) {
        if let Some(ranges) = self.ranges.get_mut(&kind) {
            ranges.begin_resync();
        }
    }

    /// See [`RangeStore::make_room`].
    pub(super) fn make_room(&mut self, payload: &Payload) -> Vec<Cut> {
        let ranges = self.ranges.get_mut(&payload.kind());
        let (Some(ranges), Some(ids)) = (ranges, payload.range()) else {
            return Vec::new();
        };
        ranges.make_room(ids);
        ranges.take_cuts()
    }

    /// See [`RangeStore::take_cuts`].
    pub(super) fn take_cuts(&mut self, kind: Kind) -> Vec<Cut> {
        let ranges = self.ranges.get_mut(&kind);
        ranges.map(RangeStore::take_cuts).unwrap_or_default()
    }

    pub(super) fn finish_resync(
        &mut self,
        kind: Kind,
        of: SweepOf<'_>,
        names: &Names,
    ) -> Swept<Payload> {
        with_store!(
            self,
            names,
            kind,
            |store, env| store.finish_resync(of, env),
            Swept::nothing()
        )
    }

    /// Indices of the devices of undecided objects ([`Swept::undecided`]). Only routes have several.
    pub(super) fn devices_of_undecided(&self, keys: &[Key]) -> BTreeSet<u32> {
        self.routes.output_devices(keys)
    }
}

/// The key of an object; `None` for a message, which has no identity.
pub fn key(payload: &Payload) -> Option<Key> {
    match payload {
        Payload::Link(link) => Some(super::link_store::key(link.ifindex)),
        _ => key::key(payload),
    }
}
