//! A run: inputs from the kernel ([`live`]) or from a file ([`replay`]) through the pipeline to
//! the sink, and to a recording.

mod backlog;
mod clock;
mod header;
pub mod live;
pub mod metrics;
mod recorder;
pub mod replay;
mod requests;
mod resync;
mod sandbox;
mod service;
mod session;
pub mod state;

use std::path::PathBuf;
use std::sync::Arc;

use signal_hook::consts::SIGXFSZ;

use crate::encode::Format;
use crate::error::Error;
use crate::sink::{self, Sink};

/// Where the lines and the recording of a run go.
#[derive(Clone, Debug, Default)]
pub struct Outputs {
    pub format: Format,
    /// The file for the lines; the standard output without one.
    pub output: Option<PathBuf>,
    /// How that file is kept.
    pub file: sink::Config,
    /// The file for the recording.
    pub record: Option<PathBuf>,
    /// Lines that may wait for a slow reader, or for a file that takes none, bytes.
    pub queue: usize,
}

fn open(outputs: &Outputs) -> Result<Sink, Error> {
    // A file that may grow no more (RLIMIT_FSIZE) is an error of the write, and not the end.
    signal_hook::flag::register(SIGXFSZ, Arc::default()).map_err(Error::Loop)?;
    match &outputs.output {
        Some(path) => Sink::file(path, &outputs.file, &outputs.format),
        None => Ok(Sink::stdout()),
    }
}

/// 8 random hexadecimal digits.
fn run_id() -> String {
    let mut bytes = [0; 4];
    // Without randomness (a kernel before 3.17) the process id has to do.
    if rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty()) != Ok(4) {
        bytes = std::process::id().to_ne_bytes();
    }
    format!("{:08x}", u32::from_ne_bytes(bytes))
}
