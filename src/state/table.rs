//! Known objects by key, and which of them a look at the kernel has seen.

use hashbrown::HashTable;

use super::chunked_vec::ChunkedVec;
use super::key::Key;

/// What looks at the kernel found of an object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SweepMark(u8);

impl SweepMark {
    const SEEN: u8 = 0x80;
    /// An object is gone when it was missed by so many clean looks in a row.
    const GONE: u8 = 2;

    /// Of an object that was told just now. `looking`: a look at its kind is under way.
    pub fn told(reconciling: bool) -> Self {
        match reconciling {
            true => SweepMark(Self::SEEN),
            false => SweepMark(0),
        }
    }

    /// The look that is under way has seen it, or an event has told of it since it began.
    pub fn mark_seen(&mut self) {
        self.0 = Self::SEEN;
    }

    pub fn is_seen(self) -> bool {
        self.0 == Self::SEEN
    }

    /// The look is over. `clean`: what it has not seen is missing. Returns whether the object is
    /// missing.
    pub fn finish_reconcile(&mut self, clean: bool) -> bool {
        match (self.is_seen(), clean) {
            (true, _) => self.0 = 0,
            (false, true) => self.0 += 1,
            (false, false) => {}
        }
        self.0 > 0
    }

    pub fn is_gone(self) -> bool {
        !self.is_seen() && self.0 >= Self::GONE
    }
}

/// What a [`Table`] holds.
pub trait Entry {
    fn key(&self) -> Key;
    fn mark(&self) -> SweepMark;
    fn set_mark(&mut self, mark: SweepMark);
}

/// Known objects by key, and where each is. What is looked through is small and stays near; an
/// object is fetched only when it is asked for.
#[derive(Debug)]
pub struct Table<T> {
    /// In parts: one that grows moves its own places only, so that no event waits for a million.
    shards: Box<[HashTable<Slot>]>,
    objects: ChunkedVec<T>,
}

/// Where an object is, and a part of its key: nearly no other has to be fetched to be told from it.
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

    /// A table looks for a slot where the lowest bits of a hash say, and tells it from others there
    /// by the highest seven.
    fn hash(self) -> u64 {
        u64::from(self.hash) << u32::BITS | u64::from(self.hash)
    }

    /// Is the object of that key there?
    fn is_of(self, key: Key, objects: &ChunkedVec<impl Entry>) -> bool {
        self.hash == key as u32 && objects[self.at as usize].key() == key
    }
}

const SHARDS: usize = 256;

/// The part that holds a key: by the bits that a hash table uses last.
fn shard(key: Key) -> usize {
    (key >> (Key::BITS - SHARDS.ilog2())) as usize
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Table {
            shards: (0..SHARDS).map(|_| HashTable::new()).collect(),
            objects: ChunkedVec::default(),
        }
    }
}

impl<T: Entry> Table<T> {
    /// Where the object of that key is.
    fn at(&self, key: Key) -> Option<usize> {
        let is_it = |slot: &Slot| slot.is_of(key, &self.objects);
        let slot = self.shards[shard(key)].find(Slot::of(key, 0).hash(), is_it)?;
        Some(slot.at as usize)
    }

    pub fn get(&self, key: Key) -> Option<&T> {
        Some(&self.objects[self.at(key)?])
    }

    /// Brings an object near, so that it need not be waited for when it is asked for.
    pub fn prefetch(&self, key: Key) {
        std::hint::black_box(self.get(key).is_some());
    }

    pub fn get_mut(&mut self, key: Key) -> Option<&mut T> {
        let at = self.at(key)?;
        Some(&mut self.objects[at])
    }

    /// Puts an object whose key is not known.
    pub fn add(&mut self, object: T) {
        let key = object.key();
        let slot = Slot::of(key, self.objects.len());
        self.shards[shard(key)].insert_unique(slot.hash(), slot, |slot| slot.hash());
        self.objects.push(object);
    }

    /// Puts an object. Returns its former self.
    pub fn put(&mut self, object: T) -> Option<T> {
        if let Some(known) = self.get_mut(object.key()) {
            return Some(std::mem::replace(known, object));
        }
        self.add(object);
        None
    }

    pub fn remove(&mut self, key: Key) -> Option<T> {
        let Table { shards, objects } = self;
        let is_it = |slot: &Slot| slot.is_of(key, objects);
        let emit_found = shards[shard(key)].find_entry(Slot::of(key, 0).hash(), is_it);
        let (Slot { at, .. }, _) = emit_found.ok()?.remove();
        let last = objects.pop()?;
        let was = Slot::of(last.key(), objects.len());
        if was.at == at {
            return Some(last);
        }
        // The last one takes its place.
        let slots = &mut shards[shard(last.key())];
        slots.find_mut(was.hash(), |slot| slot.at == was.at)?.at = at;
        Some(std::mem::replace(&mut objects[at as usize], last))
    }

    pub fn len(&self) -> usize {
        self.objects.len()
    }

    /// A look is over. Returns the number of objects that are missing but may still be there, and
    /// those that are gone, in the order of their keys.
    pub fn finish_reconcile(&mut self, clean: bool) -> (usize, Vec<T>) {
        let (mut missing, mut gone) = (0, Vec::new());
        for object in self.objects.iter_mut() {
            let mut mark = object.mark();
            missing += usize::from(mark.finish_reconcile(clean));
            object.set_mark(mark);
            if mark.is_gone() {
                gone.push(object.key());
            }
        }
        gone.sort_unstable();
        missing -= gone.len();
        (
            missing,
            gone.iter().filter_map(|key| self.remove(*key)).collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[derive(Debug, PartialEq)]
    struct Thing(Key, SweepMark);

    impl Entry for Thing {
        fn key(&self) -> Key {
            self.0
        }
        fn mark(&self) -> SweepMark {
            self.1
        }
        fn set_mark(&mut self, mark: SweepMark) {
            self.1 = mark;
        }
    }

    #[test]
    fn an_object_is_gone_when_two_clean_looks_in_a_row_missed_it() {
        let mut table = Table::default();
        for key in [1, 2] {
            assert_eq!(table.put(Thing(key, SweepMark::default())), None);
        }
        let mut reconciliation = |seen: &[Key], clean| {
            for key in seen {
                let thing = table.get_mut(*key).unwrap();
                thing.1.mark_seen();
            }
            let (missing, gone) = table.finish_reconcile(clean);
            (missing, gone.iter().map(Entry::key).collect::<Vec<_>>())
        };
        assert_eq!(reconciliation(&[1, 2], true), (0, vec![]));
        assert_eq!(reconciliation(&[1], true), (1, vec![]));
        // A look that was disturbed proves nothing.
        assert_eq!(reconciliation(&[1], false), (1, vec![]));
        assert_eq!(reconciliation(&[1, 2], true), (0, vec![]));
        assert_eq!(reconciliation(&[1], true), (1, vec![]));
        assert_eq!(reconciliation(&[1], true), (0, vec![2]));
        assert_eq!(table.len(), 1);
    }

    /// Whatever comes and goes, each object is found, and no other.
    #[test]
    fn what_was_put_is_there_until_it_is_removed() {
        let mut table = Table::default();
        let mut known = BTreeMap::new();
        let mut number = 1_u128;
        for step in 0..200_000_u32 {
            number = number.wrapping_mul(0x2360_ed05_1fc6_5da4_4385_df64_9fcc_f645) + 1;
            // Few parts and few places, so that they meet.
            let key = number >> 120 & 3 | (number >> 64 & 0x1fff) << 5 | (number >> 80 & 7) << 120;
            let mark = SweepMark(step as u8 & 1);
            match step % 5 {
                0 | 1 => assert_eq!(
                    table.remove(key),
                    known.remove(&key).map(|mark| Thing(key, mark))
                ),
                _ => assert_eq!(
                    table.put(Thing(key, mark)),
                    known.insert(key, mark).map(|mark| Thing(key, mark))
                ),
            }
            assert_eq!(
                table.get(key).map(|thing| thing.1),
                known.get(&key).copied()
            );
        }
        assert_eq!(table.len(), known.len());
        assert!(known.len() > 10_000);
        for (key, mark) in &known {
            assert_eq!(table.get_mut(*key), Some(&mut Thing(*key, *mark)));
        }
    }
}
