//! Compares a payload with its former state, field by field, for `changed` and `old`.

use std::hash::Hasher;

use serde::ser::SerializeStruct;

/// A set of a payload's fields, a bit each, in the order of [`Fields::names`].
pub type Mask = u128;

/// A payload whose fields can be compared one by one. Implemented by `fields!`.
pub trait Fields: Sized {
    /// The names of the fields in the line.
    fn names() -> &'static [&'static str];
    /// The fields in which `self` differs from `old`.
    fn diff(&self, old: &Self) -> Mask;
    /// Copies from `old` the fields without a value in `self`: completes a message that carries
    /// only a part of its object.
    fn merge_missing(&mut self, old: &Self);
    /// Writes the fields of `mask` that have a value, and skips the others.
    fn serialize_fields<M: SerializeStruct>(&self, mask: Mask, map: &mut M)
    -> Result<(), M::Error>;
}

/// A payload that is a state, and the fields that identify its object. Implemented by `key!`.
pub trait Keyed {
    /// The fields that identify an object, `x-key` of the schema. `a//b` means: `a`, or `b` if `a`
    /// is absent (jq's operator).
    const KEY: &'static [&'static str];
    /// Feeds the values of the key fields to `hasher`.
    fn hash_key(&self, hasher: &mut impl Hasher);
}

/// `key!(Type { a, b })` implements [`Keyed`].
macro_rules! key {
    ($type:ident { $($field:ident),+ $(,)? }) => {
        impl $crate::kind::fields::Keyed for $type {
            const KEY: &'static [&'static str] =
                &[$($crate::kind::fields::plain(stringify!($field))),+];

            fn hash_key(&self, hasher: &mut impl std::hash::Hasher) {
                $(std::hash::Hash::hash(&self.$field, hasher);)+
            }
        }
    };
}
pub(crate) use key;

/// A field that may be absent: the line omits it then.
pub trait Present {
    fn present(&self) -> bool {
        true
    }

    /// Completes the value of a partial message with the stored value.
    #[inline]
    fn merge(&mut self, old: &Self)
    where
        Self: Clone,
    {
        if !self.present() {
            self.clone_from(old);
        }
    }
}
impl<T> Present for Option<T> {
    fn present(&self) -> bool {
        self.is_some()
    }
}
impl Present for u32 {}
impl Present for u16 {}
impl Present for u8 {}
impl Present for u64 {}
impl Present for i32 {}
impl Present for String {}
impl Present for crate::value::Symbol {}
impl Present for crate::value::Flags {}
impl Present for crate::value::Text {}
impl Present for crate::value::Prefix {}

/// `fields!(Type { a, b, c })` implements [`Fields`]; it must name every field, in order. The type
/// needs the prefix `lent` if it borrows fields of another one.
macro_rules! fields {
    ($type:ident { $($field:ident),+ $(,)? }) => {
        // Fails to compile if a field is missing.
        const _: fn(&$type) = |$type { $($field: _),+ }| {};
        $crate::kind::fields::fields!(lent $type { $($field),+ });
    };
    (lent $type:ident { $($field:ident),+ $(,)? }) => {
        impl $crate::kind::fields::Fields for $type {
            fn names() -> &'static [&'static str] {
                const NAMES: &[&str] = &[$($crate::kind::fields::plain(stringify!($field))),+];
                NAMES
            }

            fn diff(&self, old: &Self) -> $crate::kind::fields::Mask {
                let mut mask = 0;
                let mut bit = 1;
                $(
                    if self.$field != old.$field {
                        mask |= bit;
                    }
                    bit <<= 1;
                )+
                let _ = bit;
                mask
            }

            fn merge_missing(&mut self, old: &Self) {
                use $crate::kind::fields::Present as _;
                $(self.$field.merge(&old.$field);)+
            }

            fn serialize_fields<M: serde::ser::SerializeStruct>(
                &self,
                mask: $crate::kind::fields::Mask,
                map: &mut M,
            ) -> Result<(), M::Error> {
                use $crate::kind::fields::Present as _;
                let mut bit: $crate::kind::fields::Mask = 1;
                $(
                    if mask & bit != 0 && self.$field.present() {
                        $crate::kind::fields::write(
                            map,
                            const { $crate::kind::fields::plain(stringify!($field)) },
                            &self.$field,
                        )?;
                    } else {
                        map.skip_field(const { $crate::kind::fields::plain(stringify!($field)) })?;
                    }
                    bit <<= 1;
                )+
                let _ = bit;
                Ok(())
            }
        }
    };
}
pub(crate) use fields;

/// Writes a field. A call of its own: few fields of an object change, and a thousand copies of
/// this are large.
#[inline(never)]
pub fn write<M: SerializeStruct>(
    map: &mut M,
    name: &'static str,
    value: &impl serde::Serialize,
) -> Result<(), M::Error> {
    map.serialize_field(name, value)
}

/// A field's name without the `r#` of a raw identifier.
pub const fn plain(name: &'static str) -> &'static str {
    match name.as_bytes() {
        [b'r', b'#', ..] => name.split_at(2).1,
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Thing {
        a: u32,
        r#type: Option<u8>,
    }
    fields!(Thing { a, r#type });

    #[test]
    fn a_difference_is_named_and_the_former_value_written() {
        let old = Thing { a: 1, r#type: None };
        let new = Thing {
            a: 2,
            r#type: Some(3),
        };
        assert_eq!(Thing::names(), ["a", "type"]);
        assert_eq!(new.diff(&old), 0b11);
        assert_eq!(new.diff(&new), 0);
        let mut json = Vec::new();
        let mut serializer = serde_json::Serializer::new(&mut json);
        let mut map = serde::Serializer::serialize_struct(&mut serializer, "Thing", 2).unwrap();
        old.serialize_fields(0b11, &mut map).unwrap();
        SerializeStruct::end(map).unwrap();
        assert_eq!(json, br#"{"a":1}"#);
    }
}
