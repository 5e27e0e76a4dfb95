//! The identity of an object as 128 bits, and where they put it in a [`Table`](super::table::Table).
//!
//! ```text
//! bit  127   120 119                     32 31    25 24             5 4        0
//!     +---------+--------------------------+--------+----------------+----------+
//!     |  shard  |       compared only      |  tag   |     bucket     | locality |
//!     +---------+--------------------------+--------+----------------+----------+
//!      \________________ hash of the key fields ____________________/
//! ```
//!
//! *Identity*: bits 5 to 127 are a hash of the key fields, less the low five bits of the last
//! address. *Locality*: those five bits are the lowest of the key, so that the keys of 32 consecutive
//! prefixes lie in one bucket of one shard: routes and neighbours mostly come in order, and the next
//! one's slot is in the CPU cache already. A hash table compares the seven bits of the tag before it
//! looks at an entry; the locality is added to them (XOR), so that neighbours differ there too. With
//! more bits of locality a table would fill unevenly.

use std::hash::{Hash, Hasher};

use siphasher::sip128::{Hasher128 as _, SipHasher13};

use crate::event::Payload;
use crate::event::fields::Keyed;

/// The identity of an object among those of its kind. No two objects share one: at 123 bits of hash
/// a collision is not to be expected.
pub type Key = u128;

/// The key of an object; `None` for a message, which has no identity.
pub(super) fn key(object: &Payload) -> Option<Key> {
    let mut fields = KeyFields::new();
    object.hash_key(&mut fields).then(|| fields.into_key())
}

/// The key of an object of a kind that is a state.
#[cfg(test)]
pub(super) fn key_of(object: &impl Keyed) -> Key {
    let mut fields = KeyFields::new();
    object.hash_key(&mut fields);
    fields.into_key()
}

/// The low bits of an object's last address, see the [module](self).
#[derive(Clone, Copy, Debug)]
struct Locality(u8);

impl Locality {
    const MASK: u8 = 31;
    /// Where the tag begins.
    const TAG: u32 = 25;

    /// The key of that identity and locality.
    fn key(self, identity: Key) -> Key {
        let locality = Key::from(self.0);
        (identity & !Key::from(Self::MASK) | locality) ^ locality << Self::TAG
    }
}

/// The key fields of objects that begin with the same fields, hashed up to there.
#[derive(Debug)]
pub(super) struct KeyPrefix {
    /// The common fields, followed by those of the last object.
    fields: KeyFields,
    /// Length of the common fields, bytes.
    length: usize,
    /// The bytes that were hashed last, without the locality: 32 consecutive prefixes have the same.
    hashed: Vec<u8>,
    identity: Key,
}

impl KeyPrefix {
    pub(super) fn new(common: &impl Keyed) -> Self {
        let mut fields = KeyFields::new();
        common.hash_key(&mut fields);
        KeyPrefix {
            length: fields.length,
            fields,
            hashed: Vec::new(),
            identity: 0,
        }
    }

    /// The key of an object with the key fields of `common`, which this was made of, followed by
    /// `own`.
    pub(super) fn key(&mut self, common: &impl Keyed, own: &impl Hash) -> Key {
        own.hash(&mut self.fields);
        if !self.fields.is_buffered() {
            // The fields do not fit into the buffer, which was overwritten.
            return std::mem::replace(self, KeyPrefix::new(common))
                .fields
                .into_key();
        }
        let locality = self.fields.take_locality();
        let bytes = &self.fields.bytes[..self.fields.length];
        if self.hashed != bytes {
            self.hashed.clear();
            self.hashed.extend_from_slice(bytes);
            self.identity = self.fields.clone().hash();
        }
        self.fields.length = self.length;
        locality.key(self.identity)
    }
}

/// The bytes of an object's key fields, buffered: one hash of them all is twice as fast as one write
/// to the hasher for each.
#[derive(Clone, Debug)]
struct KeyFields {
    bytes: [u8; 128],
    length: usize,
    /// The end of the last address (or name).
    last: usize,
    /// `None` as long as all fields are in `bytes`. The hash has no random seed: a replay visits
    /// objects in the order of their keys, as its recording did.
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

    fn is_buffered(&self) -> bool {
        self.hasher.is_none()
    }

    fn flush(&mut self) -> &mut SipHasher13 {
        let hasher = self.hasher.get_or_insert_default();
        hasher.write(&self.bytes[..self.length]);
        (self.length, self.last) = (0, 0);
        hasher
    }

    /// Moves the low bits of the last address out of the buffer.
    fn take_locality(&mut self) -> Locality {
        let Some(last) = self.bytes[..self.last].last_mut() else {
            return Locality(0);
        };
        let locality = Locality(*last & Locality::MASK);
        *last &= !Locality::MASK;
        locality
    }

    fn hash(&mut self) -> Key {
        self.flush().finish128().as_u128()
    }

    fn into_key(mut self) -> Key {
        let locality = self.take_locality();
        locality.key(self.hash())
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

    // Most fields have a constant length: these need no loop and no call of memcpy.
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

    /// The discriminant of an enum: no type has more than 256 variants.
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
    use crate::event::route::{Destination, Route, RouteAttrs, SharedAttrs};
    use crate::event::values::Prefix;

    /// Routes with 100 attribute sets, in the order of their destinations.
    fn routes() -> impl Iterator<Item = (usize, Route)> {
        let attrs: Vec<_> = (0..100)
            .map(|number| RouteAttrs {
                metric: Some(number),
                // The key fields of the first ten do not fit into the buffer.
                instance: (number < 10).then(|| "v0".repeat(100)),
                ..RouteAttrs::default()
            })
            .map(|attrs| SharedAttrs::new(attrs.into()))
            .collect();
        (0..20_000_u32).map(move |number| {
            let v4 = IpAddr::from((0x0a00_0000 | number << 8).to_be_bytes());
            let v6 =
                IpAddr::from((0x2001_0db8_u128 << 96 | u128::from(number) << 80).to_be_bytes());
            let address = if number % 3 == 0 { v6 } else { v4 };
            let length = [24, 48, 32, 0, 128][number as usize % 5];
            let index = number as usize / 7 % attrs.len();
            let route = Route {
                dst: Destination::Prefix(Prefix { address, length }),
                common: attrs[index].clone(),
            };
            (index, route)
        })
    }

    #[test]
    fn key_is_the_same_with_and_without_prefix() {
        let mut prefixes: Vec<Option<KeyPrefix>> = (0..100).map(|_| None).collect();
        let mut all = HashSet::new();
        for (index, route) in routes() {
            let prefix = prefixes[index].get_or_insert_with(|| KeyPrefix::new(&**route.common));
            let key = prefix.key(&**route.common, &route.dst);
            assert_eq!(key, key_of(&route));
            assert_eq!(key, super::key(&route.into()).unwrap());
            assert!(all.insert(key));
        }
    }

    #[test]
    fn consecutive_prefixes_share_a_bucket() {
        let attrs = RouteAttrs::default();
        let key = |number: u8, length| {
            let prefix = Prefix {
                address: [10, 0, number, 0].into(),
                length,
            };
            KeyPrefix::new(&attrs).key(&attrs, &prefix)
        };
        let keys: Vec<_> = (0..=Locality::MASK).map(|number| key(number, 24)).collect();
        for (number, key) in keys.iter().enumerate() {
            assert_eq!(key >> 32, keys[0] >> 32);
            assert_eq!(key >> 5 & 0xf_ffff, keys[0] >> 5 & 0xf_ffff);
            assert_eq!(key & Key::from(Locality::MASK), number as Key);
        }
        assert_ne!(key(Locality::MASK + 1, 24) >> 32, keys[0] >> 32);
        assert_ne!(key(0, 23) >> 32, keys[0] >> 32);
    }
}
