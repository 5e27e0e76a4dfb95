//! The fold as a consumer writes it: by `x-key` of the published schema alone.

use std::collections::BTreeMap;

use serde_json::Value;

/// Objects by kind and key.
pub(crate) type Objects = BTreeMap<(String, String), Value>;

/// Folds lines to the objects that exist after them.
pub(crate) fn fold(lines: &[Value]) -> Objects {
    let schema = nlstream::schema::schema();
    let mut objects = Objects::new();
    for line in lines {
        let kind = line["kind"].as_str().unwrap();
        let definition = &schema["$defs"][format!("line_{kind}")];
        let Some(fields) = definition["x-key"].as_array() else {
            continue;
        };
        let object = &line[kind];
        let key: Vec<&Value> = fields
            .iter()
            .map(|field| {
                let mut names = field.as_str().unwrap().split("//");
                names
                    .find_map(|name| object.get(name))
                    .unwrap_or(&Value::Null)
            })
            .collect();
        let key = (kind.to_owned(), serde_json::to_string(&key).unwrap());
        match line["op"].as_str().unwrap() {
            "add" | "change" | "present" => drop(objects.insert(key, object.clone())),
            "delete" => drop(objects.remove(&key)),
            _ => {}
        }
    }
    objects
}

/// Returns the folded objects of a kind.
pub(crate) fn of_kind<'a>(objects: &'a Objects, kind: &'a str) -> impl Iterator<Item = &'a Value> {
    let of = objects.iter().filter(move |((k, _), _)| k == kind);
    of.map(|(_, object)| object)
}
