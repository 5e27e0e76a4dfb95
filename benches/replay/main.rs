//! The speed of a replay, compared with `ip monitor file`, and how the time per event grows with the
//! number of known objects.
#![allow(clippy::unwrap_used, reason = "a bench fails by a panic")]

#[path = "../common/mod.rs"]
mod common;
mod files;
mod growth;
mod throughput;

use std::process::ExitCode;

use common::Options;
use common::report::Report;

fn main() -> ExitCode {
    let options = Options::read();
    let mut report = Report::new("replay", &options);
    throughput::measure(&options, &mut report);
    growth::measure(&options, &mut report);
    report.end()
}
