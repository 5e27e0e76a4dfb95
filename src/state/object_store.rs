//! The stored objects of a kind that has few: decoded, with the names of devices.

use super::key::{Key, key};
use super::link_store::{Env, LinkStore};
use super::store::{Applied, DumpContext, EventContext, Store, op_of};
use super::table::{Entry, Swept, Table};
use crate::decode::MessageAction;
use crate::event::scope::Scope;
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
        env.links.name_devices(&mut payload);
        Some(payload)
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
        let unresolved = env.links.name_devices(payload);
        let old = match event.action {
            MessageAction::Delete => {
                self.0.remove(key);
                None
            }
            _ => self.put(key, payload, event.reconciling),
        };
        Applied {
            op: op_of(event.action, old.is_some()),
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
        if !matches!(entry.action, MessageAction::New | MessageAction::Partial) {
            return None;
        }
        let unresolved = env.links.name_devices(payload);
        let key = key(payload)?;
        if entry.touched_by_event.contains(&key) {
            return None;
        }
        if let Some(stored) = self.0.get_mut(key) {
            // A rename is reported for the link only; a name resolved for the first time is reported
            // here.
            if !LinkStore::has_unresolved_names(&mut stored.value) {
                env.links.name_devices(&mut stored.value);
            }
            payload.copy_volatile(&stored.value);
            stored.mark.mark_seen();
            if *payload == stored.value {
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

    fn finish_resync(&mut self, clean: bool, scope: &Scope, env: Env<'_>) -> Swept<Payload> {
        let membership = |payload: &Payload| scope.membership(payload);
        self.0.finish_resync(clean, membership).map(|mut entry| {
            env.links.name_devices(&mut entry.value);
            entry.value
        })
    }
}

impl ObjectStore {
    /// Stores an object. Returns the former one of that key.
    fn put(&mut self, key: Key, payload: &Payload, reconciling: bool) -> Option<Payload> {
        let entry = Entry::new(key, payload.clone(), reconciling);
        self.0.put(entry).map(|old| old.value)
    }
}
