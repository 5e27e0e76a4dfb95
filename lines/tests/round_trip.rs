//! Every line of the project's fixtures and examples is read, and written again without a difference.
#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

use std::path::Path;

use nlstream_lines::{Line, Meta, Object, Op, Origin, objects, read};
use serde_json::Value;

/// The lines of the schema's examples, and those expected of the fixtures.
fn lines() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut files = vec![root.join("schema/examples.ndjson")];
    for entry in std::fs::read_dir(root.join("fixtures")).unwrap() {
        files.push(entry.unwrap().path().join("expected.ndjson"));
    }
    let texts = files
        .iter()
        .filter_map(|file| std::fs::read_to_string(file).ok());
    let lines: Vec<_> = texts
        .flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>())
        .collect();
    assert!(lines.len() > 1000, "only {} lines", lines.len());
    lines
}

#[test]
fn lines_are_read_and_written_again() {
    for text in lines() {
        let value: Value = serde_json::from_str(&text).unwrap();
        let line = Line::parse(text.as_bytes()).unwrap_or_else(|e| panic!("{e}: {text}"));
        assert!(
            !matches!(
                line.object,
                Object::Other { .. } | Object::Meta(Meta::Other(_))
            ),
            "{text}"
        );
        let written = serde_json::to_value(&line).unwrap();
        assert_eq!(written, value, "{text}");
        // With its properties in the order of the alphabet, `kind` after the object of some kinds.
        let sorted = Line::parse(value.to_string().as_bytes()).unwrap();
        assert_eq!(sorted, line, "{text}");
    }
}

#[test]
fn lines_of_later_versions_are_read() {
    let line = |text: &str| Line::parse(text.as_bytes());
    let head = r#""v":1,"run":"00000000","seq":1,"time":"2026-11-24T00:00:00.000000000Z""#;
    let read = line(&format!(
        r#"{{{head},"kind":"wormhole","op":"open","origin":"dream","new":[1],"wormhole":{{"to":7}}}}"#
    ));
    let read = read.unwrap();
    assert_eq!(read.op, Op::Other("open".into()));
    assert_eq!(read.origin, Some(Origin::Other("dream".into())));
    match &read.object {
        Object::Other { kind, value } => {
            assert_eq!((&**kind, &value["to"]), ("wormhole", &7.into()))
        }
        other => panic!("{other:?}"),
    }
    let read = line(&format!(
        r#"{{{head},"kind":"meta","op":"dream","meta":{{"of":1}}}}"#
    ))
    .unwrap();
    assert!(
        matches!(&read.object, Object::Meta(Meta::Other(fields)) if fields.get("of").is_some())
    );
    for (text, fault) in [
        (
            format!(
                "{{{}}}",
                head.replace("\"v\":1", "\"v\":2")
                    + r#","kind":"nsid","op":"add","nsid":{"nsid":1}"#
            ),
            "version 2",
        ),
        (
            format!(r#"{{{head},"kind":"link","op":"add"}}"#),
            "missing field `link`",
        ),
        (format!(r#"{{{head},"link":{{}}}}"#), "missing field `kind`"),
        (r#"{"hello":"world"}"#.to_owned(), "missing field `kind`"),
        ("7".to_owned(), "a line of nlstream"),
    ] {
        let error = line(&text).unwrap_err().to_string();
        assert!(error.contains(fault), "{error}: {text}");
    }
}

#[test]
fn a_reader_names_the_line_that_it_cannot_read() {
    let first = lines().swap_remove(0);
    let text = format!("{first}\nnonsense\n{first}\n");
    let read: Vec<_> = read(text.as_bytes()).collect();
    assert!(read[0].is_ok() && read[2].is_ok() && read.len() == 3);
    assert!(
        read[1]
            .as_ref()
            .unwrap_err()
            .to_string()
            .starts_with("line 2: ")
    );
}

#[test]
fn settings_of_a_link_type_have_a_struct() {
    let links = lines().into_iter().filter_map(|text| {
        let line = Line::parse(text.as_bytes()).ok()?;
        match line.object {
            Object::Link(link) => link.linkinfo,
            _ => None,
        }
    });
    let is_vxlan = |it: &objects::LinkInfo| it.info_kind.as_deref() == Some("vxlan");
    let info = links.into_iter().find(|it| is_vxlan(it)).unwrap();
    let vxlan: objects::Vxlan = info.info_data.unwrap().parse().unwrap();
    assert!(vxlan.id.is_some());
}
