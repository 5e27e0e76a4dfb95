//! The stores of one network namespace: one interface, and the only place that picks a store by the
//! kind of an object.

use std::collections::{BTreeMap, HashSet};

use super::key::{self, Key};
use super::link_store::LinkStore;
use super::object_store::ObjectStore;
use super::route_store::RouteStore;
use crate::decode::MessageAction;
use crate::event::kinds::Inline;
use crate::event::route::AttrsInterner;
use crate::event::{Kind, Op, Payload};
use crate::names::Names;
use crate::netlink::frame::Message;

// linux/netlink.h
pub const NLM_F_REPLACE: u16 = libc::NLM_F_REPLACE as u16;
pub const NLM_F_EXCL: u16 = libc::NLM_F_EXCL as u16;
pub const NLM_F_CREATE: u16 = libc::NLM_F_CREATE as u16;
pub const NLM_F_APPEND: u16 = libc::NLM_F_APPEND as u16;

/// The stored objects of one kind, or of several that are stored alike.
pub trait Store {
    /// A decoded object.
    type Object;
    /// What the store needs of others: the link store needs nothing.
    type Env<'a>: Copy;

    /// Number of stored objects.
    fn len(&self) -> usize;

    /// The stored object of that key, with the names of devices.
    fn get(&self, key: Key, env: Self::Env<'_>) -> Option<Payload>;

    /// Prefetches an object's state into the CPU cache.
    fn prefetch(&self, key: Key);

    /// Applies an event: completes `object` with the stored fields that its message omits and the
    /// names of devices, and stores or removes it.
    fn apply_event(
        &mut self,
        object: &mut Self::Object,
        event: &EventContext<'_>,
        env: Self::Env<'_>,
    ) -> Applied;

    /// Applies a dump entry like an event, unless an event about that object is newer. `None` if the
    /// stored object is the same, or the change is to be reported by [`Store::take_found`].
    fn apply_dump_entry(
        &mut self,
        object: &mut Self::Object,
        entry: &DumpContext<'_>,
        env: Self::Env<'_>,
    ) -> Option<Applied>;

    /// The objects that a dump added or changed, with their former values, of a store that can
    /// complete them only after the last dump entry.
    fn take_found(&mut self) -> Vec<(Payload, Option<Payload>)> {
        Vec::new()
    }

    /// Ends a dump. `clean`: an object that it has not may be deleted. Returns the number of objects
    /// that are missing but may still exist, and removes and returns those that are deleted.
    fn finish_resync(&mut self, clean: bool, env: Self::Env<'_>) -> (usize, Vec<Payload>);
}

/// An event beside its object.
pub struct EventContext<'a> {
    pub action: MessageAction,
    /// The key of its object; of IPv4 siblings that of the first.
    pub key: Key,
    pub message: &'a Message<'a>,
    /// A dump of the kind is being read.
    pub reconciling: bool,
}

/// A dump entry beside its object.
pub struct DumpContext<'a> {
    pub action: MessageAction,
    pub message: &'a Message<'a>,
    /// The objects that events were about since the dump began: the entry may be older.
    pub touched_by_event: &'a HashSet<Key>,
}

/// What a message did to an object.
#[derive(Debug)]
pub struct Applied {
    pub op: Op,
    pub key: Key,
    /// The former object, if it still exists.
    pub old: Option<Payload>,
    /// The name of one of its devices is not known yet.
    pub unresolved: bool,
    /// Further objects of the kind may have been deleted without a notification.
    pub stale: bool,
}

/// What stores other than the link store need.
#[derive(Clone, Copy)]
pub struct Env<'a> {
    pub names: &'a Names,
    pub links: &'a LinkStore,
}

/// The operation of a message about an object of a tracked kind.
pub fn op_of(action: MessageAction, is_stored: bool) -> Op {
    match (action, is_stored) {
        (MessageAction::Delete, _) => Op::Delete,
        (_, true) => Op::Change,
        (_, false) => Op::Add,
    }
}

/// Every store.
#[derive(Debug, Default)]
pub struct Stores {
    pub links: LinkStore,
    routes: RouteStore,
    objects: BTreeMap<Kind, ObjectStore>,
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
    pub fn interner(&self) -> &AttrsInterner {
        self.routes.interner()
    }

    pub fn len(&self, kind: Kind) -> usize {
        match kind {
            Kind::Link => self.links.len(),
            Kind::Route => self.routes.len(),
            _ => self.objects.get(&kind).map_or(0, Store::len),
        }
    }

    /// The key of an object; `None` for a message, which has no identity. Of IPv4 siblings it is the
    /// first's.
    pub fn key(&self, payload: &Payload) -> Option<Key> {
        match payload {
            Payload::Route(route) => Some(self.routes.key(route)),
            _ => key(payload),
        }
    }

    pub fn get(&self, kind: Kind, key: Key, names: &Names) -> Option<Payload> {
        let links = &self.links;
        let env = Env { names, links };
        match kind {
            Kind::Link => self.links.get(key, ()),
            Kind::Route => self.routes.get(key, env),
            _ => self.objects.get(&kind)?.get(key, env),
        }
    }

    pub fn prefetch(&self, kind: Kind, key: Key) {
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
    pub fn name_devices(&self, payload: &mut Payload) -> bool {
        match payload {
            Payload::Route(route) => self
                .routes
                .name_devices(Inline::make_mut(route), &self.links),
            _ => self.links.name_devices(payload),
        }
    }

    pub fn apply_event(
        &mut self,
        payload: &mut Payload,
        event: &EventContext<'_>,
        names: &Names,
    ) -> Applied {
        with_store_of!(self, names, payload, |store, object, env| store
            .apply_event(object, event, env))
    }

    pub fn apply_dump_entry(
        &mut self,
        payload: &mut Payload,
        entry: &DumpContext<'_>,
        names: &Names,
    ) -> Option<Applied> {
        with_store_of!(self, names, payload, |store, object, env| store
            .apply_dump_entry(object, entry, env))
    }

    pub fn take_found(&mut self, kind: Kind) -> Vec<(Payload, Option<Payload>)> {
        match kind {
            Kind::Link => self.links.take_found(),
            _ => Vec::new(),
        }
    }

    pub fn finish_resync(
        &mut self,
        kind: Kind,
        clean: bool,
        names: &Names,
    ) -> (usize, Vec<Payload>) {
        with_store!(
            self,
            names,
            kind,
            |store, env| store.finish_resync(clean, env),
            (0, Vec::new())
        )
    }
}

/// The key of an object; `None` for a message, which has no identity.
pub fn key(payload: &Payload) -> Option<Key> {
    match payload {
        Payload::Link(link) => Some(super::link_store::key(link.ifindex)),
        _ => key::key(payload),
    }
}
