//! What happens to a service that writes a file: full disks, files that are renamed, emptied or
//! deleted, limits, kills. Whatever it is, the lines are whole, and none is missing in silence.
//!
//! The long form: `cargo test --release --test faults_output -- --ignored --nocapture`

#[path = "../common/mod.rs"]
mod common;

mod disk;
mod files;
mod kill;
mod record;
mod service;
