//! A run: inputs from the kernel ([`live`]) or from a file ([`replay`]) pass through the pipeline to
//! the sink, and to a recording.

// Without the command line a part of what a run can do is not used.
#![cfg_attr(not(feature = "cli"), allow(dead_code))]

mod backlog;
mod capabilities;
mod checkpoint;
mod clock;
#[cfg(feature = "cli")]
pub mod confinement;
#[cfg(feature = "cli")]
pub mod exec;
mod files;
mod header;
#[cfg(feature = "cli")]
mod line_filter;
pub mod live;
#[cfg(feature = "cli")]
pub mod log;
pub mod metrics;
mod processes;
mod recorder;
#[cfg(feature = "cli")]
mod render;
pub mod replay;
#[cfg(feature = "cli")]
pub mod report;
mod resync;
#[cfg(feature = "cli")]
mod service;
mod session;
#[cfg(test)]
mod simulation;
#[cfg(feature = "cli")]
pub mod state;
#[cfg(feature = "cli")]
mod state_diff;
#[cfg(feature = "top")]
pub mod top;

use std::path::PathBuf;

pub use checkpoint::Checkpoints;
use jiff::Timestamp;
#[cfg(feature = "cli")]
pub use line_filter::LineOptions;

use crate::encode::Format;
#[cfg(feature = "cli")]
use crate::error::Error;
use crate::file::FolderPolicy;
use crate::sink;
#[cfg(feature = "cli")]
use crate::sink::Sink;

/// The outputs of a run: its lines and its recording.
#[derive(Clone, Debug, Default)]
pub struct Outputs {
    pub format: Format,
    /// The file for the lines; `None` for the standard output.
    pub output: Option<PathBuf>,
    /// The folders that are accepted for files.
    pub folders: FolderPolicy,
    /// How that file is rotated and archived.
    pub file: sink::Config,
    /// The file for the recording.
    pub record: Option<PathBuf>,
    /// A file that has content is replaced by the recording.
    pub force: bool,
    /// Maximum size of the lines that wait for a slow reader, or for a full disk, bytes, and of the
    /// inputs that wait for the reader of a recording. `usize::MAX`: the run waits for the readers.
    pub queue: usize,
    /// When checkpoints are written.
    pub checkpoints: Checkpoints,
    /// The process goes on after the run, whose memory is freed.
    pub shares_process: bool,
}

#[cfg(feature = "cli")]
fn open(outputs: &Outputs) -> Result<Sink, Error> {
    // Makes RLIMIT_FSIZE an error of write(2); by default the signal ends the process.
    let signal = signal_hook::consts::SIGXFSZ;
    signal_hook::flag::register(signal, std::sync::Arc::default()).map_err(Error::Loop)?;
    match &outputs.output {
        Some(path) => Sink::file(path, outputs.folders, &outputs.file, &outputs.format),
        None => Sink::stdout(),
    }
}

/// The id of a run that begins now: its time in seconds as 8 hexadecimal digits, and 6 random ones for
/// other runs of this second.
fn run_id() -> String {
    let mut bytes = [0; 4];
    // getrandom(2) is missing in kernels before 3.17.
    if rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty()) != Ok(4) {
        bytes = std::process::id().to_ne_bytes();
    }
    let random = u32::from_ne_bytes(bytes) & 0xff_ffff;
    // Until the year 2106.
    let second = Timestamp::now().as_second().clamp(0, i64::from(u32::MAX));
    format!("{second:08x}{random:06x}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::meta::check_run;

    #[test]
    fn ids_of_runs_sort_by_their_start() {
        let (first, again) = (run_id(), run_id());
        assert!(check_run(&first).is_ok() && first != again);
        let begins = |id: &str| i64::from_str_radix(&id[..8], 16).unwrap();
        assert!(begins(&first) <= begins(&again));
        assert!((begins(&again) - Timestamp::now().as_second()).abs() < 60);
    }
}
