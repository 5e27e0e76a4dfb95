//! The options of a `kind`, and the tables that say what there are.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde::ser::{SerializeMap as _, Serializer};
use serde_json::{Value as Json, json};

use super::spec::{self, ematch};
use crate::event::values::IfName;

/// What one option holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Number(i64),
    Fraction(f64),
    Yes(bool),
    Text(String),
    Words(Vec<String>),
    Numbers(Vec<i64>),
    Options(Options),
    List(Vec<Options>),
    /// A device: the name of the option that holds its index, its index, and its name where that
    /// is known.
    Device(&'static str, u32, Option<IfName>),
    /// Clock ticks that a burst lasts at the rate of that name: becomes bytes once that is known.
    Burst(&'static str, u64),
}

/// Options by name, in the order in which they came.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options(pub Vec<(&'static str, Value)>);

impl Options {
    /// Puts a value, in place of one with the same name.
    pub fn put(&mut self, name: &'static str, value: Value) {
        match self.0.iter_mut().find(|(other, _)| *other == name) {
            Some(place) => place.1 = value,
            None => self.0.push((name, value)),
        }
    }

    pub fn get(&self, name: &str) -> Option<&Value> {
        let mut values = self.0.iter();
        values
            .find(|(other, _)| *other == name)
            .map(|(_, value)| value)
    }

    pub fn get_mut(&mut self, name: &str) -> Option<&mut Value> {
        let mut values = self.0.iter_mut();
        values
            .find(|(other, _)| *other == name)
            .map(|(_, value)| value)
    }

    /// Takes a value out.
    pub fn take(&mut self, name: &str) -> Option<Value> {
        let at = self.0.iter().position(|(other, _)| *other == name)?;
        Some(self.0.remove(at).1)
    }

    /// The options of that name, an object of its own; made where there is none.
    pub fn within(&mut self, name: &'static str) -> &mut Options {
        if !matches!(self.get(name), Some(Value::Options(_))) {
            self.put(name, Value::Options(Options::default()));
        }
        let mut values = self.0.iter_mut().filter(|(other, _)| *other == name);
        match values.next() {
            Some((_, Value::Options(options))) => options,
            _ => unreachable!("it was put there"),
        }
    }

    /// Gives every device that they name to `name`: its index, and the place of its name.
    pub fn devices_mut(&mut self, name: &mut dyn FnMut(u32, &mut Option<IfName>)) {
        for (_, value) in &mut self.0 {
            if let Value::Device(_, index, place) = value {
                name(*index, place);
            }
        }
    }
}

impl Serialize for Options {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut map = s.serialize_map(None)?;
        for (name, value) in &self.0 {
            match value {
                Value::Device(index_name, index, dev) => {
                    map.serialize_entry(index_name, index)?;
                    if let Some(dev) = dev {
                        map.serialize_entry(name, dev)?;
                    }
                }
                value => map.serialize_entry(name, value)?,
            }
        }
        map.end()
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Number(number) => s.serialize_i64(*number),
            Value::Fraction(number) => s.serialize_f64(*number),
            Value::Yes(yes) => s.serialize_bool(*yes),
            Value::Text(text) => s.serialize_str(text),
            Value::Words(words) => s.collect_seq(words),
            Value::Numbers(numbers) => s.collect_seq(numbers),
            Value::Options(options) => options.serialize(s),
            Value::List(list) => s.collect_seq(list),
            Value::Device(_, number, _) => s.serialize_u32(*number),
            Value::Burst(_, ticks) => s.serialize_u64(*ticks),
        }
    }
}

/// How an option is sent, and so what it is in JSON.
#[derive(Clone, Copy, Debug)]
pub enum Type {
    U8,
    U16,
    U32,
    I16,
    I32,
    U64,
    I64,
    Be16,
    Be32,
    /// Of a 32-bit number two to its power.
    Power,
    /// Hexadecimal text of a number, of whatever length: `0x1f`.
    HexNumber,
    /// The same, in network order.
    BeHexNumber,
    Text,
    /// Bytes.
    Hex,
    /// Present means yes.
    Flag,
    /// The same, with so many bytes that say nothing.
    Marker(usize),
    /// A number that means yes or no.
    Yes,
    /// An IP address.
    Ip,
    Mac,
    /// `1:10`
    ClassId,
    /// A device by its index; the name is that of the index.
    Device(&'static str),
    /// Clock ticks of the packet scheduler (64 ns), as seconds.
    Ticks,
    /// Nanoseconds, as seconds.
    Nanoseconds,
    /// Hundredths of a second, as whole seconds.
    Hundredths,
    /// Clock ticks that a burst lasts at the rate of that name, as bytes, or packets.
    Burst(&'static str),
    /// A part of 2^32, from 0 to 1.
    Portion,
    /// A part of 2^64, from 0 to 1.
    Share64,
    /// A name out of a set.
    Name(&'static [(u32, &'static str)]),
    /// The same, in network order: a type of Ethernet frame.
    BeName(&'static [(u32, &'static str)]),
    /// Flags.
    Flags(&'static [(u64, &'static str)]),
    /// What an action does with the packet then (`TC_ACT_*`).
    Control,
    /// Number of a hash table of u32: `800:`.
    U32Handle,
    /// So many numbers of a byte each.
    Bytes(usize),
    /// `struct tc_mqprio_qopt` from its 16 counts on: queues by class.
    Queues,
    /// Bits of a number of so many bytes: from which, how many, and what they are as a number of
    /// 32 bits.
    Bits(usize, u32, u32, &'static Type),
    /// Numbers of 32 bits, as many as there are.
    Words32,
    /// The same of 64 bits.
    Words64,
    /// Attributes of one type, one after the other.
    List(&'static Type),
    /// `struct nla_bitfield32`
    Bitfield(&'static [(u64, &'static str)]),
    /// A structure of so many bytes, with attributes behind it.
    Head(usize, &'static [Field]),
    /// Attributes in it.
    Nest(&'static [Field]),
    /// Attributes in it, whose options stand among the others.
    Flat(&'static [Field]),
    /// A structure: `number` is the offset.
    Struct(&'static [Field]),
    /// The same, in an object of its own.
    SubStruct(&'static [Field]),
    /// Any number of structures, one after the other.
    Structs(usize, &'static [Field]),
    /// Attributes, each of which holds attributes.
    Nests(&'static [Field]),
    /// Attributes of several entries, one entry behind the other.
    Rows(&'static [Field]),
    /// Extended matches, an attribute each.
    Matches,
    /// The one of these tables that another field says.
    OneOf(&'static [(u16, &'static [Field])]),
    /// In an object of that name.
    In(&'static str, &'static Type),
    /// Left out where it is 0.
    NotZero(&'static Type),
    /// What no other field is for: options in an object of their own, keys with their masks.
    Keys(&'static [Field]),
    /// The attribute comes once for each entry, and holds attributes.
    Collect(&'static [Field]),
    /// The actions of a filter.
    Actions,
    /// The policer of a filter, one of its actions.
    Police,
    /// An attribute that only pads.
    Skip,
    /// So many bytes of a structure that say nothing.
    Pad(usize),
    /// Only with `details`.
    Details(&'static Type),
}

/// An option: the number of its attribute (or its offset in a structure), its name, how it is
/// sent, and what it means.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    pub number: u16,
    pub name: &'static str,
    pub wire: Type,
    pub doc: &'static str,
}

/// Declares a table of options.
macro_rules! options {
    ($($(#[$meta:meta])* $vis:vis $table:ident { $($number:literal $name:ident: $wire:expr, $doc:literal;)* })+) => {
        $($(#[$meta])* $vis const $table: &[$crate::event::tc::options::Field] = {
            #[allow(unused_imports, reason = "not every table has every type")]
            use $crate::event::tc::options::Type::*;
            &[$($crate::event::tc::options::Field {
                number: $number,
                name: $crate::event::fields::plain(stringify!($name)),
                wire: $wire,
                doc: $doc,
            }),*]
        };)+
    };
}
pub(crate) use options;

impl Type {
    /// The JSON schema of the value; `None` where its options stand among the others.
    fn schema(self) -> Option<Json> {
        Some(match self {
            Type::U8 => integer(0, 0xff),
            Type::U16 | Type::Be16 => integer(0, 0xffff),
            Type::U32 | Type::Be32 => integer(0, u32::MAX.into()),
            Type::I16 => integer(i16::MIN.into(), i16::MAX.into()),
            Type::I32 => integer(i32::MIN.into(), i32::MAX.into()),
            Type::I64 => integer(i64::MIN, i64::MAX),
            Type::U64 | Type::Power | Type::Hundredths | Type::Burst(_) => integer(0, i64::MAX),
            Type::Ticks | Type::Nanoseconds | Type::Portion | Type::Share64 => {
                json!({ "type": "number" })
            }
            Type::HexNumber
            | Type::BeHexNumber
            | Type::Text
            | Type::Hex
            | Type::Ip
            | Type::Mac
            | Type::ClassId
            | Type::U32Handle
            | Type::Device(_)
            | Type::Name(_)
            | Type::BeName(_) => json!({ "type": "string" }),
            Type::Control => object(&[CONTROL]),
            Type::Queues => json!({ "type": "array", "items": object(&[QUEUES]) }),
            Type::Flag | Type::Marker(_) | Type::Yes => json!({ "type": "boolean" }),
            Type::Flags(_) | Type::Bitfield(_) => {
                json!({ "type": "array", "items": { "type": "string" } })
            }
            Type::Bytes(_) | Type::Words32 | Type::Words64 | Type::List(_) => {
                json!({ "type": "array", "items": integer(0, i64::MAX) })
            }
            Type::Nest(fields) | Type::SubStruct(fields) | Type::Keys(fields) => object(&[fields]),
            Type::OneOf(tables) => {
                object(&tables.iter().map(|(_, table)| *table).collect::<Vec<_>>())
            }
            Type::Structs(_, fields)
            | Type::Nests(fields)
            | Type::Collect(fields)
            | Type::Rows(fields) => rows(fields).into(),
            Type::Matches => {
                let object = object(&[ematch::HEADER, ematch::VALUE]);
                json!({ "type": "array", "items": object })
            }
            Type::Bits(_, _, _, inner)
            | Type::Details(inner)
            | Type::NotZero(inner)
            | Type::In(_, inner) => return inner.schema(),
            Type::Flat(_)
            | Type::Struct(_)
            | Type::Head(..)
            | Type::Actions
            | Type::Police
            | Type::Skip
            | Type::Pad(_) => {
                return None;
            }
        })
    }

    /// The type whatever it takes to be told.
    fn bare(self) -> Type {
        match self {
            Type::NotZero(inner) | Type::Details(inner) => inner.bare(),
            other => other,
        }
    }

    /// The fields that stand among the others.
    fn flat(self) -> &'static [Field] {
        match self {
            Type::Flat(fields) | Type::Struct(fields) | Type::Head(_, fields) => fields,
            Type::Details(inner) | Type::NotZero(inner) => inner.flat(),
            _ => &[],
        }
    }
}

/// The schema of an integer of that range.
fn integer(least: i64, most: i64) -> Json {
    json!({ "type": "integer", "minimum": least, "maximum": most })
}

/// The schema of a list of objects with the fields of that table.
pub fn rows(fields: &'static [Field]) -> Schema {
    json_schema!({ "type": "array", "items": object(&[fields]) })
}

/// The schema of an object with the fields of these tables.
fn object(tables: &[&[Field]]) -> Json {
    let mut properties = BTreeMap::new();
    for table in tables {
        add(table, &mut properties);
    }
    json!({ "type": "object", "properties": properties })
}

fn add(table: &[Field], properties: &mut BTreeMap<&'static str, Json>) {
    for field in table {
        add(field.wire.flat(), properties);
        let Some(mut schema) = field.wire.schema() else {
            continue;
        };
        schema["description"] = field.doc.into();
        let mut name = field.name;
        match field.wire.bare() {
            Type::In(group, _) => {
                schema = json!({
                    "type": "object",
                    "properties": { name: schema },
                    "description": field.doc,
                });
                name = group;
            }
            Type::Device(index) => {
                let doc = format!("{} Its index.", field.doc);
                let mut schema = integer(0, u32::MAX.into());
                schema["description"] = doc.into();
                properties.insert(index, schema);
            }
            _ => {}
        }
        match properties.get_mut(name) {
            None => drop(properties.insert(name, schema)),
            // One name, one type; it may mean several things.
            Some(known) => {
                for place in ["", "/items"] {
                    let properties = format!("{place}/properties");
                    if let Some(Json::Object(more)) = schema.pointer(&properties)
                        && let Some(Json::Object(known)) = known.pointer_mut(&properties)
                    {
                        known.extend(more.clone());
                    }
                }
                for (end, wider) in [
                    ("minimum", i64::min as fn(i64, i64) -> i64),
                    ("maximum", i64::max),
                ] {
                    if let (Some(one), Some(other)) = (known[end].as_i64(), schema[end].as_i64()) {
                        known[end] = wider(one, other).into();
                    }
                }
                let doc = known["description"].as_str().unwrap_or_default();
                if !doc.contains(field.doc) {
                    known["description"] = format!("{doc} {}", field.doc).into();
                }
            }
        }
    }
}

options! {
    CONTROL {
        0 r#type: Text, "`pass`, `drop`, `pipe`, `stolen`, `trap`, `goto`, `jump` …";
        1 chain: U32, "The chain that `goto` goes on with.";
        2 jump: U32, "Number of actions that `jump` leaves out.";
    }
    QUEUES {
        0 offset: U16, "The first queue of the class.";
        1 count: U16, "Number of its queues.";
    }
}

impl JsonSchema for Options {
    fn schema_name() -> Cow<'static, str> {
        "TcOptions".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let tables: Vec<_> = spec::all().map(|(_, table)| table).collect();
        let object = object(&tables);
        json_schema!({
            "type": "object",
            "description": "Options, by the names of `tc -j`. Which there are depends on `kind`.",
            "properties": object["properties"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every field, with those that stand in others.
    fn fields(table: &'static [Field], found: &mut Vec<Field>) {
        for field in table {
            found.push(*field);
            if let Type::Flat(inner)
            | Type::Struct(inner)
            | Type::Nest(inner)
            | Type::Head(_, inner)
            | Type::SubStruct(inner)
            | Type::Structs(_, inner)
            | Type::Collect(inner)
            | Type::Keys(inner)
            | Type::Rows(inner)
            | Type::Nests(inner) = field.wire.bare()
            {
                fields(inner, found);
            }
        }
    }

    #[test]
    fn a_name_has_one_type_and_a_meaning() {
        let mut types: BTreeMap<String, Json> = BTreeMap::new();
        for (kind, table) in spec::all() {
            let object = object(&[table]);
            for (name, schema) in object["properties"].as_object().unwrap() {
                let doc = schema["description"].as_str().unwrap();
                assert!(doc.ends_with(['.', '…']), "{kind} {name}");
                let of = &schema["type"];
                let known = types.entry(name.clone()).or_insert_with(|| of.clone());
                assert_eq!(known, of, "{kind} {name}");
            }
        }
        assert!(types.len() > 100, "{}", types.len());
    }

    #[test]
    fn numbers_are_told_apart() {
        for (kind, table) in spec::all() {
            let mut all = Vec::new();
            fields(table, &mut all);
            assert!(all.iter().all(|field| !field.name.is_empty()), "{kind}");
            for (number, field) in table.iter().enumerate() {
                let twice = table[..number]
                    .iter()
                    .any(|other| other.number == field.number);
                assert!(!twice, "{kind} {}", field.name);
            }
        }
    }
}
