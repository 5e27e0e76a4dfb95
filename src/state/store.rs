//! The interface of the stores, and what they exchange with their users.

use std::collections::HashSet;

use super::key::Key;
use super::table::{SweepOf, Swept};
use crate::decode::MessageAction;
use crate::event::scope::Scope;
use crate::event::{Op, Payload};
use crate::netlink::frame::Message;

// linux/netlink.h
pub(super) const NLM_F_REPLACE: u16 = libc::NLM_F_REPLACE as u16;
pub(super) const NLM_F_EXCL: u16 = libc::NLM_F_EXCL as u16;
pub(super) const NLM_F_CREATE: u16 = libc::NLM_F_CREATE as u16;
pub(super) const NLM_F_APPEND: u16 = libc::NLM_F_APPEND as u16;

/// The stored objects of one kind, or of several that are stored alike.
pub(super) trait Store {
    /// A decoded object.
    type Object;
    /// What the store needs of others: the link store needs nothing.
    type Env<'a>: Copy;

    /// Number of stored objects.
    fn len(&self) -> usize;

    /// The key of the object at a position below [`Store::len`]; see [`Table::key_at`](super::table::Table::key_at).
    fn key_at(&self, at: usize) -> Option<Key>;

    /// The stored object of that key, with the names of devices.
    fn get(&self, key: Key, env: Self::Env<'_>) -> Option<Payload>;

    /// The stored objects, with the names of devices that their last lines have. An object that is stored decoded is
    /// shared, and not copied.
    fn objects<'a>(&'a self, env: Self::Env<'a>) -> impl Iterator<Item = Payload>;

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

    /// Gives the stored object of that key the new names of devices that the link store has
    /// [listed](super::link_store::LinkStore::take_name_changes). Returns it, and with the former
    /// names; `None` if no name differs.
    fn rename(&mut self, key: Key, env: Self::Env<'_>) -> Option<(Payload, Payload)>;

    /// Ends a dump of the objects of a scope. Removes and returns the objects that are deleted.
    fn finish_resync(&mut self, of: SweepOf<'_>, env: Self::Env<'_>) -> Swept<Payload>;
}

/// An event beside its object.
pub(super) struct EventContext<'a> {
    pub action: MessageAction,
    /// The key of its object; of siblings that of instance 0.
    pub key: Key,
    pub message: &'a Message<'a>,
    /// A dump of the kind is being read.
    pub reconciling: bool,
    /// Every existing object of the kind is stored.
    pub complete: bool,
}

/// A dump entry beside its object.
pub(super) struct DumpContext<'a> {
    pub action: MessageAction,
    pub message: &'a Message<'a>,
    /// The objects that events were about since the dump began: the entry may be older.
    pub touched_by_event: &'a HashSet<Key>,
    /// Every existing object of the kind was stored before.
    pub complete: bool,
    /// The objects that the dump lists; `None` outside of a reconciliation: all of the kind.
    pub scope: Option<&'a Scope>,
}

/// What a message did to an object.
#[derive(Debug)]
pub(super) struct Applied {
    pub op: Op,
    pub key: Key,
    /// The former object, if it still exists.
    pub old: Option<Payload>,
    /// The name of one of its devices is not known yet.
    pub unresolved: bool,
    /// Further objects of the kind may have been deleted without a notification.
    pub stale: bool,
    /// The events alone do not say which object was replaced or deleted.
    pub uncertain: bool,
}

/// The operation of a message about an object of a tracked kind.
pub(super) fn op_of(action: MessageAction, is_stored: bool) -> Op {
    match (action, is_stored) {
        (MessageAction::Delete, _) => Op::Delete,
        (_, true) => Op::Change,
        (_, false) => Op::Add,
    }
}
