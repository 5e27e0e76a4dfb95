//! Code that the benches share.
#![allow(dead_code, reason = "each bench uses its own part")]

pub(crate) mod fixtures;
pub(crate) mod made;
pub(crate) mod process;
pub(crate) mod report;
pub(crate) mod stats;
pub(crate) mod sys;

use std::path::{Path, PathBuf};

/// The program under test.
pub(crate) const NLSTREAM: &str = env!("CARGO_BIN_EXE_nlstream");

/// The options of a bench.
#[derive(Clone, Debug, Default)]
pub(crate) struct Options {
    /// The small form: fewer events, and a failure only if a result misses its goal by far.
    pub small: bool,
    /// Write the tables into BENCH.md.
    pub write: bool,
    events: Option<usize>,
    runs: Option<usize>,
    /// Keep the generated files.
    pub keep: bool,
    /// Only the parts whose name contains one of these.
    only: Vec<String>,
}

const USAGE: &str =
    "usage: cargo bench [--bench NAME] -- [--events N] [--runs N] [--keep] [PART ...]
NLSTREAM_BENCH=small: a minute instead of many, fails only if a result misses its goal by far
NLSTREAM_BENCH=write: also writes the tables into BENCH.md";

impl Options {
    /// Reads the command line and NLSTREAM_BENCH. Exits if they are wrong.
    pub(crate) fn read() -> Self {
        let mut options = Options::default();
        match std::env::var("NLSTREAM_BENCH").as_deref() {
            Ok("small") => options.small = true,
            Ok("write") => options.write = true,
            Ok("") | Err(_) => {}
            Ok(_) => usage(),
        }
        let mut arguments = std::env::args().skip(1);
        let number = |text: Option<String>| match text.as_deref().map(str::parse) {
            Some(Ok(number)) if number > 0 => Some(number),
            _ => usage(),
        };
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                // Passed by cargo.
                "--bench" => {}
                "--events" => options.events = number(arguments.next()),
                "--keep" => options.keep = true,
                "--runs" => options.runs = number(arguments.next()),
                part if !part.starts_with('-') => options.only.push(part.to_owned()),
                _ => usage(),
            }
        }
        options
    }

    /// Returns the number of events: that of `--events`, or the default of the form.
    pub(crate) fn events(&self, full: usize, small: usize) -> usize {
        self.events.unwrap_or(if self.small { small } else { full })
    }

    /// Returns the number of runs.
    pub(crate) fn runs(&self) -> usize {
        self.runs.unwrap_or(if self.small { 2 } else { 5 })
    }

    /// Returns true if this part was selected.
    pub(crate) fn wants(&self, part: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| part.contains(only))
    }

    /// Returns true if all parts were selected.
    pub(crate) fn all_parts(&self) -> bool {
        self.only.is_empty()
    }
}

fn usage() -> ! {
    eprintln!("{USAGE}");
    std::process::exit(2)
}

/// Returns the folder of the project.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Returns the path of a temporary file.
pub(crate) fn scratch(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// Returns true if the program is installed.
pub(crate) fn has(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}
