//! A serde serializer that writes the same JSON as serde_json, faster: field names are Rust
//! identifiers, which are never escaped, and strings are tested for escapes 8 bytes at a time.
//! Characters that are not visible are always escaped, and no integer exceeds [`MAX_INTEGER`].
//! Fields that are already written as JSON can be copied into an object.
//!
//! Some methods return a `Result` although they never fail, because the traits of serde require it.

mod buffer;
mod ordered;
#[cfg(test)]
mod tests;

use std::fmt::{self, Write as _};

use serde::ser::{
    Error as _, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant,
    SerializeTuple, SerializeTupleStruct, SerializeTupleVariant, Serializer,
};
use serde_json::Error;

use buffer::LineBuffer;
/// The derive macro that generates the schema of a type; without the feature `schema` it generates nothing.
#[cfg(not(feature = "schema"))]
pub use nlstream_derive::NoSchema as JsonSchema;
pub use ordered::Ordered;
#[cfg(feature = "schema")]
pub use schemars::JsonSchema;

/// The largest integer in a line: many readers have no unsigned 64-bit integers. Larger ones, which
/// only a recording can contain, saturate; attributes of the kernel are judged when they are decoded.
pub const MAX_INTEGER: u64 = i64::MAX as u64;

/// Appends the JSON that `value` writes to `bytes`.
///
/// # Errors
/// Those of `value`. `bytes` ends with incomplete JSON then.
pub fn append(
    bytes: &mut Vec<u8>,
    value: impl FnOnce(&mut Json) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut json = Json(LineBuffer::append_to(std::mem::take(bytes)));
    let written = value(&mut json);
    *bytes = json.0.finish();
    written
}

/// The serializer.
pub struct Json(LineBuffer);

/// A list or an object that begins at `start`. Every entry is written with a comma before it; the
/// comma of the first entry becomes the opening bracket at the end.
pub struct Compound<'a> {
    json: &'a mut Json,
    start: usize,
    brackets: [u8; 2],
    /// The content of an enum variant: a further `}` closes the object around it.
    is_variant: bool,
}

/// An object that records the offset at which each of its fields ends.
pub struct OffsetRecorder<'a> {
    object: Compound<'a>,
    ends: &'a mut Vec<usize>,
}

const LIST: [u8; 2] = *b"[]";
const OBJECT: [u8; 2] = *b"{}";

impl Json {
    /// Begins an object that is written field by field.
    pub fn object(&mut self) -> Compound<'_> {
        self.open(OBJECT)
    }

    /// Begins an object and records in `ends` where each field ends, relative to the beginning of
    /// the object. An absent field ends where it would begin.
    pub fn record_offsets<'a>(&'a mut self, ends: &'a mut Vec<usize>) -> OffsetRecorder<'a> {
        OffsetRecorder {
            object: self.object(),
            ends,
        }
    }

    #[inline]
    fn open(&mut self, brackets: [u8; 2]) -> Compound<'_> {
        Compound {
            start: self.0.len(),
            json: self,
            brackets,
            is_variant: false,
        }
    }

    fn open_variant(&mut self, variant: &'static str, brackets: [u8; 2]) -> Compound<'_> {
        self.0.put(b"{");
        self.0.quoted(variant.as_bytes());
        self.0.put(b":");
        Compound {
            is_variant: true,
            ..self.open(brackets)
        }
    }
}

impl fmt::Write for Json {
    #[inline]
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.piece(text);
        Ok(())
    }
}

/// Serializer methods of integers.
macro_rules! integers {
    ($($method:ident($type:ty)),+) => {
        $(#[inline]
        fn $method(self, value: $type) -> Result<(), Error> {
            self.0.integer(value);
            Ok(())
        })+
    };
}

impl<'a> Serializer for &'a mut Json {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Compound<'a>;
    type SerializeTuple = Compound<'a>;
    type SerializeTupleStruct = Compound<'a>;
    type SerializeTupleVariant = Compound<'a>;
    type SerializeMap = Compound<'a>;
    type SerializeStruct = Compound<'a>;
    type SerializeStructVariant = Compound<'a>;

    integers! {
        serialize_i8(i8), serialize_i16(i16), serialize_i32(i32), serialize_i64(i64),
        serialize_u8(u8), serialize_u16(u16), serialize_u32(u32)
    }

    #[inline]
    fn serialize_u64(self, value: u64) -> Result<(), Error> {
        self.0.integer(value.min(MAX_INTEGER));
        Ok(())
    }

    #[inline]
    fn serialize_bool(self, value: bool) -> Result<(), Error> {
        match value {
            true => self.0.put(b"true"),
            false => self.0.put(b"false"),
        }
        Ok(())
    }

    fn serialize_f32(self, value: f32) -> Result<(), Error> {
        serde_json::to_writer(&mut self.0, &value)
    }

    fn serialize_f64(self, value: f64) -> Result<(), Error> {
        serde_json::to_writer(&mut self.0, &value)
    }

    fn serialize_char(self, value: char) -> Result<(), Error> {
        self.0.text(value.encode_utf8(&mut [0; 4]));
        Ok(())
    }

    #[inline]
    fn serialize_str(self, value: &str) -> Result<(), Error> {
        self.0.text(value);
        Ok(())
    }

    #[inline]
    fn collect_str<T: fmt::Display + ?Sized>(self, value: &T) -> Result<(), Error> {
        self.0.put(b"\"");
        write!(self, "{value}").map_err(Error::custom)?;
        self.0.put(b"\"");
        Ok(())
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), Error> {
        self.collect_seq(value)
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.serialize_unit()
    }

    #[inline]
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Error> {
        self.0.put(b"null");
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Error> {
        self.serialize_unit()
    }

    #[inline]
    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), Error> {
        // A Rust identifier or its `rename`, none of which needs escaping.
        self.0.quoted(variant.as_bytes());
        Ok(())
    }

    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        let mut map = self.serialize_map(Some(1))?;
        SerializeMap::serialize_entry(&mut map, variant, value)?;
        SerializeMap::end(map)
    }

    #[inline]
    fn serialize_seq(self, _: Option<usize>) -> Result<Compound<'a>, Error> {
        Ok(self.open(LIST))
    }

    fn serialize_tuple(self, length: usize) -> Result<Compound<'a>, Error> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_struct(self, _: &'static str, length: usize) -> Result<Compound<'a>, Error> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Compound<'a>, Error> {
        Ok(self.open_variant(variant, LIST))
    }

    #[inline]
    fn serialize_map(self, _: Option<usize>) -> Result<Compound<'a>, Error> {
        Ok(self.open(OBJECT))
    }

    #[inline]
    fn serialize_struct(self, _: &'static str, length: usize) -> Result<Compound<'a>, Error> {
        self.serialize_map(Some(length))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Compound<'a>, Error> {
        Ok(self.open_variant(variant, OBJECT))
    }
}

impl Compound<'_> {
    #[inline]
    fn entry<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.json.0.put(b",");
        value.serialize(&mut *self.json)
    }

    /// Appends a field to an object.
    ///
    /// # Errors
    /// Those of the value's [`Serialize`], and a map whose keys are not strings.
    #[inline(always)]
    pub fn field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.json.0.key(key);
        value.serialize(&mut *self.json)
    }

    /// Appends a field that is a string without anything to escape.
    #[inline]
    pub fn plain(&mut self, key: &'static str, text: &[u8]) {
        self.json.0.key(key);
        self.json.0.quoted(text);
    }

    /// Appends fields that are already JSON, each with a comma before it.
    #[inline]
    pub fn written(&mut self, fields: &[u8]) {
        self.json.0.bytes(fields);
    }

    /// Begins a field that is an object.
    pub fn object(&mut self, key: &'static str) -> Compound<'_> {
        self.json.0.key(key);
        self.json.object()
    }

    /// Ends the list or object.
    ///
    /// # Errors
    /// Never; `Result` is required by serde.
    #[inline]
    pub fn close(self) -> Result<(), Error> {
        self.json.0.close(self.start, self.brackets);
        if self.is_variant {
            self.json.0.put(b"}");
        }
        Ok(())
    }
}

/// The traits of lists, whose method has a different name in each.
macro_rules! lists {
    ($($trait:ident::$method:ident),+) => {
        $(impl $trait for Compound<'_> {
            type Ok = ();
            type Error = Error;

            #[inline]
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
                self.entry(value)
            }

            #[inline]
            fn end(self) -> Result<(), Error> {
                self.close()
            }
        })+
    };
}

lists! {
    SerializeSeq::serialize_element,
    SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field,
    SerializeTupleVariant::serialize_field
}

/// The traits of structures.
macro_rules! structures {
    ($($trait:ident),+) => {
        $(impl $trait for Compound<'_> {
            type Ok = ();
            type Error = Error;

            // Not inlined: hundreds of types have a field, and few of them are written for many events (a third of
            // the time that serializers take to compile).
            #[inline(never)]
            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                key: &'static str,
                value: &T,
            ) -> Result<(), Error> {
                self.field(key, value)
            }

            #[inline]
            fn end(self) -> Result<(), Error> {
                self.close()
            }
        })+
    };
}

structures! { SerializeStruct, SerializeStructVariant }

impl SerializeStruct for OffsetRecorder<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.object.field(key, value)?;
        self.skip_field(key)
    }

    fn skip_field(&mut self, _: &'static str) -> Result<(), Error> {
        let object = &self.object;
        self.ends.push(object.json.0.len() - object.start);
        Ok(())
    }

    fn end(self) -> Result<(), Error> {
        self.object.close()
    }
}

impl SerializeMap for Compound<'_> {
    type Ok = ();
    type Error = Error;

    #[inline]
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        self.json.0.put(b",");
        let start = self.json.0.len();
        key.serialize(&mut *self.json)?;
        if self.json.0.since(start).first() != Some(&b'"') {
            return Err(Error::custom("the key of a map is not a string"));
        }
        self.json.0.put(b":");
        Ok(())
    }

    #[inline]
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        value.serialize(&mut *self.json)
    }

    #[inline]
    fn end(self) -> Result<(), Error> {
        self.close()
    }
}
