//! Namespaces that are found during the run, and those that have ended: the lines about the objects that
//! were in them, in slices.

use std::io;

use super::namespaces::Namespace;
use super::{Pipeline, Provenance, event};
use crate::channel::NetnsId;
use crate::event::kind_set::KindSet;
use crate::event::meta::{Meta, Netns, NetnsChange, NetnsEvent, Resync, Sync};
use crate::event::values::Time;
use crate::event::{Kind, Op, Origin};
use crate::input::Found;
use crate::state::StateChange;

/// A namespace that has ended, and of which objects are left that have no `delete` line yet.
#[derive(Debug)]
pub(super) struct EndedNamespace {
    pub(super) netns: NetnsId,
    namespace: Namespace,
    /// The kinds that are left, links first, which are deleted last.
    kinds: Vec<Kind>,
    /// Objects of the last of these kinds that are left; `None` before the first.
    left: Option<usize>,
}

impl EndedNamespace {
    /// The next object; `None` if there is none left.
    fn next(&mut self) -> Option<StateChange> {
        loop {
            let kind = *self.kinds.last()?;
            let state = &self.namespace.state;
            let left = self.left.get_or_insert_with(|| state.count(kind));
            let Some(at) = left.checked_sub(1) else {
                self.kinds.pop();
                self.left = None;
                continue;
            };
            *left = at;
            let key = state.key_at(kind, at);
            if let Some(payload) = key.and_then(|key| state.object(kind, key)) {
                return Some(StateChange {
                    op: Op::Delete,
                    payload,
                    change: None,
                });
            }
        }
    }
}

impl Pipeline {
    /// Begins a namespace that was found during the run. The lines about an ended one with the same number
    /// or the same description come first.
    pub(super) fn begin_namespace(
        &mut self,
        netns: NetnsId,
        time: Time,
        found: &Found,
        out: &mut Vec<u8>,
    ) -> io::Result<()> {
        // Only a forged recording begins one twice.
        let is_ended = self.ended.iter().any(|it| it.netns == netns);
        if self.listed.contains_key(&netns) && !is_ended {
            self.end_namespace(netns);
        }
        let is_same = |ended: &EndedNamespace| {
            let listed = self.listed.get(&ended.netns);
            ended.netns == netns || listed.is_some_and(|listed| listed.netns.is(&found.netns))
        };
        if self.ended.iter().any(is_same) {
            self.delete_slice(time, u32::MAX, out)?;
        }
        self.learnt.forget(netns);
        self.encoder.flush(out)?;
        self.encoder.set_namespace(netns, &found.netns);
        self.filter.set_namespace(netns, &found.netns);
        self.listed.insert(netns, found.clone());
        self.namespaces.add(netns);
        let tracked = self.namespaces.tracked();
        let namespace = self.namespaces.get_mut(netns);
        (namespace.is_found, namespace.awaits_sync) = (true, true);
        namespace.lost_kinds = tracked;
        let change = NetnsChange {
            event: NetnsEvent::Add,
            nsid: found.nsid,
        };
        self.meta_of(netns, time, Op::Netns, Meta::Netns(change), out)
    }

    /// Writes the `sync` of a namespace that was found during the run.
    pub(super) fn sync_namespace(
        &mut self,
        netns: NetnsId,
        time: Time,
        out: &mut Vec<u8>,
    ) -> io::Result<()> {
        self.emit_links(netns, time, out)?;
        let namespace = self.namespaces.get_mut(netns);
        namespace.state.complete();
        (namespace.awaits_sync, namespace.lost_kinds) = (false, KindSet::EMPTY);
        let objects = namespace.snapshot;
        // Others may have been found meanwhile.
        let incomplete = self.incomplete_or_lost();
        self.reported_incomplete = incomplete;
        let sync = Sync {
            objects,
            checkpoint: None,
            incomplete: (!incomplete.is_empty()).then(|| incomplete.iter().collect()),
        };
        self.meta_of(netns, time, Op::Sync, Meta::Sync(sync), out)
    }

    /// The namespaces that are watched, for a `start` record; `None` if it is that of the program alone.
    pub(super) fn listed_namespaces(&self) -> Option<Vec<Netns>> {
        self.start.namespaces.as_ref()?;
        let is_ended = |netns: &NetnsId| self.ended.iter().any(|it| it.netns == *netns);
        let listed = self.listed.iter().filter(|(netns, _)| !is_ended(netns));
        Some(listed.map(|(_, listed)| listed.netns.clone()).collect())
    }

    /// Returns true if lines about a namespace with this number may follow.
    pub fn uses_namespace(&self, netns: NetnsId) -> bool {
        self.listed.contains_key(&netns)
            || (self.dropped.as_ref()).is_some_and(|dropped| dropped.concerns(netns))
    }

    /// Ends a namespace. Its objects do not exist any more, also for a checkpoint in progress.
    pub(super) fn end_namespace(&mut self, netns: NetnsId) {
        let kinds = self.namespaces.tracked().iter().collect();
        if let Some(namespace) = self.namespaces.remove(netns) {
            self.ended.push_back(EndedNamespace {
                netns,
                namespace,
                kinds,
                left: None,
            });
        }
    }

    /// Returns true if objects of ended namespaces have no `delete` line yet:
    /// [`ControlRecord::Slice`](crate::input::ControlRecord::Slice) writes the next ones.
    pub fn is_ending(&self) -> bool {
        !self.ended.is_empty()
    }

    /// Writes the `delete` lines of the next `limit` objects of ended namespaces.
    pub(super) fn delete_slice(
        &mut self,
        time: Time,
        limit: u32,
        out: &mut Vec<u8>,
    ) -> io::Result<()> {
        for _ in 0..limit {
            let Some(ended) = self.ended.front_mut() else {
                break;
            };
            let netns = ended.netns;
            match ended.next() {
                Some(change) => {
                    let event = event(netns, time, Origin::Inferred, change, Provenance::default());
                    self.emit(event, out)?;
                }
                None => self.finish_namespace(time, out)?,
            }
        }
        self.has_line = false;
        Ok(())
    }

    /// Writes the `resync` after a loss in the namespace: all of its objects are known to be deleted.
    fn finish_namespace(&mut self, time: Time, out: &mut Vec<u8>) -> io::Result<()> {
        let Some(EndedNamespace {
            netns, namespace, ..
        }) = self.ended.pop_front()
        else {
            return Ok(());
        };
        self.listed.remove(&netns);
        let begun = namespace.lost.then(|| Resync {
            from: time,
            to: time,
            corrections: Vec::new(),
            incomplete: None,
        });
        if let Some(resync) = namespace.resync.or(begun) {
            let resync = Resync {
                to: time,
                incomplete: self.report_incomplete(),
                ..resync
            };
            self.meta_of(netns, time, Op::Resync, Meta::Resync(resync), out)?;
        }
        let change = NetnsChange {
            event: NetnsEvent::Delete,
            nsid: None,
        };
        self.meta_of(netns, time, Op::Netns, Meta::Netns(change), out)?;
        self.tell_complete(time, out)
    }
}
