//! The stored objects of a kind whose objects are ranges of ids: VLANs and VNIs.
//!
//! Messages overlap as the kernel likes: it adds 10 to 20, changes 15, lists 10 to 14, and deletes
//! 12 to 30. An object is what one message reported, as far as no later one was about its ids. What a
//! message does to the objects that it overlaps are *cuts*, with lines of their own before that of
//! the message:
//!
//! ```text
//! stored       10────────20    25──30        after NEW 15–27
//! cuts         10───14                       change, `vlan_end` is 14
//!                                28─30       present: the rest of 25–30
//!                              25            delete
//! message            15────────────27        change: 15 was there
//! ```
//!
//! A dump is compared by content: it lists the longest ranges of equal content, and objects that
//! say the same in other ranges remain.

use super::key::{Key, key};
use super::link_store::{Env, LinkStore};
use super::object_store::ObjectStore;
use super::range_map::{RangeMap, RangeSet};
use super::store::{Applied, DumpContext, EventContext, Store};
use super::table::{SweepOf, Swept};
use crate::decode::MessageAction;
use crate::event::{Op, Payload};
use crate::kind::range::IdRange;

/// The stored objects of one kind.
#[derive(Debug, Default)]
pub(super) struct RangeStore {
    objects: ObjectStore,
    /// The objects by their ids: their keys.
    keys: RangeMap<Key>,
    /// What all ids of a range have in common ([`Payload::content_of_range`]).
    contents: RangeMap<Payload>,
    /// The ids that the present dump listed, or that events were about since it began.
    seen: RangeSet,
    /// The ids that the last clean dump lacked.
    missing: RangeSet,
    cuts: Vec<Cut>,
    found: Vec<(Payload, Option<Payload>)>,
}

/// A change of a stored object that makes room for the ids of a message.
#[derive(Debug)]
pub(super) struct Cut {
    /// `change` of an object that has fewer ids now, `present` of the rest of one, `delete`.
    pub op: Op,
    pub payload: Payload,
    /// The former object, of a `change`.
    pub old: Option<Payload>,
}

impl Store for RangeStore {
    type Object = Payload;
    type Env<'a> = Env<'a>;

    fn len(&self) -> usize {
        self.objects.len()
    }

    fn key_at(&self, at: usize) -> Option<Key> {
        self.objects.key_at(at)
    }

    fn get(&self, key: Key, env: Env<'_>) -> Option<Payload> {
        self.objects.get(key, env)
    }

    fn objects<'a>(&'a self, env: Env<'a>) -> impl Iterator<Item = Payload> {
        self.objects.objects(env)
    }

    fn prefetch(&self, key: Key) {
        self.objects.prefetch(key);
    }

    fn apply_event(
        &mut self,
        payload: &mut Payload,
        event: &EventContext<'_>,
        env: Env<'_>,
    ) -> Applied {
        let ids = payload.range();
        if let Some(ids) = ids {
            self.make_room(ids);
            self.missing.remove(ids);
            if event.reconciling {
                self.seen.set(ids, ());
            }
        }
        let applied = self.objects.apply_event(payload, event, env);
        if let Some(ids) = ids {
            match event.action {
                MessageAction::Delete => {
                    self.keys.remove(ids);
                    self.contents.remove(ids);
                }
                _ => self.index(ids, event.key, payload.content_of_range()),
            }
        }
        applied
    }

    /// The changes are in [`Store::take_found`]: an entry may differ from several objects.
    fn apply_dump_entry(
        &mut self,
        payload: &mut Payload,
        entry: &DumpContext<'_>,
        env: Env<'_>,
    ) -> Option<Applied> {
        let ids = payload.range()?;
        if entry.action != MessageAction::New {
            return None;
        }
        env.links.name_devices(payload);
        let content = payload.content_of_range();
        // What an event was about may be older in the dump.
        let unseen = match entry.scope {
            Some(_) => self.seen.gaps(ids),
            None => vec![ids],
        };
        for unseen in unseen {
            for ids in self.contents.parts_without(unseen, |it| *it == content) {
                self.put_entry(payload.with_range(ids.first, ids.last), ids, &content, env);
            }
        }
        if entry.scope.is_some() {
            self.seen.set(ids, ());
        }
        None
    }

    fn take_found(&mut self) -> Vec<(Payload, Option<Payload>)> {
        std::mem::take(&mut self.found)
    }

    fn rename(&mut self, key: Key, env: Env<'_>) -> Option<(Payload, Payload)> {
        self.objects.rename(key, env)
    }

    fn finish_resync(&mut self, of: SweepOf<'_>, env: Env<'_>) -> Swept<Payload> {
        let seen = std::mem::take(&mut self.seen);
        for (ids, ()) in seen.iter() {
            self.missing.remove(ids);
        }
        let mut swept = Swept::nothing();
        if !of.clean {
            return swept;
        }
        let stored = self.contents.of_scope(of.scope).into_iter();
        let unseen: Vec<_> = stored.flat_map(|ids| seen.gaps(ids)).collect();
        for ids in unseen {
            let deleted = self.missing.parts(ids);
            for ids in self.missing.gaps(ids) {
                self.missing.set(ids, ());
            }
            for ids in deleted {
                self.delete(ids, &mut swept.deleted);
            }
        }
        for payload in &mut swept.deleted {
            env.links.name_gone(payload);
        }
        swept.missing = self.missing.of_scope(of.scope).len();
        swept
    }
}

impl RangeStore {
    /// Begins a dump.
    pub(super) fn begin_resync(&mut self) {
        self.seen = RangeSet::default();
    }

    /// Cuts the objects that have some of these ids. One that has the first is left, as one that
    /// begins with it: the message about the ids replaces or deletes it.
    pub(super) fn make_room(&mut self, ids: IdRange) {
        self.cut(ids, true);
    }

    /// The cuts since the last call.
    pub(super) fn take_cuts(&mut self) -> Vec<Cut> {
        std::mem::take(&mut self.cuts)
    }

    /// Removes ids from every object. With `keep_first` the object that has the first of them is left
    /// to the caller, as one that begins with it.
    fn cut(&mut self, ids: IdRange, keep_first: bool) {
        let overlapping = self.keys.overlapping(ids);
        let overlapping: Vec<_> = overlapping.map(|(whole, key)| (whole, *key)).collect();
        for (whole, key) in overlapping {
            let Some(stored) = self.objects.stored(key).cloned() else {
                continue;
            };
            self.keys.remove(whole);
            if whole.last > ids.last {
                let rest = stored.with_range(ids.last + 1, whole.last);
                self.store(&rest);
                self.note_cut(Op::Present, rest, None);
            }
            let (first, last) = (whole.first.max(ids.first), whole.last.min(ids.last));
            if whole.first < ids.first {
                let shortened = stored.with_range(whole.first, ids.first - 1);
                self.store(&shortened);
                self.note_cut(Op::Change, shortened, Some(stored.clone()));
                let removed = stored.with_range(first, last);
                match keep_first {
                    // The message changes these ids, or deletes them: what they had is in its line.
                    true => self.store(&removed),
                    false => self.note_cut(Op::Delete, removed, None),
                }
            } else if whole.first == ids.first && keep_first {
                self.keys.set(whole.with(first, last), key);
            } else {
                self.objects.remove(key);
                self.note_cut(Op::Delete, stored.with_range(first, last), None);
            }
        }
    }

    fn note_cut(&mut self, op: Op, payload: Payload, old: Option<Payload>) {
        self.cuts.push(Cut { op, payload, old });
    }

    /// Stores an object, whose content is known.
    fn store(&mut self, object: &Payload) {
        if let Some(ids) = object.range()
            && let Some(key) = key(object)
        {
            self.objects.put(key, object, false);
            self.keys.set(ids, key);
        }
    }

    fn index(&mut self, ids: IdRange, key: Key, content: Payload) {
        self.keys.set(ids, key);
        self.contents.set(ids, content);
    }

    /// Stores ids of a dump entry whose content differs.
    fn put_entry(&mut self, mut payload: Payload, ids: IdRange, content: &Payload, env: Env<'_>) {
        let Some(key) = key(&payload) else {
            return;
        };
        self.make_room(ids);
        if let Some(stored) = self.objects.stored(key) {
            if env.links.name_devices(&mut payload) {
                // The device was deleted since, or its link is not dumped yet.
                LinkStore::copy_names(&mut payload, &mut stored.clone());
            }
            payload.copy_volatile(stored);
        }
        let old = self.objects.put(key, &payload, true);
        self.index(ids, key, content.clone());
        self.missing.remove(ids);
        self.found.push((payload, old));
    }

    /// Removes ids that do not exist any more, and appends what they were.
    pub(super) fn delete(&mut self, ids: IdRange, deleted: &mut Vec<Payload>) {
        self.missing.remove(ids);
        self.contents.remove(ids);
        let before = std::mem::take(&mut self.cuts);
        self.cut(ids, false);
        let cuts = std::mem::replace(&mut self.cuts, before);
        for cut in cuts {
            match cut.op {
                Op::Delete => deleted.push(cut.payload),
                _ => self.cuts.push(cut),
            }
        }
    }
}
