//! The text format: one renderer for events, for lines and for folded states.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;
use nlstream::text::{Printer, TextStyle};

use crate::common;

/// Returns the lines of a command as text.
fn lines(args: &[&str]) -> Vec<String> {
    let output = common::nlstream_in_utc(args);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{args:?}: {stderr}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(str::to_owned).collect()
}

/// What a reader of lines prints is what the run would have printed, for every kind and every op.
#[test]
fn a_line_has_the_text_of_its_event() {
    let mut seen = BTreeSet::new();
    for folder in common::fixtures() {
        let mut printer = Printer::new(TextStyle::new(TimeZone::UTC));
        let json = std::fs::read_to_string(folder.join("expected.ndjson")).unwrap();
        let mut text = Vec::new();
        for line in json.lines() {
            let value: serde_json::Value = serde_json::from_str(line).unwrap();
            let [kind, op] = ["kind", "op"].map(|name| value[name].as_str().unwrap().to_owned());
            let printed = printer.line(line);
            text.extend(printed.unwrap_or_else(|| panic!("{folder:?}: no text: {line}")));
            seen.insert((kind, op));
        }
        let expected = std::fs::read_to_string(folder.join("expected.txt")).unwrap();
        let expected: Vec<_> = expected.lines().collect();
        for (text, expected) in text.iter().zip(&expected) {
            assert_eq!(text, expected, "{folder:?}");
        }
        assert_eq!(text.len(), expected.len(), "{folder:?}");
    }
    assert!(seen.len() > 60, "{seen:?}");
}

#[test]
fn text_that_is_no_line_has_none() {
    let mut printer = Printer::new(TextStyle::new(TimeZone::UTC));
    for line in [
        "",
        "no line",
        "{}",
        "[]",
        r#"{"kind":"link"}"#,
        r#"{"time":"2026-11-24T20:26:54Z","kind":"of_the_future","op":"add","of_the_future":{}}"#,
        r#"{"time":"2026-11-24T20:26:54Z","kind":"meta","op":"add","meta":{}}"#,
        r#"{"time":"2026-11-24T20:26:54Z","kind":"link","op":"add","link":[]}"#,
    ] {
        assert!(printer.line(line).is_none(), "{line}");
    }
    let deep = format!("{}1{}", r#"{"a":"#.repeat(200), "}".repeat(200));
    let line = r#"{"time":"2026-11-24T20:26:54Z","kind":"link","op":"add","link":"#.to_owned()
        + &deep
        + "}";
    assert!(printer.line(&line).is_none());
}

/// `nlstream state` prints an object as the run did that wrote its line.
#[test]
fn a_state_has_the_words_of_the_run() {
    let mut count = 0;
    for name in [
        "link-veth-snapshot",
        "bridge-mdb-snapshot",
        "nexthop-bucket",
    ] {
        let folder = common::root().join("fixtures").join(name);
        let [capture, ndjson] = ["capture.pcapng", "expected.ndjson"]
            .map(|file| folder.join(file).to_str().unwrap().to_owned());
        let json = std::fs::read_to_string(&ndjson).unwrap();
        let sync = json.lines().find(|line| line.contains("\"op\":\"sync\""));
        let sync: serde_json::Value = serde_json::from_str(sync.unwrap()).unwrap();
        let at = sync["time"].as_str().unwrap();
        let args = [
            "state",
            "--format",
            "text",
            "--time-format",
            "time",
            "--at",
            at,
            &ndjson,
        ];
        let state: BTreeSet<_> = lines(&args)
            .into_iter()
            .filter(|line| line.starts_with('['))
            .collect();
        let run = lines(&["replay", "--format", "text", &capture]);
        let run = run
            .iter()
            .filter_map(|line| line.strip_suffix(" (snapshot)"));
        let run: BTreeSet<_> = run.map(str::to_owned).collect();
        assert_eq!(state, run, "{name}");
        count += state.len();
    }
    assert!(count > 40, "{count}");
}

/// The output is no terminal: without options every line is whole, and the same in each run.
#[test]
fn options_of_the_text_format() {
    let capture = common::root().join("fixtures/link-mtu/capture.pcapng");
    let capture = capture.to_str().unwrap();
    let text =
        |options: &[&str]| lines(&[&["replay", "--format", "text"], options, &[capture]].concat());
    let plain = text(&[]);
    assert!(
        plain[0].starts_with("-- 20") && plain[0].ends_with(" +00:00 --"),
        "{plain:?}"
    );
    let change = |lines: &[String]| {
        lines
            .iter()
            .find(|line| line.contains("mtu"))
            .unwrap()
            .clone()
    };
    let is_plain = |text: &str| !text.contains('\x1b') && !text.contains("  ");
    assert!(plain.iter().all(|line| is_plain(line)), "{plain:?}");
    assert!(change(&text(&["--color", "always"])).contains("\x1b[1m"));
    assert!(change(&text(&["--columns", "always"])).contains("link      change  "));
    let none = text(&["--time-format", "none"]);
    assert_eq!(none.len(), plain.len() - 1);
    assert!(none[0].starts_with("meta start: nlstream"), "{none:?}");
    assert!(text(&["--time-format", "relative"])[0].starts_with("[+0.000] "));
    let iso = &text(&["--time-format", "iso"])[0];
    assert!(
        iso.contains("T") && iso.contains("+00:00] meta start"),
        "{iso}"
    );
    assert!(text(&["--time-format", "date"])[0].starts_with("[20"));
}

/// An option that has an effect on text alone is no mistake that goes unnoticed.
#[test]
fn options_of_text_without_text_are_reported() {
    let capture = common::root().join("fixtures/link-mtu/capture.pcapng");
    let capture = capture.to_str().unwrap();
    for (option, value) in [
        ("color", "always"),
        ("columns", "always"),
        ("fold", "always"),
        ("time-format", "iso"),
    ] {
        let output = common::nlstream(&["replay", &format!("--{option}"), value, capture]);
        let stderr = String::from_utf8_lossy(&output.stderr);
        let expected = format!("--{option} has no effect with --format json");
        assert!(stderr.contains(&expected), "{stderr}");
    }
}

/// The variables of no-color.org and bixense.com/clicolors; a pipe has no colour by itself.
#[test]
fn variables_decide_about_colours() {
    let capture = common::root().join("fixtures/link-mtu/capture.pcapng");
    let coloured = |variables: &[(&str, &str)], option: &str| {
        let mut command = std::process::Command::new(common::NLSTREAM);
        for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
            command.env_remove(name);
        }
        command
            .args(["replay", "--format", "text", "--color", option])
            .arg(&capture);
        let output = command.envs(variables.iter().copied()).output().unwrap();
        output.stdout.contains(&0x1b)
    };
    assert!(!coloured(&[], "auto"));
    assert!(coloured(&[("CLICOLOR_FORCE", "1")], "auto"));
    assert!(!coloured(
        &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")],
        "auto"
    ));
    assert!(!coloured(&[("CLICOLOR_FORCE", "1")], "never"));
    assert!(coloured(&[("NO_COLOR", "1")], "always"));
}
