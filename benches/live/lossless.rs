//! A full table at full speed, with default options: lost events, which must be none, and memory.

use super::place::Place;
use super::reader::{Listening, Program};
use super::storm::{Change, Storm};
use crate::common::Options;
use crate::common::process::status_kib;
use crate::common::report::{Bound, Report, cells, spread};
use crate::common::stats::Samples;

/// Measures with and without privilege.
pub(crate) fn measure(options: &Options, place: &Place, report: &mut Report<'_>) {
    if !options.wants("lossless") {
        return;
    }
    let events = options.events(1_000_000, 50_000);
    let mut rows = vec![cells([
        &format!("{events} routes at full speed"),
        "lost",
        "resident, MiB: at rest",
        "with the routes",
        "at most",
    ])];
    let mut programs = vec![("without privilege", Program::Unprivileged)];
    if place.privileged {
        programs.insert(0, ("with privilege", Program::Nlstream));
    } else {
        report.paragraph("With privilege: not measured, it takes root.");
    }
    for (name, program) in programs {
        let mut storm = Storm::new().expect("a socket");
        let mut samples = [const { Vec::new() }; 4];
        for _ in 0..options.runs() {
            let listening = Listening::start(program, place);
            let pid = listening.running.pid();
            let memory = || status_kib(pid, "VmRSS:").unwrap_or(0) as f64 / 1024.0;
            let idle = memory();
            let made = place.changing(|| storm.make(Change::AddRoute, events));
            made.unwrap_or_else(|e| panic!("{events} routes: {e}"));
            listening.rest();
            let full = memory();
            let result = listening.end();
            storm.empty().unwrap_or_else(|e| panic!("no routes: {e}"));
            let most = result.cost.memory as f64 / 1024.0;
            for (samples, sample) in samples
                .iter_mut()
                .zip([result.lost as f64, idle, full, most])
            {
                samples.push(sample);
            }
        }
        let [lost, idle, full, most] = samples.map(|s| s.into_iter().collect::<Samples>());
        rows.push(vec![
            format!("nlstream, {name}"),
            spread(&lost),
            spread(&idle),
            spread(&full),
            spread(&most),
        ]);
        let goal = format!("{events} routes {name}: lost");
        report.goal(&goal, Bound::AtMost(0.0), lost);
        if program == Program::Unprivileged {
            report.goal("resident at rest, MiB", Bound::AtMost(6.0), idle);
            let goal = format!("resident with {events} tracked routes, MiB");
            report.goal(&goal, Bound::AtMost(160.0), full);
        }
    }
    report.table(&rows);
    let limit = std::fs::read_to_string("/proc/sys/net/core/rmem_max");
    let limit = limit.as_deref().map_or("?", str::trim);
    report.paragraph(&format!(
        "Without privilege net.core.rmem_max binds, which is {limit} here."
    ));
}
