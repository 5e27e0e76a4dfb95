//! JSON schema of the tables.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::{Field, Type, options};

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
            Type::U64
            | Type::Be64
            | Type::Uint
            | Type::Power
            | Type::Hundredths
            | Type::Burst(_) => integer(0, i64::MAX),
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
            Type::Flags(_) | Type::BeFlags(_) | Type::Bitfield(_) => {
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
            | Type::Entries(fields) => entry_list(fields),
            Type::Multi(inner) => json!({ "type": "array", "items": inner.schema()? }),
            Type::Select(_, choices) => {
                let fields = choices.iter().filter_map(|(_, wire)| match wire {
                    Type::Nest(fields) | Type::SubStruct(fields) => Some(*fields),
                    _ => None,
                });
                object(&fields.collect::<Vec<_>>())
            }
            Type::Hook(hook) => return (hook.schema)(),
            Type::Bits(_, _, _, inner)
            | Type::Details(inner)
            | Type::NotZero(inner)
            | Type::In(_, inner) => return inner.schema(),
            Type::Flat(_) | Type::Struct(_) | Type::Head(..) | Type::Skip | Type::Pad(_) => {
                return None;
            }
        })
    }

    /// Strips the modifiers that decide whether the value is emitted.
    pub fn bare(self) -> Type {
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
pub fn entry_list(fields: &'static [Field]) -> Json {
    json!({ "type": "array", "items": object(&[fields]) })
}

/// Schema of an object with the fields of several tables.
pub fn object(tables: &[&[Field]]) -> Json {
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
