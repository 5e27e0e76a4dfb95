//! The monitors of other tools beside the program, over the same events: each event of the tool has a line of the same
//! type and with the same values, in the same order. What a tool does not print is listed, with the reason.

use std::fs::File;
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use serde_json::Value;

use crate::common::{Folder, wait_until};
use crate::namespace::{Namespace, Stream};

mod devlink;
mod ethtool;
mod genl;
mod mptcp;

pub(crate) fn trials() -> Vec<libtest_mimic::Trial> {
    let modules = [
        devlink::trials,
        ethtool::trials,
        genl::trials,
        mptcp::trials,
    ];
    modules.into_iter().flat_map(|trials| trials()).collect()
}

/// A tool that prints events, until the end of the trial.
struct Monitor {
    tool: &'static str,
    child: Child,
    folder: Folder,
}

impl Monitor {
    /// Starts the tool, and runs `first` until it has printed the text `ready`: from then on it prints each event.
    fn start(ns: &Namespace, tool: &'static str, ready: &str, mut first: impl FnMut()) -> Self {
        static STARTED: AtomicUsize = AtomicUsize::new(0);
        let number = STARTED.fetch_add(1, Relaxed);
        let folder = Folder::new(&format!("monitor-{number}"));
        let file = File::create(folder.0.join("events")).unwrap();
        let mut command = ns.command("stdbuf");
        command.arg("-oL").args(tool.split(' '));
        command.stdout(file).stderr(Stdio::inherit());
        let monitor = Monitor {
            tool,
            child: command.spawn().unwrap(),
            folder,
        };
        wait_until("the tool prints events", || {
            first();
            monitor.text().contains(ready)
        });
        monitor
    }

    /// What the tool has printed.
    fn text(&self) -> String {
        std::fs::read_to_string(self.folder.0.join("events")).unwrap()
    }

    /// Waits until the tool has printed the text `last`. Returns everything.
    fn until(&self, last: &str) -> String {
        wait_until("the tool prints the last event", || {
            self.text().contains(last)
        });
        self.text()
    }
}

impl Drop for Monitor {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An event that a tool does not print, and why.
struct Unprinted {
    reason: &'static str,
    is_it: fn(&Value) -> bool,
}

/// The lines of messages of the kernel that are not about what makes the first and last event.
fn events_of_kernel(stream: &Stream, kind: &str, is_marker: impl Fn(&Value) -> bool) -> Vec<Value> {
    let lines = stream.seen.iter().filter(|line| {
        let of_kind = line["kind"].as_str().unwrap().starts_with(kind);
        of_kind && line["op"] != "present" && line["origin"] == "kernel" && !is_marker(line)
    });
    lines.cloned().collect()
}

/// Compares each event of the tool with the line at the same place. `equal` panics if a value differs, and returns the
/// number of values. At least `least` events must have come.
fn compare<Event: std::fmt::Debug>(
    monitor: &Monitor,
    events: &[Event],
    lines: &[Value],
    unprinted: &[Unprinted],
    least: usize,
    equal: impl Fn(&Event, &Value) -> usize,
) {
    for line in lines {
        assert_eq!(line["unparsed"], Value::Null, "{line}");
    }
    let is_printed = |line: &&Value| !unprinted.iter().any(|it| (it.is_it)(line));
    let printed: Vec<_> = lines.iter().filter(is_printed).collect();
    let values: usize = events
        .iter()
        .zip(&printed)
        .map(|(event, line)| equal(event, line))
        .sum();
    let of = |count: usize, at: usize| format!("{count}, then {:?}", printed.get(at));
    assert_eq!(
        events.len(),
        printed.len(),
        "{}; of the tool: {:?}",
        of(printed.len(), events.len()),
        events.get(printed.len())
    );
    eprintln!(
        "{}: {} events compared, {} equal, {} explained, {values} values",
        monitor.tool,
        events.len(),
        printed.len(),
        lines.len() - printed.len(),
    );
    for it in unprinted {
        let count = lines.iter().filter(|line| (it.is_it)(line)).count();
        eprintln!("  explained: {count}: {}", it.reason);
    }
    assert!(events.len() >= least, "{} events", events.len());
}

/// Asserts that a tool shows the value of a field.
fn assert_shown(shown: &str, ours: &Value, context: &dyn std::fmt::Debug, line: &Value) {
    let ours = ours.as_str().map_or(ours.to_string(), str::to_owned);
    assert_eq!(shown, ours, "{context:?}: {line}");
}
