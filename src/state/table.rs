//! Known objects by key, and which of them a look at the kernel has seen.

use std::hash::{Hash, Hasher};
use std::rc::Rc;

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use siphasher::sip128::{Hasher128 as _, SipHasher13};

use crate::event::Payload;
use crate::event::fields::Keyed;

/// What identifies an object: a hash of its kind's key fields. With 128 bits no two objects
/// share one.
pub type Key = u128;

/// The key of an object; `None` for a message, which is no state.
pub fn key(object: &Payload) -> Option<Key> {
    let mut fields = KeyFields::new();
    object.hash_key(&mut fields).then(|| fields.key())
}

/// The key of an object of a kind that is a state.
pub fn key_of(object: &impl Keyed) -> Key {
    let mut fields = KeyFields::new();
    object.hash_key(&mut fields);
    fields.key()
}

/// The keys of objects of which many in a row have a part of their key in common.
#[derive(Debug, Default)]
pub struct Keys<T>(Option<(Rc<T>, SipHasher13)>);

impl<T: Keyed> Keys<T> {
    /// The key that begins with the fields of `common`, and ends with `own`: what [`key_of`] makes of
    /// an object that has them in this order.
    pub fn key(&mut self, common: &Rc<T>, own: &impl Hash) -> Key {
        let begun = match &self.0 {
            Some((known, begun)) if Rc::ptr_eq(known, common) => *begun,
            _ => {
                let mut fields = KeyFields::new();
                common.hash_key(&mut fields);
                fields.flush();
                self.0 = Some((common.clone(), fields.hasher));
                fields.hasher
            }
        };
        let mut fields = KeyFields {
            hasher: begun,
            ..KeyFields::new()
        };
        own.hash(&mut fields);
        fields.key()
    }
}

/// The bytes of some key fields, to be hashed in one go: that is twice as fast as one by one.
struct KeyFields {
    bytes: [u8; 128],
    length: usize,
    /// The same in every run: a replay tells what its recording told, in the same order.
    hasher: SipHasher13,
}

impl KeyFields {
    fn new() -> Self {
        KeyFields {
            bytes: [0; 128],
            length: 0,
            hasher: SipHasher13::new(),
        }
    }

    fn flush(&mut self) {
        self.hasher.write(&self.bytes[..self.length]);
        self.length = 0;
    }

    #[inline]
    fn put<const N: usize>(&mut self, bytes: &[u8; N]) {
        match self.bytes.get_mut(self.length..self.length + N) {
            Some(room) => {
                room.copy_from_slice(bytes);
                self.length += N;
            }
            None => {
                self.flush();
                self.hasher.write(bytes);
            }
        }
    }

    fn key(mut self) -> Key {
        self.flush();
        self.hasher.finish128().as_u128()
    }
}

impl Hasher for KeyFields {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        if self.bytes.len() - self.length < bytes.len() {
            self.flush();
        }
        match self.bytes[self.length..].get_mut(..bytes.len()) {
            Some(room) => {
                room.copy_from_slice(bytes);
                self.length += bytes.len();
            }
            None => self.hasher.write(bytes),
        }
    }

    // Most fields are short, and their lengths are known: no loop, no call.
    #[inline]
    fn write_u8(&mut self, value: u8) {
        self.put(&[value]);
    }

    #[inline]
    fn write_u16(&mut self, value: u16) {
        self.put(&value.to_ne_bytes());
    }

    #[inline]
    fn write_u32(&mut self, value: u32) {
        self.put(&value.to_ne_bytes());
    }

    /// Which variant it is: no type has 256 of them.
    #[inline]
    fn write_isize(&mut self, value: isize) {
        self.put(&[value as u8]);
    }

    fn finish(&self) -> u64 {
        unreachable!("a key has 128 bits")
    }
}

/// What looks at the kernel found of an object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mark(u8);

impl Mark {
    const SEEN: u8 = 0x80;
    /// An object is gone when it was missed by so many clean looks in a row.
    const GONE: u8 = 2;

    /// Of an object that was told just now. `looking`: a look at its kind is under way.
    pub fn told(looking: bool) -> Self {
        match looking {
            true => Mark(Self::SEEN),
            false => Mark(0),
        }
    }

    /// The look that is under way has seen it, or an event has told of it since it began.
    pub fn see(&mut self) {
        self.0 = Self::SEEN;
    }

    pub fn is_seen(self) -> bool {
        self.0 == Self::SEEN
    }

    /// The look is over. `clean`: what it has not seen is missing. Returns whether the object is
    /// missing.
    pub fn look_over(&mut self, clean: bool) -> bool {
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

    pub const fn to_byte(self) -> u8 {
        self.0
    }

    pub const fn from_byte(byte: u8) -> Self {
        Mark(byte)
    }
}

/// What a [`Table`] holds.
pub trait Known {
    fn key(&self) -> Key;
    fn mark(&self) -> Mark;
    fn set_mark(&mut self, mark: Mark);
}

/// Known objects by key. In parts: one that grows moves its own objects only, so that no event
/// waits for a million of them.
#[derive(Debug)]
pub struct Table<T>(Box<[HashTable<T>]>);

const PARTS: usize = 256;

impl<T> Default for Table<T> {
    fn default() -> Self {
        Table((0..PARTS).map(|_| HashTable::new()).collect())
    }
}

/// The part that holds a key: by the bits that a hash table uses last.
fn part(key: Key) -> usize {
    (key >> (Key::BITS - PARTS.ilog2())) as usize
}

/// The key is a hash already.
fn hash<T: Known>(object: &T) -> u64 {
    object.key() as u64
}

impl<T: Known> Table<T> {
    pub fn get(&self, key: Key) -> Option<&T> {
        self.0[part(key)].find(key as u64, |object| object.key() == key)
    }

    /// Brings an object near, so that it need not be waited for when it is asked for.
    pub fn fetch(&self, key: Key) {
        std::hint::black_box(self.get(key).is_some());
    }

    pub fn get_mut(&mut self, key: Key) -> Option<&mut T> {
        self.0[part(key)].find_mut(key as u64, |object| object.key() == key)
    }

    /// The place of the object of that key.
    pub fn entry(&mut self, key: Key) -> Entry<'_, T> {
        self.0[part(key)].entry(key as u64, |known| known.key() == key, hash)
    }

    /// Puts an object. Returns its former self.
    pub fn put(&mut self, object: T) -> Option<T> {
        match self.entry(object.key()) {
            Entry::Occupied(mut known) => Some(std::mem::replace(known.get_mut(), object)),
            Entry::Vacant(place) => {
                place.insert(object);
                None
            }
        }
    }

    pub fn remove(&mut self, key: Key) -> Option<T> {
        let part = &mut self.0[part(key)];
        let known = part.find_entry(key as u64, |known| known.key() == key);
        let (object, _) = known.ok()?.remove();
        Some(object)
    }

    pub fn len(&self) -> usize {
        self.0.iter().map(HashTable::len).sum()
    }

    /// A look is over. Returns the number of objects that are missing but may still be there, and
    /// those that are gone, in the order of their keys.
    pub fn look_over(&mut self, clean: bool) -> (usize, Vec<T>) {
        let mut missing = 0;
        for object in self.0.iter_mut().flatten() {
            let mut mark = object.mark();
            missing += usize::from(mark.look_over(clean));
            object.set_mark(mark);
        }
        let mut gone = Vec::new();
        if missing > 0 {
            for part in &mut self.0 {
                gone.extend(part.extract_if(|object| object.mark().is_gone()));
            }
            gone.sort_unstable_by_key(Known::key);
        }
        (missing - gone.len(), gone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq)]
    struct Thing(Key, Mark);

    impl Known for Thing {
        fn key(&self) -> Key {
            self.0
        }
        fn mark(&self) -> Mark {
            self.1
        }
        fn set_mark(&mut self, mark: Mark) {
            self.1 = mark;
        }
    }

    #[test]
    fn an_object_is_gone_when_two_clean_looks_in_a_row_missed_it() {
        let mut table = Table::default();
        for key in [1, 2] {
            assert_eq!(table.put(Thing(key, Mark::default())), None);
        }
        let mut look = |seen: &[Key], clean| {
            for key in seen {
                let thing = table.get_mut(*key).unwrap();
                thing.1.see();
            }
            let (missing, gone) = table.look_over(clean);
            (missing, gone.iter().map(Known::key).collect::<Vec<_>>())
        };
        assert_eq!(look(&[1, 2], true), (0, vec![]));
        assert_eq!(look(&[1], true), (1, vec![]));
        // A look that was disturbed proves nothing.
        assert_eq!(look(&[1], false), (1, vec![]));
        assert_eq!(look(&[1, 2], true), (0, vec![]));
        assert_eq!(look(&[1], true), (1, vec![]));
        assert_eq!(look(&[1], true), (0, vec![2]));
        assert_eq!(table.len(), 1);
    }
}
