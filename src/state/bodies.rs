//! The bodies of stored routes without their destinations, each stored once, with the names of
//! devices that their last lines had.

use std::rc::Rc;

use super::chunked_vec::ChunkedVec;
use super::device_names::{ReportedNames, names_in};
use crate::event::object::Object as _;
use crate::event::route::{BodyWithoutDst, PackedPrefix};
use crate::event::route::{Destination, Route, RouteAttrs};
use crate::kind::interned::Column;

/// A stored body. It is valid until it was [released](Bodies::release) as often as it was returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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
    /// The names of the body that was stored last: mostly the next one has the same.
    last_reported: Rc<ReportedNames>,
}

#[derive(Debug)]
struct Slot {
    body: BodyWithoutDst,
    reported: Rc<ReportedNames>,
    references: u32,
}

impl Bodies {
    /// Splits the body that was decoded as `route`, of which nothing but the names of devices has
    /// been modified since. Takes a reference to the stored body. After a rename the attributes are
    /// others, hence the body too: its routes are those that were reported with the new name.
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
        let reported = names_in(&mut |name| route.clone().for_each_device(name));
        let id = self.insert(BodyWithoutDst::of(body), reported, 2);
        if let Some(evicted) = self.by_attrs.insert(&route.common, id) {
            self.release(evicted);
        }
        (PackedPrefix::of(body), id)
    }

    fn insert(&mut self, body: BodyWithoutDst, reported: ReportedNames, references: u32) -> BodyId {
        if *self.last_reported != reported {
            self.last_reported = Rc::new(reported);
        }
        let slot = Slot {
            body,
            reported: self.last_reported.clone(),
            references,
        };
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

    /// The names that the last lines of the body's routes have.
    pub(super) fn reported(&self, id: BodyId) -> &Rc<ReportedNames> {
        &self.slots[id.0 as usize].reported
    }

    /// Stores the same body with other names, and takes a reference to each of the two.
    pub(super) fn insert_renamed(&mut self, id: BodyId, reported: ReportedNames) -> BodyId {
        self.retain(id);
        let body = self.get(id).clone();
        self.insert(body, reported, 1)
    }

    /// Takes a reference.
    pub(super) fn retain(&mut self, id: BodyId) {
        self.slots[id.0 as usize].references += 1;
    }

    /// Returns true if a stored body has names for which this returns true.
    pub(super) fn any_reported(&self, is_wanted: impl Fn(&ReportedNames) -> bool) -> bool {
        let mut slots = (0..self.slots.len()).map(|at| &self.slots[at]);
        slots.any(|slot| slot.references > 0 && is_wanted(&slot.reported))
    }

    /// Returns true if both are the same bytes, and have the same names. Equal bodies have two ids where one of them came in
    /// a message with `RTA_CACHEINFO`, or after its attributes were evicted.
    pub(super) fn is_same(&self, a: BodyId, b: BodyId) -> bool {
        a == b || self.get(a) == self.get(b) && self.reported(a) == self.reported(b)
    }

    /// Gives a reference back, and frees the body if it was the last one.
    pub(super) fn release(&mut self, id: BodyId) {
        let slot = &mut self.slots[id.0 as usize];
        slot.references -= 1;
        if slot.references == 0 {
            slot.body = BodyWithoutDst::default();
            slot.reported = Rc::default();
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
