//! The CPU time per event of a reader, with changes at full speed.

use super::place::Place;
use super::reader::{Listening, Program};
use super::storm::{Change, Storm};
use crate::common::report::{Bound, Report, cells, spread};
use crate::common::stats::Samples;
use crate::common::{Options, has};

/// The measurement of one kind.
struct Load {
    /// The object name of `ip monitor`.
    kind: &'static str,
    plural: &'static str,
    change: Change,
    full: usize,
    small: usize,
}

const LOADS: [Load; 3] = [
    Load {
        kind: "route",
        plural: "routes",
        change: Change::AddRoute,
        full: 300_000,
        small: 30_000,
    },
    Load {
        kind: "neigh",
        plural: "neighbours",
        change: Change::Neighbour,
        full: 300_000,
        small: 30_000,
    },
    Load {
        kind: "link",
        plural: "MTU changes",
        change: Change::Mtu,
        full: 100_000,
        small: 10_000,
    },
];

/// The results of one reader.
#[derive(Default)]
struct Column {
    /// CPU time per received event, microseconds.
    cost: Samples,
    received: Samples,
    lost: Samples,
}

/// Measures every kind.
pub(crate) fn measure(options: &Options, place: &Place, report: &mut Report<'_>) {
    for load in &LOADS {
        if options.wants(&format!("cpu {}", load.plural)) {
            one(options, place, report, load);
        }
    }
}

fn one(options: &Options, place: &Place, report: &mut Report<'_>, load: &Load) {
    let events = options.events(load.full, load.small);
    let ip = Program::Ip(load.kind);
    let mut readers = vec![(Program::Floor, Column::default())];
    readers.push((Program::Nlstream, Column::default()));
    if has("ip") {
        readers.push((ip, Column::default()));
    }
    let mut storm = Storm::new().expect("a socket");
    let expect =
        |result: std::io::Result<()>| result.unwrap_or_else(|e| panic!("{}: {e}", load.kind));
    let mut speed = Samples::default();
    for _ in 0..options.runs() {
        let mut sent = 0;
        for (program, column) in &mut readers {
            let listening = Listening::start(*program, place);
            let begun = std::time::Instant::now();
            expect(place.changing(|| storm.make(load.change, events)));
            speed.add(events as f64 / begun.elapsed().as_secs_f64() / 1e3);
            listening.rest();
            let result = listening.end();
            expect(storm.empty());
            if *program == Program::Floor {
                let received: u64 = result.last.parse().expect("the floor prints the number");
                sent = received + result.lost;
            }
            let received = sent.saturating_sub(result.lost);
            if *program == Program::Nlstream {
                check(&result.last, received, result.lost, report);
            }
            column.received.add(received as f64);
            column.lost.add(result.lost as f64);
            let micros = result.cost.cpu.as_secs_f64() * 1e6;
            column.cost.add(micros / received as f64);
        }
    }
    let mut rows = vec![cells([
        &format!("{events} {} at full speed", load.plural),
        "received",
        "lost",
        "CPU, µs an event",
        "× floor",
    ])];
    for (program, column) in &readers {
        let name = match program {
            Program::Floor => "floor: receive and count".to_owned(),
            Program::Nlstream | Program::Unprivileged | Program::Flows => {
                "nlstream > file".to_owned()
            }
            Program::Ip(kind) => format!("ip -rc 268435456 monitor {kind} > file"),
        };
        rows.push(vec![
            name,
            spread(&column.received),
            spread(&column.lost),
            spread(&column.cost),
            spread(&column.cost.over(&readers[0].1.cost)),
        ]);
    }
    report.table(&rows);
    let speed = spread(&speed);
    report.paragraph(&format!(
        "The kernel made {speed} thousand of them a second."
    ));
    let [floor, nlstream, ..] = &readers[..] else {
        return;
    };
    let goal = format!("{}: CPU of nlstream : floor", load.plural);
    report.goal(
        &goal,
        Bound::AtMost(1.6),
        nlstream.1.cost.over(&floor.1.cost),
    );
    if let Some(ip) = readers.get(2).filter(|_| load.kind == "route") {
        let goal = "routes: CPU of nlstream : ip -rc 268435456 monitor route";
        report.goal(goal, Bound::AtMost(0.5), nlstream.1.cost.over(&ip.1.cost));
    }
}

/// The number of delayed events of a device that was set down and up.
const LATE: u64 = 16;

/// Fails unless the counters of nlstream are those of its socket.
fn check(stop: &str, received: u64, lost: u64, report: &mut Report<'_>) {
    let stop: serde_json::Value = serde_json::from_str(stop).unwrap_or_default();
    let counter = |name: &str| stop["meta"][name].as_u64();
    let all = counter("datagrams").is_some_and(|count| count.abs_diff(received) <= LATE);
    if counter("lost") != Some(lost) || !all {
        report.fault(format!(
            "nlstream was sent {received} events and lost {lost}, but reports: {stop}"
        ));
    }
}
