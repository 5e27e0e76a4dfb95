//! Lines that are longer than their reader takes.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap as _, Serializer};
use serde_json::Value;

/// What a text is cut to, bytes: no property of a key is longer.
const MAX_TEXT: usize = 64;

/// Makes the JSON line that begins at `from` shorter than `limit` bytes, and marks it as
/// `truncated`. What is bulky goes first: `raw`, then the ends of the longest lists, then of long
/// texts, then the largest parts; at last what was before. The properties of `key` stay.
pub fn truncate(lines: &mut Vec<u8>, from: usize, limit: usize, kind: &str, key: &[&str]) {
    let Ok(mut line) = serde_json::from_slice::<Members>(&lines[from..]) else {
        return;
    };
    line.0.push(("truncated".to_owned(), Value::Bool(true)));
    loop {
        let written = serde_json::to_vec(&line).unwrap_or_default();
        let length = written.len();
        if length < limit || !line.shorten(length + 1 - limit, kind, key) {
            lines.truncate(from);
            lines.extend_from_slice(&written);
            return;
        }
    }
}

/// The members of an object in their order.
struct Members(Vec<(String, Value)>);

impl Members {
    /// Takes something away; `over` bytes are too many. Returns whether there was anything.
    fn shorten(&mut self, over: usize, kind: &str, key: &[&str]) -> bool {
        if self.remove("raw") {
            return true;
        }
        let bulky = |name: &str| [kind, "old", "unparsed", "message"].contains(&name);
        let mut values: Vec<_> = self
            .0
            .iter_mut()
            .filter(|(name, _)| bulky(name))
            .map(|(_, value)| value)
            .collect();
        let lists = values.iter_mut().filter_map(|value| longest_list(value));
        if let Some((_, list)) = lists.max_by_key(|(length, _)| *length) {
            shorten_list(list, over);
            // Of what is not there nothing is said.
            let nothing = |value: &Value| value.as_array().is_some_and(Vec::is_empty);
            self.0
                .retain(|(name, value)| name != "unparsed" || !nothing(value));
            return true;
        }
        let texts = values.iter_mut().filter_map(|value| longest_text(value));
        if let Some(text) = texts.max_by_key(|text| text.len()) {
            let end = (0..=MAX_TEXT).rev().find(|at| text.is_char_boundary(*at));
            text.truncate(end.unwrap_or_default());
            return true;
        }
        // Some keys have one property or another.
        let is_of_key = |name: &str| key.iter().any(|it| it.split("//").any(|it| it == name));
        let objects = values.into_iter().filter_map(Value::as_object_mut);
        let largest = objects
            .filter_map(|object| {
                let parts = object.iter().filter(|(_, value)| value.is_object());
                let parts = parts.filter(|(name, _)| !is_of_key(name));
                let (length, name) = parts.map(|(name, value)| (length(value), name)).max()?;
                Some((length, name.clone(), object))
            })
            .max_by_key(|(length, ..)| *length);
        if let Some((_, name, object)) = largest {
            return object.remove(&name).is_some();
        }
        // Neither is there without the other.
        self.remove("old") | self.remove("changed")
    }

    fn remove(&mut self, name: &str) -> bool {
        let before = self.0.len();
        self.0.retain(|(it, _)| it != name);
        self.0.len() < before
    }
}

/// Takes from the end of a list what is too much.
fn shorten_list(list: &mut Vec<Value>, over: usize) {
    let mut taken = 0;
    while taken < over
        && let Some(last) = list.pop()
    {
        // The comma.
        taken += length(&last) + 1;
    }
}

/// As JSON, bytes.
fn length(value: &Value) -> usize {
    struct Counter(usize);
    impl std::io::Write for Counter {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut counter = Counter(0);
    // Counting cannot fail.
    let _ = serde_json::to_writer(&mut counter, value);
    counter.0
}

/// The longest list in here that holds something, and its length.
fn longest_list(value: &mut Value) -> Option<(usize, &mut Vec<Value>)> {
    match value {
        Value::Array(list) if list.is_empty() => None,
        Value::Array(_) => {
            let length = length(value);
            Some((length, value.as_array_mut()?))
        }
        Value::Object(members) => members
            .values_mut()
            .filter_map(longest_list)
            .max_by_key(|(length, _)| *length),
        _ => None,
    }
}

/// The longest text in here that can be cut.
fn longest_text(value: &mut Value) -> Option<&mut String> {
    match value {
        Value::String(text) if text.len() > MAX_TEXT => Some(text),
        Value::Object(members) => members
            .values_mut()
            .filter_map(longest_text)
            .max_by_key(|text| text.len()),
        _ => None,
    }
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Members;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a line")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        d.deserialize_map(Reader)
    }
}

impl Serialize for Members {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut map = s.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn cut_to(line: &Value, limit: usize) -> Value {
        let mut lines = b"before\n".to_vec();
        serde_json::to_writer(&mut lines, line).unwrap();
        truncate(&mut lines, 7, limit, "link", &["ifindex"]);
        assert!(lines.starts_with(b"before\n") && lines.ends_with(b"}"));
        assert!(lines.len() - 7 < limit, "{}", lines.len());
        serde_json::from_slice(&lines[7..]).unwrap()
    }

    #[test]
    fn the_bulkiest_goes_first() {
        let names: Vec<_> = (0..500).map(|n| format!("name{n:03}")).collect();
        let mut line = json!({"kind": "link", "changed": ["altnames"], "link": {"altnames": names, "ifindex": 7,
            "more": {"few": [1, 2]}}, "raw": "00".repeat(5000), "unparsed": [{"hex": "11"}]});
        let cut = cut_to(&line, 2000);
        let left = cut["link"]["altnames"].as_array().unwrap();
        // As many as fit.
        assert!(
            (150..200).contains(&left.len()) && *left == names[..left.len()],
            "{cut}"
        );
        assert_eq!(cut["truncated"], true);
        assert!(cut.get("raw").is_none());
        line["link"]["altnames"] = left.as_slice().into();
        line["truncated"] = true.into();
        line.as_object_mut().unwrap().remove("raw");
        assert_eq!(cut, line);
    }

    #[test]
    fn then_texts_and_at_last_whole_parts() {
        let line = json!({"kind": "link", "link": {"ifindex": 7, "a": {"hex": "ab".repeat(900)}, "b": "é".repeat(90)},
            "old": {"c": [[["x".repeat(900)]]]}, "unparsed": [{"hex": "22".repeat(900)}], "changed": ["a"]});
        let cut = cut_to(&line, 400);
        assert_eq!(cut["link"]["a"]["hex"], "ab".repeat(32));
        assert_eq!(cut["old"]["c"], json!([]));
        assert!(cut.get("unparsed").is_none());
        assert_eq!(cut["changed"], json!(["a"]));
        let cut = cut_to(&line, 150);
        assert_eq!(cut["link"].as_object().unwrap().len(), 2, "{cut}");
        assert_eq!((&cut["link"]["ifindex"], cut.get("old")), (&json!(7), None));
    }
}
