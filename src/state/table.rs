//! Stored objects by key.

use hashbrown::HashTable;

use super::chunked_vec::ChunkedVec;
use super::device_index::DeviceIndex;
use super::key::Key;
use super::sweep_mark::SweepMark;
use crate::event::scope::{Membership, Scope};

/// The end of a dump.
#[derive(Clone, Copy, Debug)]
pub(super) struct SweepOf<'a> {
    /// An object that the dump has not may be deleted.
    pub clean: bool,
    /// The objects that it lists.
    pub scope: &'a Scope,
    /// The objects are indexed by device: the sweep takes time for the objects of the scope, and for those that
    /// changed since the last one. Without, it takes time for each object of the table, and no memory.
    pub indexed: bool,
}

/// The result of a sweep.
#[derive(Debug)]
pub(super) struct Swept<T> {
    /// Number of objects that the dump lacks and that may still exist.
    pub missing: usize,
    /// The deleted objects.
    pub deleted: Vec<T>,
    /// The objects that the dump would contain if they were as stored, but not if they lost some of
    /// their devices.
    pub undecided: Vec<Key>,
}

impl<T> Swept<T> {
    /// The result of a sweep of no objects.
    pub(super) fn nothing() -> Self {
        Swept {
            missing: 0,
            deleted: Vec::new(),
            undecided: Vec::new(),
        }
    }

    /// The same with each deleted object converted.
    pub(super) fn map<U>(self, convert: impl FnMut(T) -> U) -> Swept<U> {
        Swept {
            missing: self.missing,
            deleted: self.deleted.into_iter().map(convert).collect(),
            undecided: self.undecided,
        }
    }
}

/// A stored object.
#[derive(Debug, PartialEq)]
pub(super) struct Entry<T> {
    pub key: Key,
    pub value: T,
    pub mark: SweepMark,
}

impl<T> Entry<T> {
    /// An object that was received just now; see [`SweepMark::stored`].
    pub(super) fn new(key: Key, value: T, reconciling: bool) -> Self {
        Entry {
            key,
            value,
            mark: SweepMark::stored(reconciling),
        }
    }
}

/// Hash index of 8-byte slots into a dense vector of objects: probing rarely touches the objects,
/// since a million objects do not fit into a CPU cache.
#[derive(Debug)]
pub(super) struct Table<T> {
    /// The index in shards: growing moves one shard's slots only, so that no event waits until a
    /// million have moved. One shard as long as there are few objects.
    shards: Vec<HashTable<Slot>>,
    objects: ChunkedVec<Entry<T>>,
    /// From the first [indexed](SweepOf::indexed) sweep on.
    devices: Option<Box<DeviceIndex>>,
}

/// The position of an object, and a part of its key: a comparison of it nearly always suffices to
/// reject another object.
#[derive(Clone, Copy, Debug)]
struct Slot {
    hash: u32,
    at: u32,
}

impl Slot {
    fn of(key: Key, at: usize) -> Self {
        Slot {
            hash: key as u32,
            at: at as u32,
        }
    }

    /// The hash of the key: hashbrown takes the bucket from its lowest bits, and the tag from its
    /// highest seven.
    fn hash(self) -> u64 {
        u64::from(self.hash) << u32::BITS | u64::from(self.hash)
    }

    /// Returns true if it is the slot of the object with that key.
    fn is_of<T>(self, key: Key, objects: &ChunkedVec<Entry<T>>) -> bool {
        self.hash == key as u32 && objects[self.at as usize].key == key
    }
}

const SHARDS: usize = 256;
/// Number of objects from which on there are several shards.
const FEW: usize = 1024;

/// The shard of a key, of a power of two of them: by the bits that a hash table does not use.
#[inline]
fn shard(key: Key, shards: usize) -> usize {
    (key >> (Key::BITS - SHARDS.ilog2())) as usize & (shards - 1)
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Table {
            shards: vec![HashTable::new()],
            objects: ChunkedVec::default(),
            devices: None,
        }
    }
}

impl<T> Table<T> {
    /// The position of the object with that key.
    fn position(&self, key: Key) -> Option<usize> {
        let is_it = |slot: &Slot| slot.is_of(key, &self.objects);
        let slot =
            self.shards[shard(key, self.shards.len())].find(Slot::of(key, 0).hash(), is_it)?;
        Some(slot.at as usize)
    }

    pub(super) fn get(&self, key: Key) -> Option<&Entry<T>> {
        Some(&self.objects[self.position(key)?])
    }

    /// The key of the object at a position below [`Table::len`]. An object moves to a lower position
    /// when another is removed, and never to a higher one.
    pub(super) fn key_at(&self, at: usize) -> Option<Key> {
        (at < self.len()).then(|| self.objects[at].key)
    }

    /// Loads an object into the CPU cache.
    pub(super) fn prefetch(&self, key: Key) {
        std::hint::black_box(self.get(key).is_some());
    }

    pub(super) fn get_mut(&mut self, key: Key) -> Option<&mut Entry<T>> {
        let at = self.position(key)?;
        Some(&mut self.objects[at])
    }

    /// Adds an object whose key is not in the table.
    pub(super) fn add(&mut self, object: Entry<T>) {
        let key = object.key;
        if self.objects.len() == FEW && self.shards.len() == 1 {
            self.split();
        }
        self.index(Slot::of(key, self.objects.len()), key);
        self.objects.push(object);
        self.note(key);
    }

    /// Notes for the next sweep that an object is stored or seen.
    #[inline]
    fn note(&mut self, key: Key) {
        if let Some(devices) = &mut self.devices
            && !devices.note(key)
        {
            self.devices = None;
        }
    }

    /// Marks an object as one that the current dump has.
    pub(super) fn mark_seen(&mut self, key: Key) {
        if let Some(object) = self.get_mut(key) {
            object.mark.mark_seen();
            self.note(key);
        }
    }

    fn index(&mut self, slot: Slot, key: Key) {
        let shard = shard(key, self.shards.len());
        self.shards[shard].insert_unique(slot.hash(), slot, |slot| slot.hash());
    }

    /// Distributes the slots of the only shard over all.
    #[cold]
    fn split(&mut self) {
        self.shards = (0..SHARDS).map(|_| HashTable::new()).collect();
        for at in 0..self.objects.len() {
            let key = self.objects[at].key;
            self.index(Slot::of(key, at), key);
        }
    }

    /// Stores an object. Returns the former one of that key.
    pub(super) fn put(&mut self, object: Entry<T>) -> Option<Entry<T>> {
        let key = object.key;
        if let Some(stored) = self.get_mut(key) {
            let former = std::mem::replace(stored, object);
            self.note(key);
            return Some(former);
        }
        self.add(object);
        None
    }

    pub(super) fn remove(&mut self, key: Key) -> Option<Entry<T>> {
        let Table {
            shards, objects, ..
        } = self;
        let is_it = |slot: &Slot| slot.is_of(key, objects);
        let count = shards.len();
        let entry = shards[shard(key, count)].find_entry(Slot::of(key, 0).hash(), is_it);
        let (Slot { at, .. }, _) = entry.ok()?.remove();
        let last = objects.pop()?;
        let moved = Slot::of(last.key, objects.len());
        if moved.at == at {
            return Some(last);
        }
        // The last object moves into the gap.
        let slots = &mut shards[shard(last.key, count)];
        slots.find_mut(moved.hash(), |slot| slot.at == moved.at)?.at = at;
        Some(std::mem::replace(&mut objects[at as usize], last))
    }

    pub(super) fn len(&self) -> usize {
        self.objects.len()
    }

    /// Sweeps after a dump of the objects that `membership` places inside its scope; see
    /// [`SweepMark::finish_resync`]. Removes those that are deleted, and returns them in the order of
    /// their keys. `devices` calls its argument with each device that an object has. The number of missing objects is that
    /// of all only if the dump is clean.
    pub(super) fn finish_resync(
        &mut self,
        of: SweepOf<'_>,
        mut membership: impl FnMut(&T) -> Membership,
        devices: impl Fn(&T, &mut dyn FnMut(u32)),
    ) -> Swept<Entry<T>> {
        let mut sweep = Sweep::default();
        match self.devices.take() {
            // Whatever a clean dump of the whole kind lacks changes its mark, and each other object was seen.
            Some(mut index) if !(of.clean && of.scope.is_kind()) => {
                let mut keys = index.take_recent();
                if of.clean {
                    keys.extend(index.take_listed(of.scope));
                    keys.sort_unstable();
                    keys.dedup();
                }
                for key in keys {
                    let Some(object) = self.get_mut(key) else {
                        continue;
                    };
                    sweep.object(object, membership(&object.value), of.clean);
                    devices(&object.value, &mut |device| index.list(device, key));
                }
                self.devices = Some(index);
            }
            index => {
                for object in self.objects.iter_mut() {
                    sweep.object(object, membership(&object.value), of.clean);
                }
                self.devices = index;
            }
        }
        let Sweep {
            mut missing,
            mut deleted,
            undecided,
        } = sweep;
        deleted.sort_unstable();
        missing -= deleted.len();
        let deleted = deleted.iter().filter_map(|key| self.remove(*key));
        let deleted = deleted.collect();
        if of.indexed && self.devices.is_none() {
            let mut index = DeviceIndex::default();
            for object in self.objects.iter() {
                devices(&object.value, &mut |device| index.list(device, object.key));
            }
            index.end_listing();
            self.devices = Some(Box::new(index));
        }
        Swept {
            missing,
            deleted,
            undecided,
        }
    }

    /// Every object.
    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.objects.iter().map(|entry| &entry.value)
    }
}

/// A sweep in progress.
#[derive(Default)]
struct Sweep {
    missing: usize,
    deleted: Vec<Key>,
    undecided: Vec<Key>,
}

impl Sweep {
    #[inline]
    fn object<T>(&mut self, object: &mut Entry<T>, membership: Membership, clean: bool) {
        match membership {
            Membership::Inside => {
                self.missing += usize::from(object.mark.finish_resync(clean));
                if object.mark.is_deleted() {
                    self.deleted.push(object.key);
                }
            }
            Membership::Partly => {
                if clean && !object.mark.is_seen() {
                    self.undecided.push(object.key);
                }
                object.mark.skip_resync();
            }
            Membership::Outside => object.mark.skip_resync(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    fn of(clean: bool) -> SweepOf<'static> {
        SweepOf {
            clean,
            scope: &Scope::Kind,
            indexed: false,
        }
    }

    /// Objects with devices, stored, seen, removed and swept at random: the result is the same with an index.
    #[test]
    fn an_index_changes_no_sweep() {
        let mut tables = [Table::default(), Table::default()];
        let mut number = 1_u64;
        let mut random = move |below: u64| {
            number = number.wrapping_mul(6_364_136_223_846_793_005) + 1;
            (number >> 33) % below
        };
        let (mut deleted, mut undecided) = (0, 0);
        for _ in 0..40_000 {
            let key = Key::from(random(40)) << 77;
            match random(12) {
                0..=3 => {
                    let devices: BTreeSet<u32> =
                        (0..=random(2)).map(|_| random(4) as u32).collect();
                    let reconciling = random(3) == 0;
                    for table in &mut tables {
                        table.put(Entry::new(key, devices.clone(), reconciling));
                    }
                }
                4 => tables.iter_mut().for_each(|it| drop(it.remove(key))),
                5..=8 => tables.iter_mut().for_each(|it| it.mark_seen(key)),
                choice => {
                    let scope = match choice {
                        9 => Scope::Kind,
                        _ => Scope::Devices((0..=random(2)).map(|_| random(4) as u32).collect()),
                    };
                    let clean = random(3) > 0;
                    let [plain, indexed] = [0, 1].map(|at| {
                        let of = SweepOf {
                            clean,
                            scope: &scope,
                            indexed: at == 1,
                        };
                        let swept = tables[at].finish_resync(
                            of,
                            |devices| scope.of_devices(&mut devices.iter().copied()),
                            |devices, each| devices.iter().for_each(|it| each(*it)),
                        );
                        let Swept {
                            missing,
                            deleted,
                            mut undecided,
                        } = swept;
                        undecided.sort_unstable();
                        let deleted: Vec<_> = deleted.into_iter().map(|it| it.key).collect();
                        (clean.then_some(missing), deleted, undecided)
                    });
                    assert_eq!(plain, indexed);
                    deleted += plain.1.len();
                    undecided += plain.2.len();
                }
            }
            let marks = |table: &Table<BTreeSet<u32>>| -> BTreeMap<Key, SweepMark> {
                table.objects.iter().map(|it| (it.key, it.mark)).collect()
            };
            assert_eq!(marks(&tables[0]), marks(&tables[1]));
        }
        assert!(deleted > 1000 && undecided > 1000, "{deleted} {undecided}");
    }

    #[test]
    fn object_is_deleted_after_two_clean_dumps_without_it() {
        let mut table = Table::default();
        for key in [1, 2] {
            assert_eq!(table.put(Entry::new(key, (), false)), None);
        }
        let mut resync = |seen: &[Key], clean| {
            for key in seen {
                table.mark_seen(*key);
            }
            let swept = table.finish_resync(of(clean), |()| Membership::Inside, |(), _| {});
            let deleted: Vec<_> = swept.deleted.iter().map(|entry| entry.key).collect();
            (swept.missing, deleted)
        };
        assert_eq!(resync(&[1, 2], true), (0, vec![]));
        assert_eq!(resync(&[1], true), (1, vec![]));
        // An incomplete dump proves nothing.
        assert_eq!(resync(&[1], false), (1, vec![]));
        assert_eq!(resync(&[1, 2], true), (0, vec![]));
        assert_eq!(resync(&[1], true), (1, vec![]));
        assert_eq!(resync(&[1], true), (0, vec![2]));
        assert_eq!(table.len(), 1);
    }

    #[test]
    fn a_dump_of_a_scope_concerns_no_object_outside() {
        use Membership::{Inside, Outside, Partly};
        let mut table = Table::default();
        for (key, membership) in [(1, Inside), (2, Outside), (3, Partly)] {
            table.put(Entry::new(key, membership, false));
        }
        for round in 1..=2 {
            let swept = table.finish_resync(of(true), |membership| *membership, |_, _| {});
            let deleted: Vec<_> = swept.deleted.iter().map(|entry| entry.key).collect();
            assert_eq!(swept.undecided, [3]);
            match round {
                1 => assert_eq!((swept.missing, deleted), (1, vec![])),
                _ => assert_eq!((swept.missing, deleted), (0, vec![1])),
            }
        }
        // A later dump of all objects misses them for the first time.
        let swept = table.finish_resync(of(true), |_| Inside, |_, _| {});
        assert_eq!((swept.missing, swept.deleted.len()), (2, 0));
    }

    #[test]
    fn table_behaves_like_a_map() {
        let mut table = Table::default();
        let mut map = BTreeMap::new();
        let mut number = 1_u128;
        for step in 0..200_000_u32 {
            number = number.wrapping_mul(0x2360_ed05_1fc6_5da4_4385_df64_9fcc_f645) + 1;
            // Few shards and few buckets, so that keys collide.
            let key = number >> 120 & 3 | (number >> 64 & 0x1fff) << 5 | (number >> 80 & 7) << 120;
            let value = |entry: Option<Entry<u32>>| entry.map(|entry| entry.value);
            match step % 5 {
                0 | 1 => assert_eq!(value(table.remove(key)), map.remove(&key)),
                _ => assert_eq!(
                    value(table.put(Entry::new(key, step, false))),
                    map.insert(key, step)
                ),
            }
            assert_eq!(table.get(key).map(|entry| &entry.value), map.get(&key));
        }
        assert_eq!(table.len(), map.len());
        assert!(map.len() > 10_000);
        for (key, value) in &map {
            assert_eq!(table.get_mut(*key).unwrap().value, *value);
        }
    }
}
