//! The stored routes. There may be millions, so a route is not stored decoded but as its message:
//!
//! **The destination and the body without destination, put together, decode to the route.** Ages
//! (`RTA_CACHEINFO`) are left out. The names of devices that its last line has, and the instance number
//! of a sibling, are stored beside the body.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::rc::Rc;

use super::bodies::{Bodies, BodyId, ToldNames, names_in};
use super::key::{Key, KeyPrefix};
use super::link_store::{Env, LinkStore};
use super::multipath;
use super::siblings::{self, Siblings};
use super::store::{Applied, DumpContext, EventContext, NLM_F_REPLACE, Store};
use super::table::{Entry, Swept, Table};
use crate::decode::MessageAction;
use crate::event::fields::Fields as _;
use crate::event::object::Object as _;
use crate::event::route::{AttrsInterner, PackedPrefix};
use crate::event::route::{Route, RouteAttrs, SharedAttrs};
use crate::event::scope::{Membership, Scope};
use crate::event::values::Flags;
use crate::event::{Op, Payload};
use crate::kind::interned::{Column, Interned};
use crate::names::Names;

/// A stored route.
#[derive(Debug)]
struct StoredRoute {
    body: BodyId,
    dst: PackedPrefix,
    /// Tells an IPv4 route from its siblings.
    instance: u16,
}

// Of a million routes each byte is a megabyte.
const _: () = assert!(size_of::<Entry<StoredRoute>>() <= 48);

impl StoredRoute {
    fn new((dst, body): (PackedPrefix, BodyId), instance: u16) -> Self {
        StoredRoute {
            body,
            dst,
            instance,
        }
    }
}

/// Route attributes with the names of devices.
#[derive(Debug)]
struct NamedAttrs {
    attrs: SharedAttrs,
    told: ToldNames,
    /// One of the names is not known yet.
    unresolved: bool,
    /// [`LinkStore::generation`] of the names.
    generation: u64,
}

/// The stored routes.
#[derive(Debug, Default)]
pub(super) struct RouteStore {
    table: Table<StoredRoute>,
    siblings: Siblings,
    interner: AttrsInterner,
    bodies: Bodies,
    prefixes: RefCell<Column<RouteAttrs, KeyPrefix>>,
    named: RefCell<Column<RouteAttrs, NamedAttrs>>,
    /// During a rename: the bodies that were replaced by those with the new names.
    renamed: BTreeMap<BodyId, BodyId>,
}

impl Store for RouteStore {
    type Object = Route;
    type Env<'a> = Env<'a>;

    fn len(&self) -> usize {
        self.table.len()
    }

    fn key_at(&self, at: usize) -> Option<Key> {
        self.table.key_at(at)
    }

    fn get(&self, key: Key, env: Env<'_>) -> Option<Payload> {
        let stored = &self.table.get(key)?.value;
        let mut route = self.decode_told(stored, env.names)?;
        if env.links.is_renaming() {
            route.for_each_device(&mut |index, name| *name = env.links.last_name(index, *name));
        }
        Some(route.into())
    }

    fn prefetch(&self, key: Key) {
        self.table.prefetch(key);
    }

    fn apply_event(
        &mut self,
        route: &mut Route,
        event: &EventContext<'_>,
        env: Env<'_>,
    ) -> Applied {
        // A lookup for routes that are new, as most are: the result is passed on.
        let is_stored = self.table.get(event.key).is_some();
        let may_exist = is_stored || !self.siblings.is_empty();
        let instance = match may_exist && route.family.is("inet") {
            true => self.instance_of_event(route, event, is_stored, env.names),
            false => 0,
        };
        match event.action {
            MessageAction::Delete => self.delete(route, event, instance, env),
            _ => self.set(route, event, instance, may_exist, env),
        }
    }

    fn apply_dump_entry(
        &mut self,
        route: &mut Route,
        entry: &DumpContext<'_>,
        env: Env<'_>,
    ) -> Option<Applied> {
        let base = self.key(route);
        let instance = match route.family.is("inet") {
            true => self.instance_of_dump_entry(base, route, env.names),
            false => 0,
        };
        let unresolved = self.name_devices(route, env.links);
        if unresolved {
            self.keep_told_names(route, base, instance);
        }
        let new = self.bodies.intern(route, entry.message.body);
        let key = self.set_instance(route, base, instance);
        if entry.touched_by_event.contains(&key) || self.is_known(key, route, new, env.names) {
            self.bodies.release(new.1);
            return None;
        }
        let new = Entry::new(key, StoredRoute::new(new, instance), true);
        let old = self.put(new, route, env.names);
        Some(Applied {
            op: if old.is_some() { Op::Change } else { Op::Add },
            key,
            old: old.map(Payload::from),
            unresolved,
            stale: false,
            uncertain: false,
        })
    }

    fn finish_resync(&mut self, clean: bool, scope: &Scope, env: Env<'_>) -> Swept<Payload> {
        let Swept {
            missing,
            deleted,
            undecided,
        } = self.sweep(clean, scope);
        let mut routes = Vec::new();
        for Entry { value: stored, .. } in deleted {
            let route = self.decode_told(&stored, env.names);
            self.bodies.release(stored.body);
            if let Some(mut route) = route {
                let base = self.set_instance_key(&mut route, 0);
                self.siblings.remove(base, stored.instance);
                self.set_instance(&mut route, base, stored.instance);
                self.name_deleted(&mut route, env.links);
                routes.push(Payload::from(route));
            }
        }
        Swept {
            missing,
            deleted: routes,
            undecided,
        }
    }

    fn rename(&mut self, key: Key, env: Env<'_>) -> Option<(Payload, Payload)> {
        let stored = &self.table.get(key)?.value;
        let body = stored.body;
        if !has_former_names(self.bodies.told(body), env.links) {
            return None;
        }
        let old = self.decode_told(stored, env.names)?;
        // Fills the column from which the new attributes are taken.
        self.name_devices(&mut self.decode(stored, env.names)?, env.links);
        let renamed = match self.renamed.get(&body) {
            Some(renamed) => *renamed,
            None => {
                let told = self.bodies.told(body).iter();
                let told = told.map(|(index, name)| {
                    (*index, env.links.new_name(*index, *name).or(*name))
                });
                let told = told.collect();
                let renamed = self.bodies.insert_renamed(body, told);
                self.renamed.insert(body, renamed);
                renamed
            }
        };
        self.bodies.retain(renamed);
        self.bodies.release(body);
        let stored = &mut self.table.get_mut(key)?.value;
        stored.body = renamed;
        let stored = &self.table.get(key)?.value;
        let new = self.decode_told(stored, env.names)?;
        Some((new.into(), old.into()))
    }
}

/// Returns true if one of the names is replaced by a rename.
fn has_former_names(told: &ToldNames, links: &LinkStore) -> bool {
    let mut told = told.iter();
    told.any(|(index, name)| links.new_name(*index, *name).is_some())
}

impl RouteStore {
    fn sweep(&mut self, clean: bool, scope: &Scope) -> Swept<Entry<StoredRoute>> {
        let bodies = &self.bodies;
        // Consecutive routes mostly have the same body.
        let mut last = None;
        self.table.finish_resync(clean, |stored| match last {
            _ if scope.is_kind() => Membership::Inside,
            Some((body, membership)) if body == stored.body => membership,
            _ => {
                let devices = bodies.get(stored.body).output_devices();
                let membership = scope.of_devices(&mut devices.into_iter());
                last = Some((stored.body, membership));
                membership
            }
        })
    }

    /// Indices of the output devices of these routes.
    pub(super) fn output_devices(&self, keys: &[Key]) -> BTreeSet<u32> {
        let stored = keys.iter().filter_map(|key| self.table.get(*key));
        let devices = stored.map(|it| self.bodies.get(it.value.body).output_devices());
        devices.flatten().collect()
    }

    /// The key of a route; of IPv4 siblings that of instance 0.
    pub(super) fn key(&self, route: &Route) -> Key {
        let mut prefixes = self.prefixes.borrow_mut();
        let attrs = &route.common;
        let new = |attrs: &RouteAttrs| Ok::<_, Infallible>(KeyPrefix::new(attrs));
        let Ok(prefix) = prefixes.get_or_try_insert(attrs, new);
        prefix.key(&***attrs, &route.dst)
    }

    /// The interner by which messages and stored routes are decoded.
    pub(super) fn interner(&self) -> &AttrsInterner {
        &self.interner
    }

    /// Fills in the names of devices. Returns true if one of them is not known yet.
    #[inline]
    pub(super) fn name_devices(&self, route: &mut Route, links: &LinkStore) -> bool {
        if let Some(named) = self.named.borrow().get(&route.common)
            && named.generation == links.generation()
        {
            route.common = named.attrs.clone();
            return named.unresolved;
        }
        self.name_attrs(route, links)
    }

    /// Fills in the names of devices in attributes that [`RouteStore::named`] lacks.
    #[inline(never)]
    fn name_attrs(&self, route: &mut Route, links: &LinkStore) -> bool {
        let mut column = self.named.borrow_mut();
        let generation = links.generation();
        let former = column.get(&route.common);
        let unnamed = route.common.clone();
        let unresolved = links.name_each(None, &mut |name| route.for_each_device(name));
        let told = names_in(route);
        match former {
            // Another device was modified: keep the allocation, by which the rendered JSON is found.
            Some(named) if named.attrs == route.common => route.common = named.attrs.clone(),
            _ => {
                if let Some(named) = Rc::get_mut(&mut route.common) {
                    Interned::set_id(named, unnamed.id());
                }
            }
        }
        let attrs = route.common.clone();
        column.insert(
            &unnamed,
            NamedAttrs {
                attrs,
                told,
                unresolved,
                generation,
            },
        );
        unresolved
    }

    /// Gives a decoded stored route the names that its last line has.
    fn name_as_told(&self, route: &mut Route, told: &ToldNames) {
        // Mostly the present names: these attributes are shared.
        if let Some(named) = self.named.borrow().get(&route.common)
            && named.told == *told
        {
            route.common = named.attrs.clone();
            return;
        }
        let mut told = told.iter();
        route.for_each_device(&mut |_, name| *name = told.next().and_then(|(_, name)| *name));
    }

    /// Completes the names of devices in a route that is deleted.
    #[inline(never)]
    fn name_deleted(&self, route: &mut Route, links: &LinkStore) {
        route.for_each_device(&mut |index, name| *name = links.last_name(index, *name));
    }

    /// Copies names of devices from the stored route that a dump entry is about.
    #[inline(never)]
    fn keep_told_names(&self, route: &mut Route, base: Key, instance: u16) {
        let key = self.set_instance(&mut route.clone(), base, instance);
        if let Some(stored) = self.table.get(key) {
            copy_names(route, self.bodies.told(stored.value.body));
        }
    }

    /// Begins to replace former names of devices. Returns true if a stored route has one.
    pub(super) fn begin_rename(&mut self, links: &LinkStore) -> bool {
        self.end_rename();
        self.bodies.any_told(|told| has_former_names(told, links))
    }

    /// No route has a former name any more.
    pub(super) fn end_rename(&mut self) {
        for (old, new) in std::mem::take(&mut self.renamed) {
            self.bodies.release(old);
            self.bodies.release(new);
        }
    }

    /// Stores the route of an event.
    #[inline]
    fn set(
        &mut self,
        route: &mut Route,
        event: &EventContext<'_>,
        instance: u16,
        may_exist: bool,
        env: Env<'_>,
    ) -> Applied {
        let message = event.message;
        let unresolved = self.name_devices(route, env.links);
        let new = self.bodies.intern(route, message.body);
        let key = self.set_instance(route, event.key, instance);
        let stale = self.may_replace_others(key, route, message.flags);
        let new = Entry::new(key, StoredRoute::new(new, instance), event.reconciling);
        let old = match may_exist {
            true => self.put(new, route, env.names),
            false => {
                self.table.add(new);
                None
            }
        };
        Applied {
            op: if old.is_some() { Op::Change } else { Op::Add },
            key,
            old: old.map(Payload::from),
            unresolved,
            stale,
            uncertain: false,
        }
    }

    /// Removes the route of an event, or one next hop of it: then `route` becomes the remaining one.
    fn delete(
        &mut self,
        route: &mut Route,
        event: &EventContext<'_>,
        instance: u16,
        env: Env<'_>,
    ) -> Applied {
        let key = self.set_instance(route, event.key, instance);
        if let Some((body, mut remaining)) = self.without_nexthop(key, route, env.names) {
            let unresolved = self.name_devices(&mut remaining, env.links);
            let new = StoredRoute::new(self.bodies.intern(&remaining, &body), instance);
            let old = self.put(Entry::new(key, new, event.reconciling), route, env.names);
            set_instance_field(&mut remaining, instance);
            *route = remaining;
            return Applied {
                op: Op::Change,
                key,
                old: old.map(Payload::from),
                unresolved,
                stale: false,
                uncertain: false,
            };
        }
        let unresolved = self.name_devices(route, env.links);
        let stored = self.table.remove(key);
        if let Some(stored) = &stored {
            let told = self.bodies.told(stored.value.body);
            let device = route.ifindex.map(|index| (index, route.dev));
            if unresolved || device.is_some_and(|device| told.first() != Some(&device)) {
                copy_names(route, told);
                self.name_deleted(route, env.links);
            }
            self.bodies.release(stored.value.body);
        } else if unresolved {
            self.name_deleted(route, env.links);
        }
        self.siblings.remove(event.key, instance);
        Applied {
            op: Op::Delete,
            key,
            old: None,
            unresolved: false,
            stale: false,
            uncertain: false,
        }
    }

    /// The stored multipath route of that key without the next hop of the route `deleted`: its body,
    /// and decoded. `None` if that is not one of its next hops.
    fn without_nexthop(
        &self,
        key: Key,
        deleted: &Route,
        names: &Names,
    ) -> Option<(Vec<u8>, Route)> {
        if deleted.nexthops.is_some() {
            return None;
        }
        let stored = &self.table.get(key)?.value;
        let mut body = multipath::remove_nexthop(self.bodies.get(stored.body).bytes(), deleted)?;
        stored.dst.fill(&mut body);
        let route = self.interner.decode_body(names, &body)?;
        Some((body, route))
    }

    /// Marks the stored route of that key as seen. Returns true if it has the content of a dump
    /// entry: `route`, stored as `new`.
    fn is_known(
        &mut self,
        key: Key,
        route: &Route,
        (dst, body): (PackedPrefix, BodyId),
        names: &Names,
    ) -> bool {
        let Some(entry) = self.table.get_mut(key) else {
            return false;
        };
        entry.mark.mark_seen();
        let stored = &entry.value;
        let is_same = stored.dst == dst && self.bodies.is_same(stored.body, body);
        is_same || {
            let stored = self.table.get(key);
            let old = stored.and_then(|entry| self.decode_told(&entry.value, names));
            old.is_some_and(|mut old| {
                copy_ages(&mut old, route);
                let mut new = route.clone();
                new.copy_volatile(&old);
                new.diff(&old) == 0
            })
        }
    }

    /// Stores `new`, the content of `route`. Returns the former route.
    fn put(&mut self, new: Entry<StoredRoute>, route: &Route, names: &Names) -> Option<Route> {
        let old = self.table.put(new)?.value;
        let mut decoded = self.decode_told(&old, names);
        self.bodies.release(old.body);
        if let Some(old) = &mut decoded {
            copy_ages(old, route);
        }
        decoded
    }

    /// The stored route with the names of devices that its last line has.
    fn decode_told(&self, stored: &StoredRoute, names: &Names) -> Option<Route> {
        let mut route = self.decode(stored, names)?;
        self.name_as_told(&mut route, self.bodies.told(stored.body));
        Some(route)
    }

    /// The stored route without the names of devices.
    fn decode(&self, stored: &StoredRoute, names: &Names) -> Option<Route> {
        let body = self.bodies.get(stored.body);
        let mut route = self.interner.decode_stored(names, stored.dst, body)?;
        set_instance_field(&mut route, stored.instance);
        Some(route)
    }

    /// Sets a route's instance number. Returns its key; `base` is that of instance 0.
    fn set_instance(&self, route: &mut Route, base: Key, instance: u16) -> Key {
        match instance {
            0 => {
                set_instance_field(route, 0);
                base
            }
            _ => self.set_instance_key(route, instance),
        }
    }

    fn set_instance_key(&self, route: &mut Route, instance: u16) -> Key {
        set_instance_field(route, instance);
        self.key(route)
    }

    /// The instance number of the sibling with the content of `route`, among those that the dump has
    /// not had yet if `unseen`.
    fn same_content(
        &self,
        instances: &[u16],
        route: &Route,
        names: &Names,
        unseen: bool,
    ) -> Option<u16> {
        let mut wanted = route.clone();
        strip_volatile(&mut wanted);
        let mut instances = instances.iter().copied();
        instances.find(|instance| {
            let stored = self
                .table
                .get(self.set_instance_key(&mut wanted, *instance));
            stored.is_some_and(|entry| {
                (!unseen || !entry.mark.is_seen())
                    && self.decode(&entry.value, names).is_some_and(|mut stored| {
                        strip_volatile(&mut stored);
                        set_instance_field(&mut stored, *instance);
                        stored.diff(&wanted) == 0
                    })
            })
        })
    }

    /// The instance number of the IPv4 route that an event is about.
    fn instance_of_event(
        &mut self,
        route: &Route,
        event: &EventContext<'_>,
        is_stored: bool,
        names: &Names,
    ) -> u16 {
        let instances = self.siblings.instances(event.key, is_stored);
        let same_content = || self.same_content(instances, route, names, false);
        let sibling =
            siblings::of_event(instances, event.action, event.message.flags, same_content);
        self.siblings.resolve(event.key, is_stored, sibling)
    }

    /// The instance number of the IPv4 route that a dump entry is about.
    fn instance_of_dump_entry(&mut self, base: Key, route: &Route, names: &Names) -> u16 {
        let is_stored = self.table.get(base).is_some();
        let instances = self.siblings.instances(base, is_stored);
        let same_content = |unseen| self.same_content(instances, route, names, unseen);
        let is_unseen = |instance| {
            let key = self.set_instance(&mut route.clone(), base, instance);
            let stored = self.table.get(key);
            stored.is_some_and(|stored| !stored.mark.is_seen())
        };
        let sibling = siblings::of_dump_entry(instances, is_unseen, same_content);
        self.siblings.resolve(base, is_stored, sibling)
    }

    /// Returns true if the event may have replaced further routes. IPv6 replaces routes of any
    /// instance, and joins separate routes into a multipath route.
    fn may_replace_others(&self, key: Key, route: &Route, flags: u16) -> bool {
        let is_joined = || route.nexthops.is_some() && route.protocol.is("ra");
        let is_replacement = || flags & NLM_F_REPLACE != 0 && self.table.get(key).is_none();
        route.family.is("inet6") && (is_joined() || is_replacement())
    }
}

/// Copies the names of devices that `told` contains.
fn copy_names(route: &mut Route, told: &ToldNames) {
    route.for_each_device(&mut |index, name| {
        let known = told.iter().find(|(told, _)| *told == index);
        *name = known.and_then(|(_, name)| *name).or(*name);
    });
}

/// Sets an IPv4 route's `instance` field; instance 0 has none.
#[inline]
fn set_instance_field(route: &mut Route, instance: u16) {
    if instance != 0 || route.instance.is_some() {
        replace_instance_field(route, instance);
    }
}

#[inline(never)]
fn replace_instance_field(route: &mut Route, instance: u16) {
    if route.family.is("inet") {
        route.instance = (instance != 0).then(|| instance.to_string());
    }
}

/// Sets the ages of a stored route, which has none, to those of its new message: they are no change.
fn copy_ages(old: &mut Route, new: &Route) {
    if (old.expires, old.error) != (new.expires, new.error) {
        (old.expires, old.error) = (new.expires, new.error);
    }
    if old.cacheinfo != new.cacheinfo {
        old.cacheinfo.clone_from(&new.cacheinfo);
    }
}

/// Clears the fields that the kernel changes by itself, and the instance number.
fn strip_volatile(route: &mut Route) {
    route.flags = Flags::new(0, &[]);
    route.instance = None;
    (route.expires, route.error, route.cacheinfo) = (None, None, None);
    for nexthop in route.nexthops.iter_mut().flatten() {
        nexthop.flags = Flags::new(0, &[]);
    }
}
