//! `--max-line`: shortens JSON records that are too long for their reader.

use serde::Serialize as _;
use serde_json::Value;

use crate::json::{self, Ordered};

/// Length to which long strings are cut, bytes. No property of a key is longer.
const MAX_TEXT: usize = 64;

/// Makes the JSON object that begins at `start` shorter than `limit` bytes and marks it as
/// `truncated`. Removes in this order: `raw`, the ends of the longest lists, the ends of long strings,
/// the largest nested objects, `old` and `changed`. The properties of `key` stay. An object that
/// consists of those only may remain longer than `limit`.
pub(super) fn truncate(out: &mut Vec<u8>, start: usize, limit: usize, kind: &str, key: &[&str]) {
    let Ok(mut record) = serde_json::from_slice::<Ordered>(&out[start..]) else {
        return;
    };
    record.0.push(("truncated".to_owned(), Value::Bool(true)));
    loop {
        let mut written = Vec::new();
        // Fails only for a map whose keys are not strings.
        let _ = json::append(&mut written, |json| record.serialize(json));
        let length = written.len();
        if length < limit || !shorten(&mut record.0, length + 1 - limit, kind, key) {
            out.truncate(start);
            out.extend_from_slice(&written);
            return;
        }
    }
}

type Fields = Vec<(String, Value)>;

/// Removes one thing; `excess` is how many bytes are too many. Returns false if nothing is left to
/// remove.
fn shorten(fields: &mut Fields, excess: usize, kind: &str, key: &[&str]) -> bool {
    if remove(fields, "raw") {
        return true;
    }
    let can_shrink = |name: &str| [kind, "old", "unparsed", "message", "by"].contains(&name);
    let mut values: Vec<_> = fields
        .iter_mut()
        .filter(|(name, _)| can_shrink(name))
        .map(|(_, value)| value)
        .collect();
    let lists = values.iter_mut().filter_map(|value| longest_list(value));
    if let Some((_, list)) = lists.max_by_key(|(length, _)| *length) {
        shorten_list(list, excess);
        // `unparsed` is absent rather than empty.
        let is_empty = |value: &Value| value.as_array().is_some_and(Vec::is_empty);
        fields.retain(|(name, value)| name != "unparsed" || !is_empty(value));
        return true;
    }
    let texts = values.iter_mut().filter_map(|value| longest_text(value));
    if let Some(text) = texts.max_by_key(|text| text.len()) {
        let end = (0..=MAX_TEXT).rev().find(|at| text.is_char_boundary(*at));
        text.truncate(end.unwrap_or_default());
        return true;
    }
    // A key property `a//b` is either of the two.
    let is_of_key = |name: &str| key.iter().any(|it| it.split("//").any(|it| it == name));
    let objects = values.into_iter().filter_map(Value::as_object_mut);
    let largest = objects
        .filter_map(|object| {
            let nested = object.iter().filter(|(_, value)| value.is_object());
            let nested = nested.filter(|(name, _)| !is_of_key(name));
            let (length, name) = nested.map(|(name, value)| (length(value), name)).max()?;
            Some((length, name.clone(), object))
        })
        .max_by_key(|(length, ..)| *length);
    if let Some((_, name, object)) = largest {
        return object.remove(&name).is_some();
    }
    // The contract allows `old` and `changed` only together.
    remove(fields, "old") | remove(fields, "changed")
}

/// Removes a field. Returns false if it is absent.
fn remove(fields: &mut Fields, name: &str) -> bool {
    let before = fields.len();
    fields.retain(|(it, _)| it != name);
    fields.len() < before
}

/// Removes elements from the end of a list, until they make up `excess` bytes.
fn shorten_list(list: &mut Vec<Value>, excess: usize) {
    let mut removed = 0;
    while removed < excess
        && let Some(last) = list.pop()
    {
        // One more for the comma.
        removed += length(&last) + 1;
    }
}

/// Returns the length of the value as JSON, bytes.
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
    // The counter never fails.
    let _ = serde_json::to_writer(&mut counter, value);
    counter.0
}

/// Returns the longest non-empty list in `value` and its length in bytes.
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

/// Returns the longest string in `value` that is longer than `MAX_TEXT`.
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
    fn raw_and_long_lists_are_removed_first() {
        let names: Vec<_> = (0..500).map(|n| format!("name{n:03}")).collect();
        let mut line = json!({"kind": "link", "changed": ["altnames"], "link": {"altnames": names, "ifindex": 7,
            "more": {"few": [1, 2]}}, "raw": "00".repeat(5000), "unparsed": [{"hex": "11"}]});
        let cut = cut_to(&line, 2000);
        let left = cut["link"]["altnames"].as_array().unwrap();
        // As many elements stay as fit.
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
    fn strings_and_finally_objects_are_removed() {
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
