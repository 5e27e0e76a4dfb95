//! The latency from a change to its line in a pipe, on an idle machine.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::storm::{Change, Storm};
use crate::common::process::Running;
use crate::common::report::{Bound, Report, cells};
use crate::common::stats::{Samples, figure};
use crate::common::{NLSTREAM, Options};

/// The pause before each change.
const REST: Duration = Duration::from_millis(2);

/// Measures routes and links, one change at a time.
pub(crate) fn measure(options: &Options, report: &mut Report<'_>) {
    if !options.wants("latency") {
        return;
    }
    let events = if options.small { 200 } else { 2000 };
    let mut command = Command::new(NLSTREAM);
    command
        // If a line never comes, the end of the program is noticed.
        .args(["--snapshot", "-k", "link,route", "--for", "2m"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut running = Running::start(&mut command, None);
    let mut lines = BufReader::new(running.child.stdout.take().expect("a pipe"));
    let mut line = String::new();
    let mut read = |wanted: &str| {
        loop {
            line.clear();
            let length = lines.read_line(&mut line).expect("a line");
            assert!(length > 0, "it ended before {wanted}");
            if line.contains(wanted) {
                return Instant::now();
            }
        }
    };
    read("\"op\":\"sync\"");
    let mut storm = Storm::new().expect("a socket");
    let mut samples = Vec::new();
    for number in 0..events {
        let (change, wanted) = match number % 3 {
            0 => (Change::AddRoute, "\"op\":\"add\""),
            1 => (Change::Mtu, "\"kind\":\"link\""),
            _ => (Change::DeleteRoute, "\"op\":\"delete\""),
        };
        sleep(REST);
        let begun = Instant::now();
        storm
            .make(change, 1)
            .unwrap_or_else(|e| panic!("{change:?}: {e}"));
        let there = read(wanted);
        samples.push(there.duration_since(begun).as_secs_f64() * 1e6);
    }
    drop(lines);
    running.terminate();
    running.end();

    // Each class ends at twice the end of the previous one.
    let ends = (3..).map(|power| f64::from(1u32 << power));
    let mut rows = vec![cells([
        "from the change to its line in a pipe, µs",
        "events",
    ])];
    let mut begin = 0.0;
    for end in ends {
        let count = samples.iter().filter(|s| (begin..end).contains(*s)).count();
        if count > 0 {
            rows.push(vec![format!("{begin} to {end}"), count.to_string()]);
        }
        begin = end;
        if samples.iter().all(|sample| *sample < end) {
            break;
        }
    }
    report.print_table(&rows);
    let samples: Samples = samples.into_iter().collect();
    let [p50, p99, most] = [0.5, 0.99, 1.0].map(|part| samples.quantile(part));
    report.paragraph(&format!(
        "p50 {} µs, p99 {} µs, at most {} µs, of {events} events.",
        figure(p50),
        figure(p99),
        figure(most)
    ));
    let p99 = [p99 / 1e3].into_iter().collect();
    report.goal(
        "one event at rest to its line, p99, ms",
        Bound::AtMost(1.0),
        p99,
    );
}
