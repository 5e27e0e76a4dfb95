//! Every capture under fixtures/ replays to the lines beside it; one test for each, by name.
//!
//! `NLSTREAM_BLESS=1 cargo test --test golden` rewrites the expectations, and still fails: the
//! diff is the review.

mod common;

use std::fmt::Write as _;
use std::path::Path;

use libtest_mimic::{Arguments, Failed, Trial};

fn main() {
    let trials = common::fixtures().into_iter().map(|folder| {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        Trial::test(name, move || replay(&folder))
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit();
}

fn replay(folder: &Path) -> Result<(), Failed> {
    let capture = folder.join("capture.pcapng");
    let capture = capture.to_str().ok_or("a path that is no UTF-8")?;
    let output = common::nlstream(&["replay", "--run", "00000000", capture]);
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    // A release alone changes no expectation.
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
        return Err(format!("{} is rewritten: look at the diff", file.display()).into());
    }
    Err(difference(&expected, &lines).into())
}

/// The first lines that differ.
fn difference(expected: &str, got: &str) -> String {
    let mut text = String::from("run with NLSTREAM_BLESS=1 to rewrite the expectation\n");
    let (mut expected, mut got) = (expected.lines(), got.lines());
    let mut shown = 0;
    for number in 1.. {
        let (before, now) = (expected.next(), got.next());
        if (before.is_none() && now.is_none()) || shown == 3 {
            break;
        }
        if before != now {
            shown += 1;
            let _ = write!(
                text,
                "line {number}\n- {}\n+ {}\n",
                before.unwrap_or(""),
                now.unwrap_or("")
            );
        }
    }
    text
}
