//! `--with id`: one text for each object.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::common::{fixtures, lines, nlstream, root};

/// The values of the properties in `x-key`, by kind.
fn keys() -> BTreeMap<String, Vec<String>> {
    let schema = std::fs::read_to_string(root().join("schema/v1.json")).unwrap();
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let definitions = schema["$defs"].as_object().unwrap();
    let keys = definitions.iter().filter_map(|(name, definition)| {
        let key: Vec<String> = serde_json::from_value(definition["x-key"].clone()).ok()?;
        Some((name.strip_prefix("line_")?.to_owned(), key))
    });
    keys.collect()
}

/// Groups of lines that are about one object, by the id and by the key of the schema.
#[test]
fn folding_by_id_equals_folding_by_key() {
    let keys = keys();
    let mut objects = 0;
    for folder in fixtures() {
        let capture = folder.join("capture.pcapng");
        let parts = "id,details,host,message";
        let output = nlstream(&["replay", "--with", parts, capture.to_str().unwrap()]);
        // Values of the key by id, and the other way round.
        let mut by_id: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut by_key: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let folded = |of: &dyn Fn(&Value) -> String| {
            let mut state = BTreeMap::new();
            for line in lines(&output.stdout) {
                if line["id"].is_null() {
                    continue;
                }
                let payload = line[line["kind"].as_str().unwrap()].clone();
                match line["op"].as_str() {
                    Some("delete") => state.remove(&of(&line)),
                    _ => state.insert(of(&line), payload),
                };
            }
            let mut objects: Vec<_> = state.into_values().map(|it| it.to_string()).collect();
            objects.sort();
            objects
        };
        let key = |line: &Value| {
            let kind = line["kind"].as_str().unwrap();
            let value = |name: &String| {
                let mut alternatives = name.split("//").map(|name| &line[kind][name]);
                alternatives.find(|value| !value.is_null()).cloned()
            };
            let values: Vec<_> = keys[kind].iter().map(value).collect();
            serde_json::json!([line["netns"], kind, values]).to_string()
        };
        let id = |line: &Value| line["id"].as_str().unwrap().to_owned();
        for line in lines(&output.stdout) {
            let kind = line["kind"].as_str().unwrap();
            assert_eq!(line["id"].is_string(), keys.contains_key(kind), "{line}");
            if !line["id"].is_string() {
                continue;
            }
            let parts: Vec<_> = line["id"].as_str().unwrap().split('\u{1f}').collect();
            assert_eq!(parts.len(), 2 + keys[kind].len(), "{line}");
            assert_eq!(parts[0], kind);
            let netns = &line["netns"];
            let netns = [&netns["id"], &netns["inode"]]
                .into_iter()
                .find(|it| !it.is_null());
            assert_eq!(
                parts[1],
                netns.map_or(String::new(), Value::to_string),
                "{line}"
            );
            by_id.entry(id(&line)).or_default().insert(key(&line));
            by_key.entry(key(&line)).or_default().insert(id(&line));
        }
        let name = folder.display();
        let is_one = |(_, others): (&String, &BTreeSet<String>)| others.len() == 1;
        assert!(
            by_id.iter().all(is_one) && by_key.iter().all(is_one),
            "{name}"
        );
        assert_eq!(folded(&id), folded(&key), "{name}");
        objects += by_id.len();
    }
    assert!(objects > 1000, "{objects}");
}
