//! The bodies of stored routes without their destinations, each stored once.

use super::chunked_vec::ChunkedVec;
use crate::event::route::{BodyWithoutDst, PackedPrefix};
use crate::event::route::{Destination, Route, RouteAttrs};
use crate::kind::interned::Column;

/// A stored body. It is valid until it was [released](Bodies::release) as often as it was returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BodyId(u32);

/// Stored bodies by id, with reference counts.
///
/// An id takes 4 bytes of a stored route, where a pointer would take 8 and pad the route's entry from
/// 48 bytes to 64. A body is freed with the last route that has it, so that the memory is bounded by
/// the number of routes.
#[derive(Debug, Default)]
pub(super) struct Bodies {
    slots: ChunkedVec<Slot>,
    /// Ids of free slots.
    free: Vec<u32>,
    /// The bodies of recent attributes. Each has one reference of its own, so that its id cannot be
    /// given to another body.
    by_attrs: Column<RouteAttrs, BodyId>,
}

#[derive(Debug)]
struct Slot {
    body: BodyWithoutDst,
    references: u32,
}

impl Bodies {
    /// Splits the body that was decoded as `route`, whose attributes must not have been modified
    /// since. Takes a reference to the stored body.
    #[inline]
    pub(super) fn intern(&mut self, route: &Route, body: &[u8]) -> (PackedPrefix, BodyId) {
        if let Some(id) = self.by_attrs.get(&route.common)
            && let Destination::Prefix(dst) = &route.dst
        {
            let id = *id;
            self.slots[id.0 as usize].references += 1;
            return (PackedPrefix::from(dst), id);
        }
        self.intern_new(route, body)
    }

    /// The stored body of a route's attributes, if it is known without looking at the bytes.
    #[inline]
    pub(super) fn id(&self, route: &Route) -> Option<BodyId> {
        self.by_attrs.get(&route.common).copied()
    }

    /// Stores a body whose attributes have none yet.
    #[inline(never)]
    fn intern_new(&mut self, route: &Route, body: &[u8]) -> (PackedPrefix, BodyId) {
        let id = self.insert(BodyWithoutDst::of(body), 2);
        if let Some(evicted) = self.by_attrs.insert(&route.common, id) {
            self.release(evicted);
        }
        (PackedPrefix::of(body), id)
    }

    fn insert(&mut self, body: BodyWithoutDst, references: u32) -> BodyId {
        let slot = Slot { body, references };
        match self.free.pop() {
            Some(id) => {
                self.slots[id as usize] = slot;
                BodyId(id)
            }
            None => {
                self.slots.push(slot);
                BodyId(self.slots.len() as u32 - 1)
            }
        }
    }

    pub(super) fn get(&self, id: BodyId) -> &BodyWithoutDst {
        &self.slots[id.0 as usize].body
    }

    /// Returns true if both are the same bytes. Equal bodies have two ids where one of them came in
    /// a message with `RTA_CACHEINFO`, or after its attributes were evicted.
    pub(super) fn is_same(&self, a: BodyId, b: BodyId) -> bool {
        a == b || self.get(a) == self.get(b)
    }

    /// Gives a reference back, and frees the body if it was the last one.
    pub(super) fn release(&mut self, id: BodyId) {
        let slot = &mut self.slots[id.0 as usize];
        slot.references -= 1;
        if slot.references == 0 {
            slot.body = BodyWithoutDst::default();
            self.free.push(id.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::route::SharedAttrs;
    use crate::event::values::Prefix;
    use crate::kind::interned::{Id, Interned};

    const BODY: [u8; 20] = [
        2, 24, 0, 0, 254, 4, 0, 1, 0, 0, 0, 0, 8, 0, 1, 0, 10, 0, 7, 0,
    ];

    fn route(attrs: &SharedAttrs) -> Route {
        let dst = Prefix {
            address: [10, 0, 7, 0].into(),
            length: 24,
        };
        Route {
            dst: Destination::Prefix(dst),
            common: attrs.clone(),
        }
    }

    #[test]
    fn equal_attributes_share_a_body_that_is_freed_after_its_last_release() {
        let attrs =
            |slot| SharedAttrs::new(Interned::new(Id::of_slot(slot), RouteAttrs::default()));
        let mut bodies = Bodies::default();
        let first = attrs(0);
        let (dst, id) = bodies.intern(&route(&first), &BODY);
        assert_eq!(bodies.get(id).body(dst), BODY);
        assert_eq!(bodies.intern(&route(&first), &BODY), (dst, id));
        // Other attributes of the same slot evict the first: the body is kept for its routes.
        let (_, other) = bodies.intern(&route(&attrs(0)), &BODY);
        assert!(id != other && bodies.is_same(id, other));
        bodies.release(id);
        assert_eq!(bodies.get(id).body(dst), BODY);
        bodies.release(id);
        assert_eq!(bodies.free, [id.0]);
        // The freed id is given to the next body.
        let (_, next) = bodies.intern(&route(&attrs(1)), &BODY);
        assert_eq!((next, bodies.free.len()), (id, 0));
    }
}
