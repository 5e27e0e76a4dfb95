//! The devices that a payload names, and its changes.

use serde::ser::{Serialize, SerializeStruct, Serializer};
use serde_json::Error;

use super::Payload;
use super::fields::Mask;
use crate::json::{self, Compound};
use crate::value::{IfName, Word};

/// Access to the devices that a payload names. Implemented by `#[derive(State)]` and
/// `#[derive(Object)]`.
pub trait Object {
    /// The fields that describe an event and not the state of the object: the reason of a
    /// notification.
    const TRANSIENT: &'static [&'static str] = &[];

    /// The fields whose values change with time and without an event: ages, counters. Those within fields
    /// are not among them.
    const VOLATILE: &'static [&'static str] = &[];

    /// Returns true if one of the [`TRANSIENT`](Self::TRANSIENT) fields has a value.
    #[inline]
    fn has_transient(&self) -> bool {
        false
    }

    /// Removes the values of the [`TRANSIENT`](Self::TRANSIENT) fields.
    fn clear_transient(&mut self) {}

    /// Copies the [`TRANSIENT`](Self::TRANSIENT) fields from `new`, so that they are no difference.
    fn copy_transient(&mut self, _new: &Self)
    where
        Self: Sized,
    {
    }

    /// Returns the device that the object belongs to: its index, and its name if it is known.
    fn device(&self) -> Option<(u32, Option<&IfName>)> {
        None
    }

    /// Copies from `old`, the former state, the values that change with time and without an event:
    /// timers, ages and counters.
    fn copy_volatile(&mut self, _old: &Self)
    where
        Self: Sized,
    {
    }

    /// Calls `name` with the index and the name field of every device that the payload names.
    fn for_each_device(&mut self, _name: &mut dyn FnMut(u32, &mut Option<IfName>)) {}
}

/// A list of parts of a payload.
impl<T: Object> Object for Vec<T> {
    fn for_each_device(&mut self, name: &mut dyn FnMut(u32, &mut Option<IfName>)) {
        for part in self {
            part.for_each_device(name);
        }
    }
}

/// The type of a field with the index of a device.
pub trait DeviceIndex {
    fn index(&self) -> Option<u32>;
}

impl DeviceIndex for u32 {
    fn index(&self) -> Option<u32> {
        Some(*self)
    }
}

impl DeviceIndex for Option<u32> {
    fn index(&self) -> Option<u32> {
        *self
    }
}

/// Calls `name` with a device, if there is an index.
pub fn some(
    name: &mut dyn FnMut(u32, &mut Option<IfName>),
    index: Option<u32>,
    place: &mut Option<IfName>,
) {
    if let Some(index) = index {
        name(index, place);
    }
}

/// The fields that differ from the former state of the object.
#[derive(Clone, Debug)]
pub struct Change {
    mask: Mask,
    old: Payload,
}

impl Change {
    /// Compares two payloads of one kind.
    pub fn between(new: &Payload, old: Payload) -> Self {
        let mask = new.diff(&old);
        Change { mask, old }
    }

    /// Returns the former state of the object.
    pub fn old(&self) -> &Payload {
        &self.old
    }

    /// Returns the set of fields that differ.
    pub fn mask(&self) -> Mask {
        self.mask
    }

    /// Returns true if no field differs.
    pub fn is_empty(&self) -> bool {
        self.mask == 0
    }

    /// Returns the names of the fields that differ.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + use<> {
        let names = self.old.kind().fields().unwrap_or_default();
        let mut mask = self.mask;
        // Only the set bits are visited: a link has eighty fields, of which few change.
        std::iter::from_fn(move || {
            let bit = mask.trailing_zeros();
            mask &= mask.wrapping_sub(1);
            names.get(bit as usize).copied()
        })
    }

    /// The names of the fields that differ, as lines have them in `changed`.
    pub fn changed(&self) -> Changed<'_> {
        Changed(self)
    }

    /// The former values of the fields that differ, as lines have them in `old`.
    pub fn former(&self) -> WithFields<'_> {
        self.old.with_fields(self.mask)
    }

    /// Those of the former values that are in `mask`.
    pub fn former_fields(&self, mask: Mask) -> WithFields<'_> {
        self.old.with_fields(self.mask & mask)
    }
}

/// See [`Change::changed`].
#[derive(Clone, Copy, Debug)]
pub struct Changed<'a>(&'a Change);

impl Serialize for Changed<'_> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_seq(self.0.names().map(Word))
    }
}

/// Some fields of a payload, as an object ([`Payload::with_fields`]).
#[derive(Clone, Copy, Debug)]
pub struct WithFields<'a> {
    payload: &'a Payload,
    mask: Mask,
}

impl Payload {
    /// The payload with the fields of `mask` alone. A message has all of its fields.
    pub fn with_fields(&self, mask: Mask) -> WithFields<'_> {
        WithFields {
            payload: self,
            mask,
        }
    }

    /// Appends the payload to an object. Generic code is compiled for the crate that calls it: so that of all kinds is
    /// compiled with them.
    ///
    /// # Errors
    /// Never; `Result` is required by serde.
    pub fn append_to(&self, object: &mut Compound<'_>, key: &'static str) -> Result<(), Error> {
        object.field(key, self)
    }

    /// Appends the payload as JSON.
    ///
    /// # Errors
    /// Never; `Result` is required by serde.
    pub fn append_json(&self, text: &mut Vec<u8>) -> Result<(), Error> {
        json::append(text, |json| self.serialize(json))
    }
}

impl WithFields<'_> {
    /// Appends the fields to an object.
    ///
    /// # Errors
    /// Never; `Result` is required by serde.
    pub fn append_to(&self, object: &mut Compound<'_>, key: &'static str) -> Result<(), Error> {
        object.field(key, self)
    }
}

impl Serialize for WithFields<'_> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        if self.payload.kind().fields().is_none() {
            return self.payload.serialize(s);
        }
        let count = self.mask.count_ones();
        let mut fields = s.serialize_struct("Fields", count as usize)?;
        self.payload.serialize_fields(self.mask, &mut fields)?;
        fields.end()
    }
}
