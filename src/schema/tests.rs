use super::*;

/// Calls `visit` with every subschema and its path.
fn each(schema: &Value, place: &str, visit: &mut impl FnMut(&str, &Value)) {
    visit(place, schema);
    for key in ["properties", "$defs"] {
        for (name, part) in schema[key].as_object().into_iter().flatten() {
            each(part, &format!("{place}/{key}/{name}"), visit);
        }
    }
    for key in ["oneOf", "anyOf", "allOf", "prefixItems"] {
        for (i, part) in schema[key].as_array().into_iter().flatten().enumerate() {
            each(part, &format!("{place}/{key}/{i}"), visit);
        }
    }
    for key in ["items", "additionalProperties"] {
        if schema[key].is_object() {
            each(&schema[key], &format!("{place}/{key}"), visit);
        }
    }
}

/// Returns the subschemas for which `is_fault` returns true.
fn faults(is_fault: impl Fn(&Value) -> bool) -> Vec<String> {
    let schema = schema();
    let (mut seen, mut faults) = (0, Vec::new());
    each(&schema, "#", &mut |place, part| {
        seen += 1;
        if is_fault(part) {
            faults.push(format!("{place}: {part}"));
        }
    });
    assert!(seen > 300, "only {seen} schemas visited");
    faults
}

const NONE: Vec<String> = Vec::new();

#[test]
fn no_type_is_nullable() {
    let null = |s: &Value| {
        let types = s["type"].as_array().into_iter().flatten();
        s["type"] == "null" || types.clone().any(|t| t == "null")
    };
    assert_eq!(faults(null), NONE);
}

#[test]
fn every_integer_has_a_range_within_63_bits() {
    let unbounded = |s: &Value| {
        let fits = s["maximum"].is_i64() && s["minimum"].is_i64();
        s["type"] == "integer" && !fits && s.get("const").is_none()
    };
    assert_eq!(faults(unbounded), NONE);
}

#[test]
fn every_format_is_defined_by_json_schema() {
    let allowed = ["date-time", "ipv4", "ipv6"];
    let undefined = |s: &Value| s["format"].as_str().is_some_and(|f| !allowed.contains(&f));
    assert_eq!(faults(undefined), NONE);
    let ips = faults(|s| s["anyOf"] == json!([{ "format": "ipv4" }, { "format": "ipv6" }]));
    assert!(!ips.is_empty());
}

#[test]
fn compared_fields_match_payload_properties() {
    let schema = schema();
    let mut kinds = 0;
    for (kind, names) in Kind::ALL
        .iter()
        .filter_map(|k| Some((k.name(), k.fields()?)))
    {
        let properties = schema["$defs"][kind]["properties"].as_object().unwrap();
        let mut names = names.to_vec();
        names.sort_unstable();
        assert_eq!(properties.keys().collect::<Vec<_>>(), names, "{kind}");
        kinds += 1;
    }
    assert!(kinds >= 6);
}

#[test]
fn definition_names_are_unique() {
    // schemars appends a number to the second type; use #[schemars(rename = "…")].
    let schema = schema();
    let defs = schema["$defs"].as_object().unwrap();
    for name in defs.keys() {
        let base = name.trim_end_matches(|c: char| c.is_ascii_digit());
        assert!(base == name || !defs.contains_key(base), "{name}");
    }
}

#[test]
fn every_reference_has_its_definition() {
    let schema = schema();
    let lost = |s: &Value| {
        let name = s["$ref"].as_str().map(|r| r.trim_start_matches('#'));
        name.is_some_and(|name| schema.pointer(name).is_none())
    };
    assert_eq!(faults(lost), NONE);
}

#[test]
fn an_enum_is_one_schema() {
    let schema = schema();
    let origin = &schema["$defs"]["origin"];
    assert_eq!(
        origin["enum"],
        json!(["kernel", "snapshot", "resync", "inferred", "checkpoint"])
    );
    let description = origin["description"].as_str().unwrap();
    assert!(description.contains("`kernel`: A notification of the kernel."));
}

#[test]
fn normalization_keeps_properties_named_like_keywords() {
    let mut schema = json!({
        "properties": {
            "default": { "type": ["integer", "null"], "format": "int8", "default": null },
            "type": { "anyOf": [{ "$ref": "#/$defs/OtherThing" }, { "type": "null" }] },
        },
    });
    normalize::normalize(&mut schema);
    let normalized = json!({
        "properties": {
            "default": { "type": "integer", "minimum": -128, "maximum": 127 },
            "type": { "$ref": "#/$defs/other_thing" },
        },
    });
    assert_eq!(schema, normalized);
}

#[test]
fn the_file_has_the_schema_of_the_types() {
    assert!(published() == schema(), "run `cargo xtask schema`");
    assert_eq!(FILE, text());
}
