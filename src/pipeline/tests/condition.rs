//! `--where`: the value on which an expression is evaluated, and its parts.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use jaq_json::Val;

use super::*;
use crate::capture;
use crate::event::meta::Part;
use crate::filter::{Selection, Values, Vocabulary, take_noted};

fn captures() -> Vec<PathBuf> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let folders = std::fs::read_dir(root).unwrap();
    let captures = folders.map(|folder| folder.unwrap().path().join("capture.pcapng"));
    let mut captures: Vec<_> = captures.filter(|path| path.exists()).collect();
    captures.sort();
    assert!(captures.len() > 25);
    captures
}

fn values(expression: &str) -> Values {
    Values::from([("where".to_owned(), vec![expression.to_owned()])])
}

/// The lines of a capture about events, with all optional parts.
fn lines(capture: &Path, expression: Option<&str>) -> Vec<String> {
    let mut capture = capture::open(capture).unwrap();
    let mut header = capture.header().cloned().unwrap_or_default();
    let settings = &mut header.start.settings;
    settings.kinds = None;
    settings.snapshot = true;
    settings.with = vec![
        Part::Details,
        Part::Raw,
        Part::Message,
        Part::Host,
        Part::Id,
        Part::By,
    ];
    settings.filters = expression.map(values).unwrap_or_default();
    let config = Config::new(Format::Json, "0000002a".to_owned(), &header);
    let mut out = Vec::new();
    let mut pipeline = Pipeline::new(config, &mut out).unwrap();
    loop {
        let inputs = capture.next_many(64).unwrap();
        if inputs.is_empty() {
            break;
        }
        let mut taken = 0;
        while taken < inputs.len() {
            taken += pipeline.feed(&inputs[taken..], &mut out).unwrap();
        }
    }
    let text = String::from_utf8(out).unwrap();
    let lines = text
        .lines()
        .filter(|line| !line.contains("\"kind\":\"meta\""));
    lines.map(str::to_owned).collect()
}

#[test]
fn the_value_of_a_condition_is_the_line() {
    let mut count = 0;
    for capture in captures() {
        take_noted();
        let lines = lines(&capture, Some(". != 0"));
        let seq = Val::utf8_str("seq");
        let values = take_noted().into_iter().map(|value| match &value {
            Val::Obj(members) => (members[&seq].to_string(), value),
            other => panic!("{other}"),
        });
        let values: HashMap<String, Val> = values.collect();
        for line in lines {
            let written: Val = serde_json::from_str(&line).unwrap();
            let Val::Obj(members) = &written else {
                panic!("{line}");
            };
            let value = &values[&members[&seq].to_string()];
            assert_eq!(*value, written, "{}", capture.display());
            count += 1;
        }
    }
    assert!(count > 1000, "{count}");
}

/// Only the parts that an expression reads are made, and it has the same result as on the whole line.
#[test]
fn an_expression_selects_the_lines_on_which_it_is_true() {
    const EXPRESSIONS: [&str; 10] = [
        r#".kind == "link" and .link.mtu > 1000"#,
        r#"(.kind == "route" or .kind == "neigh") and .op != "delete" and (.route.table // "main") == "main""#,
        r#"any(.route.nexthops[]?; .weight > 0) or (.changed | length > 0)"#,
        r#".old | length > 1"#,
        r#".ifname | strings | test("^(v|br)[0-9]")"#,
        r#".nl.flags // [] | any(. == "REPLACE")"#,
        r#"[.[] | objects] | any(has("family"))"#,
        r#".id | split("") | length > 3"#,
        r#".. | strings | select(. == "inet6")"#,
        r#"(.message | length) > 40 and .nl.seq or .origin == "snapshot""#,
    ];
    let names = Names::builtin();
    let vocabulary = Vocabulary::of(&names);
    let mut counts = [(0, 0); EXPRESSIONS.len()];
    // A line without others before it has another number.
    let content = |line: &String| {
        let mut line: Value = serde_json::from_str(line).unwrap();
        line["seq"] = Value::Null;
        line["time"] = Value::Null;
        line["raw"] = Value::Null;
        line
    };
    let selections = EXPRESSIONS
        .map(|expression| Selection::of_objects(&values(expression), vocabulary).unwrap());
    for (number, capture) in captures().into_iter().enumerate() {
        let all = lines(&capture, None);
        let contents: Vec<_> = all.iter().map(content).collect();
        // Each expression on every second capture.
        for at in (number % 2..EXPRESSIONS.len()).step_by(2) {
            let (expression, count) = (EXPRESSIONS[at], &mut counts[at]);
            let passes = |line: &String| selections[at].selects_read_line(line);
            let both = all.iter().zip(contents.iter().cloned());
            let expected: Vec<_> = both
                .filter_map(|(line, content)| passes(line).then_some(content))
                .collect();
            let found: Vec<_> = lines(&capture, Some(expression))
                .iter()
                .map(content)
                .collect();
            assert_eq!(found, expected, "{expression} {}", capture.display());
            *count = (count.0 + found.len(), count.1 + all.len() - found.len());
        }
    }
    for (expression, (passed, rejected)) in EXPRESSIONS.iter().zip(counts) {
        assert!(
            passed > 0 && rejected > 0,
            "{expression} {passed} {rejected}"
        );
    }
}
