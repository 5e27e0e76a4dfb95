//! The stored objects of a kind that has few: decoded, with the names of devices.

use super::key::{Key, key};
use super::link_store::{Env, LinkStore};
use super::store::{Applied, DumpContext, EventContext, Store, op_of};
use super::table::{Entry, SweepOf, Swept, Table};
use crate::decode::MessageAction;
use crate::event::{Op, Payload};

/// The stored objects of one kind.
#[derive(Debug, Default)]
pub(super) struct ObjectStore(Table<Payload>);

impl Store for ObjectStore {
    type Object = Payload;
    type Env<'a> = Env<'a>;

    fn len(&self) -> usize {
        self.0.len()
    }

    fn key_at(&self, at: usize) -> Option<Key> {
        self.0.key_at(at)
    }

    fn get(&self, key: Key, env: Env<'_>) -> Option<Payload> {
        let mut payload = self.0.get(key)?.value.clone();
        env.links.name_as_reported(&mut payload);
        Some(payload)
    }

    fn objects<'a>(&'a self, _env: Env<'a>) -> impl Iterator<Item = Payload> {
        self.0.iter().cloned()
    }

    fn prefetch(&self, key: Key) {
        self.0.prefetch(key);
    }

    fn apply_event(
        &mut self,
        payload: &mut Payload,
        event: &EventContext<'_>,
        env: Env<'_>,
    ) -> Applied {
        let key = event.key;
        let announced = env.links.is_announced_by_device(payload);
        if announced == Some(true) {
            env.links.name_devices(payload);
            return Applied {
                op: Op::Notify,
                key,
                old: None,
                unresolved: false,
                stale: false,
                uncertain: false,
            };
        }
        if event.action == MessageAction::Partial
            && let Some(stored) = self.0.get(key)
        {
            payload.merge_missing(&stored.value);
        }
        let mut action = event.action;
        if payload.kind().is_deleted_by_key()
            && let Some(stored) = self.0.get(key)
        {
            match action {
                MessageAction::Delete => {
                    if let Some(rest) = payload.remainder(&stored.value) {
                        (*payload, action) = (rest, MessageAction::New);
                    }
                }
                _ => payload.add_stored(&stored.value),
            }
        }
        let mut unresolved = env.links.name_devices(payload);
        let old = match action {
            MessageAction::Delete => {
                let stored = self.0.remove(key).map(|entry| entry.value);
                if let Some(stored) = &stored
                    && payload.kind().is_deleted_by_key()
                {
                    payload.merge_missing(stored);
                }
                env.links.name_deleted(payload, unresolved, stored);
                unresolved = false;
                None
            }
            _ => self.put(key, payload, event.reconciling),
        };
        Applied {
            op: op_of(action, old.is_some()),
            key,
            old,
            unresolved,
            stale: false,
            uncertain: announced.is_none(),
        }
    }

    fn apply_dump_entry(
        &mut self,
        payload: &mut Payload,
        entry: &DumpContext<'_>,
        env: Env<'_>,
    ) -> Option<Applied> {
        let unresolved = env.links.name_devices(payload);
        let key = key(payload)?;
        if entry.touched_by_event.contains(&key) {
            return None;
        }
        if let Some(stored) = self.0.get_mut(key) {
            if unresolved {
                // The device was deleted since, or its link is not dumped yet.
                LinkStore::copy_names(payload, &mut stored.value.clone());
            }
            payload.copy_volatile(&stored.value);
            if entry.action == MessageAction::Partial {
                payload.merge_missing(&stored.value);
            }
            let is_same = *payload == stored.value;
            self.0.mark_seen(key);
            if is_same {
                return None;
            }
        }
        let old = self.put(key, payload, true);
        Some(Applied {
            op: op_of(entry.action, old.is_some()),
            key,
            old,
            unresolved,
            stale: false,
            uncertain: false,
        })
    }

    fn rename(&mut self, key: Key, env: Env<'_>) -> Option<(Payload, Payload)> {
        let stored = &mut self.0.get_mut(key)?.value;
        if !env.links.has_former_names(stored) {
            return None;
        }
        let old = stored.clone();
        env.links.replace_former_names(stored);
        Some((stored.clone(), old))
    }

    fn finish_resync(&mut self, of: SweepOf<'_>, env: Env<'_>) -> Swept<Payload> {
        let membership = |payload: &Payload| of.scope.membership(payload);
        let device = |payload: &Payload, each: &mut dyn FnMut(u32)| {
            payload.device().into_iter().for_each(|(it, _)| each(it));
        };
        let swept = self.0.finish_resync(of, membership, device);
        swept.map(|mut entry| {
            env.links.name_gone(&mut entry.value);
            entry.value
        })
    }
}

impl ObjectStore {
    /// Fills in the names of devices that the stored object of that key lacks.
    pub(super) fn complete_names(&mut self, key: Key, links: &LinkStore) {
        if let Some(stored) = self.0.get_mut(key) {
            links.complete_names(&mut stored.value);
        }
    }

    /// The stored object of that key, with the names of devices that its last line has.
    pub(super) fn stored(&self, key: Key) -> Option<&Payload> {
        self.0.get(key).map(|entry| &entry.value)
    }

    pub(super) fn remove(&mut self, key: Key) {
        self.0.remove(key);
    }

    /// Removes the object of that key. Returns it, with the names of devices.
    pub(super) fn take(&mut self, key: Key, links: &LinkStore) -> Option<Payload> {
        let mut payload = self.0.remove(key)?.value;
        links.name_gone(&mut payload);
        Some(payload)
    }

    /// Stores an object. Returns the former one of that key.
    pub(super) fn put(
        &mut self,
        key: Key,
        payload: &Payload,
        reconciling: bool,
    ) -> Option<Payload> {
        let mut stored = payload.clone();
        if stored.has_transient() {
            stored.clear_transient();
        }
        let mut old = self.0.put(Entry::new(key, stored, reconciling))?.value;
        if payload.has_transient() {
            old.copy_transient(payload);
        }
        Some(old)
    }
}
