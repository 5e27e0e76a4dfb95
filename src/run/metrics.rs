//! Metrics of a live run, as a file in Prometheus' text format for node_exporter's textfile
//! collector.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use log::warn;

use crate::event::meta::Heartbeat;
use crate::sink::Stats;

/// Path and interval of the metrics file.
#[derive(Clone, Debug)]
pub struct Config {
    path: PathBuf,
    every: Duration,
}

impl Config {
    pub fn new(path: PathBuf) -> Self {
        let every = Duration::from_secs(15);
        Config { path, every }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Writes the metrics file.
pub struct Metrics {
    config: Config,
    pub due: Instant,
    /// The last write failed: a repeated failure is not logged.
    failed: bool,
    /// The configuration was valid when it was read last.
    config_valid: bool,
}

/// The values of the metrics.
pub struct Values<'a> {
    pub run: &'a str,
    /// Start time of the run, seconds since the epoch.
    pub begun: i64,
    pub counts: Heartbeat,
    pub sink: Stats,
    /// The output accepts lines.
    pub up: bool,
}

impl Metrics {
    pub fn new(config: Config) -> Self {
        Metrics {
            config,
            due: Instant::now(),
            failed: false,
            config_valid: true,
        }
    }

    /// Writes the file. It is renamed into place: a reader sees the old or the new one.
    pub fn write(&mut self, values: &Values<'_>) {
        self.due = Instant::now() + self.config.every;
        match self.try_write(values) {
            Ok(()) => self.failed = false,
            Err(error) if !self.failed => {
                self.failed = true;
                warn!("cannot write {}: {error}", self.config.path.display());
            }
            Err(_) => {}
        }
    }

    /// Notes that the configuration was read again, and whether it was valid. The file is written
    /// at once.
    pub fn reloaded(&mut self, valid: bool) {
        self.config_valid = valid;
        self.due = Instant::now();
    }

    fn try_write(&self, values: &Values<'_>) -> io::Result<()> {
        let mut part = self.config.path.clone().into_os_string();
        part.push(".part");
        fs::write(&part, text(values, self.config_valid))?;
        fs::rename(part, &self.config.path)
    }
}

/// All metrics.
fn text(values: &Values<'_>, config_valid: bool) -> String {
    let mut out = Page::default();
    let counts = &values.counts;
    let version = env!("CARGO_PKG_VERSION");
    out.family("info", "gauge", "Version of the program and id of the run.");
    out.labelled("info", &[("version", version), ("run", values.run)], 1);
    out.one(
        "start_time_seconds",
        "gauge",
        "Start time of the run, seconds since the epoch.",
        values.begun,
    );
    out.family(
        "lines_total",
        "counter",
        "Lines of events, written or dropped, by kind.",
    );
    for of in &counts.kinds {
        out.labelled("lines_total", &[("kind", of.kind.name())], of.lines);
    }
    out.family("objects", "gauge", "Tracked objects, by kind.");
    for of in &counts.kinds {
        out.labelled("objects", &[("kind", of.kind.name())], of.objects);
    }
    let help = "Objects whose state differed from the tracked state in a dump, by kind.";
    out.family("corrections_total", "counter", help);
    for of in &counts.corrections {
        for (change, number) in [
            ("added", of.added),
            ("changed", of.changed),
            ("deleted", of.deleted),
        ] {
            let labels = [("kind", of.kind.name()), ("change", change)];
            out.labelled("corrections_total", &labels, number);
        }
    }
    let totals = [
        (
            "datagrams_total",
            "Datagrams received from the kernel.",
            counts.datagrams,
        ),
        ("gaps_total", "Gaps in the events.", counts.gaps),
        (
            "lost_total",
            "Lost kernel messages; a loss of unknown size counts as one.",
            counts.lost,
        ),
        (
            "dropped_lines_total",
            "Lines dropped because the output could not accept them.",
            counts.dropped,
        ),
        (
            "refused_datagrams_total",
            "Datagrams discarded because the kernel did not send them.",
            counts.refused,
        ),
        (
            "output_bytes_total",
            "Bytes written to the output.",
            values.sink.bytes,
        ),
        (
            "output_errors_total",
            "Failed writes to the output.",
            values.sink.errors,
        ),
        (
            "rotations_total",
            "Rotations of the output file.",
            values.sink.rotations,
        ),
    ];
    for (name, help, value) in totals {
        out.one(name, "counter", help, value);
    }
    let pulse = &counts.pulse;
    out.one(
        "output_up",
        "gauge",
        "1 if lines can be written, else 0.",
        u8::from(values.up),
    );
    out.one(
        "reload_success",
        "gauge",
        "1 if the configuration was valid when it was read last (at the start, or on SIGHUP), else 0.",
        u8::from(config_valid),
    );
    out.one(
        "queue_bytes",
        "gauge",
        "Bytes that wait to be written.",
        pulse.queue,
    );
    out.one(
        "queue_most_bytes",
        "gauge",
        "Maximum of queue_bytes since the start.",
        pulse.queue_most,
    );
    if let Some(memory) = pulse.memory {
        out.one("memory_bytes", "gauge", "Resident memory.", memory);
    }
    if let Some(since) = pulse.unrecorded_since {
        let help = "Time of the first input missing from the recording, seconds since the epoch.";
        out.one(
            "unrecorded_since_seconds",
            "gauge",
            help,
            since.0.as_second(),
        );
    }
    out.0
}

/// Metrics in the text format. Names are passed without the prefix `nlstream_`.
#[derive(Default)]
struct Page(String);

impl Page {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(
            self.0,
            "# HELP nlstream_{name} {help}\n# TYPE nlstream_{name} {kind}"
        );
    }

    /// Appends a value with labels, whose values need no escaping.
    fn labelled(&mut self, name: &str, labels: &[(&str, &str)], value: u64) {
        let labels: Vec<_> = labels
            .iter()
            .map(|(name, text)| format!("{name}=\"{text}\""))
            .collect();
        let _ = writeln!(self.0, "nlstream_{name}{{{}}} {value}", labels.join(","));
    }

    fn one(&mut self, name: &str, kind: &str, help: &str, value: impl std::fmt::Display) {
        self.family(name, kind, help);
        let _ = writeln!(self.0, "nlstream_{name} {value}");
    }
}
