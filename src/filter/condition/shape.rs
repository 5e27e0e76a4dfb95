//! What the schema says about a value of an expression.

use std::sync::OnceLock;

use serde_json::Value as Json;

use crate::event::Kind;
use crate::schema;

/// The values that a term of an expression may have.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    /// The schemas, one of which the value has; `None` if that is not known.
    pub schemas: Option<Vec<&'static Json>>,
    /// Where the value is in the line, without places in lists; `None` if it is made by the expression.
    pub path: Option<Vec<Box<str>>>,
    /// It may be absent, which is `null`.
    pub is_optional: bool,
    /// Of a line: the schemas of the kinds that can pass.
    pub possible: Option<Vec<&'static Json>>,
}

/// Whether a value has a member.
pub(super) enum Member {
    Known(Shape),
    /// Names of those that it has.
    Unknown(Vec<&'static str>),
    /// It is a list.
    OfList,
}

/// The schema; `nlstream schema` prints it.
fn document() -> &'static Json {
    static SCHEMA: OnceLock<Json> = OnceLock::new();
    SCHEMA.get_or_init(schema::schema)
}

/// Adds the alternatives that a schema consists of, with references followed.
fn resolve(schema: &'static Json, found: &mut Vec<&'static Json>) {
    let mut is_composed = false;
    if let Some(reference) = schema["$ref"].as_str() {
        let name = reference.rsplit('/').next().unwrap_or_default();
        resolve(&document()["$defs"][name], found);
        is_composed = true;
    }
    for word in ["oneOf", "anyOf", "allOf"] {
        for alternative in schema[word].as_array().into_iter().flatten() {
            resolve(alternative, found);
            is_composed = true;
        }
    }
    if !is_composed || schema.get("properties").is_some() {
        found.push(schema);
    }
}

/// Returns true if the schema says nothing about the value.
fn is_open(schema: &Json) -> bool {
    let says = ["type", "const", "enum"];
    says.iter().all(|word| schema.get(word).is_none())
}

fn has_type(schema: &Json, name: &str) -> bool {
    match &schema["type"] {
        Json::String(text) => text == name,
        Json::Array(list) => list.iter().any(|text| text == name),
        _ => false,
    }
}

impl Shape {
    /// A line about an event. `possible`: the kinds that can pass.
    pub(super) fn line(possible: &[Kind]) -> Self {
        let schema = |kind: &Kind| &document()["$defs"][format!("line_{}", kind.name())];
        let is_event = |kind: &&Kind| **kind != Kind::Meta;
        let schemas = |kinds: &[Kind]| kinds.iter().filter(is_event).map(schema).collect();
        Shape {
            schemas: Some(schemas(Kind::ALL)),
            path: Some(Vec::new()),
            is_optional: false,
            possible: Some(schemas(possible)),
        }
    }

    /// A value that the expression makes.
    pub(super) fn made() -> Self {
        Shape {
            schemas: None,
            path: None,
            is_optional: false,
            possible: None,
        }
    }

    fn schemas(&self) -> impl Iterator<Item = &'static Json> {
        self.schemas.iter().flatten().copied()
    }

    fn is_list(&self) -> bool {
        let mut schemas = self.schemas().peekable();
        schemas.peek().is_some() && schemas.all(|schema| has_type(schema, "array"))
    }

    /// The value of a member.
    pub(super) fn member(&self, name: &str) -> Member {
        let path = self.path.as_ref().map(|path| {
            let mut path = path.clone();
            path.push(name.into());
            path
        });
        let mut shape = Shape {
            schemas: None,
            path,
            is_optional: true,
            possible: None,
        };
        if self.schemas.is_none() {
            return Member::Known(shape);
        }
        if self.is_list() {
            return Member::OfList;
        }
        let (mut found, mut names) = (Vec::new(), Vec::new());
        let mut is_known = false;
        for schema in self.schemas() {
            let properties = schema["properties"].as_object();
            if let Some(properties) = properties {
                names.extend(properties.keys().map(String::as_str));
            }
            if let Some(property) = properties.and_then(|it| it.get(name)) {
                resolve(property, &mut found);
                is_known = true;
                continue;
            }
            let rest = &schema["additionalProperties"];
            let is_map = rest.is_object() || rest == true;
            if is_map || (properties.is_none() && is_open(schema)) {
                is_known = true;
                match rest.is_object() {
                    true => resolve(rest, &mut found),
                    false => return Member::Known(shape),
                }
            }
        }
        if !is_known {
            names.sort_unstable();
            names.dedup();
            return Member::Unknown(names);
        }
        let requires = |schema: &&Json| {
            let mut required = schema["required"].as_array().into_iter().flatten();
            required.any(|it| it == name)
        };
        let mut judged = self
            .possible
            .as_ref()
            .or(self.schemas.as_ref())
            .into_iter()
            .flatten();
        shape.is_optional = self.is_optional || !judged.all(requires);
        shape.schemas = Some(found);
        Member::Known(shape)
    }

    /// Returns true if the schema names a member.
    pub(super) fn has_property(&self, name: &str) -> bool {
        self.schemas()
            .any(|schema| schema["properties"].get(name).is_some())
    }

    /// An element of a list, or the value of a member whose name is not known. True if it is certain
    /// that the value is a list.
    pub(super) fn element(&self) -> (Shape, bool) {
        if self.is_list() {
            let mut found = Vec::new();
            for schema in self.schemas() {
                if let Some(items) = schema.get("items") {
                    resolve(items, &mut found);
                }
            }
            let shape = Shape {
                schemas: Some(found).filter(|it| !it.is_empty()),
                path: self.path.clone(),
                is_optional: false,
                possible: None,
            };
            return (shape, true);
        }
        let shape = Shape {
            schemas: None,
            path: self.path.clone(),
            is_optional: false,
            possible: None,
        };
        (shape, false)
    }

    /// One of two values.
    pub(super) fn or(self, other: Shape) -> Shape {
        let schemas = match (self.schemas, other.schemas) {
            (Some(mut own), Some(others)) => {
                // Each once: `(., .) | (., .) | …` doubles them.
                for schema in others {
                    if !own.iter().any(|it| std::ptr::eq(*it, schema)) {
                        own.push(schema);
                    }
                }
                Some(own)
            }
            _ => None,
        };
        Shape {
            schemas,
            path: self.path.filter(|path| Some(path) == other.path.as_ref()),
            is_optional: self.is_optional || other.is_optional,
            possible: None,
        }
    }

    /// How an expression writes the path, without the places in lists.
    pub(super) fn written(&self) -> String {
        match self.path.as_deref() {
            Some([]) | None => ".".to_owned(),
            Some(path) => path.iter().map(|name| format!(".{name}")).collect(),
        }
    }
}
