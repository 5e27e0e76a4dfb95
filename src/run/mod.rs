//! A run: inputs from the kernel ([`live`]) or from a file ([`replay`]) pass through the pipeline to
//! the sink, and to a recording.

mod backlog;
mod checkpoint;
mod clock;
pub mod confinement;
pub mod exec;
mod files;
mod header;
mod line_filter;
pub mod live;
pub mod metrics;
mod recorder;
pub mod replay;
mod resync;
mod service;
mod session;
#[cfg(test)]
mod simulation;
pub mod state;

use std::path::PathBuf;
use std::sync::Arc;

use signal_hook::consts::SIGXFSZ;

pub use checkpoint::Checkpoints;
pub use line_filter::{LineOptions, META_OPS};

use crate::encode::Format;
use crate::error::Error;
use crate::file::FolderPolicy;
use crate::sink::{self, Sink};

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
}

fn open(outputs: &Outputs) -> Result<Sink, Error> {
    // Makes RLIMIT_FSIZE an error of write(2); by default the signal ends the process.
    signal_hook::flag::register(SIGXFSZ, Arc::default()).map_err(Error::Loop)?;
    match &outputs.output {
        Some(path) => Sink::file(path, outputs.folders, &outputs.file, &outputs.format),
        None => Sink::stdout(),
    }
}

/// 8 random hexadecimal digits.
fn run_id() -> String {
    let mut bytes = [0; 4];
    // getrandom(2) is missing in kernels before 3.17.
    if rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty()) != Ok(4) {
        bytes = std::process::id().to_ne_bytes();
    }
    format!("{:08x}", u32::from_ne_bytes(bytes))
}
