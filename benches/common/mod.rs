//! What the benches share.
#![allow(dead_code, reason = "each bench uses its own part")]

pub mod fixtures;
pub mod made;
pub mod process;
pub mod report;
pub mod stats;
pub mod sys;

use std::path::{Path, PathBuf};

/// The program that is measured.
pub const NLSTREAM: &str = env!("CARGO_BIN_EXE_nlstream");

/// How a bench was started.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The small form: less of everything, and a failure only where a figure is far off.
    pub small: bool,
    /// Write the tables into BENCH.md.
    pub write: bool,
    events: Option<usize>,
    runs: Option<usize>,
    /// Leave the files that were made for it.
    pub keep: bool,
    /// Only the parts whose name contains one of these.
    only: Vec<String>,
}

const USAGE: &str =
    "usage: cargo bench [--bench NAME] -- [--events N] [--runs N] [--keep] [PART ...]
NLSTREAM_BENCH=small: a minute instead of many, fails only where a figure is far off
NLSTREAM_BENCH=write: also writes the tables into BENCH.md";

impl Options {
    /// From the command line and NLSTREAM_BENCH. Ends the program where they are wrong.
    pub fn read() -> Self {
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
                // cargo's own.
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

    /// How many events: what was asked for, else one of these.
    pub fn events(&self, full: usize, small: usize) -> usize {
        self.events.unwrap_or(if self.small { small } else { full })
    }

    /// How often each thing is measured.
    pub fn runs(&self) -> usize {
        self.runs.unwrap_or(if self.small { 2 } else { 5 })
    }

    /// Is this part asked for?
    pub fn wants(&self, part: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| part.contains(only))
    }

    /// Are all parts asked for?
    pub fn whole(&self) -> bool {
        self.only.is_empty()
    }
}

fn usage() -> ! {
    eprintln!("{USAGE}");
    std::process::exit(2)
}

/// The project's folder.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A file for a bench's own use.
pub fn scratch(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// Does the program exist on this machine?
pub fn has(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}
