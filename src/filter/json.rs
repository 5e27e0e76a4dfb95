//! The properties of an object that a line has as JSON.

use serde_json::Value as Json;

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
