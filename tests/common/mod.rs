//! What the tests share.
#![allow(dead_code, reason = "each test uses its own part")]

pub mod namespace;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The program under test.
pub const NLSTREAM: &str = env!("CARGO_BIN_EXE_nlstream");

/// The project's folder.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The folders of all scenarios, by name.
pub fn fixtures() -> Vec<PathBuf> {
    let folder = root().join("fixtures");
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{folder:?}: {e}"));
    let mut folders: Vec<_> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("make.sh").exists())
        .collect();
    folders.sort();
    assert!(folders.len() >= 25, "only {} scenarios", folders.len());
    folders
}

/// The file of that path in the project is this text. NLSTREAM_BLESS rewrites it, and fails still:
/// `then` says what to do with the diff.
pub fn assert_current(path: &str, text: &str, then: &str) {
    let file = root().join(path);
    if std::fs::read_to_string(&file).is_ok_and(|old| old == text) {
        return;
    }
    if std::env::var_os("NLSTREAM_BLESS").is_some() {
        std::fs::write(&file, text).unwrap();
        panic!("{path} rewritten: {then}");
    }
    panic!("{path} is not what it is made from: run this test with NLSTREAM_BLESS=1");
}

/// Does the program exist on this machine?
pub fn has(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// Says loudly that a test cannot run here; in CI that is a failure.
pub fn cannot_run(why: &str) {
    assert!(std::env::var_os("CI").is_none(), "cannot run in CI: {why}");
    eprintln!("\n*** NOT TESTED: {why} ***\n");
}

/// Runs the program with these arguments.
pub fn nlstream(args: &[&str]) -> Output {
    let mut command = Command::new(NLSTREAM);
    command.args(args).stdin(Stdio::null());
    command
        .output()
        .unwrap_or_else(|e| panic!("{NLSTREAM}: {e}"))
}

/// The lines of some output.
pub fn lines(bytes: &[u8]) -> Vec<serde_json::Value> {
    let text = std::str::from_utf8(bytes).expect("the lines are UTF-8");
    assert!(
        text.is_empty() || text.ends_with('\n'),
        "a torn line: {text}"
    );
    let parse = |line: &str| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
    text.lines().map(parse).collect()
}
