//! docs/schema.md: the schema of the lines as a page.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use nlstream::event::Kind;
use nlstream::schema;
use serde_json::Value;

/// Returns the page.
pub fn page() -> String {
    let schema = schema::schema();
    let mut page = Page {
        defs: &schema["$defs"],
        text: String::new(),
        wanted: BTreeSet::new(),
    };
    page.whole();
    page.text
}

/// Fails if a link within the page has no heading.
pub fn check_links(page: &str) -> Result<(), String> {
    let headings: BTreeSet<_> = page
        .lines()
        .filter_map(|line| line.trim_start_matches('#').strip_prefix(' '))
        .map(|heading| heading.to_lowercase().replace(' ', "-"))
        .collect();
    let links = page.split("](#").skip(1);
    let links: Vec<_> = links.filter_map(|rest| rest.split(')').next()).collect();
    if links.len() < 150 {
        return Err(format!("docs/schema.md has only {} links", links.len()));
    }
    match links.into_iter().find(|link| !headings.contains(*link)) {
        Some(link) => Err(format!("docs/schema.md has no heading for the link {link}")),
        None => Ok(()),
    }
}

struct Page<'a> {
    defs: &'a Value,
    text: String,
    /// The names of the objects that the page refers to so far.
    wanted: BTreeSet<&'a str>,
}

/// The properties of each line apart from its object, in the order in which they are written.
const HEAD: [&str; 19] = [
    "v",
    "run",
    "seq",
    "time",
    "host",
    "kind",
    "op",
    "origin",
    "ifindex",
    "ifname",
    "message",
    "",
    "changed",
    "old",
    "by",
    "nl",
    "unparsed",
    "raw",
    "truncated",
];

/// The largest u64 in a line.
const MAX: u64 = i64::MAX as u64;

impl<'a> Page<'a> {
    fn whole(&mut self) {
        self.say(
            "# The lines of nlstream, version 1\n\n\
             Generated from [schema/v1.json](../schema/v1.json), which `nlstream schema` prints too: JSON Schema, draft 2020-12.\n\
             [schema/CHANGES.md](../schema/CHANGES.md) says what was added when, and what stays as it is.\n\n\
             Each line is one JSON object: a head that all lines share, and one object that is named by `kind`. What has no value is\n\
             left out: there are no nulls. Integers fit into 63 bits and a sign. Ignore properties that you do not know: versions to come add some.\n\n\
             `add`, `change` and `present` put the object in place of the one with the same key, `delete` removes it; an absent key field is a value\n\
             like any other, and “`a` else `b`” is `a`, or `b` where `a` is absent. Fields that every such object has are marked with •.\n\n\
             `u8` … `i64` are integers of that range, `hex` is bytes, two lower-case digits each, `prefix` an address with a length, `time` RFC 3339 in UTC\n\
             with nine digits after the point, and `IP address` one of either family. A list of names is open where its words end in “…”.\n\n",
        );
        let list = |kinds: &[Kind]| -> String {
            let link = |kind: &Kind| format!("[`{0}`](#{0})", kind.name());
            kinds.iter().map(link).collect::<Vec<_>>().join(" ")
        };
        let (states, messages): (Vec<_>, Vec<_>) =
            Kind::ALL.iter().partition(|kind| !kind.key().is_empty());
        let messages: Vec<_> = messages
            .into_iter()
            .filter(|kind| *kind != Kind::Meta)
            .collect();
        let contents = format!(
            "[The head](#the-head) · states: {} · messages: {} · its own records: [`meta`](#meta) · [objects within](#objects-within)\n\n",
            list(&states),
            list(&messages)
        );
        self.say(&contents);
        self.head();
        for &kind in Kind::ALL {
            match kind {
                Kind::Meta => self.meta(),
                kind => self.kind(kind),
            }
        }
        self.say("## Objects within\n\n");
        let mut done = BTreeSet::new();
        while let Some(name) = self.wanted.difference(&done).next().copied() {
            // The section is sorted by name, and an object may refer to one with a smaller name: so all
            // names are collected first.
            done.insert(name);
            let mut others = std::mem::take(&mut self.text);
            self.fields(&self.defs[name], &[]);
            std::mem::swap(&mut self.text, &mut others);
        }
        for name in done {
            let def = &self.defs[name];
            let _ = writeln!(self.text, "### {name}\n\n{}\n", words(def));
            self.fields(def, &[]);
        }
        self.text.truncate(self.text.trim_end().len());
        self.say("\n");
    }

    fn say(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn head(&mut self) {
        self.say("## The head\n\n| property | type | |\n|---|---|---|\n");
        // A line of a link has every property of the head.
        let line = &self.defs["line_link"];
        for name in HEAD {
            let row = match name {
                "" => "| the object | | under the name of its `kind`: below |\n".to_owned(),
                "op" => {
                    "| `op` • | text | what happened: with each kind, below |\n".to_owned()
                }
                "old" => "| `old` | object | Former values of the properties in `changed`; one that had no value is absent. |\n".to_owned(),
                "changed" => "| `changed` | list of texts | Properties of the object that differ from what was known; absent where nothing was. |\n".to_owned(),
                "kind" => "| `kind` • | text | what the line is about |\n".to_owned(),
                name => self.row(line, name),
            };
            self.say(&row);
        }
        self.say("\n`origin`, `ifindex`, `ifname`, `nl`, `unparsed` and `raw` are not in lines of the kind `meta`.\n\n");
    }

    fn kind(&mut self, kind: Kind) {
        let name = kind.name();
        let line = &self.defs[format!("line_{name}")];
        let _ = writeln!(self.text, "## {name}\n\n{}\n", words(line));
        let ops = match &line["properties"]["op"]["enum"] {
            Value::Array(ops) => codes(ops),
            _ => format!("`{}`", text(&line["properties"]["op"]["const"])),
        };
        let _ = writeln!(self.text, "`op`: {ops}  ");
        match kind.key() {
            [] => self.say("A message, and no object's state: it has no key.\n\n"),
            key => {
                let key: Vec<_> = key
                    .iter()
                    .map(|field| format!("`{}`", field.replace("//", "` else `")))
                    .collect();
                let _ = writeln!(self.text, "key: {}\n", key.join(", "));
            }
        }
        self.fields(&self.defs[name], kind.fields().unwrap_or_default());
        self.example(line);
    }

    /// One section per record: each has an object of its own.
    fn meta(&mut self) {
        self.say(
            "## meta\n\nnlstream's own records: the object is another one with each `op`.\n\n",
        );
        let lines = self.defs.as_object().into_iter().flatten();
        let lines = lines.filter_map(|(name, line)| Some((name.strip_prefix("line_meta_")?, line)));
        for (op, line) in lines {
            let _ = writeln!(self.text, "### meta {op}\n\n{}\n", words(line));
            let payload = &line["properties"]["meta"]["$ref"];
            self.fields(&self.defs[target(payload)], &[]);
            self.example(line);
        }
    }

    fn example(&mut self, line: &Value) {
        let example = &line["examples"][0];
        let lines = schema::EXAMPLES.lines();
        let mut lines = lines
            .filter(|line| serde_json::from_str::<Value>(line).is_ok_and(|line| line == *example));
        if let Some(line) = lines.next() {
            let _ = writeln!(self.text, "```json\n{line}\n```\n");
        }
    }

    /// Writes the table of an object's properties: in this order, the others behind, required ones first.
    fn fields(&mut self, object: &'a Value, order: &[&str]) {
        let Some(properties) = object["properties"]
            .as_object()
            .filter(|all| !all.is_empty())
        else {
            let kind = self.kind_of(object);
            let _ = writeln!(self.text, "{kind}\n");
            return;
        };
        self.say("| field | type | |\n|---|---|---|\n");
        let mut names: Vec<_> = properties.keys().collect();
        names.sort_by_key(|name| {
            let declared = order.iter().position(|it| it == name);
            (declared.unwrap_or(order.len()), !is_required(object, name))
        });
        for name in names {
            let row = self.row(object, name);
            self.say(&row);
        }
        self.say("\n");
    }

    fn row(&mut self, object: &'a Value, name: &str) -> String {
        let property = &object["properties"][name];
        let kind = self.kind_of(property);
        let own = words(property);
        let own = match (own.is_empty(), &property["$ref"]) {
            (true, Value::String(_)) => words(&self.defs[target(&property["$ref"])]),
            _ => own,
        };
        let mark = if is_required(object, name) {
            " •"
        } else {
            ""
        };
        format!(
            "| `{name}`{mark} | {kind} | {} |\n",
            own.replace('|', "\\|")
        )
    }

    /// Returns the type of a value as text.
    fn kind_of(&mut self, of: &'a Value) -> String {
        if let Value::String(_) = of["$ref"] {
            let name = target(&of["$ref"]);
            let def = &self.defs[name];
            if let Value::Array(values) = &def["enum"] {
                return match name {
                    "kind" => "a `kind`".to_owned(),
                    _ => codes(values),
                };
            }
            self.wanted.insert(name);
            return format!("[{name}](#{name})");
        }
        if let Some(value) = of.get("const") {
            return format!("`{value}`");
        }
        if let Value::Array(values) = &of["enum"] {
            return codes(values);
        }
        match (&of["type"], &of["anyOf"]) {
            (Value::String(kind), _) => match kind.as_str() {
                "integer" => integer(of).to_owned(),
                "number" => "number".to_owned(),
                "boolean" => "boolean".to_owned(),
                "string" => string(of),
                "array" => {
                    let items = self.kind_of(&of["items"]);
                    format!("list: {items}")
                }
                "object" if of["properties"].is_object() => {
                    let properties = of["properties"].as_object().into_iter().flatten();
                    let all: Vec<_> = properties
                        .map(|(name, of)| format!("`{name}` {}", self.kind_of(of)))
                        .collect();
                    format!("object: {}", all.join(", "))
                }
                "object" => match of.get("additionalProperties") {
                    Some(values @ Value::Object(_)) => {
                        let values = self.kind_of(values);
                        format!("object of any names: {values}")
                    }
                    _ => "object of any names".to_owned(),
                },
                other => panic!("the type {other} is not handled: {of}"),
            },
            (_, Value::Array(any)) => {
                let any: Vec<_> = any.iter().map(|of| self.kind_of(of)).collect();
                any.join(" or ")
            }
            (Value::Array(any), _) => any.iter().map(text).collect::<Vec<_>>().join(" or "),
            _ if of.get("description").is_none() && of == &Value::Bool(true) => "any".to_owned(),
            _ => panic!("no type is handled for {of}"),
        }
    }
}

fn integer(of: &Value) -> &'static str {
    let range = (of["minimum"].as_i64(), of["maximum"].as_u64());
    match range {
        (Some(0), Some(0xff)) => "u8",
        (Some(0), Some(0xffff)) => "u16",
        (Some(0), Some(0xffff_ffff)) => "u32",
        (Some(0), Some(MAX)) => "u64",
        (Some(-0x80), Some(0x7f)) => "i8",
        (Some(-0x8000), Some(0x7fff)) => "i16",
        (Some(-0x8000_0000), Some(0x7fff_ffff)) => "i32",
        _ => "i64",
    }
}

fn string(of: &Value) -> String {
    let formats = of["anyOf"]
        .as_array()
        .is_some_and(|any| any.iter().all(|of| text(&of["format"]).starts_with("ipv")));
    let pattern = text(&of["pattern"]);
    match (text(&of["format"]), pattern) {
        _ if formats => "IP address".to_owned(),
        ("ipv4", _) => "IPv4 address".to_owned(),
        ("ipv6", _) => "IPv6 address".to_owned(),
        (_, "^([0-9a-f]{2})*$") => "hex".to_owned(),
        (_, "^(0|0x[0-9a-f]+)$") => "text: `0x…`".to_owned(),
        (_, "^[0-9a-f.:]+/[0-9]{1,3}$") => "prefix".to_owned(),
        (_, pattern) if pattern.contains("[0-9]{9}Z") => "time".to_owned(),
        _ => "text".to_owned(),
    }
}

fn is_required(object: &Value, name: &str) -> bool {
    let required = object["required"].as_array();
    required.is_some_and(|all| all.iter().any(|of| of == name))
}

fn target(reference: &Value) -> &str {
    text(reference).rsplit('/').next().unwrap_or_default()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn words(of: &Value) -> String {
    text(&of["description"]).replace("\n\n", " ")
}

fn codes(values: &[Value]) -> String {
    let codes: Vec<_> = values.iter().map(|of| format!("`{}`", text(of))).collect();
    codes.join(" ")
}
