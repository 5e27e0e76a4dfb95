//! Reconciliation of the stored objects of one kind with a dump of the kernel's, while events go
//! on: an event wins over a dump entry, which may be older, and an object counts as deleted after
//! two consecutive clean dumps without it.

use std::collections::{BTreeSet, HashSet};

use super::store::DumpContext;
use super::table::SweepOf;
use super::{Key, State, StateChange};
use crate::decode::{Decoded, MessageAction};
use crate::event::kind_set::KindSet;
use crate::event::scope::{Membership, Scope};
use crate::event::{Change, Kind, Op, Origin};
use crate::netlink::frame::Message;

/// The dump that is being read.
#[derive(Debug)]
pub(super) struct Reconciliation {
    pub kind: Kind,
    pub origin: Origin,
    pub scope: Scope,
    /// It is a quick audit.
    quick: bool,
    /// It has changed a stored object.
    changed: bool,
    /// The objects that events were about since the dump began.
    touched_by_event: HashSet<Key>,
}

impl Reconciliation {
    pub(super) fn touched_by_event(&mut self, key: Key) {
        self.touched_by_event.insert(key);
    }
}

/// The result of a reconciliation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReconcileResult {
    /// The dump was complete, and no event that may disturb it was about an object of the kind while it was read.
    pub clean: bool,
    /// Number of stored objects that a clean dump did not contain, and that may still exist.
    pub missing: usize,
    /// Indices of the devices that have to be read as well to decide about some objects.
    pub undecided: BTreeSet<u32>,
    /// The dump differed from the stored objects.
    pub changed: bool,
}

impl State {
    /// Begins the reconciliation of objects of a kind: a dump of the scope follows.
    pub fn begin_reconcile(&mut self, kind: Kind, origin: Origin, scope: Scope) {
        self.stores.begin_resync(kind);
        self.reconciliation = Some(Reconciliation {
            kind,
            origin,
            scope,
            quick: false,
            changed: false,
            touched_by_event: HashSet::new(),
        });
    }

    /// Begins a quick audit: a dump of every object of the kind follows.
    pub fn begin_quick_audit(&mut self, kind: Kind) {
        self.begin_reconcile(kind, Origin::Inferred, Scope::Kind);
        if let Some(reconciliation) = &mut self.reconciliation {
            reconciliation.quick = true;
        }
    }

    /// Returns true if the current reconciliation is a quick audit.
    pub fn is_quick_audit(&self) -> bool {
        self.reconciliation.as_ref().is_some_and(|it| it.quick)
    }

    /// The current reconciliation has changed a stored object.
    pub(super) fn note_reconciled(&mut self) {
        if let Some(reconciliation) = &mut self.reconciliation {
            reconciliation.changed = true;
        }
    }

    /// The kind of the current reconciliation, its reason, and whether every object of the kind is
    /// compared.
    pub fn reconciling(&self) -> Option<(Kind, Origin, bool)> {
        self.reconciliation
            .as_ref()
            .map(|it| (it.kind, it.origin, it.scope.is_kind()))
    }

    /// The reason of the current reconciliation. Dump entries outside of one belong to the initial
    /// snapshot.
    pub fn origin(&self) -> Origin {
        self.reconciliation
            .as_ref()
            .map_or(Origin::Snapshot, |reconciliation| reconciliation.origin)
    }

    /// Applies a dump entry. Returns what it changes in the state; `None` for links, whose changes
    /// are returned by [`State::finish_reconcile`], and for ranges of ids, whose changes
    /// [`State::take_changed_ranges`] returns.
    pub fn apply_dump_entry(
        &mut self,
        decoded: Decoded,
        message: &Message<'_>,
    ) -> Option<StateChange> {
        let Decoded {
            action,
            mut payload,
        } = decoded;
        let kind = payload.kind();
        // What is no state has a line during the initial snapshot only.
        if action == MessageAction::Notify {
            let op = match kind {
                Kind::Unknown => Op::Present,
                // A request of the kernel, which no dump contains.
                _ => Op::Notify,
            };
            let change = None;
            return (self.origin() == Origin::Snapshot).then_some(StateChange {
                op,
                payload,
                change,
            });
        }
        // No dump contains a deletion.
        if !matches!(action, MessageAction::New | MessageAction::Partial) {
            return None;
        }
        let reconciliation = self.reconciliation.as_ref();
        let is_outside = |it: &Reconciliation| {
            it.kind != kind || it.scope.membership(&payload) == Membership::Outside
        };
        if reconciliation.is_some_and(is_outside) || !self.tracked.contains(kind) {
            return None;
        }
        let nothing_touched = HashSet::new();
        let entry = DumpContext {
            action,
            message,
            touched_by_event: reconciliation.map_or(&nothing_touched, |reconciliation| {
                &reconciliation.touched_by_event
            }),
            complete: self.complete.contains(kind),
            scope: reconciliation.map(|it| &it.scope),
        };
        let applied = self
            .stores
            .apply_dump_entry(&mut payload, &entry, &self.names)?;
        self.note_reconciled();
        if applied.unresolved {
            self.note_unresolved(&payload);
        }
        self.note_stored(applied.key, &payload);
        let change = applied.old.map(|old| Change::between(&payload, old));
        let state_change = StateChange {
            op: self.op_of_entry(applied.op),
            payload,
            change,
        };
        self.mark_stale_after_entry(kind, self.origin(), &state_change);
        Some(state_change)
    }

    /// Marks kinds stale after a change that a dump revealed. The kernel may still make changes: it
    /// joins the multicast groups of an address some time after it added the address.
    fn mark_stale_after_entry(&mut self, kind: Kind, origin: Origin, change: &StateChange) {
        if origin != Origin::Snapshot {
            let StateChange {
                op,
                payload,
                change,
            } = change;
            let old = change.as_ref().map(Change::old);
            let triggers = payload.triggers(*op, old);
            // The dump itself reveals all changes of its kind.
            let except = KindSet::of(&[kind]);
            self.stale.add_event(triggers, *op, payload, old, except);
        }
    }

    fn op_of_entry(&self, op: Op) -> Op {
        match op {
            Op::Add if self.origin() == Origin::Snapshot => Op::Present,
            op => op,
        }
    }

    /// Ends the current reconciliation; `complete`: the dump was read to its end without an error.
    /// Returns its result, and the changes that only the end of a dump reveals: those of links, and
    /// deleted objects.
    pub fn finish_reconcile(&mut self, complete: bool) -> (ReconcileResult, Vec<StateChange>) {
        let Some(reconciliation) = self.reconciliation.take() else {
            return (ReconcileResult::default(), Vec::new());
        };
        let Reconciliation {
            kind,
            origin,
            scope,
            touched_by_event,
            quick: _,
            changed,
        } = reconciliation;
        let clean = complete && (touched_by_event.is_empty() || kind.has_stable_dumps());
        let mut changes = self.take_found(kind, origin);
        let of = SweepOf {
            clean,
            scope: &scope,
            indexed: self.indexed,
        };
        let swept = self.stores.finish_resync(kind, of, &self.names);
        let undecided = self.stores.devices_of_undecided(&swept.undecided);
        changes.extend(swept.deleted.into_iter().map(|payload| StateChange {
            op: Op::Delete,
            payload,
            change: None,
        }));
        for change in &changes {
            self.mark_stale_after_entry(kind, origin, change);
        }
        if clean && scope.is_kind() {
            self.complete.insert(kind);
        }
        let result = ReconcileResult {
            clean,
            missing: swept.missing,
            undecided,
            changed: changed || !changes.is_empty(),
        };
        (result, changes)
    }

    /// The changes of links that dump entries made so far.
    pub fn take_reconciled_links(&mut self, origin: Origin) -> Vec<StateChange> {
        self.take_found(Kind::Link, origin)
    }

    /// The changes of ranges of ids that dump entries made since the last call, without the
    /// [cuts](State::take_cuts).
    pub fn take_changed_ranges(&mut self, kind: Kind) -> Vec<StateChange> {
        let changes = self.take_found(kind, self.origin());
        if !changes.is_empty() {
            self.note_reconciled();
        }
        changes
    }

    fn take_found(&mut self, kind: Kind, origin: Origin) -> Vec<StateChange> {
        let mut changes = Vec::new();
        for (payload, old) in self.stores.take_found(kind) {
            let op = match (&old, origin) {
                (Some(_), _) => Op::Change,
                (None, Origin::Snapshot) => Op::Present,
                (None, _) => Op::Add,
            };
            self.note_unresolved(&payload);
            let change = old.map(|old| Change::between(&payload, old));
            if change.as_ref().is_none_or(|change| !change.is_empty()) {
                changes.push(StateChange {
                    op,
                    payload,
                    change,
                });
            }
        }
        changes
    }
}
