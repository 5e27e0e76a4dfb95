//! What identifies an object.

use std::hash::{Hash, Hasher};
use std::rc::Rc;

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

/// The keys of objects of which many have a part of their key in common.
#[derive(Debug)]
pub struct KeyCache<T, B>(Box<[Option<KeyPrefix<T, B>>; CACHE_SLOTS]>);

/// Parts in common that are remembered, by where in memory they are. Of two that want the same
/// place the later has it.
const CACHE_SLOTS: usize = 64;

/// Keys that begin with the same fields.
#[derive(Debug)]
struct KeyPrefix<T, B> {
    /// Nobody alters it as long as it is held here too.
    common: Rc<T>,
    beside: B,
    /// Its fields, and behind them those of the last object's own.
    fields: KeyFields,
    length: usize,
    /// What was hashed last. Of objects side by side that is the same.
    hashed: Vec<u8>,
    hash: Key,
}

impl<T, B> Default for KeyCache<T, B> {
    fn default() -> Self {
        KeyCache(Box::new([const { None }; CACHE_SLOTS]))
    }
}

impl<T: Keyed, B: Default> KeyCache<T, B> {
    /// The key that begins with the fields of `common`, and ends with `own`: what [`key_of`] makes of
    /// an object that has them in this order.
    pub fn key(&mut self, common: &Rc<T>, own: &impl Hash) -> Key {
        self.prefix_of(common).key(own)
    }

    /// What is remembered beside that part in common.
    pub fn beside(&mut self, common: &Rc<T>) -> &mut B {
        &mut self.prefix_of(common).beside
    }

    fn prefix_of(&mut self, common: &Rc<T>) -> &mut KeyPrefix<T, B> {
        let dst_range = &mut self.0[Rc::as_ptr(common).addr() / size_of::<T>() % CACHE_SLOTS];
        dst_range.take_if(|known| !known.is_of(common));
        dst_range.get_or_insert_with(|| KeyPrefix::new(common))
    }
}

impl<T: Keyed, B: Default> KeyPrefix<T, B> {
    fn new(common: &Rc<T>) -> Self {
        let mut fields = KeyFields::new();
        common.hash_key(&mut fields);
        KeyPrefix {
            common: common.clone(),
            beside: B::default(),
            length: fields.length,
            fields,
            hashed: Vec::new(),
            hash: 0,
        }
    }

    /// What does not fit into the room of the fields cannot be begun anew.
    fn is_of(&self, common: &Rc<T>) -> bool {
        Rc::ptr_eq(&self.common, common) && self.fields.is_whole()
    }

    fn key(&mut self, own: &impl Hash) -> Key {
        self.fields.length = self.length;
        own.hash(&mut self.fields);
        let dst_range = self.fields.take_locality();
        let bytes = &self.fields.bytes[..self.fields.length];
        if !self.fields.is_whole() {
            return dst_range.beside(self.fields.hash());
        }
        if self.hashed != bytes {
            self.hashed.clear();
            self.hashed.extend_from_slice(bytes);
            self.hash = self.fields.clone().hash();
        }
        dst_range.beside(self.hash)
    }
}

/// The place of an object among those whose last address has all but the last bits in common:
/// their keys differ in these bits, too, so that a table has them side by side. Routes and
/// neighbours mostly come in order: what is near the last one need not be fetched. More of them
/// together would leave others of a table fewer places to be.
#[derive(Clone, Copy, Debug)]
struct Locality(u8);

impl Locality {
    const BITS: u8 = 31;

    /// The key of that place. The lowest bits of 32 say where a table looks first, the highest
    /// seven whether it looks closer.
    fn beside(self, hash: Key) -> Key {
        let dst_range = Key::from(self.0);
        (hash & !Key::from(Self::BITS) | dst_range) ^ dst_range << 25
    }
}

/// The bytes of some key fields, to be hashed in one go: that is twice as fast as one by one.
#[derive(Clone, Debug)]
struct KeyFields {
    bytes: [u8; 128],
    length: usize,
    /// Where the last address (or name) ends.
    last: usize,
    /// The same in every run: a replay tells what its recording told, in the same order. `None`:
    /// all of the fields are in `bytes`.
    hasher: Option<SipHasher13>,
}

impl KeyFields {
    fn new() -> Self {
        KeyFields {
            bytes: [0; 128],
            length: 0,
            last: 0,
            hasher: None,
        }
    }

    fn is_whole(&self) -> bool {
        self.hasher.is_none()
    }

    fn flush(&mut self) -> &mut SipHasher13 {
        let hasher = self.hasher.get_or_insert_default();
        hasher.write(&self.bytes[..self.length]);
        (self.length, self.last) = (0, 0);
        hasher
    }

    /// Takes the lowest bits out of the last address.
    fn take_locality(&mut self) -> Locality {
        let Some(last) = self.bytes[..self.last].last_mut() else {
            return Locality(0);
        };
        let dst_range = Locality(*last & Locality::BITS);
        *last &= !Locality::BITS;
        dst_range
    }

    fn hash(&mut self) -> Key {
        self.flush().finish128().as_u128()
    }

    fn key(mut self) -> Key {
        let dst_range = self.take_locality();
        dst_range.beside(self.hash())
    }

    #[inline]
    fn put<const N: usize>(&mut self, bytes: &[u8; N]) {
        match self.bytes.get_mut(self.length..self.length + N) {
            Some(room) => {
                room.copy_from_slice(bytes);
                self.length += N;
            }
            None => {
                self.flush().write(bytes);
            }
        }
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
                self.last = self.length;
            }
            None => {
                self.flush().write(bytes);
            }
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

    #[inline]
    fn write_u64(&mut self, value: u64) {
        self.put(&value.to_ne_bytes());
    }

    #[inline]
    fn write_usize(&mut self, value: usize) {
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

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::net::IpAddr;

    use super::*;
    use crate::event::route::{Destination, Route, RouteAttrs};
    use crate::event::values::Prefix;

    /// Routes of a few kinds, in order.
    fn routes() -> impl Iterator<Item = Route> {
        let commons: Vec<_> = (0..100)
            .map(|number| RouteAttrs {
                metric: Some(number),
                // The first ten do not fit into the room of the fields.
                instance: (number < 10).then(|| "v0".repeat(100)),
                ..RouteAttrs::default()
            })
            .map(Rc::new)
            .collect();
        (0..20_000_u32).map(move |number| {
            let v4 = IpAddr::from((0x0a00_0000 | number << 8).to_be_bytes());
            let v6 =
                IpAddr::from((0x2001_0db8_u128 << 96 | u128::from(number) << 80).to_be_bytes());
            let address = if number % 3 == 0 { v6 } else { v4 };
            let length = [24, 48, 32, 0, 128][number as usize % 5];
            Route {
                dst: Destination::Prefix(Prefix { address, length }),
                common: commons[number as usize / 7 % commons.len()].clone(),
            }
        })
    }

    #[test]
    fn a_key_is_the_same_whatever_was_hashed_before() {
        let mut keys = KeyCache::<_, ()>::default();
        let mut all = HashSet::new();
        for route in routes() {
            let key = keys.key(&route.common, &route.dst);
            assert_eq!(key, key_of(&route));
            assert_eq!(key, super::key(&route.into()).unwrap());
            assert!(all.insert(key));
        }
    }

    #[test]
    fn prefixes_side_by_side_have_keys_side_by_side() {
        let key = |number: u8, length| {
            let prefix = Prefix {
                address: [10, 0, number, 0].into(),
                length,
            };
            KeyCache::<_, ()>::default().key(&Rc::new(RouteAttrs::default()), &prefix)
        };
        let places: Vec<_> = (0..=Locality::BITS).map(|number| key(number, 24)).collect();
        for (number, dst_range) in places.iter().enumerate() {
            assert_eq!(dst_range >> 32, places[0] >> 32);
            assert_eq!(dst_range & Key::from(Locality::BITS), number as Key);
        }
        assert_ne!(key(Locality::BITS + 1, 24) >> 32, places[0] >> 32);
        assert_ne!(key(0, 23) >> 32, places[0] >> 32);
    }
}
