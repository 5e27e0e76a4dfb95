//! Every capture under fixtures/ replays to its `expected.ndjson`, and with `--format text` to its
//! `expected.txt`: two trials for each fixture.
//!
//! `NLSTREAM_BLESS=1 cargo test --test golden` rewrites the expectations, and still fails: the
//! diff is for review.
#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

mod common;

use std::fmt::Write as _;
use std::path::Path;

use common::difference::differences;
use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::Value;

fn main() {
    let trials = common::fixtures().into_iter().flat_map(|folder| {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let of_text = folder.clone();
        [
            Trial::test(name.clone(), move || replay(&folder)),
            Trial::test(format!("{name}::text"), move || text(&of_text)),
        ]
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit();
}

fn replay(folder: &Path) -> Result<(), Failed> {
    let capture = folder.join("capture.pcapng");
    let capture = capture.to_str().ok_or("the path is not UTF-8")?;
    let output = common::nlstream(&["replay", "--run", "00000000", capture]);
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    // A new version number alone changes no expectation.
    let version = concat!("\"version\":\"", env!("CARGO_PKG_VERSION"), "\"");
    let lines = String::from_utf8(output.stdout)?;
    let lines = lines.replacen(version, "\"version\":\"0.0.0\"", 1);

    let file = folder.join("expected.ndjson");
    let expected = std::fs::read_to_string(&file).unwrap_or_default();
    if lines == expected {
        return Ok(());
    }
    if std::env::var_os("NLSTREAM_BLESS").is_some() {
        std::fs::write(&file, &lines)?;
        return Err(format!("{} is rewritten: review the diff", file.display()).into());
    }
    Err(report(folder, &expected, &lines).into())
}

/// Replays to text, in UTC.
fn text(folder: &Path) -> Result<(), Failed> {
    let capture = folder.join("capture.pcapng");
    let capture = capture.to_str().ok_or("the path is not UTF-8")?;
    let output = common::nlstream_in_utc(&["replay", "--format", "text", capture]);
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    let version = concat!("nlstream ", env!("CARGO_PKG_VERSION"));
    let lines = String::from_utf8(output.stdout)?;
    let lines = lines.replacen(version, "nlstream 0.0.0", 1);
    let file = folder.join("expected.txt");
    let expected = std::fs::read_to_string(&file).unwrap_or_default();
    if lines == expected {
        return Ok(());
    }
    if std::env::var_os("NLSTREAM_BLESS").is_some() {
        std::fs::write(&file, &lines)?;
        return Err(format!("{} is rewritten: review the diff", file.display()).into());
    }
    let mut pairs = expected.lines().zip(lines.lines());
    let differ = pairs.find(|(expected, got)| expected != got);
    let differ = differ.unwrap_or(("lines", "more or fewer lines"));
    Err(format!("expected: {}\n     got: {}", differ.0, differ.1).into())
}

/// The fields that differ, in the first lines that do.
fn report(folder: &Path, expected: &str, got: &str) -> String {
    const SHOWN: usize = 5;
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let (expected, got): (Vec<_>, Vec<_>) = (expected.lines().collect(), got.lines().collect());
    let count = expected.len().max(got.len());
    let differ: Vec<_> = (0..count)
        .filter(|at| expected.get(*at) != got.get(*at))
        .collect();
    let mut text = format!(
        "{name}: {} lines expected, {} got, {} differ; NLSTREAM_BLESS=1 rewrites the expectation\n",
        expected.len(),
        got.len(),
        differ.len()
    );
    for at in differ.into_iter().take(SHOWN) {
        let number = at + 1;
        let _ = match (expected.get(at), got.get(at)) {
            (Some(expected), Some(got)) => {
                writeln!(text, "{name}, line {number}:\n{}", fields(expected, got))
            }
            (Some(line), None) => {
                writeln!(text, "{name}, line {number} is missing: {}", head(line))
            }
            (_, line) => {
                let line = line.copied().unwrap_or_default();
                writeln!(text, "{name}, line {number} is unexpected: {}", head(line))
            }
        };
    }
    text
}

fn fields(expected: &str, got: &str) -> String {
    let parse = serde_json::from_str::<Value>;
    match (parse(expected), parse(got)) {
        (Ok(expected), Ok(got)) => {
            let found = differences(&expected, &got);
            match found.is_empty() {
                true => "  the values are equal: their order or their bytes differ".to_owned(),
                false => found.join("\n"),
            }
        }
        (_, Err(error)) => format!("  not JSON: {error}"),
        (Err(error), _) => format!("  the expectation is not JSON: {error}"),
    }
}

/// The beginning of a line.
fn head(line: &str) -> &str {
    line.char_indices()
        .nth(200)
        .map_or(line, |(at, _)| &line[..at])
}
