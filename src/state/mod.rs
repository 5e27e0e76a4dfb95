//! What is known: the devices and the last known object of each tracked kind. It makes a
//! message's meaning whole (`op`, device names, `changed` and `old`), and tells a look at the
//! kernel's own list from what is known.

mod chunked_vec;
mod implicit_changes;
mod key;
mod link_store;
mod multipath;
mod object_store;
mod reconcile;
mod route_store;
mod table;

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::decode::route::TemplateCache;
use crate::decode::{Decoded, MessageAction};
use crate::event::kind_set::KindSet;
use crate::event::kinds::Inline;
use crate::event::{Change, Event, Kind, Op, Payload};
use crate::names::Names;
use crate::netlink::frame::Message;
pub use key::Key;
use link_store::LinkStore;
use object_store::ObjectStore;
pub use reconcile::ReconcileResult;
use reconcile::Reconciliation;
use route_store::RouteStore;

/// The key of an object; `None` for a message, which is no state.
pub fn key(payload: &Payload) -> Option<Key> {
    match payload {
        Payload::Link(link) => Some(link_store::key(link.ifindex)),
        _ => key::key(payload),
    }
}

/// What a message means, given what was known.
#[derive(Debug)]
pub struct StateChange {
    pub op: Op,
    pub payload: Payload,
    pub change: Option<Change>,
}

/// The last known objects of one network namespace.
#[derive(Debug)]
pub struct State {
    names: Names,
    links: LinkStore,
    routes: RouteStore,
    objects: BTreeMap<Kind, ObjectStore>,
    /// The kinds whose objects are remembered.
    tracked: KindSet,
    /// The kinds of which what is not known does not exist.
    complete: KindSet,
    reconciliation: Option<Reconciliation>,
    /// The kinds that may have changed without a word.
    stale: KindSet,
    /// The kinds of which something was told without the name of a device.
    unresolved: KindSet,
}

impl State {
    /// Nothing is known yet. Only objects of the `tracked` kinds will be remembered, and devices,
    /// which the others need.
    pub fn new(names: Names, mut tracked: KindSet) -> Self {
        tracked.insert(Kind::Link);
        State {
            names,
            links: LinkStore::default(),
            routes: RouteStore::default(),
            objects: BTreeMap::new(),
            tracked,
            complete: KindSet::EMPTY,
            reconciliation: None,
            stale: KindSet::EMPTY,
            unresolved: KindSet::EMPTY,
        }
    }

    /// The names of tables, protocols and the like.
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// What was decoded of routes.
    pub fn templates(&self) -> &TemplateCache {
        self.routes.templates()
    }

    /// Everything that exists has been told.
    pub fn complete(&mut self) {
        self.complete = KindSet::of(Kind::ALL);
    }

    /// The tracked kinds that may have changed without a word since this was last asked.
    pub fn take_stale(&mut self) -> KindSet {
        std::mem::take(&mut self.stale).and(self.tracked)
    }

    /// Number of known objects of a kind.
    pub fn count(&self, kind: Kind) -> usize {
        match kind {
            Kind::Link => self.links.len(),
            Kind::Route => self.routes.len(),
            _ => self.objects.get(&kind).map_or(0, ObjectStore::len),
        }
    }

    /// The known object of that kind and key.
    pub fn object(&self, kind: Kind, key: Key) -> Option<Payload> {
        let mut payload = match kind {
            Kind::Link => Payload::Link(self.links.by_key(key)?.clone()),
            Kind::Route => self.routes.get(key, &self.names)?.into(),
            _ => self.objects.get(&kind)?.get(key)?.payload.clone(),
        };
        self.name_devices(&mut payload);
        Some(payload)
    }

    /// What identifies the object that an event is about, if it is one that is remembered: what
    /// [`State::event`] is to be given. Of the siblings of an IPv4 route it is the first.
    pub fn key(&self, decoded: &Decoded) -> Option<Key> {
        let remembered = decoded.action != MessageAction::Notify
            && self.tracked.contains(decoded.payload.kind());
        match &decoded.payload {
            _ if !remembered => None,
            Payload::Route(route) => Some(self.routes.key(route)),
            payload => key(payload),
        }
    }

    /// Brings what is known of an object near.
    pub fn prefetch(&self, kind: Kind, key: Key) {
        match kind {
            Kind::Link => {}
            Kind::Route => self.routes.prefetch(key),
            _ => {
                if let Some(objects) = self.objects.get(&kind) {
                    objects.prefetch(key);
                }
            }
        }
    }

    /// Takes an event, and makes it whole: with what it means, and the names of devices.
    pub fn event(
        &mut self,
        action: MessageAction,
        key: Option<Key>,
        message: &Message<'_>,
        event: &mut Event,
    ) {
        let payload = &mut event.payload;
        let kind = payload.kind();
        let Some(key) = key else {
            self.name_devices(payload);
            event.op = op_of_request(action, message.flags);
            self.stale = self
                .stale
                .or(implicit_changes::stale_kinds(event.op, payload, None));
            return;
        };
        let reconciling = self
            .reconciliation
            .as_ref()
            .is_some_and(|reconciliation| reconciliation.kind == kind);
        let unresolved;
        let (op, key, old) = match payload {
            Payload::Link(link) => {
                let (stays, old) = self.links.take(action, Rc::make_mut(link));
                let old = old.map(Payload::Link);
                unresolved = self.name_devices(payload);
                if let Payload::Link(link) = payload
                    && stays
                {
                    self.links.put(link.clone(), reconciling);
                }
                let op = match action {
                    MessageAction::Partial | MessageAction::LeaveBridge if old.is_none() => {
                        Op::Present
                    }
                    _ => op_of(action, old.is_some()),
                };
                (op, key, old)
            }
            Payload::Route(route) => {
                // Routes are kept, and compared, without names.
                let route = Inline::make_mut(route);
                let routes = &mut self.routes;
                let told = routes.event(action, key, route, message, reconciling, &self.names);
                if told.stale {
                    self.stale.insert(Kind::Route);
                }
                unresolved = self.name_devices(payload);
                (told.op, told.key, told.old.map(Payload::from))
            }
            _ => {
                let objects = self.objects.entry(kind).or_default();
                if action == MessageAction::Partial
                    && let Some(known) = objects.get(key)
                {
                    payload.merge_missing(&known.payload);
                }
                unresolved = self.links.name_devices(payload);
                let old = match action {
                    MessageAction::Delete => {
                        objects.remove(key);
                        None
                    }
                    _ => objects.upsert(key, payload, reconciling),
                };
                (op_of(action, old.is_some()), key, old)
            }
        };
        if let Some(reconciliation) = &mut self.reconciliation
            && reconciling
        {
            reconciliation.touched_by_event(key);
        }
        if unresolved {
            self.note_unresolved(kind, key);
        }
        if kind == Kind::Link && op == Op::Add {
            self.on_device_known();
        }
        event.op = match op {
            Op::Add if !self.complete.contains(kind) => Op::Present,
            op => op,
        };
        if let Some(old) = old {
            event.change = Some(self.change(payload, old));
        }
        let change = event.change.as_ref();
        self.stale = self
            .stale
            .or(implicit_changes::stale_kinds(event.op, payload, change));
    }

    /// An object that was told without the name of a device is told again when it has one. A route
    /// is kept without names: that has to be noted.
    fn note_unresolved(&mut self, kind: Kind, key: Key) {
        match kind {
            // It names others, which may never be in sight.
            Kind::Link => return,
            Kind::Route => self.routes.note_unresolved(key),
            _ => {}
        }
        self.unresolved.insert(kind);
    }

    /// A device has become known: objects that lack its name are to be looked at.
    fn on_device_known(&mut self) {
        self.stale = self.stale.or(std::mem::take(&mut self.unresolved));
    }

    /// The difference to the object's former self.
    fn change(&self, payload: &Payload, mut old: Payload) -> Change {
        // A route is kept without names.
        if let Payload::Route(_) = old {
            self.name_devices(&mut old);
        }
        Change::between(payload, old)
    }

    /// Fills in the names of devices, and what depends on the device's type. Returns whether one
    /// of them has no name yet.
    fn name_devices(&self, payload: &mut Payload) -> bool {
        match payload {
            Payload::Route(route) => self
                .routes
                .name_devices(Inline::make_mut(route), &self.links),
            _ => self.links.name_devices(payload),
        }
    }
}

fn op_of(action: MessageAction, known: bool) -> Op {
    match (action, known) {
        (MessageAction::Delete, _) => Op::Delete,
        (_, true) => Op::Change,
        (_, false) => Op::Add,
    }
}

/// Objects that are not remembered are told apart by what the kernel was asked to do (`NLM_F_*`,
/// linux/netlink.h).
fn op_of_request(action: MessageAction, flags: u16) -> Op {
    const REPLACE: u16 = 0x100;
    const MAKE: u16 = 0x400 | 0x800;
    match action {
        MessageAction::Notify => Op::Notify,
        MessageAction::Delete => Op::Delete,
        _ if flags & REPLACE != 0 => Op::Change,
        _ if flags & MAKE != 0 => Op::Add,
        _ => Op::Change,
    }
}
