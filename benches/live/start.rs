//! The start time of the program on a typical host, and its size.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use super::storm::{Change, Kernel, Storm};
use crate::common::process::{Running, run};
use crate::common::report::{Bound, Report};
use crate::common::stats::Samples;
use crate::common::{NLSTREAM, Options, has, scratch};

/// A typical host: a few containers, routes and neighbours.
const PAIRS: u8 = 8;
const ROUTES: usize = 50;
const NEIGHBOURS: usize = 50;

/// Measures start time and size.
pub(crate) fn measure(options: &Options, report: &mut Report<'_>) {
    if options.wants("start") {
        start(options, report);
    }
    if options.wants("size") {
        size(report);
    }
}

fn start(options: &Options, report: &mut Report<'_>) {
    let host = || -> std::io::Result<()> {
        let kernel = Kernel::open()?;
        for pair in 0..PAIRS {
            let (one, other) = (format!("host{pair}"), format!("cont{pair}"));
            kernel.make_pair(&one, &other)?;
            kernel.up(&one)?;
            kernel.up(&other)?;
            kernel.address(&one, [172, 16, pair, 1])?;
        }
        let mut storm = Storm::new()?;
        storm.empty()?;
        storm.make(Change::AddRoute, ROUTES)?;
        storm.make(Change::Neighbour, NEIGHBOURS)
    };
    host().unwrap_or_else(|e| panic!("an ordinary host: {e}"));
    let (mut begun, mut synced) = (Samples::default(), Samples::default());
    for _ in 0..options.runs() * 4 {
        let mut command = Command::new(NLSTREAM);
        command
            .arg("--snapshot")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut running = Running::start(&mut command, None);
        let mut lines = BufReader::new(running.child.stdout.take().expect("a pipe"));
        let mut line = String::new();
        for (wanted, samples) in [("start", &mut begun), ("sync", &mut synced)] {
            let wanted = format!("\"kind\":\"meta\",\"op\":\"{wanted}\"");
            loop {
                line.clear();
                let length = lines.read_line(&mut line).expect("a line");
                assert!(length > 0, "it ended before {wanted}");
                if line.contains(&wanted) {
                    break;
                }
            }
            samples.add(running.begun().elapsed().as_secs_f64() * 1e3);
        }
        drop(lines);
        running.terminate();
        running.end();
    }
    report.goal("start to `meta start`, ms", Bound::AtMost(5.0), begun);
    let devices = usize::from(PAIRS) * 2 + 3;
    let goal = format!("start to `sync` with {devices} devices, ms");
    report.goal(&goal, Bound::AtMost(20.0), synced);
}

fn size(report: &mut Report<'_>) {
    let copy = scratch("stripped");
    let mut file = std::path::Path::new(NLSTREAM);
    let how = match has("strip") {
        true => {
            run(Command::new("strip").arg("-o").arg(&copy).arg(file), None);
            file = &copy;
            "stripped"
        }
        false => "as built: there is no strip(1)",
    };
    let bytes = std::fs::metadata(file).expect("the program is built").len();
    let size = [bytes as f64 / f64::from(1 << 20)].into_iter().collect();
    let goal = format!("program, {how}, MiB");
    report.goal(&goal, Bound::AtMost(4.0), size);
    let _ = std::fs::remove_file(copy);
}
