//! The known objects of the kinds that have few: decoded, as they were told.

use super::key::Key;
use super::table::{Entry, SweepMark, Table};
use crate::event::Payload;

/// A known object.
#[derive(Debug)]
pub struct StoredObject {
    key: Key,
    mark: SweepMark,
    pub payload: Payload,
}

impl Entry for StoredObject {
    fn key(&self) -> Key {
        self.key
    }
    fn mark(&self) -> SweepMark {
        self.mark
    }
    fn set_mark(&mut self, mark: SweepMark) {
        self.mark = mark;
    }
}

/// The known objects of one kind.
pub type ObjectStore = Table<StoredObject>;

impl ObjectStore {
    /// Takes an object for what the kernel has now. `looking`: a look at its kind is under way.
    /// Returns its former self.
    pub fn upsert(&mut self, key: Key, payload: &Payload, reconciling: bool) -> Option<Payload> {
        let object = StoredObject {
            key,
            mark: SweepMark::told(reconciling),
            payload: payload.clone(),
        };
        self.put(object).map(|old| old.payload)
    }
}
