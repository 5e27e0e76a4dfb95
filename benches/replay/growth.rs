//! The time per event with few and with many known objects.

use std::time::{Duration, Instant};

use nlstream::encode::Format;
use nlstream::event::values::Time;
use nlstream::input::{Channel, ControlRecord, Header, Input, InputData};
use nlstream::pipeline::{Config, Pipeline};

use crate::common::Options;
use crate::common::made::{Links, Maker, Neighs, Routes, far_apart};
use crate::common::report::{Bound, Report, cells, spread};
use crate::common::stats::{Samples, figure};

/// The number of measured changes for each number of objects.
const CHANGES: u32 = 100_000;
/// Inputs per batch, as in a replay; a live run has up to 128.
const BATCH: usize = 64;

/// Measures routes, neighbours and links.
pub(crate) fn measure(options: &Options, report: &mut Report<'_>) {
    if !options.wants("growth") {
        return;
    }
    let most = if options.small { 100_000 } else { 1_000_000 };
    let mut rows = vec![cells([
        "objects known",
        "route: ns an add",
        "a change",
        "neigh: ns an add",
        "a change",
        "link: ns a change",
    ])];
    let sizes: Vec<u32> = [1_000, 10_000, 100_000, 1_000_000]
        .into_iter()
        .filter(|size| *size <= most)
        .collect();
    let mut kinds = [Vec::new(), Vec::new(), Vec::new()];
    for size in &sizes {
        kinds[0].push(kind(options, *size, Routes::new));
        kinds[1].push(kind(options, *size, Neighs::new));
        // A million devices is unrealistic.
        if *size <= 10_000 {
            kinds[2].push(kind(options, *size, Links::new));
        }
        let cell = |kind: usize, column: usize| match kinds[kind].last() {
            Some(samples) if kinds[kind].len() == kinds[0].len() => spread(&samples[column]),
            _ => "–".to_owned(),
        };
        let size = figure(f64::from(*size));
        rows.push(vec![
            size,
            cell(0, 0),
            cell(0, 1),
            cell(1, 0),
            cell(1, 1),
            cell(2, 1),
        ]);
    }
    report.table(&rows);
    for (kind, most) in kinds.iter().zip(["routes", "neighbours", "links"]) {
        let (Some(few), Some(many)) = (kind.first(), kind.last()) else {
            continue;
        };
        let count = sizes[kind.len() - 1];
        let goal = format!("a change among {count} {most} : one among 1000");
        report.goal(&goal, Bound::AtMost(3.0), many[1].over(&few[1]));
    }
}

/// Returns the time of an add and of a change with this number of objects, nanoseconds.
fn kind<M: Maker>(options: &Options, size: u32, make: impl Fn() -> M) -> [Samples; 2] {
    let mut samples = [Samples::default(), Samples::default()];
    for _ in 0..options.runs() {
        let mut maker = make();
        let mut lines = Vec::new();
        let config = Config::new(Format::Json, "00000000".to_owned(), &Header::default());
        let mut pipeline = Pipeline::new(config, &mut lines).expect("memory can be written");
        let mut feed = |some: Vec<InputData<'_>>| {
            lines.clear();
            let time = Time::default();
            let inputs: Vec<_> = some.into_iter().map(|data| Input { time, data }).collect();
            let begun = Instant::now();
            pipeline
                .feed(&inputs, &mut lines)
                .expect("memory can be written");
            begun.elapsed()
        };
        feed(vec![InputData::Control(
            Channel::ROUTE_EVENTS,
            ControlRecord::Sync.into(),
        )]);
        let mut each = |count: u32, make: &mut dyn FnMut(u32) -> Vec<u8>| {
            let mut spent = Duration::ZERO;
            for first in (0..count).step_by(BATCH) {
                let some = first..count.min(first + BATCH as u32);
                let datagrams: Vec<_> = some.map(&mut *make).collect();
                let data = |bytes| InputData::Datagram(Channel::ROUTE_EVENTS, bytes);
                spent += feed(datagrams.iter().map(|bytes| data(bytes)).collect());
            }
            spent.as_nanos() as f64 / f64::from(count)
        };
        samples[0].add(each(size, &mut |key| maker.add(key).to_vec()));
        samples[1].add(each(CHANGES, &mut |event| {
            // The same key is used again after `size` events.
            let (key, round) = (far_apart(event, size), 1 + event / size);
            maker.change(key, round).to_vec()
        }));
    }
    samples
}
