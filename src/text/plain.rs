//! Generic format for the remaining kinds: field names and values, as `ip` and `tc` print most
//! objects.

use std::fmt::{self, Write as _};

use serde::ser::Serialize as _;
use serde_json::Value;

use super::escape::EscapingWriter;
use crate::event::{Event, Kind, Op, Payload};
use crate::json::{self, Ordered};

pub(super) fn write(out: &mut EscapingWriter<'_>, event: &Event, payload: &Payload) -> fmt::Result {
    let new = fields_of(payload);
    // For a change of a tracked object: the key fields and the fields that differ.
    let change = event.change.as_ref().filter(|_| event.op == Op::Change);
    let Some(change) = change else {
        return all(out, &new);
    };
    let changed: Vec<_> = change.names().collect();
    changes(
        out,
        payload.kind(),
        &new,
        &fields_of(change.old()),
        &changed,
    )
}

/// A changed object: the fields that identify it, and those that differ.
fn changes(
    out: &mut EscapingWriter<'_>,
    kind: Kind,
    new: &[(String, Value)],
    old: &[(String, Value)],
    changed: &[&str],
) -> fmt::Result {
    let keys = kind.key();
    let is_shown = |name: &str| {
        let mut keys = keys.iter().flat_map(|key| key.split("//"));
        keys.any(|key| key == name) || ["dev", "port", "group", "grp"].contains(&name)
    };
    for (name, value) in new {
        let Some((name, value)) = device(new, name, value) else {
            continue;
        };
        let differs = changed.contains(&name) || changed.contains(&&*format!("{name}_index"));
        if differs {
            difference(out, name, named(old, name), Some(&value))?;
        } else if is_shown(name) {
            field(out, name, &value)?;
        }
    }
    for (name, value) in old {
        let Some((name, value)) = device(old, name, value) else {
            continue;
        };
        if changed.contains(&name) && named(new, name).is_none() {
            difference(out, name, Some(value), None)?;
        }
    }
    Ok(())
}

/// The object of a line, given as JSON; of a change the fields that differ.
pub(super) fn line_object(
    out: &mut EscapingWriter<'_>,
    kind: Kind,
    object: &str,
    changed: Option<&[String]>,
    old: Option<&str>,
) -> fmt::Result {
    let new = fields(object.as_bytes());
    match changed {
        None => all(out, &new),
        Some(changed) => {
            let changed: Vec<_> = changed.iter().map(String::as_str).collect();
            let old = old.map(|old| fields(old.as_bytes())).unwrap_or_default();
            changes(out, kind, &new, &old, &changed)
        }
    }
}

/// The fields of a link that differ and that have no form of their own: ` name old → new`, of nested
/// objects the values inside.
pub(super) fn differences(
    out: &mut EscapingWriter<'_>,
    event: &Event,
    old: &Payload,
    names: &[&str],
) -> fmt::Result {
    if names.is_empty() {
        return Ok(());
    }
    let (new, old) = (fields_of(&event.payload), fields_of(old));
    names
        .iter()
        .try_for_each(|name| difference(out, name, named(&old, name), named(&new, name).as_ref()))
}

/// ` name old → new`. Of two objects the values inside that differ; an object that came or went is
/// only named, since it may be large.
fn difference(
    out: &mut EscapingWriter<'_>,
    name: &str,
    old: Option<Value>,
    new: Option<&Value>,
) -> fmt::Result {
    match (&old, new) {
        (Some(Value::Object(old)), Some(Value::Object(new))) => {
            for (name, value) in new {
                let former = old.get(name);
                if former != Some(value) {
                    difference(out, name, former.cloned(), Some(value))?;
                }
            }
            for (name, value) in old {
                if !new.contains_key(name) {
                    difference(out, name, Some(value.clone()), None)?;
                }
            }
            Ok(())
        }
        (None, Some(Value::Object(_))) => write!(out, " +{name}"),
        (Some(Value::Object(_)), None) => write!(out, " -{name}"),
        (old, new) => out.arrow(name, Former(old.as_ref()), Former(new)),
    }
}

/// A value on one side of an arrow.
struct Former<'a>(Option<&'a Value>);

impl fmt::Display for Former<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            None => f.write_str("none"),
            Some(Value::Bool(true)) => f.write_str("on"),
            Some(Value::Bool(false)) => f.write_str("off"),
            Some(value) => write!(f, "{}", Plain(value)),
        }
    }
}

fn fields_of(payload: &Payload) -> Vec<(String, Value)> {
    let mut object = Vec::new();
    // Reuses the JSON writer of the lines instead of a second serializer.
    let written = json::append(&mut object, |json| payload.serialize(json));
    written.map_or_else(|_| Vec::new(), |()| fields(&object))
}

fn all(out: &mut EscapingWriter<'_>, fields: &[(String, Value)]) -> fmt::Result {
    let mut named = fields
        .iter()
        .filter_map(|(name, value)| device(fields, name, value));
    named.try_for_each(|(name, value)| field(out, name, &value))
}

/// The value of a field; of a device without a name, `if2`.
fn named(fields: &[(String, Value)], wanted: &str) -> Option<Value> {
    let mut named = fields
        .iter()
        .filter_map(|(name, value)| device(fields, name, value));
    named
        .find(|(name, _)| *name == wanted)
        .map(|(_, value)| value)
}

/// A field as it is shown. The index of a device stands for its name if that is not known: `dev if2`.
/// `None` for an index next to a name, and for the index 0, which is no device.
fn device<'a>(
    fields: &[(String, Value)],
    name: &'a str,
    value: &Value,
) -> Option<(&'a str, Value)> {
    let named = match name {
        "ifindex" => "dev",
        _ => match name.strip_suffix("_index") {
            Some(named) => named,
            None => return Some((name, value.clone())),
        },
    };
    let has_name = fields.iter().any(|(name, _)| name == named);
    match value.as_u64() {
        Some(index) if index != 0 && !has_name => Some((named, Value::from(format!("if{index}")))),
        _ => None,
    }
}

/// All fields of an object of any kind, given as JSON.
pub(super) fn snapshot_object(out: &mut EscapingWriter<'_>, object: &str) -> fmt::Result {
    all(out, &fields(object.as_bytes()))
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
