//! Tables, goals, and BENCH.md.

use std::fmt::Write as _;
use std::process::{Command, ExitCode};

use super::Options;
use super::stats::{Samples, figure};

/// The results of a bench: a section of BENCH.md.
pub(crate) struct Report<'a> {
    options: &'a Options,
    name: &'static str,
    text: String,
    goals: Vec<Goal>,
    faults: Vec<String>,
}

/// The goal of a result.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Bound {
    AtMost(f64),
    AtLeast(f64),
}

struct Goal {
    name: String,
    bound: Bound,
    samples: Samples,
}

/// By what factor a result must miss its goal to fail the small form: more than noise and a build without optimization cause. In
/// that of the tests a replay takes 15 to 20 times as long as in the profile `dist`.
const FAR: f64 = if cfg!(debug_assertions) { 30.0 } else { 4.0 };

impl<'a> Report<'a> {
    pub(crate) fn new(name: &'static str, options: &'a Options) -> Self {
        println!("# {name}: {}\n", machine());
        Report {
            options,
            name,
            text: String::new(),
            goals: Vec::new(),
            faults: Vec::new(),
        }
    }

    /// Adds a paragraph.
    pub(crate) fn paragraph(&mut self, text: &str) {
        println!("{text}\n");
        let _ = write!(self.text, "{text}\n\n");
    }

    /// Adds a table. The first row is its head.
    pub(crate) fn table(&mut self, rows: &[Vec<String>]) {
        let text = table(rows);
        println!("{text}");
        let _ = writeln!(self.text, "{text}");
    }

    /// Prints a table that is not part of BENCH.md.
    pub(crate) fn print_table(&self, rows: &[Vec<String>]) {
        println!("{}", table(rows));
    }

    /// Adds a result with a goal.
    pub(crate) fn goal(&mut self, name: &str, bound: Bound, samples: Samples) {
        if samples.is_empty() {
            return;
        }
        self.goals.push(Goal {
            name: name.to_owned(),
            bound,
            samples,
        });
    }

    /// Adds a failure that noise cannot cause.
    pub(crate) fn fault(&mut self, text: String) {
        self.faults.push(text);
    }

    /// Prints the goals, and writes the section into BENCH.md if requested.
    pub(crate) fn end(mut self) -> ExitCode {
        if !self.goals.is_empty() {
            let mut rows = vec![cells(["goal", "at", "min", "median", "max", "runs", ""])];
            for goal in &self.goals {
                let samples = &goal.samples;
                let (at, met) = match goal.bound {
                    Bound::AtMost(most) => {
                        (format!("≤ {}", figure(most)), samples.median() <= most)
                    }
                    Bound::AtLeast(least) => {
                        (format!("≥ {}", figure(least)), samples.median() >= least)
                    }
                };
                rows.push(vec![
                    goal.name.clone(),
                    at,
                    figure(samples.min()),
                    figure(samples.median()),
                    figure(samples.max()),
                    samples.len().to_string(),
                    if met { "met" } else { "not met" }.to_owned(),
                ]);
            }
            self.table(&rows);
        }
        if self.options.small {
            for Goal {
                name,
                bound,
                samples,
            } in &self.goals
            {
                let (median, far) = match bound {
                    // A slow machine may lose events: a goal of zero has no factor.
                    Bound::AtMost(0.0) => continue,
                    Bound::AtMost(most) => (samples.median(), samples.median() > most * FAR),
                    Bound::AtLeast(least) => (samples.median(), samples.median() < least / FAR),
                };
                if far {
                    let text = format!("{name}: {}, which is far from {bound:?}", figure(median));
                    self.faults.push(text);
                }
            }
        }
        for fault in &self.faults {
            eprintln!("FAULT: {fault}");
        }
        if self.options.write && self.options.all_parts() {
            self.write();
        }
        match self.faults.is_empty() {
            true => ExitCode::SUCCESS,
            false => ExitCode::FAILURE,
        }
    }

    /// Replaces the text of BENCH.md between the markers of this section.
    fn write(&self) {
        let file = super::root().join("BENCH.md");
        let text = std::fs::read_to_string(&file).unwrap_or_else(|e| panic!("{file:?}: {e}"));
        let begin = format!("<!-- {}: written by cargo bench -->\n", self.name);
        let end = format!("<!-- end of {} -->", self.name);
        let (before, rest) = text.split_once(&begin).expect("BENCH.md has the section");
        let (_, after) = rest.split_once(&end).expect("the section ends");
        let own = self.text.trim_end();
        let faults: String = self
            .faults
            .iter()
            .map(|f| format!("\n- FAULT: {f}"))
            .collect();
        let text = format!(
            "{before}{begin}{}\n\n{own}\n{faults}{end}{after}",
            machine()
        );
        std::fs::write(&file, text).unwrap_or_else(|e| panic!("{file:?}: {e}"));
    }
}

/// Formats a row of a table.
pub(crate) fn cells<const N: usize>(cells: [&str; N]) -> Vec<String> {
    cells.map(str::to_owned).into()
}

/// Formats minimum, median and maximum.
pub(crate) fn spread(samples: &Samples) -> String {
    match samples.is_empty() {
        true => "–".to_owned(),
        false => format!(
            "{} ({}–{})",
            figure(samples.median()),
            figure(samples.min()),
            figure(samples.max())
        ),
    }
}

/// Formats rows as a Markdown table with aligned columns.
fn table(rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<_> = (0..rows[0].len()).map(width).collect();
    let mut text = String::new();
    for (number, row) in rows.iter().enumerate() {
        for (cell, width) in row.iter().zip(&widths) {
            let _ = write!(text, "| {cell:width$} ");
        }
        text.push_str("|\n");
        if number == 0 {
            for width in &widths {
                let _ = write!(text, "|{}", "-".repeat(width + 2));
            }
            text.push_str("|\n");
        }
    }
    text
}

/// Returns the time and the machine of the measurement.
fn machine() -> String {
    let cpus = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let value = |line: &str| Some(line.split_once(':')?.1.trim().to_owned());
    let model = cpus.lines().find(|line| line.starts_with("model name"));
    let count = std::thread::available_parallelism().map_or(1, |n| n.get());
    let kernel = rustix::system::uname();
    let commit = Command::new("git")
        .args(["describe", "--always", "--dirty"])
        .current_dir(super::root())
        .output();
    let commit = commit.ok().filter(|output| output.status.success());
    let commit = commit.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    format!(
        "{}, {} × {}, Linux {}, nlstream {}",
        &jiff::Timestamp::now().to_string()[..10],
        count,
        model
            .and_then(value)
            .unwrap_or_else(|| std::env::consts::ARCH.to_owned()),
        kernel.release().to_string_lossy(),
        commit.as_deref().unwrap_or(env!("CARGO_PKG_VERSION")),
    )
}
