//! The attributes of one table as a field of a payload.

use std::fmt;
use std::marker::PhantomData;

use serde::{Serialize, Serializer};

use super::Field;
#[cfg(feature = "schema")]
use super::schema::object;
use super::value::Options;

/// A table whose attributes are a field of a payload.
pub trait Table {
    /// Name of the schema's definition.
    const NAME: &'static str;
    /// Its description.
    const DOC: &'static str;
    const FIELDS: &'static [Field];
}

/// The attributes that a message has of the table `T`. Boxed: an object has one of many.
pub struct Named<T> {
    options: Box<Options>,
    table: PhantomData<T>,
}

impl<T> Named<T> {
    pub fn new(options: Options) -> Self {
        Named {
            options: Box::new(options),
            table: PhantomData,
        }
    }
}

impl<T> Clone for Named<T> {
    fn clone(&self) -> Self {
        Named {
            options: self.options.clone(),
            table: PhantomData,
        }
    }
}

impl<T> PartialEq for Named<T> {
    fn eq(&self, other: &Self) -> bool {
        self.options == other.options
    }
}

impl<T> fmt::Debug for Named<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.options.fmt(f)
    }
}

impl<T> Serialize for Named<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.options.serialize(serializer)
    }
}

#[cfg(feature = "schema")]
impl<T: Table> schemars::JsonSchema for Named<T> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        T::NAME.into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "object",
            "description": T::DOC.trim_start(),
            "properties": object(&[T::FIELDS])["properties"],
        })
    }
}
