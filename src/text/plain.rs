//! Generic format for the remaining kinds: field names and values, as `ip` and `tc` print most
//! objects.

use std::fmt::{self, Write as _};

use serde::ser::Serialize as _;
use serde_json::Value;

use super::escape::EscapingWriter;
use crate::event::{Event, Op, Payload};
use crate::json::{self, Ordered};

pub(super) fn write(out: &mut EscapingWriter<'_>, event: &Event, payload: &Payload) -> fmt::Result {
    let mut object = Vec::new();
    // Reuses the JSON writer of the lines instead of a second serializer.
    let written = json::append(&mut object, |json| payload.serialize(json));
    let fields = written.map_or_else(|_| Vec::new(), |()| fields(&object));
    // For a change of a tracked object: the key fields and the fields that differ.
    let changed: Option<Vec<_>> = match &event.change {
        Some(change) if event.op == Op::Change => Some(change.names().collect()),
        _ => None,
    };
    let keys = payload.kind().key();
    let is_key = |name: &str| {
        keys.iter()
            .any(|key| key.split("//").any(|key| key == name))
    };
    let shown = |name: &str| {
        changed.as_ref().is_none_or(|changed| {
            is_key(name)
                || changed.contains(&name)
                || ["dev", "port", "group", "grp"].contains(&name)
        })
    };
    for (name, value) in &fields {
        if !is_index(name) && shown(name) {
            field(out, name, value)?;
        }
    }
    if changed.is_some_and(|changed| changed.is_empty()) {
        out.write_str(" unchanged")?;
    }
    Ok(())
}

/// All fields of an object of any kind, given as JSON.
pub(super) fn snapshot_object(out: &mut EscapingWriter<'_>, object: &str) -> fmt::Result {
    let fields = fields(object.as_bytes());
    let mut fields = fields.iter().filter(|(name, _)| !is_index(name));
    fields.try_for_each(|(name, value)| field(out, name, value))
}

/// Omit a device index if the device name is present.
fn is_index(name: &str) -> bool {
    name == "ifindex" || name.ends_with("_index")
}

/// The fields of a JSON object, in order.
fn fields(text: &[u8]) -> Vec<(String, Value)> {
    let map: Result<Ordered, _> = serde_json::from_slice(text);
    map.map(|map| map.0).unwrap_or_default()
}

fn field(out: &mut EscapingWriter<'_>, name: &str, value: &Value) -> fmt::Result {
    match value {
        Value::Bool(true) => write!(out, " {name}"),
        Value::Bool(false) => write!(out, " no{name}"),
        Value::Array(list) if name == "flags" => list
            .iter()
            .try_for_each(|flag| write!(out, " {}", Plain(flag))),
        Value::Array(list) if list.is_empty() => Ok(()),
        value => write!(out, " {name} {}", Plain(value)),
    }
}

/// A value without quotes; nested values in braces.
struct Plain<'a>(&'a Value);

impl fmt::Display for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::String(text) => f.write_str(text),
            Value::Array(list) => {
                for (number, value) in list.iter().enumerate() {
                    if number > 0 {
                        f.write_char(',')?;
                    }
                    write!(f, "{}", Plain(value))?;
                }
                Ok(())
            }
            Value::Object(fields) => {
                f.write_char('{')?;
                for (number, (name, value)) in fields.iter().enumerate() {
                    if number > 0 {
                        f.write_char(' ')?;
                    }
                    write!(f, "{name} {}", Plain(value))?;
                }
                f.write_char('}')
            }
            value => write!(f, "{value}"),
        }
    }
}
