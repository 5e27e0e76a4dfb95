//! The last state of each object that the kernel reported. It completes an event (`op`, the names of
//! devices, `changed` and `old`), and reconciles the stored objects with dumps of the kernel's.

mod bodies;
mod chunked_vec;
mod key;
mod link_store;
mod multipath;
mod object_store;
mod reconcile;
mod route_content;
mod route_store;
mod siblings;
mod stale;
mod store;
mod stores;
mod sweep_mark;
mod table;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use crate::decode::{Decoded, MessageAction};
use crate::event::kind_set::KindSet;
use crate::event::scope::Membership;
use crate::event::route::AttrsInterner;
use crate::event::{Change, Event, Kind, Op, Payload};
use crate::names::Names;
use crate::netlink::frame::Message;
pub use key::Key;
pub use reconcile::ReconcileResult;
use reconcile::Reconciliation;
pub use link_store::Devices;
pub use stale::{Effect, Stale};
use store::{EventContext, NLM_F_APPEND, NLM_F_CREATE, NLM_F_REPLACE};
use stores::Stores;
pub use stores::key;

/// A change of an object.
#[derive(Debug)]
pub struct StateChange {
    pub op: Op,
    pub payload: Payload,
    pub change: Option<Change>,
}

/// The stored objects of one network namespace.
#[derive(Debug)]
pub struct State {
    names: Names,
    stores: Stores,
    /// The kinds whose objects are stored.
    tracked: KindSet,
    /// The kinds whose every existing object is stored.
    complete: KindSet,
    reconciliation: Option<Reconciliation>,
    /// The objects that may have changed without a notification.
    stale: Stale,
    /// The kinds with objects that were reported without the name of a device.
    unresolved: KindSet,
}

impl State {
    /// An empty state. It stores objects of the `tracked` kinds, and links, whose names all others
    /// need.
    pub fn new(names: Names, mut tracked: KindSet) -> Self {
        tracked.insert(Kind::Link);
        State {
            names,
            stores: Stores::default(),
            tracked,
            complete: KindSet::EMPTY,
            reconciliation: None,
            stale: Stale::default(),
            unresolved: KindSet::EMPTY,
        }
    }

    /// The names of tables, protocols and the like.
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// The interner by which routes are decoded.
    pub fn interner(&self) -> &AttrsInterner {
        self.stores.interner()
    }

    /// Declares that every existing object has been reported: from now on an unknown object is new.
    pub fn complete(&mut self) {
        self.complete = KindSet::of(Kind::ALL);
    }

    /// The objects that may have changed without a notification since the last call.
    pub fn take_stale(&mut self) -> Stale {
        std::mem::take(&mut self.stale)
    }

    /// These devices, and those whose objects of the kind may have changed with theirs.
    pub fn devices_around(&self, kind: Kind, devices: &BTreeSet<u32>) -> Devices {
        self.stores.links.around(devices, kind.propagation())
    }

    /// Number of stored objects of a kind.
    pub fn count(&self, kind: Kind) -> usize {
        self.stores.len(kind)
    }

    /// The key of the stored object of that kind at a position below [`State::count`].
    pub fn key_at(&self, kind: Kind, at: usize) -> Option<Key> {
        self.stores.key_at(kind, at)
    }

    /// The stored object of that kind and key.
    pub fn object(&self, kind: Kind, key: Key) -> Option<Payload> {
        self.stores.get(kind, key, &self.names)
    }

    /// The key of the object that an event is about, for [`State::apply_event`]; of IPv4 siblings
    /// that of the first. `None` if objects of the kind are not stored.
    pub fn key(&self, decoded: &Decoded) -> Option<Key> {
        let is_stored = decoded.action != MessageAction::Notify
            && self.tracked.contains(decoded.payload.kind());
        match is_stored {
            true => self.stores.key(&decoded.payload),
            false => None,
        }
    }

    /// Prefetches an object's state into the CPU cache.
    pub fn prefetch(&self, kind: Kind, key: Key) {
        self.stores.prefetch(kind, key);
    }

    /// Applies an event to the state and fills in op, device names, `changed` and `old`.
    pub fn apply_event(
        &mut self,
        action: MessageAction,
        key: Option<Key>,
        message: &Message<'_>,
        event: &mut Event,
    ) {
        let payload = &mut event.payload;
        let kind = payload.kind();
        let Some(key) = key else {
            self.stores.name_devices(payload);
            event.op = op_of_request(action, message.flags);
            self.mark_stale(event);
            return;
        };
        let reconciliation = self.reconciliation.as_mut();
        let mut reconciliation = reconciliation.filter(|it| {
            it.kind == kind && it.scope.membership(payload) != Membership::Outside
        });
        let context = EventContext {
            action,
            key,
            message,
            reconciling: reconciliation.is_some(),
            complete: self.complete.contains(kind),
        };
        let applied = self.stores.apply_event(payload, &context, &self.names);
        if let Some(reconciliation) = &mut reconciliation {
            reconciliation.touched_by_event(applied.key);
        }
        if applied.unresolved {
            self.unresolved.insert(kind);
        }
        event.uncertain = applied.uncertain;
        if applied.stale || applied.uncertain {
            self.stale.add_kinds(KindSet::of(&[kind]));
        }
        if applied.op == Op::Add {
            self.after_add(kind);
        }
        event.op = match applied.op {
            Op::Add if !self.complete.contains(kind) => Op::Present,
            op => op,
        };
        event.change = applied.old.map(|old| Change::between(payload, old));
        self.mark_stale(event);
    }

    /// Marks the objects stale that the kernel changes without a notification when it reports
    /// `event`.
    fn mark_stale(&mut self, event: &Event) {
        let old = event.change.as_ref().map(Change::old);
        let triggers = event.payload.triggers(event.op, old);
        if !triggers.is_empty() {
            let Event { op, payload, .. } = event;
            let except = KindSet::EMPTY;
            self.stale.add_event(triggers, *op, payload, old, except);
        }
    }

    /// A new device has a name: objects that lack the name of a device are reported again.
    fn after_add(&mut self, kind: Kind) {
        if kind == Kind::Link {
            self.stale.add_kinds(std::mem::take(&mut self.unresolved));
        }
    }
}

/// The operation of a message about an object that is not stored: by the flags of the request that
/// caused it.
fn op_of_request(action: MessageAction, flags: u16) -> Op {
    match action {
        MessageAction::Notify => Op::Notify,
        MessageAction::Delete => Op::Delete,
        _ if flags & NLM_F_REPLACE != 0 => Op::Change,
        _ if flags & (NLM_F_CREATE | NLM_F_APPEND) != 0 => Op::Add,
        _ => Op::Change,
    }
}
