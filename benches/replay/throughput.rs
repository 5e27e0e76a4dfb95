//! Recorded events to /dev/null, on one core.

use std::path::Path;
use std::process::{Command, Stdio};

use super::files::Files;
use crate::common::process::run;
use crate::common::report::{Bound, Report, cells, spread};
use crate::common::stats::Samples;
use crate::common::{NLSTREAM, Options, has, sys};

/// Measures routes and links.
pub(crate) fn measure(options: &Options, report: &mut Report<'_>) {
    if options.wants("routes") {
        let files = Files::routes(options.events(1_000_000, 50_000));
        let [nlstream, ip] = one(options, report, "routes", &files, &[]);
        let speed = nlstream.per(1e3);
        // Not relative to `ip`: it depends on the machine.
        if !options.small {
            let goal = "replay of routes: million events/s of CPU time";
            report.goal(goal, Bound::AtLeast(1.5), speed);
        }
        let ratio = "replay of routes: times as fast as `ip monitor file`";
        report.goal(ratio, Bound::AtLeast(5.0), ip.over(&nlstream));
        files.end(options);
    }
    if options.wants("links") {
        let files = Files::links(options.events(200_000, 10_000));
        let [nlstream, ip] = one(options, report, "links", &files, &["-d"]);
        let ratio = "replay of links: times as fast as `ip -d monitor file`";
        report.goal(ratio, Bound::AtLeast(3.0), ip.over(&nlstream));
        files.end(options);
    }
}

/// Returns the CPU time per event of nlstream and of `ip`, nanoseconds.
fn one(
    options: &Options,
    report: &mut Report<'_>,
    kind: &str,
    files: &Files,
    how: &[&str],
) -> [Samples; 2] {
    let core = sys::cores().expect("sched_getaffinity").last().copied();
    let mut samples = [const { Vec::new() }; 4];
    let cost = |command: &mut Command| {
        let command = command.stdin(Stdio::null()).stdout(Stdio::null());
        let cost = run(command, core);
        cost.cpu.as_nanos() as f64 / files.events as f64
    };
    let nlstream = |file: &Path| cost(Command::new(NLSTREAM).arg("replay").arg(file));
    let ip = |file: &Path| {
        cost(
            Command::new("ip")
                .args(how)
                .args(["monitor", "file"])
                .arg(file),
        )
    };
    let peer = has("ip");
    for _ in 0..options.runs() {
        samples[0].push(nlstream(&files.pcapng));
        samples[1].push(nlstream(&files.rtmon));
        if peer {
            samples[2].push(ip(&files.rtmon));
            samples[3].push(ip(&files.unstamped));
        }
    }
    let [nlstream, nlstream_rtmon, ip, unstamped] =
        samples.map(|samples| samples.into_iter().collect::<Samples>());
    let how = how.iter().map(|how| format!("{how} ")).collect::<String>();
    let mut rows = vec![cells([
        &format!("replay of {} {kind} to /dev/null", files.events),
        "CPU, ns an event",
        "thousand events/s",
        "ip : nlstream",
    ])];
    for (program, own, ratio) in [
        ("nlstream replay (pcapng)".to_owned(), &nlstream, None),
        ("nlstream replay (rtmon)".to_owned(), &nlstream_rtmon, None),
        (format!("ip {how}monitor file"), &ip, Some(())),
        (
            format!("ip {how}monitor file, one stamp"),
            &unstamped,
            Some(()),
        ),
    ] {
        let speed = own.per(1e6);
        let ratio = ratio.map_or(String::new(), |()| spread(&own.over(&nlstream)));
        rows.push(vec![program, spread(own), spread(&speed), ratio]);
    }
    report.table(&rows);
    [nlstream, ip]
}
