//! schema/v1.json is generated from the types, complete and valid, and the lines are valid by it.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};

use jsonschema::Validator;
use nlstream::event::Kind;
use nlstream::schema;
use serde_json::{Value, json};

use crate::common;

fn validator(schema: &Value) -> Validator {
    let options = jsonschema::options().should_validate_formats(true);
    options.build(schema).unwrap()
}

/// A schema with its validators, each of which is built once.
struct Checker {
    schema: Value,
    complete: Validator,
    /// Of single definitions, by name: their errors are specific, those of `oneOf` are not.
    parts: RefCell<HashMap<String, Validator>>,
}

impl Checker {
    fn new(schema: Value) -> Self {
        Checker {
            complete: validator(&schema),
            schema,
            parts: RefCell::default(),
        }
    }

    /// Returns the errors of a line by the definition of its kind.
    fn part_errors(&self, line: &Value) -> Option<Vec<String>> {
        let mut name = format!("line_{}", line["kind"].as_str()?);
        if name == "line_meta" {
            name = format!("line_meta_{}", line["op"].as_str()?);
        }
        self.schema["$defs"].get(&name)?;
        let mut parts = self.parts.borrow_mut();
        let part = parts.entry(name.clone()).or_insert_with(|| {
            let mut part = self.schema.clone();
            let fields = part.as_object_mut().expect("a schema is an object");
            fields.remove("oneOf");
            fields.insert("$ref".to_owned(), format!("#/$defs/{name}").into());
            validator(&part)
        });
        let errors = part.iter_errors(line);
        Some(
            errors
                .map(|e| format!("{} at {}", e, e.instance_path()))
                .collect(),
        )
    }

    /// Returns the validation errors of the lines.
    fn errors(&self, lines: &str) -> Vec<String> {
        let numbered = lines.lines().zip(1..);
        let error = |(text, number)| {
            let error = self.error(text)?;
            Some(format!("line {number}: {error}"))
        };
        numbered.filter_map(error).collect()
    }

    fn error(&self, text: &str) -> Option<String> {
        let line: Value = match serde_json::from_str(text) {
            Ok(line) => line,
            Err(e) => return Some(format!("not JSON: {e}")),
        };
        if self.complete.is_valid(&line) {
            return None;
        }
        Some(match self.part_errors(&line) {
            None => format!("no definition of kind {}, op {}", line["kind"], line["op"]),
            // The complete schema rejects the line, so a part without errors is wrong too.
            Some(errors) if errors.is_empty() => {
                "valid by its own definition, but not by exactly one".to_owned()
            }
            Some(errors) => errors.join("; "),
        })
    }
}

const NONE: Vec<String> = Vec::new();

#[test]
fn schema_file_is_current() {
    let then = "review the diff, and describe it in schema/CHANGES.md";
    common::assert_current("schema/v1.json", &schema::text(), then);
}

#[test]
fn schema_is_valid() {
    for schema in [schema::schema(), schema::closed()] {
        let errors = jsonschema::draft202012::meta::validator();
        let errors: Vec<_> = errors.iter_errors(&schema).map(|e| e.to_string()).collect();
        assert_eq!(errors, NONE);
    }
}

/// Collects the properties in `schema` without a description.
fn undescribed(
    root: &Value,
    schema: &Value,
    place: &str,
    seen: &mut usize,
    found: &mut Vec<String>,
) {
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let target = property["$ref"]
            .as_str()
            .and_then(|r| root.pointer(&r[1..]));
        let described = |s: &Value| {
            s["description"]
                .as_str()
                .is_some_and(|d| !d.trim().is_empty())
        };
        *seen += 1;
        if !described(property) && !target.is_some_and(described) {
            found.push(format!("{place}.{name}"));
        }
    }
    let parts: Vec<(String, &Value)> = match schema {
        Value::Object(map) => map.iter().map(|(k, v)| (k.clone(), v)).collect(),
        Value::Array(list) => list
            .iter()
            .enumerate()
            .map(|(i, v)| (i.to_string(), v))
            .collect(),
        _ => Vec::new(),
    };
    for (key, part) in parts {
        if key != "examples" {
            undescribed(root, part, &format!("{place}.{key}"), seen, found);
        }
    }
}

#[test]
fn every_property_is_described() {
    let schema = schema::schema();
    let (mut seen, mut found) = (0, Vec::new());
    undescribed(&schema, &schema, "", &mut seen, &mut found);
    assert_eq!(found, NONE, "these need a doc comment in kinds/src/kind");
    assert!(seen > 300, "{seen}");

    let bare = json!({ "items": { "properties": { "a": { "description": " " } } } });
    undescribed(&bare, &bare, "", &mut seen, &mut found);
    assert_eq!(found, [".items.a"]);
}

#[test]
fn keys_are_properties_of_the_payload() {
    let schema = schema::schema();
    for kind in Kind::ALL {
        let line = &schema["$defs"][format!("line_{}", kind.name())];
        let key = line["x-key"].as_array();
        assert_eq!(key.map_or(0, Vec::len), kind.key().len(), "{kind:?}");
        for field in key
            .into_iter()
            .flatten()
            .flat_map(|k| k.as_str().unwrap().split("//"))
        {
            let payload = &schema["$defs"][kind.name()]["properties"];
            assert!(payload.get(field).is_some(), "{kind:?} has no {field}");
        }
    }
}

#[test]
fn every_kind_has_an_example_that_is_valid_by_the_closed_schema() {
    assert_eq!(
        Checker::new(schema::closed()).errors(schema::EXAMPLES),
        NONE
    );
    let schema = schema::schema();
    let definitions = schema["$defs"].as_object().unwrap();
    let lines = definitions
        .iter()
        .filter_map(|(name, def)| Some((name.strip_prefix("line_")?, def)));
    let mut kinds = BTreeSet::new();
    for (name, def) in lines {
        assert!(!def["examples"].as_array().unwrap().is_empty(), "{name}");
        // `meta` has a definition for each op.
        kinds.insert(if name.starts_with("meta_") {
            "meta"
        } else {
            name
        });
    }
    let all: BTreeSet<_> = Kind::ALL.iter().map(|kind| kind.name()).collect();
    assert_eq!(kinds, all);
}

#[test]
fn closed_schema_rejects_an_undeclared_property() {
    let open = Checker::new(schema::schema());
    let closed = Checker::new(schema::closed());
    let refused = |line: &Value| {
        let text = line.to_string();
        assert_eq!(open.errors(&text), NONE);
        let faults = closed.errors(&text);
        assert!(
            faults.len() == 1 && faults[0].contains("'surprise'"),
            "{faults:?}"
        );
    };
    let mut tried = 0;
    for line in schema::EXAMPLES.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        for place in places(&line, "") {
            let mut line = line.clone();
            line.pointer_mut(&place).unwrap()["surprise"] = true.into();
            refused(&line);
            tried += 1;
        }
    }
    assert!(tried > 50, "{tried}");
}

/// Returns the JSON pointers of the objects in a line.
fn places(value: &Value, place: &str) -> Vec<String> {
    let parts: Vec<(String, &Value)> = match value {
        Value::Object(map) => map.iter().map(|(k, v)| (k.clone(), v)).collect(),
        Value::Array(list) => list
            .iter()
            .enumerate()
            .map(|(i, v)| (i.to_string(), v))
            .collect(),
        _ => Vec::new(),
    };
    let inner = parts
        .iter()
        .flat_map(|(key, part)| places(part, &format!("{place}/{key}")));
    let own = value.is_object().then(|| place.to_owned());
    own.into_iter().chain(inner).collect()
}

#[test]
fn wrong_lines_are_rejected() {
    let mut examples = schema::EXAMPLES.lines();
    let good = examples.find(|l| l.contains(r#""kind":"address","op":"change""#));
    let good: Value = serde_json::from_str(good.expect("an address that changed")).unwrap();
    let checker = Checker::new(schema::schema());
    let errors = |pointer: &str, value: Value| {
        let mut line = good.clone();
        *line.pointer_mut(pointer).unwrap() = value;
        checker.errors(&line.to_string())
    };
    for (pointer, value) in [
        ("/v", json!(2)),
        ("/run", json!("3F1C0A52")),
        ("/seq", json!(-1)),
        ("/seq", json!(u64::MAX)),
        ("/time", json!("2026-11-24T04:08:44.602Z")),
        ("/time", json!("2026-13-24T04:08:44.602899396Z")),
        ("/kind", json!("adress")),
        ("/op", json!("sync")),
        ("/origin", Value::Null),
        ("/ifindex", json!("7")),
        ("/address/local", json!("10.0.0")),
        ("/address/prefixlen", json!(256)),
        ("/address/dev", Value::Null),
        ("/changed", json!(["colour"])),
        ("/old", Value::Null),
    ] {
        assert_eq!(errors(pointer, value.clone()).len(), 1, "{pointer} {value}");
    }
    assert_eq!(errors("/seq", json!(i64::MAX)), NONE);
}

#[test]
fn truncated_lines_keep_the_limit_the_key_and_the_schema() {
    const LIMIT: usize = 4096;
    const WITH: [&str; 2] = ["--with", "details,raw,message,host"];
    let (mut cut, mut complete, mut all) = (0, 0, String::new());
    let mut sorts = std::collections::HashSet::new();
    for fixture in common::fixtures() {
        let capture = fixture.join("capture.pcapng");
        let replay = |more: &[&str]| {
            let args = [&["replay", capture.to_str().unwrap()], &WITH[..], more].concat();
            let text = String::from_utf8(common::nlstream(&args).stdout).unwrap();
            text.lines().map(str::to_owned).collect::<Vec<_>>()
        };
        let lines = replay(&["--run", "00000000"]);
        let shorter = replay(&["--run", "00000000", "--max-line", "4K"]);
        assert_eq!(lines.len(), shorter.len());
        for (line, short) in lines.iter().zip(&shorter).skip(1) {
            if line.len() + 1 < LIMIT {
                assert_eq!(line, short);
                complete += 1;
                continue;
            }
            cut += 1;
            assert!(short.len() < LIMIT, "{short}");
            let parse = |text| serde_json::from_str::<Value>(text).unwrap();
            let (text, line, short) = (short, parse(line), parse(short));
            // One line per fixture, kind and op: each is validated against every definition.
            if sorts.insert((
                fixture.clone(),
                line["kind"].to_string(),
                line["op"].to_string(),
            )) {
                all.push_str(text);
                all.push('\n');
            }
            assert_eq!(short["truncated"], true);
            for name in [
                "run", "seq", "time", "kind", "op", "origin", "ifindex", "ifname", "changed",
            ] {
                assert_eq!(line[name], short[name]);
            }
            let kind = Kind::ALL
                .iter()
                .find(|kind| kind.name() == line["kind"])
                .unwrap();
            for name in kind.key().iter().flat_map(|key| key.split("//")) {
                assert_eq!(line[kind.name()][name], short[kind.name()][name]);
            }
        }
    }
    assert_eq!(Checker::new(schema::closed()).errors(&all), NONE);
    assert!(cut > 10 && complete > 1000, "{cut} {complete}");
}
