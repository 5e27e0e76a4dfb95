//! JSON schema of the option tables.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value as Json, json};

use super::options::Options;
use super::spec::{self, ematch};
use super::table::{Field, Type, options};

impl Type {
    /// Returns the JSON schema of the value; `None` if its fields are merged into the parent.
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
            Type::Bytes(_) | Type::U32Array | Type::U64Array | Type::List(_) => {
                json!({ "type": "array", "items": integer(0, i64::MAX) })
            }
            Type::Nest(fields) | Type::SubStruct(fields) | Type::Keys(fields) => object(&[fields]),
            Type::OneOf(tables) => {
                object(&tables.iter().map(|(_, table)| *table).collect::<Vec<_>>())
            }
            Type::Structs(_, fields)
            | Type::Nests(fields)
            | Type::Collect(fields)
            | Type::Entries(fields) => entry_list(fields).into(),
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

    /// Strips the modifiers that decide whether the value is emitted.
    fn bare(self) -> Type {
        match self {
            Type::NotZero(inner) | Type::Details(inner) => inner.bare(),
            other => other,
        }
    }

    /// Returns the fields that are merged into the parent.
    fn flat(self) -> &'static [Field] {
        match self {
            Type::Flat(fields) | Type::Struct(fields) | Type::Head(_, fields) => fields,
            Type::Details(inner) | Type::NotZero(inner) => inner.flat(),
            _ => &[],
        }
    }
}

/// Schema of an integer within a range.
fn integer(least: i64, most: i64) -> Json {
    json!({ "type": "integer", "minimum": least, "maximum": most })
}

/// Schema of a list of objects with the fields of a table.
pub fn entry_list(fields: &'static [Field]) -> Schema {
    json_schema!({ "type": "array", "items": object(&[fields]) })
}

/// Schema of an object with the fields of several tables.
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
            // A name has one type; descriptions of different kinds are joined.
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
        0 r#type: Text, "Verdict: `pass`, `drop`, `pipe`, `stolen`, `trap`, `goto`, `jump` …";
        1 chain: U32, "Target chain of `goto`.";
        2 jump: U32, "Number of actions that `jump` skips.";
    }
    QUEUES {
        0 offset: U16, "First queue of the class.";
        1 count: U16, "Number of queues.";
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
            "description": "Options, named as in `tc -j`. The fields depend on `kind`.",
            "properties": object["properties"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All fields, including nested ones.
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
            | Type::Entries(inner)
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
    fn numbers_in_a_table_are_unique() {
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
