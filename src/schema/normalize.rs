//! What schemars says otherwise than the lines are, put right; and the closed copy.

use serde_json::{Map, Value, json};

/// The largest integer in a line.
const MAX: u64 = i64::MAX as u64;

/// Mends a schema and every schema in it.
pub fn normalize(schema: &mut Value) {
    let Value::Object(schema) = schema else {
        return;
    };
    for (key, part) in schema.iter_mut() {
        match (key.as_str(), part) {
            // By name: a property may be called `enum` or `default`.
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
    // Of use to who writes such an object; these are for reading.
    schema.remove("default");
}

/// A field without a value is left out, so none is ever null.
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

/// An enum that has a schema per variant becomes a plain one; the variants' descriptions go into
/// its own.
fn one_enum(schema: &mut Map<String, Value>) {
    let Some(Value::Array(variants)) = schema.get("oneOf") else {
        return;
    };
    let mut names = Vec::new();
    let mut words = Vec::new();
    words.extend(
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
                    words.push(format!("`{name}`: {text}"));
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
    schema.insert("description".to_owned(), words.join(" ").into());
}

/// Formats that JSON Schema does not have become what it has.
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

/// Definitions are named like everything else: in snake case.
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

/// A doc comment is broken into lines for its source file; a paragraph has none.
fn one_paragraph(schema: &mut Map<String, Value>) {
    if let Some(Value::String(text)) = schema.get_mut("description") {
        let paragraphs: Vec<_> = text.split("\n\n").map(|p| p.replace('\n', " ")).collect();
        *text = paragraphs.join("\n\n");
    }
}

/// Makes every object refuse properties that the schema does not know.
pub fn close(schema: &mut Value) {
    walk(schema, true);
}

/// `whole`: `schema` is all that is said of its value, not one of several schemas for it. Only
/// there may it be closed: the others would refuse each other's properties.
fn walk(schema: &mut Value, whole: bool) {
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
    if whole && schema.get("type").is_none_or(|t| t == "object") {
        schema.insert("unevaluatedProperties".to_owned(), false.into());
    }
}
