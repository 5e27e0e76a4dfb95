//! The CPU time of a route change with few and with many known routes.

use super::place::Place;
use super::reader::{Listening, Program};
use super::storm::{Change, Storm};
use crate::common::Options;
use crate::common::made::far_apart;
use crate::common::process::cpu_so_far;
use crate::common::report::{Bound, Report, cells, spread};
use crate::common::stats::Samples;

const FEW: u32 = 1_000;
/// A protocol number that no route has at first; it differs in every round.
const FIRST_PROTOCOL: u8 = 200;

/// Measures the minimal listener and nlstream.
pub(crate) fn measure(options: &Options, place: &Place, report: &mut Report<'_>) {
    if !options.wants("growth") {
        return;
    }
    let many = options.events(1_000_000, 50_000) as u32;
    let changes = options.events(200_000, 20_000);
    let mut costs: [[Samples; 2]; 2] = Default::default();
    for _ in 0..options.runs() {
        for (program, costs) in [Program::Floor, Program::Nlstream]
            .into_iter()
            .zip(&mut costs)
        {
            for (known, cost) in [FEW, many].into_iter().zip(costs) {
                cost.add(one(place, program, known, changes));
            }
        }
    }
    let [floor, nlstream] = costs;
    let mut rows = vec![cells([
        &format!("{changes} routes changed, far from one another, CPU, µs a change"),
        &format!("among {FEW}"),
        &format!("among {many}"),
        "growth",
    ])];
    let growth = |[few, many]: &[Samples; 2]| many.over(few);
    for (name, costs) in [
        ("floor: receive and count", &floor),
        ("nlstream > file", &nlstream),
    ] {
        let [few, many] = costs;
        let growth = spread(&growth(costs));
        rows.push(vec![name.to_owned(), spread(few), spread(many), growth]);
    }
    report.table(&rows);
    let goal = format!("a change among {many} routes : one among {FEW}");
    report.goal(&goal, Bound::AtMost(1.3), growth(&nlstream));
}

/// Returns the CPU time of a change of one of `known` routes, microseconds.
fn one(place: &Place, program: Program, known: u32, changes: usize) -> f64 {
    let mut storm = Storm::new().expect("a socket");
    let fine = |result: std::io::Result<()>| result.unwrap_or_else(|e| panic!("routes: {e}"));
    let listening = Listening::start(program, place);
    fine(place.changing(|| storm.make(Change::AddRoute, known as usize)));
    listening.rest();
    let used = || {
        cpu_so_far(listening.running.pid())
            .expect("schedstat")
            .as_secs_f64()
    };
    let before = used();
    // The same route changes again after `known` changes: the value differs then.
    let change = |number: u32| {
        let protocol = FIRST_PROTOCOL + (number / known % 2) as u8;
        (Change::ReplaceRoute(protocol), far_apart(number, known))
    };
    fine(place.changing(|| storm.make_each(changes, change)));
    listening.rest();
    let after = used();
    listening.end();
    fine(storm.empty());
    (after - before) * 1e6 / changes as f64
}
