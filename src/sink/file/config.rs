//! When a file is rotated and synchronised.

use std::time::Duration;

/// How a file of records is written, rotated and synchronised.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// When the file is rotated.
    pub rotation: Rotation,
    /// When the file is synchronised to the disk.
    pub fsync: Fsync,
    /// Keep records that cannot be written and retry, instead of failing.
    pub patient: bool,
}

/// When a file is rotated: renamed to its archive name, and replaced by a new one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rotation {
    /// Size from which on the file is rotated, bytes.
    pub size: Option<u64>,
    /// Age from which on the file is rotated.
    pub every: Option<Duration>,
    /// Number of archived files that are kept; 0 keeps all of them.
    pub keep: usize,
    /// Compress archived files.
    pub compress: bool,
}

impl Rotation {
    /// Returns true if files are rotated.
    pub fn is_on(&self) -> bool {
        self.size.is_some() || self.every.is_some()
    }
}

/// When written records are synchronised to the disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fsync {
    /// When the kernel writes them back.
    #[default]
    Never,
    /// At most a second after they were written.
    Interval,
    /// After every write: processing of kernel events waits for the disk.
    Always,
}
