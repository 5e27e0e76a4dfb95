//! A serde serializer that makes the value which jaq evaluates: straight from an event, without text
//! between. It makes only what the expression can read.

use jaq_json::{Map, Num, Val};
use serde::de::value::Error;
use serde::ser::{
    Error as _, Impossible, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeTuple,
    SerializeTupleStruct, Serializer,
};

use crate::json::MAX_INTEGER;

/// The parts of a line that an expression reads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    /// All that is inside.
    whole: bool,
    /// Members of an object, or of the objects in a list. Of other members only their absence is made.
    members: Vec<(Box<str>, Wanted)>,
}

static WHOLE: Wanted = Wanted {
    whole: true,
    members: Vec::new(),
};

impl Wanted {
    /// Adds the value at `path`. `whole`: with all that is inside, and not only its presence.
    pub(super) fn add(&mut self, path: &[Box<str>], whole: bool) {
        let Some((name, rest)) = path.split_first() else {
            self.whole |= whole;
            return;
        };
        let at = self.members.iter().position(|(member, _)| member == name);
        let at = at.unwrap_or_else(|| {
            self.members.push((name.clone(), Wanted::default()));
            self.members.len() - 1
        });
        self.members[at].1.add(rest, whole);
    }

    /// What is wanted of a member; `None` for nothing.
    pub(super) fn member(&self, name: &str) -> Option<&Wanted> {
        if self.whole {
            return Some(&WHOLE);
        }
        let mut members = self.members.iter();
        let found = members.find(|(member, _)| **member == *name)?;
        Some(&found.1)
    }
}

/// Makes the value of what is serialized.
#[derive(Clone, Copy)]
pub(super) struct ToVal<'w>(pub &'w Wanted);

/// A list that is being made.
pub(super) struct List<'w>(ToVal<'w>, Vec<Val>);

/// An object that is being made, and the key of the member that follows.
pub(super) struct Object<'w> {
    wanted: &'w Wanted,
    members: Map,
    key: Option<String>,
}

fn integer(value: u64) -> Val {
    // As a line has it.
    Val::Num(Num::from_integral(value.min(MAX_INTEGER)))
}

fn text(value: impl Into<String>) -> Val {
    Val::utf8_str(value.into())
}

impl<'w> Serializer for ToVal<'w> {
    type Ok = Val;
    type Error = Error;
    type SerializeSeq = List<'w>;
    type SerializeTuple = List<'w>;
    type SerializeTupleStruct = List<'w>;
    type SerializeTupleVariant = Impossible<Val, Error>;
    type SerializeMap = Object<'w>;
    type SerializeStruct = Object<'w>;
    type SerializeStructVariant = Impossible<Val, Error>;

    fn serialize_bool(self, value: bool) -> Result<Val, Error> {
        Ok(Val::Bool(value))
    }

    fn serialize_i8(self, value: i8) -> Result<Val, Error> {
        self.serialize_i64(value.into())
    }

    fn serialize_i16(self, value: i16) -> Result<Val, Error> {
        self.serialize_i64(value.into())
    }

    fn serialize_i32(self, value: i32) -> Result<Val, Error> {
        self.serialize_i64(value.into())
    }

    fn serialize_i64(self, value: i64) -> Result<Val, Error> {
        Ok(Val::Num(Num::from_integral(value)))
    }

    fn serialize_u8(self, value: u8) -> Result<Val, Error> {
        Ok(integer(value.into()))
    }

    fn serialize_u16(self, value: u16) -> Result<Val, Error> {
        Ok(integer(value.into()))
    }

    fn serialize_u32(self, value: u32) -> Result<Val, Error> {
        Ok(integer(value.into()))
    }

    fn serialize_u64(self, value: u64) -> Result<Val, Error> {
        Ok(integer(value))
    }

    fn serialize_f32(self, value: f32) -> Result<Val, Error> {
        // The digits of a line are those of the short type.
        let digits = value.to_string();
        Ok(Val::from(digits.parse::<f64>().map_err(Error::custom)?))
    }

    fn serialize_f64(self, value: f64) -> Result<Val, Error> {
        Ok(Val::from(value))
    }

    fn serialize_char(self, value: char) -> Result<Val, Error> {
        Ok(text(value))
    }

    fn serialize_str(self, value: &str) -> Result<Val, Error> {
        Ok(text(value))
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<Val, Error> {
        self.collect_seq(value)
    }

    fn serialize_none(self) -> Result<Val, Error> {
        Ok(Val::Null)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Val, Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<Val, Error> {
        Ok(Val::Null)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Val, Error> {
        Ok(Val::Null)
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<Val, Error> {
        Ok(text(variant))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<Val, Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Val, Error> {
        let mut object = self.serialize_map(Some(1))?;
        object.serialize_entry(variant, value)?;
        SerializeMap::end(object)
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<List<'w>, Error> {
        Ok(List(
            self,
            Vec::with_capacity(length.unwrap_or(0).min(1024)),
        ))
    }

    fn serialize_tuple(self, length: usize) -> Result<List<'w>, Error> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_struct(self, _: &'static str, length: usize) -> Result<List<'w>, Error> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Error> {
        Err(Error::custom("no line has a variant with several values"))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Object<'w>, Error> {
        Ok(Object {
            wanted: self.0,
            members: Map::default(),
            key: None,
        })
    }

    fn serialize_struct(self, _: &'static str, length: usize) -> Result<Object<'w>, Error> {
        self.serialize_map(Some(length))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Error> {
        Err(Error::custom("no line has a variant with several values"))
    }
}

/// The traits of lists, whose method has a different name in each.
macro_rules! lists {
    ($($trait:ident::$method:ident),+) => {
        $(impl $trait for List<'_> {
            type Ok = Val;
            type Error = Error;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
                self.1.push(value.serialize(self.0)?);
                Ok(())
            }

            fn end(self) -> Result<Val, Error> {
                Ok(self.1.into_iter().collect())
            }
        })+
    };
}

lists! {
    SerializeSeq::serialize_element,
    SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field
}

impl SerializeStruct for Object<'_> {
    type Ok = Val;
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        if let Some(wanted) = self.wanted.member(key) {
            let value = value.serialize(ToVal(wanted))?;
            self.members.insert(Val::utf8_str(key), value);
        }
        Ok(())
    }

    fn end(self) -> Result<Val, Error> {
        Ok(Val::obj(self.members))
    }
}

impl SerializeMap for Object<'_> {
    type Ok = Val;
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        self.key = match key.serialize(ToVal(&WHOLE))? {
            Val::TStr(text) => Some(String::from_utf8_lossy(&text).into_owned()),
            _ => return Err(Error::custom("the key of a map is not a string")),
        };
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        let key = self.key.take().unwrap_or_default();
        if let Some(wanted) = self.wanted.member(&key) {
            let value = value.serialize(ToVal(wanted))?;
            self.members.insert(text(key), value);
        }
        Ok(())
    }

    fn end(self) -> Result<Val, Error> {
        Ok(Val::obj(self.members))
    }
}
