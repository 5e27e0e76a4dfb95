//! A file of records: opened for appending, and never left with a torn record. Records that cannot
//! be written now are kept and retried.

mod archive;
mod compress;
mod repair;
mod rotate;
#[cfg(test)]
mod tests;
mod worker;

use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use log::{info, warn};
use rustix::fs::OFlags;

use super::{Stats, give_back, write_some};
use crate::encode::{Format, Framing, RecordReader};
use crate::error::Error;
use crate::file::{Attributes, FolderPolicy, Place, is_refusal};
use crate::input::Opened;
pub use archive::is_archive_name;
pub use rotate::RotateAction;

use worker::Worker;

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

/// Interval between retries of a failed write.
const RETRY: Duration = Duration::from_secs(1);
/// How often, and at which interval, a run tries to lock its file.
const LOCK_ATTEMPTS: u32 = 5;
const LOCK_INTERVAL: Duration = Duration::from_millis(5);
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

    /// Writes as many of these records as the file takes. Returns the length of those that are in
    /// the file as a whole.
    fn put(&mut self, lines: &[u8]) -> usize {
        if lines.is_empty() {
            return 0;
        }
        if self.torn > 0 {
            self.remove_torn();
        }
        let (count, result) = write_some(&mut self.file, &lines[self.torn..]);
        self.size += count as u64;
        let written = self.torn + count;
        let whole = self.framing.last_end(&lines[..written]);
        self.torn = written - whole;
        if self.torn > 0 {
            self.remove_torn();
        }
        let data = self.regular.then(|| self.file.metadata().ok()).flatten();
        // The file was deleted while it was written to. Repeat these records in the next one, so
        // that they are not lost with it.
        if data.as_ref().is_some_and(|data| data.nlink() == 0) {
            (self.torn, self.leaving) = (0, true);
            return 0;
        }
        // It was truncated (copytruncate of logrotate): these records would be the first of the
        // file, before its `start`.
        if let Some(length) = data.map(|data| data.len()).filter(|len| *len < self.size) {
            self.take_back(&lines[..whole], length);
            return 0;
        }
        self.fresh += whole as u64;
        self.stats.bytes += whole as u64;
        match result {
            Ok(()) => self.recovers(),
            Err(error) => self.fails(error),
        }
        if whole > 0 && self.regular {
            self.sync();
        }
        whole
    }

    /// Removes the torn record from the end of the file. If that fails, the next write completes
    /// the record instead.
    fn remove_torn(&mut self) {
        if !self.regular {
            return;
        }
        let torn = self.torn as u64;
        let truncate = || -> io::Result<()> {
            let end = self.file.metadata()?.len();
            self.file.set_len(end.saturating_sub(torn))
        };
        if truncate().is_ok() {
            (self.size, self.torn) = (self.size.saturating_sub(torn), 0);
        }
    }

    /// Removes the records just written from the end of a file that another program truncated, so
    /// that they can follow a `start` record. If they are not there it was truncated after the
    /// write, and they are lost with what was before them.
    fn take_back(&mut self, records: &[u8], length: u64) {
        let end = length.saturating_sub(records.len() as u64);
        let mut found = vec![0; (length - end) as usize];
        let is_there = self.file.read_exact_at(&mut found, end).is_ok() && found == records;
        if is_there && self.file.set_len(end).is_ok() {
            self.size = end;
        } else {
            self.size = length;
        }
        (self.torn, self.emptied) = (0, true);
    }

    fn sync(&mut self) {
        match self.config.fsync {
            Fsync::Never => {}
            Fsync::Interval => {
                self.sync_at.get_or_insert_with(|| Instant::now() + SYNC);
            }
            Fsync::Always => {
                if let Err(error) = self.file.sync_data() {
                    self.stats.errors += 1;
                    warn!(
                        "cannot sync {}: {error}; recent records may not be on the disk",
                        self.path.display()
                    );
                }
            }
        }
    }

    fn fails(&mut self, error: io::Error) {
        self.stats.errors += 1;
        let now = Instant::now();
        if self.failure.is_none() && self.config.patient {
            let path = self.path.display();
            warn!("cannot write to {path}: {error}; keeping the records and retrying every second");
        }
        let since = self.failure.as_ref().map_or(now, |failure| failure.since);
        self.failure = Some(WriteFailure {
            error,
            since,
            retry: now + RETRY,
        });
    }

    fn recovers(&mut self) {
        if let Some(failure) = self.failure.take() {
            let (path, time) = (self.path.display(), failure.since.elapsed().as_secs_f32());
            info!("writing to {path} again after {time:.1} s");
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

/// Locks the file for this process. Returns false if another one holds the lock. `nlstream state`
/// tries for a moment whether it is held, and then holds it itself.
fn lock(file: &File) -> bool {
    for _ in 0..LOCK_ATTEMPTS {
        if crate::file::lock(file) {
            return true;
        }
        std::thread::sleep(LOCK_INTERVAL);
    }
    false
}

/// Opens or creates the file, locks it for this process and repairs its end. A new file gets the
/// `attributes`.
fn open(
    path: &Path,
    folders: FolderPolicy,
    attributes: Option<&Attributes>,
    framing: Framing,
    records: &dyn RecordReader,
) -> io::Result<(Place, File, Opened)> {
    let place = Place::resolve(path, folders)?;
    let mut can_read = true;
    let existing = match place.open_or_create(OFlags::RDWR | OFlags::APPEND, attributes) {
        // Writing is permitted and reading is not. The end cannot be repaired then.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied && !is_refusal(&error) => {
            can_read = false;
            place.open_or_create(OFlags::WRONLY | OFlags::APPEND, attributes)?
        }
        existing => existing?,
    };
    let file = existing.file;
    if !existing.is_regular {
        return Ok((place, file, Opened::default()));
    }
    if !lock(&file) {
        return Err(io::Error::new(
            io::ErrorKind::ResourceBusy,
            "another nlstream writes to it",
        ));
    }
    let opened = match can_read {
        true => {
            repair::check_content(&file, records)?;
            repair::repair_tail(&file, framing, records)?
        }
        false => Opened::default(),
    };
    Ok((place, file, opened))
}
