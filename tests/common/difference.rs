//! Where two JSON values differ, as one sentence per field.

use std::fmt::Write as _;

use serde_json::Value;

/// How much of a value is printed, characters.
const MAX_VALUE: usize = 200;

/// Returns a sentence for each field that differs: its JSON path, the expected and the actual
/// value.
pub(crate) fn differences(expected: &Value, got: &Value) -> Vec<String> {
    let mut found = Vec::new();
    compare("", Some(expected), Some(got), false, &mut found);
    found
}

/// The same, for the fields and list items of `expected` only: `got` may have more.
pub(crate) fn missing(expected: &Value, got: &Value) -> Vec<String> {
    let mut found = Vec::new();
    compare("", Some(expected), Some(got), true, &mut found);
    found
}

/// Fails with the path of each field of `expected` that `line` does not have.
#[track_caller]
pub(crate) fn assert_has(line: &Value, expected: &Value) {
    let found = missing(expected, line);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Fails with the path of each field that differs in one of the lines.
#[track_caller]
pub(crate) fn assert_same_lines(expected: &[Value], got: &[Value]) {
    let mut text = String::new();
    let count = expected.len().max(got.len());
    for at in (0..count)
        .filter(|at| expected.get(*at) != got.get(*at))
        .take(3)
    {
        let mut found = Vec::new();
        compare("", expected.get(at), got.get(at), false, &mut found);
        let _ = write!(text, "\nline {}:\n{}", at + 1, found.join("\n"));
    }
    assert!(text.is_empty(), "{text}");
}

fn compare(
    path: &str,
    expected: Option<&Value>,
    got: Option<&Value>,
    partial: bool,
    found: &mut Vec<String>,
) {
    match (expected, got) {
        (Some(Value::Object(expected)), Some(Value::Object(got))) => {
            for (name, value) in expected {
                let path = format!("{path}.{name}");
                compare(&path, Some(value), got.get(name), partial, found);
            }
            for (name, value) in got.iter().filter(|_| !partial) {
                if !expected.contains_key(name) {
                    compare(&format!("{path}.{name}"), None, Some(value), partial, found);
                }
            }
        }
        // A partial list names the first items; a list of plain values is compared as one value.
        (Some(Value::Array(expected)), Some(Value::Array(got)))
            if expected
                .iter()
                .chain(got)
                .any(|it| it.is_object() || it.is_array()) =>
        {
            let count = match partial {
                true => expected.len(),
                false => expected.len().max(got.len()),
            };
            for at in 0..count {
                let path = format!("{path}[{at}]");
                compare(&path, expected.get(at), got.get(at), partial, found);
            }
        }
        (Some(Value::Null), None) | (None, Some(Value::Null)) if partial => {}
        _ if expected == got => {}
        _ => found.push(format!(
            "  {}: expected {}, got {}",
            if path.is_empty() { "." } else { path },
            shortened(expected),
            shortened(got)
        )),
    }
}

fn shortened(value: Option<&Value>) -> String {
    let Some(value) = value else {
        return "nothing".to_owned();
    };
    let text = value.to_string();
    match text.char_indices().nth(MAX_VALUE) {
        Some((at, _)) => format!("{}… ({} bytes)", &text[..at], text.len()),
        None => text,
    }
}
