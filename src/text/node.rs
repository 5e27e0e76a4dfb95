//! A JSON value whose objects keep the order of their fields: what a sentence is made of.

use std::fmt;

use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};
use serde_json::Number;

use crate::event::Payload;
use crate::json::Ordered;

/// The fields of an object, in the order of the line.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(from = "Ordered<Node>")]
pub(super) struct Fields(pub Vec<(String, Node)>);

impl From<Ordered<Node>> for Fields {
    fn from(Ordered(fields): Ordered<Node>) -> Self {
        Fields(fields)
    }
}

impl Serialize for Fields {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Node>),
    Object(Fields),
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct NodeVisitor;
        impl<'de> Visitor<'de> for NodeVisitor {
            type Value = Node;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON value")
            }

            fn visit_unit<E>(self) -> Result<Node, E> {
                Ok(Node::Null)
            }

            fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
                Ok(Node::Bool(value))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
                Ok(Node::Number(value.into()))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
                Ok(Node::Number(value.into()))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
                Ok(Number::from_f64(value).map_or(Node::Null, Node::Number))
            }

            fn visit_str<E>(self, value: &str) -> Result<Node, E> {
                Ok(Node::Text(value.to_owned()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Node, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = list.next_element()? {
                    items.push(item);
                }
                Ok(Node::List(items))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Node::Object(Fields(fields)))
            }
        }
        d.deserialize_any(NodeVisitor)
    }
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self {
            Node::Null => s.serialize_unit(),
            Node::Bool(value) => s.serialize_bool(*value),
            Node::Number(number) => number.serialize(s),
            Node::Text(text) => s.serialize_str(text),
            Node::List(items) => s.collect_seq(items),
            Node::Object(fields) => fields.serialize(s),
        }
    }
}

impl Fields {
    /// Returns the fields that serde writes for a payload.
    pub(super) fn of(payload: &Payload) -> Self {
        let mut text = Vec::new();
        // The JSON writer of the lines, so that a sentence has exactly what the line has.
        let fields = payload.append_json(&mut text);
        let fields = fields
            .ok()
            .and_then(|()| serde_json::from_slice(&text).ok());
        fields.unwrap_or_default()
    }

    /// Returns the object as JSON.
    pub(super) fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Returns the value of a field.
    pub(super) fn field(&self, name: &str) -> Option<&Node> {
        let mut fields = self.0.iter();
        fields
            .find(|(field, _)| field == name)
            .map(|(_, value)| value)
    }

    /// Returns a text or number as text.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.field(name)?.text()
    }

    /// Returns the items of a list; none if it is absent.
    pub(super) fn list(&self, name: &str) -> &[Node] {
        match self.field(name) {
            Some(Node::List(items)) => items,
            _ => &[],
        }
    }

    pub(super) fn object(&self, name: &str) -> Option<&Fields> {
        match self.field(name) {
            Some(Node::Object(fields)) => Some(fields),
            _ => None,
        }
    }

    /// Returns true if a list of flags has the flag.
    pub(super) fn has_flag(&self, list: &str, flag: &str) -> bool {
        let mut flags = self.list(list).iter();
        flags.any(|it| matches!(it, Node::Text(text) if text == flag))
    }

    /// Returns the name of a device, `if7` if only its index is known; `None` for no device. The index 0
    /// means any device.
    pub(super) fn device(&self, name: &str, index: &str) -> Option<String> {
        let index = || self.field(index)?.number().filter(|index| *index != 0);
        let named = self.text(name).filter(|name| !name.is_empty());
        named.or_else(|| Some(format!("if{}", index()?)))
    }
}

impl Node {
    /// Returns a text or number as text.
    pub(super) fn text(&self) -> Option<String> {
        match self {
            Node::Text(text) => Some(text.clone()),
            Node::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    pub(super) fn number(&self) -> Option<u64> {
        match self {
            Node::Number(number) => number.as_u64(),
            _ => None,
        }
    }
}
