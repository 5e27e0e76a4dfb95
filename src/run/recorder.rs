//! The recording of a run. Where it cannot be written any more it ends with what is whole, and the
//! run goes on.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::capture::Writer;
use crate::error::Error;
use crate::event::values::Time;
use crate::input::{Header, Input};
use crate::sink::write_some;

/// What waits to be written, bytes, beyond which it is written at once.
const BATCH: usize = 64 * 1024;

/// Writes the inputs of a run to a file.
pub struct Recorder {
    path: PathBuf,
    file: File,
    /// Holds what waits to be written.
    writer: Writer<Vec<u8>>,
    /// Where each input ends in what waits, and when it happened.
    waiting: Vec<(usize, Time)>,
    /// What was written, bytes.
    size: u64,
    failed: Option<Failed>,
}

/// Why nothing is recorded any more.
struct Failed {
    error: io::Error,
    /// When the first input happened that is not in the recording.
    since: Time,
}

impl Recorder {
    /// Begins the recording of a run; a file of that name is emptied.
    ///
    /// # Errors
    /// Where the file cannot be made, or takes nothing.
    pub fn create(path: &Path, header: &Header) -> Result<Self, Error> {
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
                waiting: Vec::new(),
                size,
                failed: None,
            })
        };
        create().map_err(|source| Error::Record {
            path: path.to_owned(),
            source,
        })
    }

    /// Takes what happened.
    pub fn write(&mut self, input: &Input<'_>) {
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
        self.waiting.push((end, input.time));
        if end >= BATCH {
            self.flush();
        }
    }

    /// Writes what waits.
    pub fn flush(&mut self) {
        if self.failed.is_none() && !self.waiting.is_empty() {
            let (written, result) = write_some(&mut self.file, self.writer.get_mut());
            self.size += written as u64;
            if let Err(error) = result {
                self.end(error, written);
            }
        }
        self.writer.get_mut().clear();
        self.waiting.clear();
    }

    /// Ends the recording, where of what waits only so many bytes were written.
    fn end(&mut self, error: io::Error, written: usize) {
        let whole = self.waiting.partition_point(|(end, _)| *end <= written);
        let end = whole.checked_sub(1).map_or(0, |last| self.waiting[last].0);
        self.cut((written - end) as u64);
        if let Some((_, since)) = self.waiting.get(whole) {
            self.fail(error, *since);
        }
    }

    /// Cuts off what was written of an input that is not whole.
    fn cut(&mut self, torn: u64) {
        if torn == 0 {
            return;
        }
        self.size -= torn;
        if let Err(error) = self.file.set_len(self.size) {
            let path = self.path.display();
            log::error!("{path} ends with half a block, which cannot be cut off: {error}");
        }
    }

    fn fail(&mut self, error: io::Error, since: Time) {
        let path = self.path.display();
        log::error!(
            "cannot record to {path}: {error}: the recording ends before {since}, the lines go on; to record further make room and start again"
        );
        self.failed = Some(Failed { error, since });
    }

    /// When the first input happened that is not in the recording; nothing, where all are.
    pub fn unrecorded_since(&self) -> Option<Time> {
        self.failed.as_ref().map(|failed| failed.since)
    }

    /// Ends the recording.
    ///
    /// # Errors
    /// Where it is not complete.
    pub fn finish(mut self) -> Result<(), Error> {
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
    /// Also a run that ends with an error leaves what it has recorded.
    fn drop(&mut self) {
        self.flush();
    }
}
