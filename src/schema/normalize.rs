//! Normalizes the output of schemars to match the output lines, and derives the closed schema.

use serde_json::{Map, Value, json};

use crate::json::MAX_INTEGER as MAX;

/// Normalizes a schema and all its subschemas.
pub(super) fn normalize(schema: &mut Value) {
    let Value::Object(schema) = schema else {
        return;
    };
    for (key, part) in schema.iter_mut() {
        match (key.as_str(), part) {
            // Keyed by property name, so do not treat the keys as schema keywords.
            ("properties" | "patternProperties" | "$defs", Value::Object(schemas)) => {
                schemas.values_mut().for_each(normalize);
            }
            ("oneOf" | "anyOf" | "allOf" | "prefixItems", Value::Array(schemas)) => {
                schemas.iter_mut().for_each(normalize);
            }
            ("items" | "additionalProperties", part) => normalize(part),
            _ => {}
        }
    }
    not_null(schema);
    one_enum(schema);
    format(schema);
    reference(schema);
    definitions(schema);
    one_paragraph(schema);
    // Defaults matter to producers only; the schema is for consumers.
    schema.remove("default");
}

/// Removes `null`: a field without a value is omitted.
fn not_null(schema: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|t| t != "null");
        if let [one] = &mut types[..] {
            let one = one.take();
            schema.insert("type".to_owned(), one);
        }
    }
    let Some(Value::Array(any)) = schema.get_mut("anyOf") else {
        return;
    };
    any.retain(|s| s["type"] != "null");
    if let [Value::Object(one)] = &mut any[..] {
        let one = std::mem::take(one);
        schema.remove("anyOf");
        for (key, value) in one {
            schema.entry(key).or_insert(value);
        }
    }
}

/// Converts an enum with a subschema per variant to a plain enum and joins the descriptions.
fn one_enum(schema: &mut Map<String, Value>) {
    let Some(Value::Array(variants)) = schema.get("oneOf") else {
        return;
    };
    let mut names = Vec::new();
    let mut descriptions = Vec::new();
    descriptions.extend(
        schema
            .get("description")
            .and_then(Value::as_str)
            .map(str::to_owned),
    );
    for variant in variants {
        match (&variant["const"], &variant["enum"]) {
            (Value::String(name), _) => {
                names.push(name.clone());
                if let Some(text) = variant["description"].as_str() {
                    descriptions.push(format!("`{name}`: {text}"));
                }
            }
            (_, Value::Array(more)) => {
                names.extend(more.iter().filter_map(|n| Some(n.as_str()?.to_owned())));
            }
            _ => return,
        }
    }
    schema.remove("oneOf");
    schema.insert("type".to_owned(), "string".into());
    schema.insert("enum".to_owned(), names.into());
    schema.insert("description".to_owned(), descriptions.join(" ").into());
}

/// Replaces formats that JSON Schema does not define.
fn format(schema: &mut Map<String, Value>) {
    let Some(Value::String(format)) = schema.get("format") else {
        return;
    };
    let range = match format.as_str() {
        "ip" => {
            schema.remove("format");
            let versions = json!([{ "format": "ipv4" }, { "format": "ipv6" }]);
            schema.insert("anyOf".to_owned(), versions);
            return;
        }
        "uint8" => Some((0, u8::MAX.into())),
        "uint16" => Some((0, u16::MAX.into())),
        "uint32" => Some((0, u32::MAX.into())),
        "uint" | "uint64" | "uint128" => Some((0, MAX)),
        "int8" => Some((i8::MIN.into(), i8::MAX as u64)),
        "int16" => Some((i16::MIN.into(), i16::MAX as u64)),
        "int32" => Some((i32::MIN.into(), i32::MAX as u64)),
        "int" | "int64" | "int128" => Some((i64::MIN, MAX)),
        "float" | "double" => None,
        _ => return,
    };
    schema.remove("format");
    if let Some((least, most)) = range {
        schema.entry("minimum").or_insert(least.into());
        schema.entry("maximum").or_insert(most.into());
    }
}

/// Converts references to snake_case definition names.
fn reference(schema: &mut Map<String, Value>) {
    if let Some(Value::String(reference)) = schema.get_mut("$ref")
        && let Some(name) = reference.strip_prefix("#/$defs/")
    {
        *reference = format!("#/$defs/{}", snake(name));
    }
}

fn definitions(schema: &mut Map<String, Value>) {
    if let Some(Value::Object(defs)) = schema.get_mut("$defs") {
        let old = std::mem::take(defs);
        defs.extend(old.into_iter().map(|(name, def)| (snake(&name), def)));
    }
}

fn snake(name: &str) -> String {
    let mut snake = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !snake.is_empty() && !snake.ends_with('_') {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
    }
    snake
}

/// Joins the lines of each paragraph of a doc comment.
fn one_paragraph(schema: &mut Map<String, Value>) {
    if let Some(Value::String(text)) = schema.get_mut("description") {
        let paragraphs: Vec<_> = text.split("\n\n").map(|p| p.replace('\n', " ")).collect();
        *text = paragraphs.join("\n\n");
    }
}

/// Makes every object reject additional properties.
pub(super) fn close(schema: &mut Value) {
    walk(schema, true);
}

/// `is_complete`: `schema` alone describes its value. Only then it may be closed; subschemas of the
/// same value would reject each other's properties.
fn walk(schema: &mut Value, is_complete: bool) {
    let Value::Object(schema) = schema else {
        return;
    };
    for (key, part) in schema.iter_mut() {
        match (key.as_str(), part) {
            ("properties" | "patternProperties", Value::Object(schemas)) => {
                schemas.values_mut().for_each(|s| walk(s, true));
            }
            ("$defs", Value::Object(schemas)) => {
                schemas.values_mut().for_each(|s| walk(s, false));
            }
            ("oneOf" | "anyOf" | "allOf", Value::Array(schemas)) => {
                schemas.iter_mut().for_each(|s| walk(s, false));
            }
            ("prefixItems", Value::Array(schemas)) => {
                schemas.iter_mut().for_each(|s| walk(s, true));
            }
            ("items" | "additionalProperties", part) => walk(part, true),
            _ => {}
        }
    }
    if is_complete && schema.get("type").is_none_or(|t| t == "object") {
        schema.insert("unevaluatedProperties".to_owned(), false.into());
    }
}
