//! The published JSON schema of the lines. The types of the payloads generate it (feature `schema`: tests
//! and generators); the program has the file that was generated.

#[cfg(feature = "schema")]
mod generate;
#[cfg(feature = "schema")]
mod normalize;
#[cfg(all(test, feature = "schema"))]
mod tests;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::event::Kind;

/// Example lines, used as `examples` of each definition.
pub const EXAMPLES: &str = include_str!("../../schema/examples.ndjson");

/// The generated schema.
#[cfg(any(test, not(feature = "schema")))]
const FILE: &str = include_str!("../../schema/v1.json");

/// Returns the open schema, which permits additional properties, as a consumer should.
pub fn schema() -> Value {
    #[cfg(feature = "schema")]
    return generate::schema();
    #[cfg(not(feature = "schema"))]
    published()
}

/// The schema in the file.
#[cfg(any(test, not(feature = "schema")))]
fn published() -> Value {
    // Tests compare the file with the types.
    serde_json::from_str(FILE).unwrap_or_default()
}

/// Returns the closed schema, which rejects additional properties. For tests; consumers use
/// [`schema`].
#[cfg(feature = "schema")]
pub fn closed() -> Value {
    let mut schema = schema();
    normalize::close(&mut schema);
    schema
}

/// Returns the schema of the lines of these kinds as text; of all lines, as stored in `schema/v1.json`, if
/// there are none.
pub fn text_of(kinds: &[Kind]) -> String {
    let mut schema = schema();
    if !kinds.is_empty() {
        let lines = definitions(&schema, kinds);
        reduce(&mut schema, lines);
    }
    format!("{schema:#}\n")
}

/// The definitions of the lines of these kinds: one each, and one per op of `meta`.
fn definitions(schema: &Value, kinds: &[Kind]) -> BTreeSet<String> {
    let is_of = |line: &str, kind: &Kind| match kind {
        Kind::Meta => line.starts_with("meta_"),
        kind => line == kind.name(),
    };
    let names = schema["$defs"].as_object().into_iter().flatten();
    let lines = names.filter(|(name, _)| {
        let line = name.strip_prefix("line_");
        line.is_some_and(|line| kinds.iter().any(|kind| is_of(line, kind)))
    });
    lines.map(|(name, _)| name.clone()).collect()
}

/// Keeps the definitions of these lines, and those that they refer to.
fn reduce(schema: &mut Value, lines: BTreeSet<String>) {
    let reference = |name: &String| json!({ "$ref": format!("#/$defs/{name}") });
    schema["oneOf"] = lines.iter().map(reference).collect();
    let mut wanted = BTreeSet::new();
    let mut next: Vec<_> = lines.into_iter().collect();
    while let Some(name) = next.pop() {
        references(&schema["$defs"][&name], &mut next);
        next.retain(|it| *it != name && !wanted.contains(it));
        wanted.insert(name);
    }
    if let Some(defs) = schema["$defs"].as_object_mut() {
        defs.retain(|name, _| wanted.contains(name));
    }
}

/// Appends the names of the definitions that a schema refers to.
fn references(schema: &Value, found: &mut Vec<String>) {
    match schema {
        Value::Object(parts) => {
            let reference = parts.get("$ref").and_then(Value::as_str);
            found.extend(
                reference
                    .and_then(|it| it.strip_prefix("#/$defs/"))
                    .map(str::to_owned),
            );
            parts.values().for_each(|part| references(part, found));
        }
        Value::Array(parts) => parts.iter().for_each(|part| references(part, found)),
        _ => {}
    }
}

/// Returns the schema as text, as stored in `schema/v1.json`.
pub fn text() -> String {
    format!("{:#}\n", schema())
}
