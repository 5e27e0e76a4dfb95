//! The known objects of the kinds that have few: decoded, as they were told.

use super::key::Key;
use super::table::{Known, Mark, Table};
use crate::event::Payload;

/// A known object.
#[derive(Debug)]
pub struct Object {
    key: Key,
    mark: Mark,
    pub payload: Payload,
}

impl Known for Object {
    fn key(&self) -> Key {
        self.key
    }
    fn mark(&self) -> Mark {
        self.mark
    }
    fn set_mark(&mut self, mark: Mark) {
        self.mark = mark;
    }
}

/// The known objects of one kind.
pub type Objects = Table<Object>;

impl Objects {
    /// Takes an object for what the kernel has now. `looking`: a look at its kind is under way.
    /// Returns its former self.
    pub fn tell(&mut self, key: Key, payload: &Payload, looking: bool) -> Option<Payload> {
        let object = Object {
            key,
            mark: Mark::told(looking),
            payload: payload.clone(),
        };
        self.put(object).map(|old| old.payload)
    }
}
