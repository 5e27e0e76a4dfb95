//! The schema, generated from the types in [`event`](crate::event): one definition per line type,
//! consisting of the envelope and the payload of the kind.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::{EXAMPLES, normalize};
use crate::event::meta;
use crate::event::values::{Hex, IfName, Time};
use crate::event::{By, Kind, Nl, Op, Origin, SCHEMA_VERSION, Unparsed};

fn generator() -> SchemaGenerator {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    settings.into_generator()
}

/// Returns the schema of the types.
pub(super) fn schema() -> Value {
    let mut generator = generator();
    let docs = Docs::new();
    let examples: Vec<Value> = EXAMPLES
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();

    let mut defs = Map::new();
    for &kind in Kind::ALL {
        for variant in Variant::of(kind) {
            let examples: Vec<_> = examples.iter().filter(|e| variant.fits(e)).collect();
            let mut line = variant.line(&mut generator, &docs);
            line["examples"] = json!(examples);
            defs.insert(variant.definition(), line);
        }
    }
    let lines: Vec<_> = defs
        .keys()
        .map(|name| json!({ "$ref": format!("#/$defs/{name}") }))
        .collect();
    for (name, def) in generator.take_definitions(true) {
        defs.insert(name, def);
    }

    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": format!("urn:nlstream:schema:v{SCHEMA_VERSION}"),
        "title": format!("nlstream lines, version {SCHEMA_VERSION}"),
        "description": DESCRIPTION,
        "oneOf": lines,
        "$defs": defs,
    });
    normalize::normalize(&mut schema);
    for kind in Kind::ALL {
        if kind.fields().is_some() {
            add_former(&mut schema, kind.name());
        }
    }
    schema.sort_all_objects();
    schema
}

const DESCRIPTION: &str = "One line: a network event of the Linux kernel, or a record of nlstream itself. `kind` names the \
type of the object and the property that contains it. Lines can be folded into the current state: \
`add`, `change` and `present` replace the object with the same key, `delete` removes it. The key \
consists of `netns` of the line and of the payload's properties listed in `x-key` of its kind; an absent \
property is a value like any other, and `a//b` means `a`, or `b` if `a` is absent. The properties in `x-transient` describe the \
event and not the object: leave them out of the folded state. Properties without a value are omitted; \
there are no nulls. Integers fit into 63 bits and a sign. Ignore unknown properties: later versions \
add properties.";

/// The subject of a line definition: a kind, or one op of `meta`.
struct Variant {
    kind: Kind,
    ops: &'static [Op],
}

impl Variant {
    fn of(kind: Kind) -> Vec<Self> {
        use Op::{Add, Change, Delete, Notify, Present};
        let ops: &'static [Op] = match kind {
            Kind::Meta => Op::META,
            // No state: RTM_GETNEIGH, a solicitation for a user-space daemon, which a vxlan sends
            // with the address family of a bridge; and a request about a forwarding entry whose
            // result the device announces itself.
            // Of ethtool: what no program without privileges can read, and events.
            Kind::Neigh | Kind::Fdb | Kind::Ethtool => &[Add, Change, Delete, Present, Notify],
            // Dumps may contain undecodable messages as well.
            Kind::Unknown | Kind::Generic => &[Notify, Present],
            _ if kind.fields().is_some() => &[Add, Change, Delete, Present],
            _ => &[Notify],
        };
        match kind {
            Kind::Meta => ops.chunks(1).map(|ops| Variant { kind, ops }).collect(),
            _ => vec![Variant { kind, ops }],
        }
    }

    /// Returns the name of the definition.
    fn definition(&self) -> String {
        match self.kind {
            Kind::Meta => format!("line_meta_{}", self.ops[0].name()),
            kind => format!("line_{}", kind.name()),
        }
    }

    /// Returns true if `line` is of this variant.
    fn fits(&self, line: &Value) -> bool {
        line["kind"] == self.kind.name() && self.ops.iter().any(|op| line["op"] == op.name())
    }

    /// The definition, as the envelope writes it.
    fn line(&self, generator: &mut SchemaGenerator, docs: &Docs) -> Value {
        let kind = self.kind;
        let name = kind.name();
        let mut of = Properties::default();
        of.required(
            "v",
            json!({ "type": "integer", "const": SCHEMA_VERSION }),
            "Major version of the schema.",
        );
        of.required("run", json!({ "type": "string", "pattern": format!("^[0-9a-f]{{{},{}}}$", meta::MIN_RUN, meta::MAX_RUN) }),
            "Id of the nlstream run that wrote the line: the time of its start in seconds since 1970 as 8 hexadecimal digits, and 6 random ones, so that the ids of a machine's runs sort by their starts. `run` and `seq` together identify a line.");
        of.required(
            "seq",
            schema_of::<u64>(generator),
            "Sequence number of the line within the run, from 0.",
        );
        of.required(
            "time",
            schema_of::<Time>(generator),
            "Time of reception: RFC 3339, UTC, always nine fractional digits.",
        );
        of.optional(
            "host",
            json!({ "type": "string" }),
            "On request: host name of the monitored machine.",
        );
        if kind != Kind::Meta || matches!(self.ops, [Op::Gap | Op::Resync | Op::Sync | Op::Netns]) {
            of.optional(
                "netns",
                schema_of::<meta::Netns>(generator),
                "The network namespace, if the run watches others than that of the program (`--netns`, `--all-netns`).",
            );
        }
        of.required(
            "kind",
            json!({ "type": "string", "const": name }),
            &docs.kind(kind),
        );
        of.required("op", self.op(), &docs.ops(self.ops));
        if kind != Kind::Meta {
            of.required("origin", schema_of::<Origin>(generator), "");
        }
        if has_device(kind) {
            of.optional(
                "ifindex",
                schema_of::<u32>(generator),
                "Index of the device that the object belongs to.",
            );
            of.optional(
                "ifname",
                schema_of::<IfName>(generator),
                "Name of that device, if known.",
            );
        }
        if !kind.key().is_empty() {
            of.optional("id", json!({ "type": "string" }),
                "On request: what identifies the object, as one text: its kind, the `id` of its network namespace (else `inode`), and the values of the properties in `x-key`, separated by U+001F; the part of an absent value is empty.");
        }
        of.optional(
            "message",
            json!({ "type": "string" }),
            "On request: human-readable description of the event.",
        );
        of.required(name, self.payload(generator), "");
        if let Some(fields) = kind.fields() {
            of.optional("changed",
                json!({ "type": "array", "items": { "type": "string", "enum": fields }, "uniqueItems": true }),
                &format!("Properties of `{name}` that differ from the tracked state; absent if the object was not tracked."));
            of.optional(
                "old",
                json!({ "$ref": format!("#/$defs/{name}_old") }),
                "Previous values of the properties in `changed`; a property that had no value is absent.",
            );
        }
        if kind.fields().is_some() {
            of.optional("uncertain", json!({ "const": true }),
                "The events alone do not say which object was replaced or deleted, or what became of this one: it need not be as the line says. A live run dumps the kind soon after and corrects what was wrong.");
        }
        if kind != Kind::Meta {
            of.optional("by", schema_of::<By>(generator), "");
            of.optional("nl", schema_of::<Nl>(generator), "");
            of.optional("unparsed", json!({ "type": "array", "items": schema_of::<Unparsed>(generator), "minItems": 1 }),
                "Attributes of the message that were not decoded.");
            of.optional(
                "raw",
                schema_of::<Hex>(generator),
                "On request: the complete netlink message, hexadecimal.",
            );
        }
        of.optional(
            "truncated",
            json!({ "const": true }),
            "The line exceeded `--max-line` and was truncated: `raw` and entries at the end of long lists are missing, and if necessary the ends of long texts and complete parts, but no key property.",
        );
        if !kind.key().is_empty() {
            of.optional(
                "incomplete",
                json!({ "const": true }),
                "Printed by `nlstream state --partial`: the object may be outdated, or others of its kind may be missing.",
            );
        }

        let mut line = json!({
            "type": "object",
            "description": docs.line(self),
            "properties": of.properties,
            "required": of.required,
        });
        if kind.fields().is_some() {
            line["dependentRequired"] = json!({ "changed": ["old"], "old": ["changed"] });
        }
        if !kind.key().is_empty() {
            line["x-key"] = json!(kind.key());
        }
        if !kind.transient().is_empty() {
            line["x-transient"] = json!(kind.transient());
        }
        line
    }

    fn op(&self) -> Value {
        match self.ops {
            [op] => json!({ "type": "string", "const": op.name() }),
            ops => {
                let names: Vec<_> = ops.iter().map(|op| op.name()).collect();
                json!({ "type": "string", "enum": names })
            }
        }
    }

    fn payload(&self, generator: &mut SchemaGenerator) -> Value {
        match (self.kind.schema(generator), self.ops) {
            (Some(schema), _) => schema.to_value(),
            (None, [Op::Start]) => schema_of::<meta::Start>(generator),
            (None, [Op::Sync]) => schema_of::<meta::Sync>(generator),
            (None, [Op::Checkpoint]) => schema_of::<meta::Checkpoint>(generator),
            (None, [Op::Gap]) => schema_of::<meta::Gap>(generator),
            (None, [Op::Resync]) => schema_of::<meta::Resync>(generator),
            (None, [Op::Complete]) => schema_of::<meta::Complete>(generator),
            (None, [Op::Netns]) => schema_of::<meta::NetnsChange>(generator),
            (None, [Op::Refused]) => schema_of::<meta::Refused>(generator),
            (None, [Op::Heartbeat]) => schema_of::<meta::Heartbeat>(generator),
            (None, [Op::Clock]) => schema_of::<meta::Clock>(generator),
            (None, [Op::Rotate]) => schema_of::<meta::Rotate>(generator),
            (None, _) => schema_of::<meta::Stop>(generator),
        }
    }
}

/// Returns true if [`Payload::device`](crate::event::Payload::device) can return a device for the
/// kind.
fn has_device(kind: Kind) -> bool {
    let mut generator = generator();
    let schema = kind.schema(&mut generator).map(Schema::to_value);
    let reference = schema.as_ref().and_then(|schema| schema["$ref"].as_str());
    let definition = reference
        .and_then(|reference| reference.rsplit('/').next())
        .and_then(|name| generator.definitions().get(name));
    definition.is_some_and(|definition| definition["properties"].get("ifindex").is_some())
}

/// Adds `<name>_old`: the payload with every property optional.
fn add_former(schema: &mut Value, name: &str) {
    let properties = schema["$defs"][name]["properties"].clone();
    schema["$defs"][format!("{name}_old")] = json!({
        "type": "object",
        "description": format!("Previous values of a `{name}`: the properties that differ and had a value."),
        "properties": properties,
    });
}

/// Returns the schema of a type, a reference if it has a definition.
fn schema_of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Value {
    generator.subschema_for::<T>().into()
}

/// The properties of a line.
#[derive(Default)]
struct Properties {
    properties: Map<String, Value>,
    required: Vec<String>,
}

impl Properties {
    /// Adds a required property.
    fn required(&mut self, name: &str, schema: Value, description: &str) {
        self.required.push(name.to_owned());
        self.optional(name, schema, description);
    }

    /// Adds an optional property. An empty description leaves that of its type.
    fn optional(&mut self, name: &str, mut schema: Value, description: &str) {
        if !description.is_empty() {
            schema["description"] = description.into();
        }
        self.properties.insert(name.to_owned(), schema);
    }
}

/// Doc comments of the kinds and ops.
struct Docs {
    kinds: Value,
    ops: Value,
}

impl Docs {
    fn new() -> Self {
        Docs {
            kinds: schemars::schema_for!(Kind).into(),
            ops: schemars::schema_for!(Op).into(),
        }
    }

    fn kind(&self, kind: Kind) -> String {
        of_variant(&self.kinds, kind.name()).to_owned()
    }

    fn op(&self, op: Op) -> &str {
        of_variant(&self.ops, op.name()).trim_start_matches("`meta`: ")
    }

    fn ops(&self, ops: &[Op]) -> String {
        let docs: Vec<_> = ops
            .iter()
            .map(|op| format!("`{}`: {}", op.name(), self.op(*op)))
            .collect();
        docs.join(" ")
    }

    fn line(&self, variant: &Variant) -> String {
        let kind = self.kind(variant.kind);
        match (variant.kind, variant.ops) {
            (Kind::Meta, [op]) => {
                format!("{}: {}", kind.trim_end_matches('.'), self.op(*op))
            }
            _ => kind,
        }
    }
}

/// Returns the description of an enum variant.
fn of_variant<'a>(schema: &'a Value, name: &str) -> &'a str {
    let variants = schema["oneOf"].as_array().into_iter().flatten();
    let mut variants = variants.filter(|variant| variant["const"] == name);
    let description = variants.next().and_then(|v| v["description"].as_str());
    description.unwrap_or_default()
}
