//! Types of the lines for programs that read them, from the schema: the crate nlstream-lines and the Python
//! package.

mod python;
mod rust;

use std::collections::BTreeMap;
use std::error::Error;

use nlstream::event::Kind;
use nlstream::schema;
use serde_json::{Map, Value};

/// The generated files.
pub fn files() -> Result<Vec<(&'static str, String)>, Box<dyn Error>> {
    let model = Model::new()?;
    Ok(vec![
        ("lines/src/objects.rs", rust::objects(&model)?),
        ("lines/src/line.rs", rust::line(&model)?),
        ("packaging/python/nlstream/model.py", python::page(&model)),
    ])
}

/// An object of more properties is a table, whose properties are found by name: as a struct it would take
/// kilobytes in every line.
const MANY: usize = 100;

/// The properties of lines apart from the object, in the order in which they are written. `""` is the
/// object.
const HEAD: &[&str] = &[
    "v",
    "run",
    "seq",
    "time",
    "host",
    "netns",
    "kind",
    "op",
    "origin",
    "ifindex",
    "ifname",
    "id",
    "message",
    "",
    "changed",
    "old",
    "uncertain",
    "by",
    "nl",
    "unparsed",
    "raw",
    "truncated",
    "incomplete",
];

/// The type of a value.
#[derive(Clone, Debug, PartialEq)]
enum Type {
    Bool,
    /// Always `true`, where it is present.
    True,
    /// An integer of this type of Rust.
    Integer(&'static str),
    Number,
    String,
    Time,
    Address,
    List(Box<Type>),
    /// An object whose properties have any names.
    Map(Box<Type>),
    /// The definition of this name.
    Definition(String),
    /// An object within another one.
    Object,
}

struct Field {
    name: String,
    description: String,
    r#type: Type,
    is_required: bool,
}

enum Definition {
    Struct(Vec<Field>),
    Names(Vec<String>),
    /// One of these definitions.
    Union(Vec<String>),
    /// An object of many properties.
    Table(Vec<Field>),
    /// Another type.
    Alias(Type),
}

struct Model {
    definitions: BTreeMap<String, (String, Definition)>,
    /// The properties of all lines by name; `is_required`: every line has it.
    head: Vec<Field>,
    /// The definitions of the content of `meta` lines, by op.
    meta: Vec<(String, String)>,
    /// Names and descriptions of the ops.
    ops: Vec<String>,
}

impl Model {
    fn new() -> Result<Self, Box<dyn Error>> {
        let schema = schema::schema();
        let defs = schema["$defs"].as_object().ok_or("no $defs")?;
        let mut definitions = BTreeMap::new();
        let mut head = BTreeMap::<&str, (Field, usize)>::new();
        let (mut meta, mut ops, mut lines) = (Vec::new(), Vec::<String>::new(), 0);
        for (name, def) in defs {
            if !name.starts_with("line_") {
                let description = text(def);
                definitions.insert(name.clone(), (description, definition(def)?));
                continue;
            }
            lines += 1;
            let properties = properties(def)?;
            let names = |value: &Value| -> Vec<String> {
                let list = value["enum"].as_array().cloned();
                let list = list.unwrap_or_else(|| vec![value["const"].clone()]);
                list.iter()
                    .filter_map(|it| Some(it.as_str()?.to_owned()))
                    .collect()
            };
            for op in names(&def["properties"]["op"]) {
                if let Type::Definition(content) = &properties
                    .iter()
                    .find(|field| field.name == "meta")
                    .map_or(Type::Object, |field| field.r#type.clone())
                {
                    meta.push((op.clone(), content.clone()));
                }
                if !ops.contains(&op) {
                    ops.push(op);
                }
            }
            for field in properties {
                let is_object = Kind::ALL.iter().any(|kind| kind.name() == field.name);
                if is_object {
                    continue;
                }
                let at = HEAD.iter().find(|name| **name == field.name);
                let at = at.ok_or_else(|| format!("xtask: HEAD lacks `{}`", field.name))?;
                let required = usize::from(field.is_required);
                head.entry(at).or_insert((field, 0)).1 += required;
            }
        }
        let head = HEAD.iter().filter_map(|name| {
            let (mut field, required) = head.remove(name)?;
            field.is_required = required == lines;
            Some(field)
        });
        Ok(Model {
            head: head.collect(),
            definitions,
            meta,
            ops,
        })
    }

    /// Names of the kinds apart from `meta`.
    fn kinds() -> impl Iterator<Item = &'static str> {
        let kinds = Kind::ALL.iter().filter(|kind| **kind != Kind::Meta);
        kinds.map(|kind| kind.name())
    }
}

fn text(schema: &Value) -> String {
    schema["description"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

fn definition(def: &Value) -> Result<Definition, Box<dyn Error>> {
    if let Some(names) = def["enum"].as_array() {
        let names = names
            .iter()
            .filter_map(|name| Some(name.as_str()?.to_owned()));
        return Ok(Definition::Names(names.collect()));
    }
    if let Some(any) = def["anyOf"].as_array() {
        let names = any.iter().filter_map(reference).map(str::to_owned);
        return Ok(Definition::Union(names.collect()));
    }
    if def["type"] != "object" || def["additionalProperties"].is_object() {
        let alias = r#type(def).ok_or_else(|| format!("xtask: type of a definition: {def}"))?;
        return Ok(Definition::Alias(alias));
    }
    let fields = properties(def)?;
    Ok(match fields.len() > MANY {
        true => Definition::Table(fields),
        false => Definition::Struct(fields),
    })
}

fn reference(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.strip_prefix("#/$defs/")
}

fn properties(def: &Value) -> Result<Vec<Field>, Box<dyn Error>> {
    let empty = Map::new();
    let properties = def["properties"].as_object().unwrap_or(&empty);
    let required = def["required"].as_array().cloned().unwrap_or_default();
    let field = |(name, schema): (&String, &Value)| {
        Ok(Field {
            name: name.clone(),
            description: text(schema),
            r#type: r#type(schema).ok_or_else(|| format!("xtask: type of {name}: {schema}"))?,
            is_required: required.iter().any(|it| it == name),
        })
    };
    properties.iter().map(field).collect()
}

fn r#type(schema: &Value) -> Option<Type> {
    if let Some(name) = reference(schema) {
        return Some(Type::Definition(name.to_owned()));
    }
    if schema["const"] == true {
        return Some(Type::True);
    }
    Some(match schema["type"].as_str()? {
        "boolean" => Type::Bool,
        "number" => Type::Number,
        "integer" => Type::Integer(integer(schema)),
        "string" if schema["anyOf"].is_array() => Type::Address,
        "string" if schema["format"] == "date-time" => Type::Time,
        "string" if matches!(schema["format"].as_str(), Some("ipv4" | "ipv6")) => Type::Address,
        "string" => Type::String,
        "array" => Type::List(Box::new(r#type(&schema["items"])?)),
        "object" if schema["additionalProperties"].is_object() => {
            Type::Map(Box::new(r#type(&schema["additionalProperties"])?))
        }
        "object" => Type::Object,
        _ => return None,
    })
}

/// The smallest type of Rust that has all values.
fn integer(schema: &Value) -> &'static str {
    if let Some(value) = schema["const"].as_u64() {
        return if value <= 255 { "u8" } else { "u64" };
    }
    let least = schema["minimum"].as_i64().unwrap_or(i64::MIN);
    let most = schema["maximum"].as_i64().unwrap_or(i64::MAX);
    const UNSIGNED: [(&str, i64); 3] = [("u8", 0xff), ("u16", 0xffff), ("u32", 0xffff_ffff)];
    const SIGNED: [(&str, i64); 3] = [("i8", 0x7f), ("i16", 0x7fff), ("i32", 0x7fff_ffff)];
    let (types, largest) = match least >= 0 {
        true => (UNSIGNED, "u64"),
        false => (SIGNED, "i64"),
    };
    let fits = |(_, limit): &&(&str, i64)| most <= *limit && (least >= 0 || least >= -limit - 1);
    types.iter().find(fits).map_or(largest, |(name, _)| name)
}

/// `link_info` → `LinkInfo`.
fn camel(name: &str) -> String {
    let word = |word: &str| {
        let mut chars = word.chars();
        let first = chars.next().map(|c| c.to_ascii_uppercase());
        first.into_iter().chain(chars).collect::<String>()
    };
    name.split(|c: char| !c.is_alphanumeric())
        .map(word)
        .collect()
}
