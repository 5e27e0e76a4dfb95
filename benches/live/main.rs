//! CPU time of a live run at full speed, compared with a minimal listener and `ip monitor`; lost
//! events, start time, latency and memory.
//!
//! The benches run in a network namespace. For root it belongs to the initial user namespace, so
//! that the program can be measured with privilege too; otherwise no privilege is needed.
#![allow(clippy::unwrap_used, reason = "a bench fails by a panic")]

#[path = "../common/mod.rs"]
mod common;
mod cpu;
mod floor;
mod flows;
mod growth;
mod latency;
mod lossless;
mod place;
mod reader;
mod start;
mod storm;

use std::process::ExitCode;

use common::Options;
use common::report::Report;
use place::Place;

fn main() -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some(floor::ROLE) {
        return floor::run();
    }
    let options = Options::read();
    let place = match Place::new() {
        Ok(place) => place,
        Err(error) => {
            eprintln!("*** NOT MEASURED: no network namespace of its own: {error} ***");
            // In CI a bench that cannot run fails.
            return match std::env::var_os("CI") {
                Some(_) => ExitCode::FAILURE,
                None => ExitCode::SUCCESS,
            };
        }
    };
    let mut report = Report::new("live", &options);
    cpu::measure(&options, &place, &mut report);
    lossless::measure(&options, &place, &mut report);
    growth::measure(&options, &place, &mut report);
    flows::measure(&options, &place, &mut report);
    latency::measure(&options, &mut report);
    start::measure(&options, &mut report);
    report.end()
}
