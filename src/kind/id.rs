//! The identity of an object as one text: `id` of a line.

use serde::Serialize;
use serde::ser::{Error as _, SerializeStruct};
use serde_json::{Error, Value};

use super::meta::Netns;
use super::{Kind, Payload};

/// Separates the parts of an id (the unit separator of ASCII).
const SEPARATOR: char = '\u{1f}';
/// What a part has in place of a separator: names may contain it.
const REPLACEMENT: &str = "\u{241f}";

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
        let names = kind.fields().filter(|_| !kind.key().is_empty())?;
        let is_key = |name: &str| {
            kind.key()
                .iter()
                .any(|key| key.split("//").any(|it| it == name))
        };
        let mut mask = 0;
        for (bit, _) in names.iter().enumerate().filter(|(_, name)| is_key(name)) {
            mask |= 1 << bit;
        }
        let mut found = Found(Vec::new());
        // Fails only for a map whose keys are not strings.
        let _ = self.serialize_fields(mask, &mut found);
        let mut id = kind.name().to_owned();
        let netns = netns.map(|netns| netns.id.unwrap_or(netns.inode).to_string());
        let value = |name: &str| {
            let mut values = found.0.iter();
            values
                .find(|(known, _)| *known == name)
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

/// Collects the fields of an object, as texts.
struct Found(Vec<(&'static str, String)>);

impl SerializeStruct for Found {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        let text = match serde_json::to_value(value).map_err(Error::custom)? {
            Value::Null => return Ok(()),
            Value::String(text) => text,
            other => other.to_string(),
        };
        self.0.push((name, text.replace(SEPARATOR, REPLACEMENT)));
        Ok(())
    }

    fn end(self) -> Result<(), Error> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_of_every_key_can_be_collected() {
        for kind in Kind::ALL {
            let names = kind.fields().unwrap_or_default();
            for field in kind.key().iter().flat_map(|field| field.split("//")) {
                assert!(names.contains(&field), "{} {field}", kind.name());
            }
        }
    }

    #[test]
    fn a_name_cannot_pretend_to_be_two_parts() {
        let mut found = Found(Vec::new());
        found.serialize_field("name", "a\u{1f}b").unwrap();
        assert_eq!(found.0, [("name", "a\u{241f}b".to_owned())]);
    }
}
