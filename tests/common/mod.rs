//! What the test binaries share.
#![allow(dead_code, reason = "each test binary uses a part of it")]

pub(crate) mod difference;
pub(crate) mod filters;
pub(crate) mod message;
pub(crate) mod oracle;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// How long a test waits for a condition before it fails: long enough for a machine with many
/// times more work than cores. No test that passes waits this long.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The program under test.
pub(crate) const NLSTREAM: &str = env!("CARGO_BIN_EXE_nlstream");

/// The folder of the project.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The folders of the sources: those of the program, and of the kinds.
pub(crate) fn source_folders() -> [PathBuf; 2] {
    ["src", "kinds/src"].map(|folder| root().join(folder))
}

/// The folders of all fixtures, sorted by name.
pub(crate) fn fixtures() -> Vec<PathBuf> {
    let folder = root().join("fixtures");
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{folder:?}: {e}"));
    let mut folders: Vec<_> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("make.sh").exists())
        .collect();
    folders.sort();
    assert!(folders.len() >= 25, "only {} fixtures", folders.len());
    folders
}

/// Fails unless the file of the project has this content. With NLSTREAM_BLESS in the environment
/// the file is rewritten, and the test still fails: `then` says what to do with the diff.
pub(crate) fn assert_current(path: &str, text: &str, then: &str) {
    let file = root().join(path);
    if std::fs::read_to_string(&file).is_ok_and(|old| old == text) {
        return;
    }
    if std::env::var_os("NLSTREAM_BLESS").is_some() {
        std::fs::write(&file, text).unwrap();
        panic!("{path} rewritten: {then}");
    }
    panic!("{path} is not current: run this test with NLSTREAM_BLESS=1");
}

/// Returns true if an optional check can run: the program is installed. In CI it must be.
pub(crate) fn has_optional(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).any(|folder| folder.join(program).is_file());
    let ci = std::env::var_os("CI").is_some();
    assert!(found || !ci, "{program} is not installed");
    found
}

/// Waits until a condition holds, and fails with its description after a minute.
#[track_caller]
pub(crate) fn wait_until(condition: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < end, "not within {PATIENCE:?}: {condition}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Runs the program with these arguments.
pub(crate) fn nlstream(args: &[&str]) -> Output {
    run(Command::new(NLSTREAM).args(args))
}

/// The same, with UTC as local time.
pub(crate) fn nlstream_in_utc(args: &[&str]) -> Output {
    run(Command::new(NLSTREAM).args(args).env("TZ", "UTC"))
}

fn run(command: &mut Command) -> Output {
    command.stdin(Stdio::null());
    command
        .output()
        .unwrap_or_else(|e| panic!("{NLSTREAM}: {e}"))
}

/// Parses output into its lines; the last must be complete.
pub(crate) fn lines(bytes: &[u8]) -> Vec<serde_json::Value> {
    let text = std::str::from_utf8(bytes).expect("the lines are UTF-8");
    assert!(
        text.is_empty() || text.ends_with('\n'),
        "an incomplete last line: {text}"
    );
    let parse = |line: &str| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
    text.lines().map(parse).collect()
}

/// A temporary folder, removed at the end of the test.
pub(crate) struct Folder(pub PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("nlstream-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }

    pub(crate) fn write(&self, name: &str, content: &[u8]) -> String {
        std::fs::write(self.0.join(name), content).unwrap();
        self.path(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
