//! Records a run. After a write error the recording ends with its last complete block, and the run
//! continues without it.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::capture::Writer;
use crate::error::Error;
use crate::event::values::Time;
use crate::input::{Header, Input};
use crate::sink::write_some;

/// Size of the buffered blocks at which they are written, bytes.
const BATCH: usize = 64 * 1024;

/// Writes the inputs of a run to a file, in large pieces.
pub(super) struct Recorder {
    path: PathBuf,
    file: File,
    /// Contains the buffered blocks.
    writer: Writer<Vec<u8>>,
    /// The end of each input in the buffer, and its time.
    buffered: Vec<(usize, Time)>,
    /// Size of the file, bytes.
    size: u64,
    failed: Option<Failed>,
}

/// The error that ended the recording.
struct Failed {
    error: io::Error,
    /// Time of the first input that is not in the recording.
    since: Time,
}

impl Recorder {
    /// Begins a recording. An existing file is overwritten.
    ///
    /// # Errors
    /// If the file cannot be created or written.
    pub(super) fn create(path: &Path, header: &Header) -> Result<Self, Error> {
        let create = || {
            let mut file = File::create(path)?;
            let mut writer = Writer::new(Vec::new(), header)?;
            file.write_all(writer.get_mut())?;
            let size = writer.get_mut().len() as u64;
            writer.get_mut().clear();
            Ok(Recorder {
                path: path.to_owned(),
                file,
                writer,
                buffered: Vec::new(),
                size,
                failed: None,
            })
        };
        create().map_err(|source| Error::Record {
            path: path.to_owned(),
            source,
        })
    }

    /// Records an input.
    pub(super) fn write(&mut self, input: &Input<'_>) {
        if self.failed.is_some() {
            return;
        }
        if let Err(error) = self.writer.write(input) {
            self.flush();
            if self.failed.is_none() {
                self.fail(error, input.time);
            }
            return;
        }
        let end = self.writer.get_mut().len();
        self.buffered.push((end, input.time));
        if end >= BATCH {
            self.flush();
        }
    }

    /// Writes the buffered blocks to the file.
    pub(super) fn flush(&mut self) {
        if self.failed.is_none() && !self.buffered.is_empty() {
            let (written, result) = write_some(&mut self.file, self.writer.get_mut());
            self.size += written as u64;
            if let Err(error) = result {
                self.end(error, written);
            }
        }
        self.writer.get_mut().clear();
        self.buffered.clear();
    }

    /// Ends the recording after an error: only `written` bytes of the buffer are in the file.
    fn end(&mut self, error: io::Error, written: usize) {
        let complete = self.buffered.partition_point(|(end, _)| *end <= written);
        let end = complete
            .checked_sub(1)
            .map_or(0, |last| self.buffered[last].0);
        self.truncate((written - end) as u64);
        if let Some((_, since)) = self.buffered.get(complete) {
            self.fail(error, *since);
        }
    }

    /// Removes the last `incomplete` bytes from the file: a part of an input.
    fn truncate(&mut self, incomplete: u64) {
        if incomplete == 0 {
            return;
        }
        self.size -= incomplete;
        if let Err(error) = self.file.set_len(self.size) {
            let path = self.path.display();
            log::error!("cannot remove the incomplete block at the end of the recording {path}: {error}");
        }
    }

    fn fail(&mut self, error: io::Error, since: Time) {
        let path = self.path.display();
        log::error!(
            "cannot write the recording {path}: {error}; it ends before {since}, the output continues; free space and restart to record again"
        );
        self.failed = Some(Failed { error, since });
    }

    /// Time of the first input that is not in the recording; `None` if all are.
    pub(super) fn unrecorded_since(&self) -> Option<Time> {
        self.failed.as_ref().map(|failed| failed.since)
    }

    /// Ends the recording.
    ///
    /// # Errors
    /// If it is not complete.
    pub(super) fn finish(mut self) -> Result<(), Error> {
        self.flush();
        match self.failed.take() {
            None => Ok(()),
            Some(Failed { error, since }) => Err(Error::Unrecorded {
                path: std::mem::take(&mut self.path),
                since,
                source: error,
            }),
        }
    }
}

impl Drop for Recorder {
    /// Writes the buffered blocks of a run that ends with an error.
    fn drop(&mut self) {
        self.flush();
    }
}
