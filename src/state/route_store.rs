//! The stored routes. There may be millions, so a route is not stored decoded but as its message:
//!
//! **The destination and the body without destination, put together, decode to the route.** Ages
//! (`RTA_CACHEINFO`) are left out, except for the time until the route expires. The names of devices that its last line has, and the instance number
//! of a sibling, are stored beside the body.

mod assign;
mod names;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use super::bodies::{Bodies, BodyId};
use super::device_names::{ReportedNames, copy_names};
use super::key::{Key, KeyPrefix};
use super::link_store::Env;
use super::multipath;
use super::route_content::RouteContent;
use super::siblings::{Known, Siblings};
use super::store::{Applied, DumpContext, EventContext, NLM_F_EXCL, Store};
use super::table::{Entry, SweepOf, Swept, Table};
use crate::decode::MessageAction;
use crate::event::fields::Fields as _;
use crate::event::object::Object as _;
use crate::event::route::{AttrsInterner, LegFlags, PackedPrefix};
use crate::event::route::{Route, RouteAttrs, SharedAttrs};
use crate::event::scope::Membership;
use crate::event::{Op, Payload};
use crate::kind::interned::Column;
use crate::names::Names;
use assign::Assigned;
use names::has_former_names;

/// A stored route.
#[derive(Debug)]
struct StoredRoute {
    body: BodyId,
    dst: PackedPrefix,
    /// What is known of its siblings.
    known: Known,
    /// Tells the route from its siblings.
    instance: u32,
}

// Of a million routes each byte is a megabyte.
const _: () = assert!(size_of::<Entry<StoredRoute>>() <= 48);

impl StoredRoute {
    fn new((dst, body): (PackedPrefix, BodyId), instance: u32, known: Known) -> Self {
        StoredRoute {
            body,
            dst,
            known,
            instance,
        }
    }
}

/// Route attributes with the names of devices.
#[derive(Debug)]
struct NamedAttrs {
    attrs: SharedAttrs,
    reported: ReportedNames,
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
        let mut route = self.decode_as_reported(stored, env.names)?;
        if env.links.is_renaming() {
            route.for_each_device(&mut |index, name| *name = env.links.present_name(index, *name));
        }
        Some(route.into())
    }

    fn objects<'a>(&'a self, env: Env<'a>) -> impl Iterator<Item = Payload> {
        let stored = self.table.iter();
        stored.filter_map(move |it| Some(self.decode_as_reported(it, env.names)?.into()))
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
        let stored = self.table.get(event.key).map(|entry| &entry.value);
        let lone = stored.map(|stored| (stored.body, stored.known));
        let may_exist = lone.is_some() || !self.siblings.is_empty();
        // First: the body of equal attributes is found by their names too.
        let unresolved = self.name_devices(route, env.links);
        let mut applied = match event.action {
            MessageAction::Delete => {
                let assigned = self.assign_deleted(route, event, lone, env.names);
                self.delete(route, event, assigned, unresolved, env)
            }
            _ => {
                let assigned = self.assign_new(route, event, lone, env);
                self.set(route, event, assigned, may_exist, env.names)
            }
        };
        applied.unresolved |= unresolved && applied.op != Op::Delete;
        applied
    }

    fn apply_dump_entry(
        &mut self,
        route: &mut Route,
        entry: &DumpContext<'_>,
        env: Env<'_>,
    ) -> Option<Applied> {
        let base = self.key(route);
        let unresolved = self.name_devices(route, env.links);
        let mut new = self.bodies.intern(route, entry.message.body);
        let assigned = self.assign_dump_entry(base, route, new.1, entry.scope, env.names);
        if unresolved {
            self.keep_reported_names(route, base, assigned.instance);
            self.bodies.release(new.1);
            new = self.bodies.intern(route, entry.message.body);
        }
        let key = self.set_instance(route, base, assigned.instance);
        if entry.touched_by_event.contains(&key) || self.is_known(key, route, new, env.names) {
            self.bodies.release(new.1);
            self.siblings.settle(base);
            return None;
        }
        self.store_sibling(base, &assigned);
        if entry.complete && matches!(assigned.grouped, Some((Some(_), _))) {
            self.siblings.group_mut(base).set_unordered();
        }
        self.siblings.settle(base);
        let new = StoredRoute::new(new, assigned.instance, assigned.known);
        let old = self.put(Entry::new(key, new, true), route, env.names);
        Some(Applied {
            op: if old.is_some() { Op::Change } else { Op::Add },
            key,
            old: old.map(Payload::from),
            unresolved,
            stale: false,
            uncertain: false,
        })
    }

    fn finish_resync(&mut self, of: SweepOf<'_>, env: Env<'_>) -> Swept<Payload> {
        let Swept {
            missing,
            deleted,
            undecided,
        } = self.sweep(of);
        let mut routes = Vec::new();
        for Entry { value: stored, .. } in deleted {
            routes.extend(self.forget(&stored, env));
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
        if !has_former_names(self.bodies.reported(body), env.links) {
            return None;
        }
        let old = self.decode_as_reported(stored, env.names)?;
        // Fills the column from which the new attributes are taken.
        self.name_devices(&mut self.decode(stored, env.names)?, env.links);
        let renamed = match self.renamed.get(&body) {
            Some(renamed) => *renamed,
            None => {
                let reported = self.bodies.reported(body).iter();
                let reported = reported
                    .map(|(index, name)| (*index, env.links.new_name(*index, *name).or(*name)));
                let reported = reported.collect();
                let renamed = self.bodies.insert_renamed(body, reported);
                self.renamed.insert(body, renamed);
                renamed
            }
        };
        self.bodies.retain(renamed);
        self.bodies.release(body);
        let stored = &mut self.table.get_mut(key)?.value;
        stored.body = renamed;
        let stored = &self.table.get(key)?.value;
        let new = self.decode_as_reported(stored, env.names)?;
        Some((new.into(), old.into()))
    }
}

impl RouteStore {
    /// Removes the route of that key. Returns it, with the names of devices.
    pub(super) fn remove(&mut self, key: Key, env: Env<'_>) -> Option<Payload> {
        let stored = self.table.remove(key)?.value;
        self.forget(&stored, env)
    }

    /// Forgets what belongs to a route that was removed from the table. Returns the route.
    fn forget(&mut self, stored: &StoredRoute, env: Env<'_>) -> Option<Payload> {
        let route = self.decode_as_reported(stored, env.names);
        self.bodies.release(stored.body);
        let mut route = route?;
        let base = self.set_instance_key(&mut route, 0);
        self.siblings.remove(base, stored.instance);
        self.set_instance(&mut route, base, stored.instance);
        self.name_deleted(&mut route, env.links);
        Some(route.into())
    }

    /// Changes the flags of a route's next hops on the device. Returns the route, and its former
    /// state; `None` without such a route.
    pub(super) fn set_leg_flags(
        &mut self,
        key: Key,
        device: u32,
        flags: LegFlags,
        env: Env<'_>,
    ) -> Option<(Payload, Payload)> {
        let stored = &self.table.get(key)?.value;
        let (instance, known) = (stored.instance, stored.known);
        let body = self.bodies.get(stored.body).bytes();
        let mut body = multipath::with_flags(body, device, flags)?;
        stored.dst.fill(&mut body);
        let mut route = self.interner.decode_body(env.names, &body)?;
        self.name_devices(&mut route, env.links);
        let stored = self.bodies.intern(&route, &body);
        let new = Entry::new(key, StoredRoute::new(stored, instance, known), false);
        let old = self.put(new, &route, env.names)?;
        set_instance_field(&mut route, instance);
        Some((route.into(), old.into()))
    }

    fn sweep(&mut self, of: SweepOf<'_>) -> Swept<Entry<StoredRoute>> {
        let (bodies, scope) = (&self.bodies, of.scope);
        let devices = |stored: &StoredRoute| bodies.get(stored.body).output_devices();
        // Consecutive routes mostly have the same body.
        let mut last = None;
        let membership = |stored: &StoredRoute| match last {
            _ if scope.is_kind() => Membership::Inside,
            Some((body, membership)) if body == stored.body => membership,
            _ => {
                let membership = scope.of_devices(&mut devices(stored).into_iter());
                last = Some((stored.body, membership));
                membership
            }
        };
        self.table.finish_resync(of, membership, |stored, each| {
            devices(stored).into_iter().for_each(each);
        })
    }

    /// Indices of the output devices of these routes.
    pub(super) fn output_devices(&self, keys: &[Key]) -> BTreeSet<u32> {
        let stored = keys.iter().filter_map(|key| self.table.get(*key));
        let devices = stored.map(|it| self.bodies.get(it.value.body).output_devices());
        devices.flatten().collect()
    }

    /// The key of a route; of siblings that of instance 0.
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

    /// Stores the route of an event, which has the names of devices.
    #[inline]
    fn set(
        &mut self,
        route: &mut Route,
        event: &EventContext<'_>,
        assigned: Assigned,
        may_exist: bool,
        names: &Names,
    ) -> Applied {
        let message = event.message;
        let new = self.bodies.intern(route, message.body);
        let key = self.set_instance(route, event.key, assigned.instance);
        self.store_sibling(event.key, &assigned);
        self.siblings.settle(event.key);
        let new = StoredRoute::new(new, assigned.instance, assigned.known);
        let new = Entry::new(key, new, event.reconciling);
        let old = match may_exist {
            true => self.put(new, route, names),
            false => {
                self.table.add(new);
                None
            }
        };
        Applied {
            op: if old.is_some() { Op::Change } else { Op::Add },
            key,
            stale: has_silent_siblings(route, old.as_ref(), message.flags),
            old: old.map(Payload::from),
            unresolved: false,
            uncertain: !assigned.certain,
        }
    }

    /// Removes the route of an event, or one next hop of it: then `route` becomes the remaining one.
    fn delete(
        &mut self,
        route: &mut Route,
        event: &EventContext<'_>,
        assigned: Assigned,
        unresolved: bool,
        env: Env<'_>,
    ) -> Applied {
        let Assigned {
            instance, known, ..
        } = assigned;
        let key = self.set_instance(route, event.key, instance);
        if let Some((body, mut remaining)) = self.without_nexthop(key, route, env.names) {
            let unresolved = self.name_devices(&mut remaining, env.links);
            let stored = self.bodies.intern(&remaining, &body);
            if let Some((_, content)) = assigned.grouped {
                let content = RouteContent {
                    whole: RouteContent::of(&remaining, self.bodies.get(stored.1)).whole,
                    ..content
                };
                self.siblings
                    .group_mut(event.key)
                    .set(instance, content, known);
                self.siblings.settle(event.key);
            }
            let new = StoredRoute::new(stored, instance, known);
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
        let stored = self.table.remove(key);
        if let Some(stored) = &stored {
            let reported = self.bodies.reported(stored.value.body);
            let device = route.ifindex.map(|index| (index, route.dev));
            if unresolved || device.is_some_and(|device| reported.first() != Some(&device)) {
                copy_names(reported, &mut |name| route.for_each_device(name));
                self.name_deleted(route, env.links);
            }
            self.bodies.release(stored.value.body);
        } else if unresolved {
            self.name_deleted(route, env.links);
        }
        if !self.siblings.is_empty() {
            self.siblings.remove(event.key, instance);
            self.siblings.settle(event.key);
        }
        Applied {
            op: Op::Delete,
            key,
            old: None,
            unresolved: false,
            stale: false,
            uncertain: !assigned.certain,
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
        if deleted.nexthops.is_some() || !deleted.family.is("inet6") {
            return None;
        }
        let stored = &self.table.get(key)?.value;
        let body = self.bodies.get(stored.body);
        if !multipath::has_nexthops(body.bytes()) {
            return None;
        }
        // With the destination, which a malformed body has not given away: the new one is well-formed.
        let body = multipath::remove_nexthop(&body.body(stored.dst), deleted)?;
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
        self.table.mark_seen(key);
        let Some(Entry { value: stored, .. }) = self.table.get(key) else {
            return false;
        };
        let is_same = stored.dst == dst && self.bodies.is_same(stored.body, body);
        is_same || {
            let stored = self.table.get(key);
            let old = stored.and_then(|entry| self.decode_as_reported(&entry.value, names));
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
        let mut decoded = self.decode_as_reported(&old, names);
        self.bodies.release(old.body);
        if let Some(old) = &mut decoded {
            copy_ages(old, route);
        }
        decoded
    }

    /// The stored route with the names of devices that its last line has.
    fn decode_as_reported(&self, stored: &StoredRoute, names: &Names) -> Option<Route> {
        let mut route = self.decode(stored, names)?;
        self.name_as_reported(&mut route, self.bodies.reported(stored.body));
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
    fn set_instance(&self, route: &mut Route, base: Key, instance: u32) -> Key {
        match instance {
            0 => {
                set_instance_field(route, 0);
                base
            }
            _ => self.set_instance_key(route, instance),
        }
    }

    fn set_instance_key(&self, route: &mut Route, instance: u32) -> Key {
        set_instance_field(route, instance);
        self.key(route)
    }
}

/// Returns true if routes of that family may have equal key fields.
fn has_siblings(route: &Route) -> bool {
    route.family.is("inet") || route.family.is("inet6")
}

/// Returns true if a message about an IPv6 route, whose stored value was `old`, may not tell of
/// further routes that the kernel added or deleted.
fn has_silent_siblings(route: &Route, old: Option<&Route>, flags: u16) -> bool {
    if !route.family.is("inet6") {
        return false;
    }
    // Routes that router advertisements added are joined, and deleted, without a notification.
    if route.nexthops.is_some() {
        return route.protocol.is("ra");
    }
    // ip6_route_mpath_notify tells of the first of several next hops without a gateway, which do not
    // become one multipath route.
    let is_new = old.is_none_or(|old| old.ifindex != route.ifindex);
    route.gateway.is_none()
        && route.nhid.is_none()
        && is_new
        && flags & NLM_F_EXCL == 0
        && flags != 0
}

/// Sets a route's `instance` field; instance 0 has none.
#[inline]
fn set_instance_field(route: &mut Route, instance: u32) {
    if instance != 0 || route.instance.is_some() {
        replace_instance_field(route, instance);
    }
}

#[inline(never)]
fn replace_instance_field(route: &mut Route, instance: u32) {
    if has_siblings(route) {
        route.instance = (instance != 0).then(|| instance.to_string());
    }
}

/// Sets the ages of a stored route to those of its new message: they are no change. That it expires,
/// or no more, is one.
fn copy_ages(old: &mut Route, new: &Route) {
    let expires = new.expires.filter(|_| old.expires.is_some());
    let expires = expires.or(old.expires);
    if (old.expires, old.error) != (expires, new.error) {
        (old.expires, old.error) = (expires, new.error);
    }
    if old.cacheinfo != new.cacheinfo {
        old.cacheinfo.clone_from(&new.cacheinfo);
    }
}
