//! Metrics of a live run, as a file in Prometheus' text format for node_exporter's textfile
//! collector.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use log::warn;
use rustix::fs::OFlags;

use crate::channel::NetnsId;
use crate::error::Error;
use crate::event::meta::Heartbeat;
use crate::file::{Attributes, Draft, FolderPolicy, Place, Refusal, is_refusal};
use crate::pipeline::NetworkTotals;
use crate::sink::Stats;

/// Path and interval of the metrics file.
#[derive(Clone, Debug)]
pub struct Config {
    path: PathBuf,
    folders: FolderPolicy,
    every: Duration,
}

/// What is appended to the name of the file while it is written.
pub(super) const PART: &str = ".part";
/// What the file begins with.
const BEGIN: &[u8] = b"# HELP nlstream_";

impl Config {
    pub fn new(path: PathBuf, folders: FolderPolicy) -> Self {
        let every = Duration::from_secs(15);
        Config {
            path,
            folders,
            every,
        }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// # Errors
    /// If the file cannot be replaced for a reason that a retry does not change.
    pub(super) fn check(&self) -> Result<(), Error> {
        match self.place() {
            Err(source) if is_refusal(&source) || source.kind() == io::ErrorKind::IsADirectory => {
                let path = self.path.clone();
                Err(Error::Metrics { path, source })
            }
            _ => Ok(()),
        }
    }

    /// Returns where the file is, and mode and owner of the existing one.
    ///
    /// # Errors
    /// If there is anything but metrics, which must not be replaced.
    fn place(&self) -> io::Result<(Place, Option<Attributes>)> {
        let place = Place::resolve(&self.path, self.folders)?;
        let folder = place.folder();
        folder.check_length(place.name(), PART)?;
        let part = place.name_with(PART);
        if let Some(stale) = folder.examine(&part)? {
            folder.check_own(&part, &stale)?;
        }
        let Some(existing) = place.open(OFlags::RDONLY)? else {
            return Ok((place, None));
        };
        let attributes = existing.attributes();
        if place.is_magic() || !existing.is_regular {
            let (file, found) = (place.path(), "a device or a pipe");
            return Err(Refusal::NotRegular { file, found }.into());
        }
        let mut head = [0; BEGIN.len()];
        let read = existing.file.read_at(&mut head, 0)?;
        match read == 0 || head[..read] == *BEGIN {
            true => Ok((place, Some(attributes))),
            false => Err(Refusal::ForeignContent {
                expected: "metrics of nlstream",
            }
            .into()),
        }
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
    pub network: &'a NetworkTotals,
    /// The name of a network namespace that has one in its lines.
    pub netns: &'a dyn Fn(NetnsId) -> Option<String>,
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
        let (place, attributes) = self.config.place()?;
        let draft = Draft::create(place.folder(), place.name_with(PART), attributes.as_ref())?;
        draft
            .file()
            .write_all(text(values, self.config_valid).as_bytes())?;
        draft.publish(place.name(), true).map(|_file| ())
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
    network(&mut out, values);
    let totals = [
        (
            "datagrams_total",
            "Datagrams received from the kernel.",
            counts.datagrams,
        ),
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

/// What happened in the network.
fn network(out: &mut Page, values: &Values<'_>) {
    let network = values.network;
    let help = "Gaps in the events or in the lines, by cause.";
    out.family("gaps_total", "counter", help);
    for (cause, number) in network.gaps() {
        out.labelled("gaps_total", &[("cause", cause)], number);
    }
    let help = "Changes that have lines, by kind: notifications of the kernel, and what resyncs and verification found.";
    out.family("changes_total", "counter", help);
    for (kind, changes) in network.kinds() {
        for (change, number) in [
            ("added", changes.added),
            ("changed", changes.changed),
            ("deleted", changes.deleted),
        ] {
            let labels = [("kind", kind.name()), ("change", change)];
            out.labelled("changes_total", &labels, number);
        }
    }
    let devices: Vec<_> = network.devices();
    let labels = |at: usize| {
        let ((netns, name), _) = devices[at];
        let netns = (values.netns)(netns).unwrap_or_default();
        [("netns", netns), ("device", name.to_string())]
    };
    let help = "Changes of a device and of its objects, as in nlstream_changes_total.";
    out.family("device_changes_total", "counter", help);
    for (at, (_, counts)) in devices.iter().enumerate() {
        let labels = labels(at);
        let labels = labels.each_ref().map(|(name, value)| (*name, &**value));
        out.labelled("device_changes_total", &labels, counts.changes);
    }
    let help = "How often a device went up or down: enabled, with carrier, or not.";
    out.family("device_transitions_total", "counter", help);
    for (at, (_, counts)) in devices.iter().enumerate() {
        let [netns, device] = labels(at);
        for (state, number) in [("up", counts.ups), ("down", counts.downs)] {
            let labels = [
                (netns.0, &*netns.1),
                (device.0, &*device.1),
                ("state", state),
            ];
            if counts.ups + counts.downs > 0 {
                out.labelled("device_transitions_total", &labels, number);
            }
        }
    }
    let help = "Changes of devices that have no counts of their own: of the devices beyond the first thousand.";
    let other = network.other.changes;
    out.one("other_device_changes_total", "counter", help, other);
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

    /// Appends a value with labels. A label whose value is empty is one that is absent.
    fn labelled(&mut self, name: &str, labels: &[(&str, &str)], value: u64) {
        let labels: Vec<_> = labels
            .iter()
            .filter(|(_, text)| !text.is_empty())
            .map(|(name, text)| format!("{name}=\"{}\"", escaped(text)))
            .collect();
        let _ = writeln!(self.0, "nlstream_{name}{{{}}} {value}", labels.join(","));
    }

    fn one(&mut self, name: &str, kind: &str, help: &str, value: impl std::fmt::Display) {
        self.family(name, kind, help);
        let _ = writeln!(self.0, "nlstream_{name} {value}");
    }
}

/// The value of a label as the text format has it. Names of devices come from others.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            '\n' => out.push_str("\\n"),
            _ => out.push(character),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_characters_of_the_format_stays_one_label() {
        let mut page = Page::default();
        page.labelled("x", &[("netns", ""), ("device", "a\"} 1\\\n")], 1);
        assert_eq!(page.0, "nlstream_x{device=\"a\\\"} 1\\\\\\n\"} 1\n");
    }
}
