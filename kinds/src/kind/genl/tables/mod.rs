//! The generic netlink families whose messages a table describes, by name: their ids differ from boot
//! to boot.

mod ethtool;
mod mptcp;
mod netdev;

use serde::{Serialize, Serializer};

use crate::kind::table::Field;
#[cfg(feature = "schema")]
use crate::kind::table::schema::object;
use crate::kind::table::value::Options;
use crate::netlink::genl::{self, Commands};

/// A message of a family: number of the command, and its attributes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Message {
    number: u16,
    fields: &'static [Field],
}

/// Declares the messages of a family whose attributes have names, one per line: `ETHTOOL_MSG_WOL_NTF, WOL;`.
/// The numbers are those of the family's module in [`genl`].
macro_rules! messages {
    ($(#[$meta:meta])* $vis:vis $table:ident of $family:ident {
        $($name:ident, $fields:expr;)+
    }) => {
        $(#[$meta])*
        $vis const $table: &[Message] = &[$(Message {
            number: $crate::netlink::genl::$family::$name,
            fields: $fields,
        }),+];
    };
}
use messages;

/// The families with a table, by name, and the names of all their messages.
const FAMILIES: &[(&str, Commands, &[Message])] = &[
    ("ethtool", genl::ethtool::COMMANDS, ethtool::MESSAGES),
    ("mptcp_pm", genl::mptcp::COMMANDS, mptcp::MESSAGES),
    ("netdev", genl::netdev::COMMANDS, netdev::MESSAGES),
];

/// The names of the families with a table.
pub fn names() -> impl Iterator<Item = &'static str> {
    FAMILIES.iter().map(|(name, ..)| *name)
}

/// The name of a message, and the table of its attributes, of the family of that name. Without a table
/// they have no names.
pub(super) fn message(family: &str, number: u16) -> Option<(&'static str, &'static [Field])> {
    let (_, commands, messages) = FAMILIES.iter().find(|(name, ..)| *name == family)?;
    let message = messages.iter().find(|it| it.number == number);
    let fields = message.map_or(&[][..], |it| it.fields);
    Some((genl::name_in(commands, number)?, fields))
}

/// Attributes by name, of the families with a table.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedAttributes(pub Options);

impl Serialize for NamedAttributes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for NamedAttributes {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "NamedAttributes".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let messages = FAMILIES.iter().flat_map(|(.., messages)| *messages);
        let tables: Vec<_> = messages.map(|message| message.fields).collect();
        schemars::json_schema!({
            "type": "object",
            "description": "Attributes by name. The fields depend on `family` and `message`.",
            "properties": object(&tables)["properties"],
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::Value as Json;

    use super::*;

    #[test]
    fn a_name_has_one_type_and_a_number_one_row() {
        let mut types: BTreeMap<String, Json> = BTreeMap::new();
        for (family, commands, messages) in FAMILIES {
            assert!(commands.is_sorted_by(|a, b| a.0 < b.0), "{family}");
            for message in *messages {
                let name = genl::name_in(commands, message.number).unwrap();
                let numbers: Vec<_> = message.fields.iter().map(|field| field.number).collect();
                let mut unique = numbers.clone();
                unique.sort_unstable();
                unique.dedup();
                assert_eq!(numbers.len(), unique.len(), "{name}");
                let object = object(&[message.fields]);
                for (field, schema) in object["properties"].as_object().unwrap() {
                    let known = types
                        .entry(field.clone())
                        .or_insert_with(|| schema["type"].clone());
                    assert_eq!(*known, schema["type"], "{family} {name} {field}");
                }
            }
            assert!(
                messages.is_sorted_by(|a, b| a.number < b.number),
                "{family}"
            );
        }
        assert!(types.len() > 80, "{}", types.len());
    }
}
