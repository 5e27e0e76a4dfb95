//! The known routes. There may be millions: each is kept as the message that told of it.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::key::{Key, KeyCache, key_of};
use super::link_store::LinkStore;
use super::multipath;
use super::table::{Entry, SweepMark, Table};
use crate::decode::MessageAction;
use crate::decode::route::{BodyWithoutDst, PackedPrefix, TemplateCache};
use crate::event::fields::Fields as _;
use crate::event::object::Object as _;
use crate::event::route::{Destination, Route, RouteAttrs};
use crate::event::values::Flags;
use crate::event::{Op, Payload};
use crate::names::Names;
use crate::netlink::frame::Message;

/// A known route, as the message that told of it.
#[derive(Debug)]
struct StoredRoute {
    key: Key,
    rest: Rc<BodyWithoutDst>,
    own: PackedPrefix,
    mark: SweepMark,
    /// It was told without the name of a device.
    unresolved: bool,
    /// What tells it from its siblings: an IPv4 route's `instance`.
    number: u16,
}

impl StoredRoute {
    fn new(
        key: Key,
        number: u16,
        own: PackedPrefix,
        rest: Rc<BodyWithoutDst>,
        reconciling: bool,
    ) -> Self {
        StoredRoute {
            key,
            rest,
            own,
            mark: SweepMark::told(reconciling),
            unresolved: false,
            number,
        }
    }

    fn route(&self, templates: &TemplateCache, names: &Names) -> Option<Route> {
        let mut route = templates.decode_stored(names, self.own, &self.rest)?;
        number(&mut route, self.number);
        Some(route)
    }
}

impl Entry for StoredRoute {
    fn key(&self) -> Key {
        self.key
    }
    fn mark(&self) -> SweepMark {
        self.mark
    }
    fn set_mark(&mut self, mark: SweepMark) {
        self.mark = mark;
    }
}

/// What a message did to a route.
#[derive(Debug)]
pub struct Applied {
    pub op: Op,
    pub key: Key,
    /// The route's former self, where it stays.
    pub old: Option<Route>,
    /// Others may be gone without a word.
    pub stale: bool,
}

/// What routes share that have all but the destination in common.
#[derive(Debug, Default)]
struct SharedColumns {
    /// What is kept of their bodies.
    rest: Option<Rc<BodyWithoutDst>>,
    named: Option<NamedAttrs>,
}

/// What routes have in common, with the names of devices.
#[derive(Debug)]
struct NamedAttrs {
    common: Rc<RouteAttrs>,
    /// One of them has no name yet.
    unresolved: bool,
    /// Of the devices, see [`LinkStore::age`].
    age: u64,
}

/// The known routes.
#[derive(Debug, Default)]
pub struct RouteStore {
    table: Table<StoredRoute>,
    /// Of the IPv4 routes that only their number tells apart: the numbers, in the order in which
    /// the kernel tries the routes. Those with one route are left out where its number is 0.
    siblings: HashMap<Key, Vec<u16>>,
    templates: TemplateCache,
    keys: RefCell<KeyCache<RouteAttrs, SharedColumns>>,
}

// linux/netlink.h
const NLM_F_REPLACE: u16 = 0x100;
const NLM_F_EXCL: u16 = 0x200;
const NLM_F_CREATE: u16 = 0x400;
const NLM_F_APPEND: u16 = 0x800;

impl RouteStore {
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// The known route of that key.
    pub fn get(&self, key: Key, names: &Names) -> Option<Route> {
        self.table.get(key)?.route(&self.templates, names)
    }

    /// The key of a route; of an IPv4 route with siblings the first's.
    pub fn key(&self, route: &Route) -> Key {
        self.keys.borrow_mut().key(&route.common, &route.dst)
    }

    /// What was decoded of routes.
    pub fn templates(&self) -> &TemplateCache {
        &self.templates
    }

    /// Fills in the names of devices. Returns whether one of them has no name yet.
    pub fn name_devices(&self, route: &mut Route, links: &LinkStore) -> bool {
        let mut keys = self.keys.borrow_mut();
        let shared = keys.beside(&route.common);
        let age = links.age();
        if let Some(named) = &shared.named
            && named.age == age
        {
            route.common = named.common.clone();
            return named.unresolved;
        }
        let unresolved = links.name_each(None, &mut |name| route.for_each_device(name));
        // Mostly they are what they were before.
        if let Some(named) = &shared.named
            && named.common == route.common
        {
            route.common = named.common.clone();
        }
        shared.named = Some(NamedAttrs {
            common: route.common.clone(),
            unresolved,
            age,
        });
        unresolved
    }

    /// The route of that key was told without the name of a device: it will be told again.
    pub fn note_unresolved(&mut self, key: Key) {
        if let Some(known) = self.table.get_mut(key) {
            known.unresolved = true;
        }
    }

    /// Brings what is known of a route near.
    pub fn prefetch(&self, key: Key) {
        self.table.prefetch(key);
    }

    /// Takes an event: `route`, told by `message`; `base` is its key without a number. A leg that
    /// goes makes `route` what is left. `looking`: a look at the routes is under way.
    pub fn event(
        &mut self,
        action: MessageAction,
        base: Key,
        route: &mut Route,
        message: &Message<'_>,
        reconciling: bool,
        names: &Names,
    ) -> Applied {
        // Most are not, which is found out once.
        let maybe_known = !self.siblings.is_empty() || self.table.get(base).is_some();
        let number = match maybe_known && route.family.is("inet") {
            true => self.instance_of_event(base, action, route, message.flags, names),
            false => 0,
        };
        let key = numbered(route, base, number);
        if action != MessageAction::Delete {
            let stale = self.may_replace_others(key, route, message.flags);
            let (own, rest) = self.keep(message.body, route);
            let new = StoredRoute::new(key, number, own, rest, reconciling);
            let old = match maybe_known {
                true => self.put(new, route, names),
                false => {
                    self.table.add(new);
                    None
                }
            };
            return Applied {
                op: if old.is_some() { Op::Change } else { Op::Add },
                key,
                old,
                stale,
            };
        }
        let known = self.table.get(key).filter(|_| route.nexthops.is_none());
        let left = known.and_then(|known| {
            let mut left = multipath::remove_nexthop(known.rest.bytes(), route)?;
            known.own.fill(&mut left);
            Some(left)
        });
        if let Some(left) = left {
            let (own, rest) = self.templates.pack(&left);
            let left = StoredRoute::new(key, number, own, rest, reconciling);
            let old = self.put(left, route, names);
            if let Some(rest) = self.get(key, names) {
                *route = rest;
            }
            return Applied {
                op: Op::Change,
                key,
                old,
                stale: false,
            };
        }
        self.forget(key, base, number);
        Applied {
            op: Op::Delete,
            key,
            old: None,
            stale: false,
        }
    }

    /// Takes a row of a look. `raced`: an event told of that route since the look began. Returns
    /// the op and the former self where the row says something new.
    pub fn apply_dump_entry(
        &mut self,
        route: &mut Route,
        body: &[u8],
        touched_by_event: impl Fn(Key) -> bool,
        names: &Names,
    ) -> Option<Applied> {
        let base = named(route, 0);
        let number = match route.family.is("inet") {
            true => self.instance_of_entry(base, route, names),
            false => 0,
        };
        let key = numbered(route, base, number);
        if touched_by_event(key) {
            return None;
        }
        let known = self.table.get_mut(key);
        if let Some(known) = known {
            known.mark.mark_seen();
            let (own, rest) = self.templates.pack(body);
            let unresolved = known.unresolved;
            if (known.own, &known.rest) == (own, &rest) && !unresolved {
                return None;
            }
            if let Some(mut old) = known.route(&self.templates, names) {
                copy_ages(&mut old, route);
                let mut now = route.clone();
                now.copy_volatile(&old);
                if now.diff(&old) == 0 && !unresolved {
                    return None;
                }
            }
        }
        let (own, rest) = self.templates.pack(body);
        let new = StoredRoute::new(key, number, own, rest, true);
        let old = self.put(new, route, names);
        Some(Applied {
            op: if old.is_some() { Op::Change } else { Op::Add },
            key,
            old,
            stale: false,
        })
    }

    /// A look is over. Returns the number of routes that are missing but may still be there, and
    /// those that are gone.
    pub fn finish_reconcile(&mut self, clean: bool, names: &Names) -> (usize, Vec<Payload>) {
        let (missing, gone) = self.table.finish_reconcile(clean);
        let mut routes = Vec::new();
        for packed in gone {
            if let Some(mut route) = packed.route(&self.templates, names) {
                let base = named(&mut route, 0);
                let key = numbered(&mut route, base, packed.number);
                self.forget(key, base, packed.number);
                routes.push(Payload::from(route));
            }
        }
        (missing, routes)
    }

    /// What is kept of the body of a message that told of `route`.
    fn keep(&self, body: &[u8], route: &Route) -> (PackedPrefix, Rc<BodyWithoutDst>) {
        let mut keys = self.keys.borrow_mut();
        let shared = keys.beside(&route.common);
        if let (Some(rest), Destination::Prefix(dst)) = (&shared.rest, &route.dst) {
            return (PackedPrefix::from(dst), rest.clone());
        }
        let (own, rest) = self.templates.pack(body);
        shared.rest = Some(rest.clone());
        (own, rest)
    }

    /// Puts a route, which says `route`. Returns its former self.
    fn put(&mut self, new: StoredRoute, route: &Route, names: &Names) -> Option<Route> {
        let mut old = self.table.put(new)?.route(&self.templates, names);
        if let Some(old) = &mut old {
            copy_ages(old, route);
        }
        old
    }

    fn forget(&mut self, key: Key, base: Key, number: u16) {
        self.table.remove(key);
        if self.siblings.is_empty() {
            return;
        }
        if let Some(numbers) = self.siblings.get_mut(&base) {
            numbers.retain(|other| *other != number);
            if matches!(numbers[..], [] | [0]) {
                self.siblings.remove(&base);
            }
        }
    }

    /// The numbers of the known siblings of an IPv4 route, in order.
    fn numbers(&self, base: Key) -> &[u16] {
        let several = match self.siblings.is_empty() {
            true => None,
            false => self.siblings.get(&base),
        };
        match several {
            Some(numbers) => numbers,
            None if self.table.get(base).is_some() => &[0],
            None => &[],
        }
    }

    /// The sibling that says what `route` says, and is not seen yet where `unseen`.
    fn find_same_content(
        &self,
        numbers: &[u16],
        route: &Route,
        names: &Names,
        unseen: bool,
    ) -> Option<u16> {
        let mut like = route.clone();
        strip_volatile(&mut like);
        let mut numbers = numbers.iter().copied();
        numbers.find(|number| {
            let known = self.table.get(named(&mut like, *number));
            known.is_some_and(|known| {
                let free = !unseen || !known.mark.is_seen();
                free && known
                    .route(&self.templates, names)
                    .is_some_and(|mut known| {
                        strip_volatile(&mut known);
                        known.diff(&like) == 0
                    })
            })
        })
    }

    /// Which of its siblings an event is about: IPv4 has several routes to the same destination,
    /// with the same metric, where they were appended (`ip route append`, and what the kernel does
    /// by itself for the subnets of two devices).
    fn instance_of_event(
        &mut self,
        base: Key,
        action: MessageAction,
        route: &Route,
        flags: u16,
        names: &Names,
    ) -> u16 {
        let numbers = self.numbers(base);
        let Some(first) = numbers.first().copied() else {
            return 0;
        };
        let find_same_content = || self.find_same_content(numbers, route, names, false);
        if action == MessageAction::Delete || flags & NLM_F_CREATE == 0 {
            // One of them is gone, changed its flags, or (NLM_F_REPLACE) the first is another.
            let replaced = action != MessageAction::Delete && flags & NLM_F_REPLACE != 0;
            return match numbers.len() > 1 && !replaced {
                true => find_same_content().unwrap_or(first),
                false => first,
            };
        }
        // There was none, whatever we know: they went without a word.
        if flags & (NLM_F_EXCL | NLM_F_REPLACE) != 0 {
            return first;
        }
        if let Some(number) = find_same_content() {
            return number;
        }
        self.new_sibling(base, flags & NLM_F_APPEND != 0)
    }

    /// A number for another route beside those that are known, behind or before them.
    fn new_sibling(&mut self, base: Key, behind: bool) -> u16 {
        let mut numbers = self.numbers(base).to_vec();
        let number = (0..u16::MAX).find(|n| !numbers.contains(n)).unwrap_or(0);
        match behind {
            true => numbers.push(number),
            false => numbers.insert(0, number),
        }
        self.siblings.insert(base, numbers);
        number
    }

    /// Which of its siblings a row is about: the one that says the same, else one that no row was
    /// about yet, else a new one.
    fn instance_of_entry(&mut self, base: Key, route: &mut Route, names: &Names) -> u16 {
        let numbers = self.numbers(base);
        if numbers.is_empty() {
            return 0;
        }
        let unseen = |number: &u16| {
            let known = self.table.get(numbered(route, base, *number));
            known.is_some_and(|known| !known.mark.is_seen())
        };
        let free = numbers.iter().copied().find(unseen);
        if let Some(number) = self.find_same_content(numbers, route, names, true).or(free) {
            return number;
        }
        // Told by an event since the look began.
        if let Some(number) = self.find_same_content(numbers, route, names, false) {
            return number;
        }
        self.new_sibling(base, true)
    }

    /// May an event have replaced other routes than the one that it is about? IPv6 replaces across
    /// the instances, and joins routes that were apart.
    fn may_replace_others(&self, key: Key, route: &Route, flags: u16) -> bool {
        let joined = || route.nexthops.is_some() && route.protocol.is("ra");
        let replaced = || flags & NLM_F_REPLACE != 0 && self.table.get(key).is_none();
        route.family.is("inet6") && (joined() || replaced())
    }
}

/// Writes the number into the route. Returns the key that it has then.
fn named(route: &mut Route, value: u16) -> Key {
    number(route, value);
    key_of(route)
}

/// The same for a route that would have the key `base` with the number 0.
fn numbered(route: &mut Route, base: Key, value: u16) -> Key {
    match value {
        0 => {
            number(route, 0);
            base
        }
        _ => named(route, value),
    }
}

/// An IPv4 route's number, as its instance.
fn number(route: &mut Route, number: u16) {
    let is_new = number != 0 || route.instance.is_some();
    if is_new && route.family.is("inet") {
        route.instance = (number != 0).then(|| number.to_string());
    }
}

/// What is not kept of a known route is as it is now.
fn copy_ages(old: &mut Route, now: &Route) {
    if (old.expires, old.error) != (now.expires, now.error) {
        (old.expires, old.error) = (now.expires, now.error);
    }
    if old.cacheinfo != now.cacheinfo {
        old.cacheinfo.clone_from(&now.cacheinfo);
    }
}

/// What a route says, without what the kernel alters by itself.
fn strip_volatile(route: &mut Route) {
    route.flags = Flags::new(0, &[]);
    route.instance = None;
    (route.expires, route.error, route.cacheinfo) = (None, None, None);
    for leg in route.nexthops.iter_mut().flatten() {
        leg.flags = Flags::new(0, &[]);
    }
}
