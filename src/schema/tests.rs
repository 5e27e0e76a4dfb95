use super::*;

/// Gives `look` every schema inside `schema`, with its place.
fn each(schema: &Value, place: &str, look: &mut impl FnMut(&str, &Value)) {
    look(place, schema);
    for key in ["properties", "$defs"] {
        for (name, part) in schema[key].as_object().into_iter().flatten() {
            each(part, &format!("{place}/{key}/{name}"), look);
        }
    }
    for key in ["oneOf", "anyOf", "allOf", "prefixItems"] {
        for (i, part) in schema[key].as_array().into_iter().flatten().enumerate() {
            each(part, &format!("{place}/{key}/{i}"), look);
        }
    }
    for key in ["items", "additionalProperties"] {
        if schema[key].is_object() {
            each(&schema[key], &format!("{place}/{key}"), look);
        }
    }
}

/// What of the schema is wrong: `judge` says it of one schema.
fn faults(judge: impl Fn(&Value) -> bool) -> Vec<String> {
    let schema = schema();
    let (mut seen, mut faults) = (0, Vec::new());
    each(&schema, "#", &mut |place, part| {
        seen += 1;
        if judge(part) {
            faults.push(format!("{place}: {part}"));
        }
    });
    assert!(seen > 300, "the walk saw {seen} schemas only");
    faults
}

const NONE: Vec<String> = Vec::new();

#[test]
fn nothing_is_null() {
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
fn every_format_is_one_of_json_schema() {
    let known = ["date-time", "ipv4", "ipv6"];
    let strange = |s: &Value| s["format"].as_str().is_some_and(|f| !known.contains(&f));
    assert_eq!(faults(strange), NONE);
    let ips = faults(|s| s["anyOf"] == json!([{ "format": "ipv4" }, { "format": "ipv6" }]));
    assert!(!ips.is_empty());
}

#[test]
fn what_is_compared_is_what_the_payload_has() {
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
fn no_two_types_want_one_name() {
    // schemars numbers the second; #[schemars(rename = "…")] on a type settles it.
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
        json!(["kernel", "snapshot", "resync", "inferred"])
    );
    let description = origin["description"].as_str().unwrap();
    assert!(description.contains("`kernel`: The kernel told it."));
}

#[test]
fn mending_spares_properties_that_are_named_like_keywords() {
    let mut schema = json!({
        "properties": {
            "default": { "type": ["integer", "null"], "format": "int8", "default": null },
            "type": { "anyOf": [{ "$ref": "#/$defs/OtherThing" }, { "type": "null" }] },
        },
    });
    normalize::normalize(&mut schema);
    let mended = json!({
        "properties": {
            "default": { "type": "integer", "minimum": -128, "maximum": 127 },
            "type": { "$ref": "#/$defs/other_thing" },
        },
    });
    assert_eq!(schema, mended);
}
