//! A file of records: opened for appending, and never left with a torn record. Records that cannot
//! be written now are kept and retried.

mod archive;
mod compress;
mod config;
mod open;
mod repair;
mod rotate;
#[cfg(test)]
mod tests;
mod worker;
mod write;

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use log::{info, warn};

use super::{Stats, give_back};
use crate::encode::{Format, Framing, RecordReader};
use crate::error::Error;
use crate::file::{FolderPolicy, Place};
use crate::input::Opened;
pub use archive::is_archive_name;
pub use config::{Config, Fsync, Rotation};
pub use rotate::RotateAction;

use open::open;
use worker::Worker;

/// Interval between synchronisations with [`Fsync::Interval`].
const SYNC: Duration = Duration::from_secs(1);

/// A file of records, open for appending.
pub struct AppendFile {
    path: PathBuf,
    folders: FolderPolicy,
    /// Where the path led to when the file was opened.
    place: Place,
    config: Config,
    framing: Framing,
    records: &'static dyn RecordReader,
    file: File,
    /// A regular file, not a device or a pipe: it can be truncated, rotated and synchronised.
    regular: bool,
    /// How the file was found when it was opened.
    opened: Opened,
    /// Size of the file as far as this process has written or checked it, bytes.
    size: u64,
    /// Bytes of complete records that were written since the file was opened. Without any, a
    /// rotation would only produce an empty file.
    fresh: u64,
    /// Size of the checkpoints in the file.
    checkpoints: CheckpointBytes,
    /// A checkpoint is being written.
    held: bool,
    /// Whole records that wait to be written.
    pending: Vec<u8>,
    /// How many bytes of the first pending record are in the file already.
    torn: usize,
    failure: Option<WriteFailure>,
    /// The file is closed or deleted: records wait until the next one is open.
    leaving: bool,
    /// Another program truncated the file: records wait for a `start` record.
    emptied: bool,
    /// SIGHUP was received: check at once whether the file was renamed.
    hangup: bool,
    last_check: Option<Instant>,
    rotate_at: Option<Instant>,
    /// A rotation failed and is not retried before this time.
    not_before: Option<Instant>,
    sync_at: Option<Instant>,
    worker: Worker,
    stats: Stats,
}

/// Bytes of the checkpoints in a file: of the first one, which every file has, and of later ones.
#[derive(Debug, Default)]
struct CheckpointBytes {
    first: u64,
    later: u64,
    /// The first one is complete.
    is_later: bool,
}

/// Why records wait.
struct WriteFailure {
    error: io::Error,
    since: Instant,
    retry: Instant,
}

impl AppendFile {
    /// Opens or creates the file for records of `format`, and [repairs](repair::repair_tail) its
    /// end.
    ///
    /// # Errors
    /// If it cannot be opened or repaired, another nlstream writes to it, it has other content, or its
    /// name is too long for those of archived files.
    pub fn open(
        path: &Path,
        folders: FolderPolicy,
        config: Config,
        format: &Format,
    ) -> Result<Self, Error> {
        let (framing, records) = (format.framing(), format.records());
        let failed = |source| Error::OpenOutput {
            path: path.to_owned(),
            source,
        };
        let opened = open(path, folders, None, framing, records);
        let (place, file, opened) = opened.map_err(failed)?;
        let mut it = AppendFile {
            path: path.to_owned(),
            folders,
            place,
            worker: Worker::new(path),
            config,
            framing,
            records,
            regular: false,
            file,
            opened,
            size: 0,
            fresh: 0,
            checkpoints: CheckpointBytes::default(),
            held: false,
            pending: Vec::new(),
            torn: 0,
            failure: None,
            leaving: false,
            emptied: false,
            hangup: false,
            last_check: None,
            rotate_at: None,
            not_before: None,
            sync_at: None,
            stats: Stats::default(),
        };
        it.on_opened();
        if let Some(bytes) = it.opened.tail_repaired {
            let path = path.display();
            info!("removed an incomplete record of {bytes} bytes from the end of {path}");
        }
        if let Some(bytes) = it.opened.tail_ended {
            let path = path.display();
            warn!(
                "an incomplete record of {bytes} bytes cannot be removed from {path}: its line was ended"
            );
        }
        it.check(&it.config)?;
        it.tidy();
        Ok(it)
    }

    /// # Errors
    /// If the file cannot be rotated as `config` says: its name is too long.
    pub fn check(&self, config: &Config) -> Result<(), Error> {
        if !self.can_rotate() || !config.rotation.is_on() {
            return Ok(());
        }
        let suffix = match config.rotation.compress {
            true => archive::LONGEST,
            false => archive::LONGEST_PLAIN,
        };
        let checked = self.place.folder().check_length(self.place.name(), suffix);
        checked.map_err(|source| Error::OpenOutput {
            path: self.path.clone(),
            source,
        })
    }

    /// Changes when the file is rotated and synchronised.
    pub fn configure(&mut self, config: Config) {
        let every = self.config.rotation.every;
        self.config = config;
        if self.config.rotation.every != every {
            self.schedule_rotation();
        }
        self.tidy();
    }

    /// Starts to compress and remove archived files, if files are rotated.
    fn tidy(&self) {
        if self.rotates() {
            self.worker.tidy(&self.place, &self.config.rotation);
        }
    }

    fn rotates(&self) -> bool {
        self.can_rotate() && self.config.rotation.is_on()
    }

    /// A device or a pipe, and a link on procfs (`/dev/stdout`), cannot be renamed.
    fn can_rotate(&self) -> bool {
        self.regular && !self.place.is_magic()
    }

    /// Resets what belongs to one file, after another was opened.
    fn on_opened(&mut self) {
        let data = self.file.metadata().ok();
        self.regular = data.as_ref().is_some_and(std::fs::Metadata::is_file);
        self.size = data.map_or(0, |data| data.len());
        (self.fresh, self.torn, self.leaving) = (0, 0, false);
        (self.checkpoints, self.held) = (CheckpointBytes::default(), false);
        self.emptied = false;
        self.schedule_rotation();
    }

    /// Sets when the file has the age at which it is rotated.
    fn schedule_rotation(&mut self) {
        self.rotate_at = self.config.rotation.every.map(|every| {
            let begun = repair::first_time(&self.file, self.records);
            let age = begun.map(|begun| Timestamp::now().duration_since(begun));
            let age = age.and_then(|age| Duration::try_from(age).ok());
            Instant::now() + every.saturating_sub(age.unwrap_or_default())
        });
    }

    /// Returns how the file was found when it was opened.
    pub fn opened(&self) -> &Opened {
        &self.opened
    }

    /// Takes the record that a new file begins with. It is inserted before those that wait.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn write_first(&mut self, record: &[u8]) -> Result<(), Error> {
        self.records
            .insert_first(self.framing, record, &mut self.pending);
        let alone = self.pending.len() == record.len();
        self.flush()?;
        if alone {
            self.fresh = 0;
        }
        Ok(())
    }

    /// Writes complete records, or keeps them if earlier ones wait or the file takes none.
    ///
    /// # Errors
    /// If they cannot be written and the file is not [patient](Config::patient), or nobody reads
    /// the pipe any more.
    pub fn write(&mut self, lines: &[u8]) -> Result<(), Error> {
        if self.pending.is_empty() && !self.waits() {
            let whole = self.put(lines);
            self.pending.extend_from_slice(&lines[whole..]);
        } else {
            self.pending.extend_from_slice(lines);
            self.flush()?;
        }
        self.check_failure()
    }

    /// Retries waiting records and synchronises the file, as far as each is due.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn flush(&mut self) -> Result<(), Error> {
        if !self.pending.is_empty() && !self.waits() {
            let mut pending = std::mem::take(&mut self.pending);
            let whole = self.put(&pending);
            pending.drain(..whole);
            give_back(&mut pending);
            self.pending = pending;
        }
        if self.sync_at.is_some_and(|at| at <= Instant::now()) {
            let begun = self.worker.sync(&self.file);
            self.sync_at = (!begun).then(|| Instant::now() + SYNC);
        }
        self.check_failure()
    }

    /// Returns true if records cannot be written before the next retry or the next file.
    fn waits(&self) -> bool {
        let now = Instant::now();
        self.leaving
            || self.emptied
            || self
                .failure
                .as_ref()
                .is_some_and(|failure| failure.retry > now)
    }

    /// Returns the failure if records must not wait: without patience, or without a reader.
    fn check_failure(&mut self) -> Result<(), Error> {
        let gone = |failure: &WriteFailure| failure.error.kind() == io::ErrorKind::BrokenPipe;
        match &self.failure {
            Some(failure) if !self.config.patient || gone(failure) => Err(self.error()),
            _ => Ok(()),
        }
    }

    fn error(&mut self) -> Error {
        let source = self.failure.take().map(|failure| failure.error);
        Error::Write {
            name: self.path.display().to_string(),
            source: source.unwrap_or_else(|| io::ErrorKind::TimedOut.into()),
        }
    }

    /// Returns true if records wait, or the next file has to be opened.
    pub fn is_faulty(&self) -> bool {
        self.failure.is_some() || self.leaving || self.emptied || !self.pending.is_empty()
    }

    /// Returns the error number of the failure for which records wait.
    pub fn errno(&self) -> Option<u32> {
        let failure = self.failure.as_ref()?;
        failure.error.raw_os_error().map(i32::unsigned_abs)
    }

    /// Returns when [`flush`](Self::flush) or [`rotate_action`](Self::rotate_action) has to be
    /// called, if no record comes before.
    pub fn wakeup(&self) -> Option<Instant> {
        let retry = self.failure.as_ref().map(|failure| failure.retry);
        let open_next = self.leaving || self.emptied;
        let open_next = open_next.then(Instant::now).filter(|_| retry.is_none());
        let rotate = self.rotate_at.filter(|_| self.fresh > 0 && retry.is_none());
        let rotate = rotate.max(rotate.and(self.not_before));
        [retry, open_next, rotate, self.sync_at]
            .into_iter()
            .flatten()
            .min()
    }

    /// Writes everything and synchronises the file.
    ///
    /// # Errors
    /// If records still wait.
    pub fn finish(&mut self) -> Result<(), Error> {
        self.flush()?;
        if self.is_faulty() {
            return Err(self.error());
        }
        if self.regular
            && self.config.fsync != Fsync::Never
            && let Err(error) = self.file.sync_all()
        {
            self.stats.errors += 1;
            warn!(
                "cannot sync {}: {error}; recent records may not be on the disk",
                self.path.display()
            );
        }
        Ok(())
    }

    /// Returns how many bytes wait.
    pub fn pending(&self) -> usize {
        self.pending.len()
    }

    /// Returns the counts so far.
    pub fn stats(&self) -> Stats {
        let failed = self.worker.failed();
        Stats {
            errors: self.stats.errors + failed,
            ..self.stats
        }
    }
}
