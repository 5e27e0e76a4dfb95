//! The identity of an object as one text: `id` of a line.

use std::sync::LazyLock;

use serde::Serialize;
use serde_json::Value;

use super::fields::Mask;
use super::meta::Netns;
use super::{Kind, Payload};
use crate::json::{self, Ordered};

/// Separates the parts of an id (the unit separator of ASCII).
const SEPARATOR: char = '\u{1f}';
/// What a part has in place of a separator: names may contain it.
const REPLACEMENT: &str = "\u{241f}";

/// The fields of each kind that are in its key.
static KEY_MASKS: LazyLock<Vec<Mask>> = LazyLock::new(|| {
    let mask = |kind: &Kind| {
        let is_key = |name: &str| {
            let mut fields = kind.key().iter().flat_map(|field| field.split("//"));
            fields.any(|field| field == name)
        };
        let names = kind.fields().unwrap_or_default().iter().enumerate();
        let keys = names.filter(|(_, name)| is_key(name));
        keys.fold(0, |mask, (bit, _)| mask | 1 << bit)
    };
    Kind::ALL.iter().map(mask).collect()
});

impl Kind {
    /// The values of the fields that identify an object ([`Kind::key`]), in that order. `value`
    /// returns that of a field; `None` if it is absent.
    pub fn key_values<T>(self, mut value: impl FnMut(&str) -> Option<T>) -> Vec<Option<T>> {
        let fields = self.key().iter();
        let values = fields.map(|field| field.split("//").find_map(&mut value));
        values.collect()
    }
}

impl Payload {
    /// What distinguishes the object from all others of a machine: kind, network namespace, and the
    /// values of the key fields; a part is empty if it is absent. `netns`: that of the line, if it has
    /// one. `None` for a message, which has no identity.
    pub fn id(&self, netns: Option<&Netns>) -> Option<String> {
        let kind = self.kind();
        let mask = KEY_MASKS
            .get(kind as usize)
            .copied()
            .filter(|it| *it != 0)?;
        let found = Found::new(&self.with_fields(mask));
        let mut id = kind.name().to_owned();
        let netns = netns.map(|netns| netns.id.unwrap_or(netns.inode).to_string());
        let value = |name: &str| {
            let mut values = found.0.iter();
            values
                .find(|(known, _)| known == name)
                .map(|(_, text)| &**text)
        };
        let values = kind.key_values(value);
        for part in [netns.as_deref()].into_iter().chain(values) {
            id.push(SEPARATOR);
            id += part.unwrap_or_default();
        }
        Some(id)
    }
}

/// The values of fields, as texts.
struct Found(Vec<(String, String)>);

impl Found {
    /// The values of the fields that `object` writes.
    fn new(object: &impl Serialize) -> Self {
        let mut text = Vec::new();
        // Fails only for a map whose keys are not strings.
        let written = json::append(&mut text, |json| object.serialize(json));
        let fields = written.and_then(|()| serde_json::from_slice(&text));
        let Ordered(fields) = fields.unwrap_or_default();
        let present = fields
            .into_iter()
            .filter(|(_, value)| *value != Value::Null);
        let texts = present.map(|(name, value)| {
            let text = match value {
                Value::String(text) => text,
                other => other.to_string(),
            };
            (name, text.replace(SEPARATOR, REPLACEMENT))
        });
        Found(texts.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_of_every_key_can_be_collected() {
        for (at, kind) in Kind::ALL.iter().enumerate() {
            assert_eq!(*kind as usize, at);
            let names = kind.fields().unwrap_or_default();
            for field in kind.key().iter().flat_map(|field| field.split("//")) {
                assert!(names.contains(&field), "{} {field}", kind.name());
            }
        }
    }

    #[test]
    fn a_name_cannot_pretend_to_be_two_parts() {
        let found = Found::new(&std::collections::BTreeMap::from([("name", "a\u{1f}b")]));
        assert_eq!(found.0, [("name".to_owned(), "a\u{241f}b".to_owned())]);
    }
}
