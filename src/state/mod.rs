//! The last state of each object that the kernel reported. It completes an event (`op`, the names of
//! devices, `changed` and `old`), and reconciles the stored objects with dumps of the kernel's.

mod bodies;
mod chunked_vec;
mod device_index;
mod device_names;
mod implied;
mod key;
mod link_merge;
mod link_store;
mod multipath;
mod object_store;
mod range_map;
mod range_store;
mod reconcile;
mod relations;
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
use crate::event::route::AttrsInterner;
use crate::event::scope::Membership;
use crate::event::{Change, Event, Kind, Op, Payload};
use crate::names::Names;
use crate::netlink::frame::Message;
pub use device_names::Renames;
use device_names::{NameChange, UnresolvedObjects};
use implied::Implications;
pub use implied::ImpliedChange;
pub use key::Key;
use link_store::LinkStore;
use range_store::Cut;
pub use reconcile::ReconcileResult;
use reconcile::Reconciliation;
pub use relations::Devices;
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
    unresolved: UnresolvedObjects,
    /// The kinds with objects that [`State::rename`] may concern.
    renaming: KindSet,
    /// Of a run that no dump corrects.
    implied: Option<Box<Implications>>,
    /// See [`State::index_devices`].
    indexed: bool,
}

/// What an event means for the names of devices in the lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameEffect {
    /// Nothing.
    None,
    /// The name of one of the object's devices is not known yet: the kernel reports some objects of
    /// a new device before the device.
    Unnamed,
    /// A device was added or renamed; see [`State::begin_rename`].
    Changed,
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
            unresolved: UnresolvedObjects::default(),
            renaming: KindSet::EMPTY,
            implied: None,
            indexed: false,
        }
    }

    /// Indexes the objects by device, from the first reconciliation of each kind on, so that one takes time for
    /// the objects that it is about. Of use if the inputs are not those of a running program, which does few of them: a forged
    /// recording may have any number.
    pub fn index_devices(&mut self) {
        self.indexed = true;
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

    /// The stored objects of a kind, with the names of devices that their last lines have.
    pub fn objects(&self, kind: Kind) -> impl Iterator<Item = Payload> {
        self.stores.objects(kind, &self.names)
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

    /// Applies an event to the state and fills in op, device names, `changed` and `old`. Unless the
    /// result is [`NameEffect::Unnamed`] these are all that the line needs.
    pub fn apply_event(
        &mut self,
        action: MessageAction,
        key: Option<Key>,
        message: &Message<'_>,
        event: &mut Event,
    ) -> NameEffect {
        let payload = &mut event.payload;
        let kind = payload.kind();
        let Some(key) = key else {
            if self.stores.name_devices(payload) && action == MessageAction::Delete {
                self.stores.name_deleted(payload);
            }
            event.op = op_of_request(action, message.flags);
            self.mark_stale(event);
            return NameEffect::None;
        };
        let reconciliation = self.reconciliation.as_mut();
        let mut reconciliation = reconciliation
            .filter(|it| it.kind == kind && it.scope.membership(payload) != Membership::Outside);
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
        let effect = match kind {
            Kind::Link if self.stores.links.has_name_changes() => NameEffect::Changed,
            _ if !applied.unresolved => NameEffect::None,
            _ if kind.precedes_device() => NameEffect::Unnamed,
            _ => NameEffect::None,
        };
        if applied.unresolved {
            match effect {
                NameEffect::Unnamed => {
                    self.forget_gone(&event.payload);
                }
                _ => self.note_unresolved(&event.payload),
            }
        }
        event.uncertain = applied.uncertain;
        let payload = &event.payload;
        if applied.stale || applied.uncertain {
            self.stale.add_kinds(KindSet::of(&[kind]));
        }
        event.op = match applied.op {
            Op::Add if !self.complete.contains(kind) => Op::Present,
            op => op,
        };
        event.change = applied.old.map(|old| Change::between(payload, old));
        self.mark_stale(event);
        if let Some(implied) = &self.implied
            && implied.concerns(kind)
        {
            self.note_event(applied.key, action, message, event);
        }
        effect
    }

    /// Cuts the stored ranges of ids that an event of a [tracked](State::key) kind is about, for
    /// [`State::apply_event`]. Returns the changes; their lines precede that of the event.
    pub fn make_room(&mut self, payload: &Payload) -> Vec<StateChange> {
        let cuts = self.stores.make_room(payload);
        self.changes_of(cuts)
    }

    /// The cuts of stored ranges of ids that dump entries, or the end of a dump, have made; their
    /// lines precede those of the other changes.
    pub fn take_cuts(&mut self, kind: Kind) -> Vec<StateChange> {
        let cuts = self.stores.take_cuts(kind);
        if !cuts.is_empty() {
            self.note_reconciled();
        }
        self.changes_of(cuts)
    }

    fn changes_of(&mut self, cuts: Vec<Cut>) -> Vec<StateChange> {
        let change = |Cut { op, payload, old }| {
            if op != Op::Delete {
                self.note_unresolved(&payload);
            }
            StateChange {
                op,
                change: old.map(|old| Change::between(&payload, old)),
                payload,
            }
        };
        cuts.into_iter().map(change).collect()
    }

    /// Deletes the stored objects that the kernel deleted together with the event of this payload
    /// ([`Payload::deletes_others`]). Returns the changes.
    pub fn delete_others(&mut self, cause: &Payload) -> Vec<StateChange> {
        let Some(kind) = cause.deletes_others() else {
            return Vec::new();
        };
        let keys = (0..self.count(kind)).filter_map(|at| self.key_at(kind, at));
        let is_deleted = |key: &Key| {
            let object = self.object(kind, *key);
            object.is_some_and(|object| cause.has_deleted(&object))
        };
        let keys: Vec<_> = keys.filter(is_deleted).collect();
        let delete = |key: Key| {
            if let Some(reconciliation) = &mut self.reconciliation
                && reconciliation.kind == kind
            {
                reconciliation.touched_by_event(key);
            }
            let payload = self.stores.remove(kind, key, &self.names)?;
            Some(StateChange {
                op: Op::Delete,
                payload,
                change: None,
            })
        };
        keys.into_iter().filter_map(delete).collect()
    }

    /// Fills in the names of devices in an event that was [`NameEffect::Unnamed`], and in its stored
    /// object: the line follows, if all of them are known by now or it waits no longer (`last`). Returns
    /// true if all are known.
    pub fn complete_names(&mut self, key: Key, event: &mut Event, last: bool) -> bool {
        let unresolved = self.stores.name_devices(&mut event.payload);
        if !unresolved || last {
            let kind = event.payload.kind();
            self.stores.complete_names(kind, key);
            // A device may have been deleted or renamed meanwhile, or its index may be that of another.
            if let Some(mut stored) = self.stores.get(kind, key, &self.names) {
                LinkStore::copy_names(&mut event.payload, &mut stored);
            }
        }
        !unresolved
    }

    /// Returns true if the names of all devices of an object are known.
    pub fn knows_names(&self, payload: &Payload) -> bool {
        !self.stores.name_devices(&mut payload.clone())
    }

    /// An object was reported without the name of a device: [`State::rename`] will complete it. The
    /// device exists, so it is not the deleted one that had the same index.
    pub fn note_unresolved(&mut self, payload: &Payload) {
        let kind = payload.kind();
        // Routes have the names that their interned attributes have.
        let key = (kind != Kind::Route)
            .then(|| stores::key(payload))
            .flatten();
        for ifindex in self.forget_gone(payload) {
            self.unresolved.insert(ifindex, kind, key);
        }
    }

    /// The indexes of the devices whose names the object lacks. They are no longer those of deleted
    /// devices.
    fn forget_gone(&mut self, payload: &Payload) -> Vec<u32> {
        let unresolved = LinkStore::unresolved_devices(&mut payload.clone());
        for ifindex in &unresolved {
            self.stores.links.forget_gone(*ifindex);
        }
        unresolved
    }

    /// Returns true if a device was added or renamed since [`State::begin_rename`].
    pub fn has_name_changes(&self) -> bool {
        self.stores.links.has_name_changes()
    }

    /// Begins to bring the names of devices that were added or renamed into the stored objects.
    /// Returns those that have to be [renamed](State::rename): the objects at once; the kinds, to
    /// which those belong that a rename in progress has not come to, until [`State::end_rename`].
    /// Without kinds a rename in progress continues as it is.
    pub fn begin_rename(&mut self) -> Renames {
        let mut renames = Renames::default();
        for (ifindex, change) in self.stores.links.take_name_changes() {
            let unresolved = self.unresolved.remove(ifindex);
            renames.kinds = renames.kinds.or(match change {
                NameChange::Learnt => unresolved.kinds,
                NameChange::Renamed => self.tracked,
            });
            renames.objects.extend(unresolved.objects);
        }
        let kinds = renames.kinds;
        renames.objects.retain(|(kind, _)| !kinds.contains(*kind));
        // By kind, newest first: the order in which every object of a kind is renamed.
        renames.objects.reverse();
        renames.objects.sort_by_key(|(kind, _)| *kind);
        if !kinds.is_empty() {
            self.renaming = self.renaming.or(kinds);
            renames.kinds = self.renaming;
            if !self.stores.renames_routes() {
                renames.kinds.remove(Kind::Route);
            }
        }
        renames
    }

    /// The objects of [`State::begin_rename`] were renamed.
    pub fn end_object_renames(&mut self) {
        if self.renaming.is_empty() {
            self.stores.end_rename();
        }
    }

    /// Brings the present names of devices into a stored object. Returns the change, of which a line
    /// is to be written; `None` if the object has these names.
    pub fn rename(&mut self, kind: Kind, key: Key) -> Option<StateChange> {
        if !self.stores.links.is_renaming() {
            return None;
        }
        let (payload, old) = self.stores.rename(kind, key, &self.names)?;
        Some(StateChange {
            op: Op::Change,
            change: Some(Change::between(&payload, old)),
            payload,
        })
    }

    /// Every object of the kinds of [`State::begin_rename`] was renamed.
    pub fn end_rename(&mut self) {
        self.renaming = KindSet::EMPTY;
        self.stores.end_rename();
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
