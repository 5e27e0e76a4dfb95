//! A look at the kernel's own list of one kind's objects, while its events go on: what an event
//! told wins over a row, and an object is gone only when two clean looks in a row missed it.

use std::collections::HashSet;

use super::key::{Key, key};
use super::table::Entry as _;
use super::{LinkStore, State, StateChange, implicit_changes, op_of};
use crate::decode::{Decoded, MessageAction};
use crate::event::kinds::Inline;
use crate::event::{Change, Kind, Op, Origin, Payload};
use crate::netlink::frame::Message;

/// A look that is under way.
#[derive(Debug)]
pub struct Reconciliation {
    pub kind: Kind,
    pub origin: Origin,
    /// An event told of an object of the kind since it began: rows may be missing.
    touched: bool,
    /// The objects that events told of.
    touched_by_event: HashSet<Key>,
}

impl Reconciliation {
    /// An event told of that object.
    pub fn touched_by_event(&mut self, key: Key) {
        self.touched = true;
        self.touched_by_event.insert(key);
    }
}

/// What came of a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReconcileResult {
    /// The rows were all there was.
    pub clean: bool,
    /// Objects that it missed, and that may still be there.
    pub missing: usize,
}

impl State {
    /// Begins a look at a kind.
    pub fn begin_reconcile(&mut self, kind: Kind, origin: Origin) {
        self.reconciliation = Some(Reconciliation {
            kind,
            origin,
            touched: false,
            touched_by_event: HashSet::new(),
        });
    }

    /// The look that is under way: its kind, and why.
    pub fn reconciling(&self) -> Option<(Kind, Origin)> {
        self.reconciliation
            .as_ref()
            .map(|reconciliation| (reconciliation.kind, reconciliation.origin))
    }

    /// Why there is a look under way. Without one rows are those of a snapshot.
    pub fn origin(&self) -> Origin {
        self.reconciliation
            .as_ref()
            .map_or(Origin::Snapshot, |reconciliation| reconciliation.origin)
    }

    /// Takes a row of the look. Returns what it says beyond what was known; of devices nothing
    /// yet, see [`State::finish_reconcile`].
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
        let reconciliation = self.reconciliation.as_ref();
        // What no decoder knows is told where everything is.
        if action == MessageAction::Notify && self.origin() == Origin::Snapshot {
            return Some(StateChange {
                op: Op::Present,
                payload,
                change: None,
            });
        }
        if reconciliation.is_some_and(|reconciliation| reconciliation.kind != kind)
            || !self.tracked.contains(kind)
        {
            return None;
        }
        if kind != Kind::Route {
            self.name_devices(&mut payload);
        }
        let touched_by_event = |key: Key| {
            reconciliation
                .is_some_and(|reconciliation| reconciliation.touched_by_event.contains(&key))
        };
        let (op, key, old) = match &mut payload {
            Payload::Link(link) => {
                if !touched_by_event(super::link_store::key(link.ifindex)) {
                    self.links.apply_dump_entry(action, link);
                }
                return None;
            }
            Payload::Route(route) => {
                let route = Inline::make_mut(route);
                let told = self.routes.apply_dump_entry(
                    route,
                    message.body,
                    touched_by_event,
                    &self.names,
                )?;
                (told.op, told.key, told.old.map(Payload::from))
            }
            _ => {
                let key = key(&payload)?;
                if touched_by_event(key)
                    || !matches!(action, MessageAction::New | MessageAction::Partial)
                {
                    return None;
                }
                let objects = self.objects.entry(kind).or_default();
                if let Some(known) = objects.get_mut(key) {
                    // A device's other name is the device's change; but its first is news.
                    let unresolved = LinkStore::has_unresolved_names(&mut known.payload);
                    if !unresolved {
                        self.links.name_devices(&mut known.payload);
                    }
                    payload.copy_volatile(&known.payload);
                    let mut mark = known.mark();
                    mark.mark_seen();
                    known.set_mark(mark);
                    if payload == known.payload {
                        return None;
                    }
                }
                let old = objects.upsert(key, &payload, true);
                (op_of(action, old.is_some()), key, old)
            }
        };
        if self.name_devices(&mut payload) {
            self.note_unresolved(kind, key);
        }
        let change = old.map(|old| self.change(&payload, old));
        let state_change = StateChange {
            op: self.op_of_entry(op),
            payload,
            change,
        };
        self.mark_stale_after_entry(kind, self.origin(), &state_change);
        Some(state_change)
    }

    /// What a look found may be the end of something that still goes on: an address joins its
    /// groups when it has been there for a while.
    fn mark_stale_after_entry(
        &mut self,
        reconciled_kind: Kind,
        origin: Origin,
        state_change: &StateChange,
    ) {
        if origin != Origin::Snapshot {
            let change = state_change.change.as_ref();
            let mut kinds =
                implicit_changes::stale_kinds(state_change.op, &state_change.payload, change);
            // Of that kind the look finds everything itself.
            kinds.remove(reconciled_kind);
            self.stale = self.stale.or(kinds);
        }
    }

    fn op_of_entry(&self, op: Op) -> Op {
        match op {
            Op::Add if self.origin() == Origin::Snapshot => Op::Present,
            op => op,
        }
    }

    /// The look is over; `whole`: the kernel had nothing more to say. Returns what came of it, and
    /// what is to be told: devices, and objects that are gone.
    pub fn finish_reconcile(&mut self, whole: bool) -> (ReconcileResult, Vec<StateChange>) {
        let Some(reconciliation) = self.reconciliation.take() else {
            return (
                ReconcileResult {
                    clean: false,
                    missing: 0,
                },
                Vec::new(),
            );
        };
        let clean = whole && !reconciliation.touched;
        let mut told = Vec::new();
        let (missing, gone) = match reconciliation.kind {
            Kind::Link => {
                told = self.take_reconciled_links(reconciliation.origin);
                let (missing, gone) = self.links.finish_reconcile(clean);
                (
                    missing,
                    gone.into_iter().map(Payload::Link).collect::<Vec<_>>(),
                )
            }
            Kind::Route => {
                let (missing, gone) = self.routes.finish_reconcile(clean, &self.names);
                (missing, gone)
            }
            kind => match self.objects.get_mut(&kind) {
                Some(objects) => {
                    let (missing, gone) = objects.finish_reconcile(clean);
                    (missing, gone.into_iter().map(|it| it.payload).collect())
                }
                None => (0, Vec::new()),
            },
        };
        for mut payload in gone {
            self.name_devices(&mut payload);
            told.push(StateChange {
                op: Op::Delete,
                payload,
                change: None,
            });
        }
        for state_change in &told {
            self.mark_stale_after_entry(reconciliation.kind, reconciliation.origin, state_change);
        }
        if clean {
            self.complete.insert(reconciliation.kind);
        }
        (ReconcileResult { clean, missing }, told)
    }

    /// What the rows of devices say, now that every device has its name, and its part of a bridge.
    pub fn take_reconciled_links(&mut self, origin: Origin) -> Vec<StateChange> {
        let mut told = Vec::new();
        for (ifindex, before) in self.links.take_dump_entries() {
            let Some(link) = self.links.get(ifindex) else {
                continue;
            };
            let mut payload = Payload::Link(link.clone());
            self.name_devices(&mut payload);
            if let Payload::Link(named) = &payload {
                self.links.rename(named.clone());
            }
            if before.is_none() {
                self.on_device_known();
            }
            let op = match (&before, origin) {
                (Some(_), _) => Op::Change,
                (None, Origin::Snapshot) => Op::Present,
                (None, _) => Op::Add,
            };
            let change = before.map(|old| Change::between(&payload, Payload::Link(old)));
            if change.as_ref().is_none_or(|change| !change.is_empty()) {
                told.push(StateChange {
                    op,
                    payload,
                    change,
                });
            }
        }
        told
    }
}
