//! What must hold for the lines of every input: each is valid by the schema, and folding them gives
//! the state of the pipeline. The fold here is independent of `nlstream::fold`: it knows nothing
//! but the published schema. Shared by the tests and the fuzz targets.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use jsonschema::Validator;
use nlstream::event::Kind;
use serde_json::Value;

/// Validates lines, each by the definition of its kind.
pub(crate) struct SchemaOracle {
    schema: Value,
    definitions: HashMap<String, Validator>,
    /// Hashes of the lines that are valid, without `run`, `seq` and `time`.
    seen: HashSet<u64>,
}

/// Lines that are remembered as valid.
const MAX_SEEN: usize = 4 << 20;

impl SchemaOracle {
    /// An oracle for this schema.
    pub(crate) fn new(schema: Value) -> Self {
        SchemaOracle {
            schema,
            definitions: HashMap::new(),
            seen: HashSet::new(),
        }
    }

    /// Returns what is wrong with a line: its text, and the same parsed.
    ///
    /// # Errors
    /// What the schema refuses.
    pub(crate) fn check(&mut self, text: &str, line: &Value) -> Result<(), String> {
        let content = text.find("\"kind\":").map_or(text, |at| &text[at..]);
        let mut hasher = DefaultHasher::new();
        content.hash(&mut hasher);
        let hash = hasher.finish();
        if self.seen.contains(&hash) {
            return Ok(());
        }
        let part = |name: &str| line[name].as_str().unwrap_or_default();
        let name = match (part("kind"), part("op")) {
            ("meta", op) => format!("line_meta_{op}"),
            (kind, _) => format!("line_{kind}"),
        };
        if self.schema["$defs"].get(&name).is_none() {
            return Err(format!("the schema has no {name}"));
        }
        let schema = &self.schema;
        let definition = self.definitions.entry(name.clone()).or_insert_with(|| {
            let mut own = schema.clone();
            own.as_object_mut().unwrap().remove("oneOf");
            own["$ref"] = format!("#/$defs/{name}").into();
            let options = jsonschema::options().should_validate_formats(true);
            options.build(&own).unwrap()
        });
        if let Some(error) = definition.iter_errors(line).next() {
            return Err(format!("{error} at {}", error.instance_path()));
        }
        if self.seen.len() == MAX_SEEN {
            self.seen.clear();
        }
        self.seen.insert(hash);
        Ok(())
    }
}

/// Identity of an object: its namespace, kind and key.
pub(crate) type Identity = (String, String, String);

/// Objects by identity, without the properties that describe an event.
pub(crate) type Objects = BTreeMap<Identity, Value>;

/// How the lines of each kind are folded, read from the schema.
pub(crate) struct FoldRules(HashMap<String, (Vec<String>, Vec<String>)>);

impl FoldRules {
    /// Reads `x-key` and `x-transient`.
    pub(crate) fn new(schema: &Value) -> Self {
        let names = |value: &Value| -> Vec<String> {
            let names = value.as_array().into_iter().flatten();
            names
                .filter_map(|it| Some(it.as_str()?.to_owned()))
                .collect()
        };
        let rules = schema["$defs"].as_object().into_iter().flatten();
        let rules = rules.filter_map(|(name, line)| {
            let key = names(&line["x-key"]);
            let name = name.strip_prefix("line_")?;
            let transient = names(&line["x-transient"]);
            (!key.is_empty()).then(|| (name.to_owned(), (key, transient)))
        });
        FoldRules(rules.collect())
    }

    /// The object of a line, and what identifies it; `None` if its kind has no key.
    pub(crate) fn object(&self, line: &Value) -> Option<(Identity, Value)> {
        let kind = line["kind"].as_str()?;
        let (key, transient) = self.0.get(kind)?;
        let mut payload = line[kind].clone();
        let value = |field: &String| {
            let mut values = field.split("//").filter_map(|name| payload.get(name));
            values.next().cloned().unwrap_or_default()
        };
        let key = Value::Array(key.iter().map(value).collect()).to_string();
        if let Some(fields) = payload.as_object_mut() {
            fields.retain(|name, _| !transient.contains(name));
        }
        let netns = line.get("netns").map(Value::to_string);
        Some(((netns.unwrap_or_default(), kind.to_owned(), key), payload))
    }

    /// Folds a line into the objects.
    pub(crate) fn fold(&self, line: &Value, objects: &mut Objects) {
        let Some((identity, payload)) = self.object(line) else {
            return;
        };
        match line["op"].as_str() {
            Some("add" | "change" | "present") => drop(objects.insert(identity, payload)),
            Some("delete") => drop(objects.remove(&identity)),
            _ => {}
        }
    }
}

/// What the lines of a run say.
pub(crate) struct Checked {
    /// The objects after the last line.
    pub(crate) objects: Objects,
    /// No line was truncated.
    pub(crate) is_complete: bool,
    /// Number of lines.
    pub(crate) lines: u64,
}

/// Checks the lines of whole runs.
pub(crate) struct LineOracle {
    schema: SchemaOracle,
    pub(crate) rules: FoldRules,
}

impl LineOracle {
    /// An oracle by the schema of this version.
    pub(crate) fn new() -> Self {
        let schema = nlstream::schema::closed();
        LineOracle {
            rules: FoldRules::new(&schema),
            schema: SchemaOracle::new(schema),
        }
    }

    /// Checks the lines of a run, from its first: each is complete and valid, their numbers have no
    /// hole, and `nlstream::fold` folds them as the schema says.
    ///
    /// # Errors
    /// What is wrong, and the line.
    pub(crate) fn check(&mut self, lines: &[u8]) -> Result<Checked, String> {
        let text = std::str::from_utf8(lines).map_err(|error| error.to_string())?;
        if !text.ends_with('\n') {
            return Err("the last line has no newline".to_owned());
        }
        let mut checked = Checked {
            objects: Objects::new(),
            is_complete: true,
            lines: 0,
        };
        let mut has_checkpoint = false;
        let unlisted = Kind::ALL
            .iter()
            .filter(|kind| !kind.is_tracked(false, false));
        let mut untracked: BTreeSet<_> = unlisted.map(|kind| kind.name().to_owned()).collect();
        for line in text.lines() {
            let parsed: Value =
                serde_json::from_str(line).map_err(|error| format!("{error}: {line}"))?;
            let valid = self.schema.check(line, &parsed);
            valid.map_err(|error| format!("{error}: {line}"))?;
            if parsed["seq"].as_u64() != Some(checked.lines) {
                return Err(format!("seq is not {}: {line}", checked.lines));
            }
            checked.lines += 1;
            checked.is_complete &= parsed.get("truncated").is_none();
            has_checkpoint |= parsed["op"] == "checkpoint";
            let no_track = parsed["meta"]["settings"]["no_track"].as_array();
            let names = no_track.into_iter().flatten().filter_map(Value::as_str);
            untracked.extend(names.map(str::to_owned));
            let track = parsed["meta"]["settings"]["track"].as_array();
            for name in track.into_iter().flatten().filter_map(Value::as_str) {
                untracked.remove(name);
            }
            self.rules.fold(&parsed, &mut checked.objects);
        }
        let mut fold = nlstream::fold::Fold::default();
        let read = fold.read(text.as_bytes(), None);
        read.map_err(|error| format!("fold: {error}"))?;
        let mut of_fold = Objects::new();
        for object in fold.objects() {
            let line = serde_json::from_str(object.line()).map_err(|error| error.to_string())?;
            of_fold.extend(self.rules.object(&line));
        }
        let mut objects = checked.objects.clone();
        // The fold begins at a checkpoint, which has the objects that are tracked.
        if has_checkpoint {
            for objects in [&mut objects, &mut of_fold] {
                objects.retain(|(_, kind, _), _| !untracked.contains(kind));
            }
        }
        match difference(&objects, &of_fold) {
            Some(difference) => Err(format!("independent fold and fold: {difference}")),
            None => Ok(checked),
        }
    }
}

/// Returns the first identity in which the objects differ, with what differs: the members of the values, if
/// both have the object.
pub(crate) fn difference(left: &Objects, right: &Objects) -> Option<String> {
    let differs = |(identity, value): &(&Identity, &Value)| right.get(*identity) != Some(*value);
    if let Some((identity, value)) = left.iter().find(differs) {
        return Some(match right.get(identity) {
            None => format!("{identity:?}: {value} and absent"),
            Some(other) => format!("{identity:?}: {}", members(value, other)),
        });
    }
    let of_right = right
        .iter()
        .find(|(identity, _)| !left.contains_key(*identity));
    of_right.map(|(identity, value)| format!("{identity:?}: absent and {value}"))
}

/// Returns the members in which two values differ, with both values.
fn members(left: &Value, right: &Value) -> String {
    let (Some(of_left), Some(of_right)) = (left.as_object(), right.as_object()) else {
        return format!("{left} and {right}");
    };
    let names: BTreeSet<_> = of_left.keys().chain(of_right.keys()).collect();
    let differing = names
        .into_iter()
        .filter(|name| left.get(name) != right.get(name));
    let shown = differing.map(|name| format!("{name}: {}", members(&left[name], &right[name])));
    shown.collect::<Vec<_>>().join(", ")
}
