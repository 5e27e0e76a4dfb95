//! JSON schema of the options.

use super::spec;
use crate::kind::table::schema::object;
use crate::kind::table::value::Options;

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Options {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "TcOptions".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let tables: Vec<_> = spec::all().map(|(_, table)| table).collect();
        let object = object(&tables);
        schemars::json_schema!({
            "type": "object",
            "description": "Options, named as in `tc -j`. The fields depend on `kind`.",
            "properties": object["properties"],
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::Value as Json;

    use super::*;
    use crate::kind::table::{Field, Type};

    /// All fields, including nested ones.
    fn fields(table: &'static [Field], found: &mut Vec<Field>) {
        for field in table {
            found.push(*field);
            if let Type::Flat(inner)
            | Type::Struct(inner)
            | Type::Nest(inner)
            | Type::Head(_, inner)
            | Type::SubStruct(inner)
            | Type::Structs(_, inner)
            | Type::Collect(inner)
            | Type::Keys(inner)
            | Type::Entries(inner)
            | Type::Nests(inner) = field.wire.bare()
            {
                fields(inner, found);
            }
        }
    }

    #[test]
    fn a_name_has_one_type_and_a_meaning() {
        let mut types: BTreeMap<String, Json> = BTreeMap::new();
        for (kind, table) in spec::all() {
            let object = object(&[table]);
            for (name, schema) in object["properties"].as_object().unwrap() {
                let doc = schema["description"].as_str().unwrap();
                assert!(doc.ends_with(['.', '…']), "{kind} {name}");
                let of = &schema["type"];
                let known = types.entry(name.clone()).or_insert_with(|| of.clone());
                assert_eq!(known, of, "{kind} {name}");
            }
        }
        assert!(types.len() > 100, "{}", types.len());
    }

    #[test]
    fn numbers_in_a_table_are_unique() {
        for (kind, table) in spec::all() {
            let mut all = Vec::new();
            fields(table, &mut all);
            assert!(all.iter().all(|field| !field.name.is_empty()), "{kind}");
            for (number, field) in table.iter().enumerate() {
                let twice = table[..number]
                    .iter()
                    .any(|other| other.number == field.number);
                assert!(!twice, "{kind} {}", field.name);
            }
        }
    }
}
