//! Every expected line keeps the contract: it is valid by the closed schema, has no duplicate key,
//! and a strict reader writes it back unchanged.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap as _, Serializer};

use crate::common;

/// JSON as strict as the contract: signed 64-bit integers, no nulls, ordered and unique keys.
#[derive(PartialEq)]
enum Strict {
    Bool(bool),
    Integer(i64),
    Fraction(f64),
    Text(String),
    List(Vec<Strict>),
    Object(Vec<(String, Strict)>),
}

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Strict;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a boolean, a number, a string, a list or an object")
            }
            fn visit_bool<E>(self, value: bool) -> Result<Strict, E> {
                Ok(Strict::Bool(value))
            }
            fn visit_i64<E>(self, value: i64) -> Result<Strict, E> {
                Ok(Strict::Integer(value))
            }
            fn visit_u64<E: Error>(self, value: u64) -> Result<Strict, E> {
                i64::try_from(value).map(Strict::Integer).map_err(E::custom)
            }
            fn visit_f64<E>(self, value: f64) -> Result<Strict, E> {
                Ok(Strict::Fraction(value))
            }
            fn visit_str<E>(self, value: &str) -> Result<Strict, E> {
                Ok(Strict::Text(value.to_owned()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Strict, A::Error> {
                let mut list = Vec::new();
                while let Some(item) = seq.next_element()? {
                    list.push(item);
                }
                Ok(Strict::List(list))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Strict, A::Error> {
                let mut object: Vec<(String, Strict)> = Vec::new();
                while let Some((key, value)) = map.next_entry::<String, Strict>()? {
                    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
                    if !key.chars().all(word) {
                        return Err(A::Error::custom(format!(
                            "the key {key} needs quoting in jq"
                        )));
                    }
                    if object.iter().any(|(other, _)| *other == key) {
                        return Err(A::Error::custom(format!("the key {key} comes twice")));
                    }
                    object.push((key, value));
                }
                Ok(Strict::Object(object))
            }
        }
        d.deserialize_any(Reader)
    }
}

impl Serialize for Strict {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self {
            Strict::Bool(value) => s.serialize_bool(*value),
            Strict::Integer(value) => s.serialize_i64(*value),
            Strict::Fraction(value) => s.serialize_f64(*value),
            Strict::Text(value) => s.serialize_str(value),
            Strict::List(list) => s.collect_seq(list),
            Strict::Object(object) => {
                let mut map = s.serialize_map(Some(object.len()))?;
                for (key, value) in object {
                    map.serialize_entry(key, value)?;
                }
                map.end()
            }
        }
    }
}

/// Returns the expected lines, and those of the same captures with every optional part.
fn lines() -> Vec<(String, String)> {
    let mut all = Vec::new();
    for folder in common::fixtures() {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let expected = std::fs::read_to_string(folder.join("expected.ndjson")).unwrap();
        let capture = folder.join("capture.pcapng");
        let with = "details,raw,message,host";
        let args = [
            "replay",
            "--snapshot",
            "--with",
            with,
            capture.to_str().unwrap(),
        ];
        let more = String::from_utf8(common::nlstream(&args).stdout).unwrap();
        for line in expected.lines().chain(more.lines()) {
            all.push((name.clone(), line.to_owned()));
        }
    }
    assert!(all.len() > 2000, "only {} lines", all.len());
    all
}

#[test]
fn every_line_is_valid_by_the_closed_schema() {
    let schema = nlstream::schema::closed();
    let validator = jsonschema::options()
        .should_validate_formats(true)
        .build(&schema)
        .unwrap();
    for (name, line) in lines() {
        let value = serde_json::from_str(&line).unwrap();
        if !validator.is_valid(&value) {
            // The errors of the definition of its kind are more specific than those of `oneOf`.
            let kind = value["kind"].as_str().unwrap();
            let definition = match kind {
                "meta" => format!("line_meta_{}", value["op"].as_str().unwrap()),
                _ => format!("line_{kind}"),
            };
            let mut own = schema.clone();
            own.as_object_mut().unwrap().remove("oneOf");
            own["$ref"] = format!("#/$defs/{definition}").into();
            let own = jsonschema::options()
                .should_validate_formats(true)
                .build(&own)
                .unwrap();
            let errors: Vec<_> = own
                .iter_errors(&value)
                .map(|e| format!("{}: {e}", e.instance_path()))
                .collect();
            panic!("{name}: {errors:#?}: {line}");
        }
    }
}

#[test]
fn strict_reader_writes_every_line_back_unchanged() {
    for (name, line) in lines() {
        let strict: Strict =
            serde_json::from_str(&line).unwrap_or_else(|e| panic!("{name}: {e}: {line}"));
        // Control and invisible characters are always escaped.
        let written = serde_json::to_string(&strict).unwrap();
        assert_eq!(nlstream::escape::json(&written), line, "{name}");
    }
    for wrong in [
        r#"{"a":1,"a":2}"#,
        r#"{"a":null}"#,
        r#"{"a-b":1}"#,
        r#"{"a":18446744073709551615}"#,
    ] {
        assert!(serde_json::from_str::<Strict>(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn lines_are_short_enough_for_every_shipper() {
    for folder in common::fixtures() {
        let lines = std::fs::read_to_string(folder.join("expected.ndjson")).unwrap();
        let longest = lines.lines().map(str::len).max().unwrap();
        assert!(longest < 8192, "{folder:?}: {longest} bytes");
    }
}
