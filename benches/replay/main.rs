//! How fast recorded events are replayed, beside `ip monitor file`; and how the cost of an event
//! grows with the number of objects that are known.
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
