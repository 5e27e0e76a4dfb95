//! The properties of an object that a line has as JSON.

use serde_json::Value as Json;

use super::options::Test;
use crate::event::Kind;
use crate::kind::property::{Place, Property, Value};

/// Returns true if `is_match` does for one of the values of a property.
pub(super) fn any_value(
    places: &[Place],
    object: &Json,
    wanted: Property,
    is_match: &mut dyn FnMut(Value<'_>) -> bool,
) -> bool {
    places.iter().any(|place| match place {
        Place::Field {
            property,
            field,
            length,
        } if *property == wanted => {
            let length = length.and_then(|name| object.get(name)?.as_u64());
            let length = length.and_then(|length| u8::try_from(length).ok());
            any(object.get(field), &mut |value| match length {
                Some(length) => is_match(value.with_length(length)),
                None => is_match(value),
            })
        }
        Place::Field { .. } => false,
        Place::Inside(field, places) => match object.get(field) {
            Some(Json::Array(list)) => list
                .iter()
                .any(|inner| any_value(places, inner, wanted, is_match)),
            Some(inner) => any_value(places, inner, wanted, is_match),
            None => false,
        },
    })
}

/// Returns true if `is_match` does for the value of a field, or for an element of it.
fn any(json: Option<&Json>, is_match: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
    match json {
        Some(Json::String(text)) => is_match(Value::Word(text)),
        Some(Json::Number(number)) => number
            .as_u64()
            .is_some_and(|number| is_match(Value::Number(number))),
        Some(Json::Array(list)) => list.iter().any(|element| any(Some(element), is_match)),
        _ => false,
    }
}

/// Returns true if a line of the kind passes, without a look at the properties of its object.
pub(super) fn passes(test: &Test, kind: Kind, line: &Json) -> bool {
    let is = |member, name| line.get(member).and_then(Json::as_str) == Some(name);
    match test {
        Test::Op(op) => is("op", op.name()),
        Test::Origin(origin) => is("origin", origin.name()),
        Test::Changed(fields) => {
            let names = kind.fields().unwrap_or_default();
            let is_wanted = |name: &str| {
                let bit = names.iter().position(|field| *field == name);
                let mut fields = fields.iter().filter(|(of, _)| *of == kind);
                bit.is_some_and(|bit| fields.any(|(_, mask)| mask & (1 << bit) != 0))
            };
            let mut changed = changed(line).unwrap_or_default().iter();
            changed.any(|name| name.as_str().is_some_and(is_wanted))
        }
        Test::Value(_) | Test::On | Test::Off => true,
    }
}

/// The names of the fields that differ; `None` if the line has no `changed`.
pub(super) fn changed(line: &Json) -> Option<&[Json]> {
    Some(line.get("changed")?.as_array()?)
}

/// The former state of the object of a line, of which the line has the fields that differ.
pub(super) fn former(object: &Json, line: &Json) -> Option<Json> {
    let names = changed(line)?.iter().filter_map(Json::as_str);
    let mut former = object.as_object()?.clone();
    for name in names {
        match line.get("old").and_then(|old| old.get(name)) {
            Some(value) => former.insert(name.to_owned(), value.clone()),
            None => former.remove(name),
        };
    }
    Some(Json::Object(former))
}
