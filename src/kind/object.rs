//! What every payload can do, and how it differs from its former self.

use serde::ser::SerializeStruct;

use super::Payload;
use super::fields::Mask;
use crate::value::IfName;

/// What a payload knows of the devices that it names.
pub trait Object {
    /// The device that it belongs to: its index, and its name where that is known.
    fn device(&self) -> Option<(u32, Option<&IfName>)> {
        None
    }

    /// Takes from `old`, its former self, what differs only because time went by: timers and
    /// ages.
    fn copy_volatile(&mut self, _old: &Self)
    where
        Self: Sized,
    {
    }

    /// Gives every device that it names to `name`: its index, and the place of its name.
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

/// Implements [`Object`] for a payload that names one device: by `ifindex` and `dev`. With
/// `copy_volatile(now, old) { … }` also [`Object::copy_volatile`].
macro_rules! of_device {
    ($type:ty $(, copy_volatile($now:ident, $old:ident) $copy_volatile:block)?) => {
        impl $crate::kind::object::Object for $type {
            fn device(&self) -> Option<(u32, Option<&IfName>)> {
                Some((self.ifindex, self.dev.as_ref()))
            }

            fn for_each_device(&mut self, name: &mut dyn FnMut(u32, &mut Option<IfName>)) {
                name(self.ifindex, &mut self.dev);
            }

            $(fn copy_volatile(&mut self, old: &Self) {
                let ($now, $old) = (self, old);
                $copy_volatile
            })?
        }
    };
}
pub(crate) use of_device;

/// The index of a device in a payload, which not every object has.
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

/// Gives `name` a device, where there is one.
pub fn some(
    name: &mut dyn FnMut(u32, &mut Option<IfName>),
    index: Option<u32>,
    place: &mut Option<IfName>,
) {
    if let Some(index) = index {
        name(index, place);
    }
}

/// The fields that differ from the object's former self.
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

    /// The object's former self.
    pub fn old(&self) -> &Payload {
        &self.old
    }

    /// The fields that differ.
    pub fn mask(&self) -> Mask {
        self.mask
    }

    /// Is it the same as before?
    pub fn is_empty(&self) -> bool {
        self.mask == 0
    }

    /// The names of the fields that differ.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + use<> {
        let names = self.old.kind().fields().unwrap_or_default();
        let mut mask = self.mask;
        // From one bit to the next: a link has eighty fields, of which few change.
        std::iter::from_fn(move || {
            let bit = mask.trailing_zeros();
            mask &= mask.wrapping_sub(1);
            names.get(bit as usize).copied()
        })
    }

    /// Writes the former values of the fields that differ.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize_old<M: SerializeStruct>(&self, map: &mut M) -> Result<(), M::Error> {
        self.old.serialize_fields(self.mask, map)
    }
}
