//! A file of lines: opened for appending, and never left with half a line. What it cannot take
//! now waits, and is tried again.

mod archive;
mod repair;
mod rotate;
#[cfg(test)]
mod tests;
mod worker;

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use log::{info, warn};
use rustix::fs::{FlockOperation, flock};

use super::{Stats, write_some};
use crate::error::Error;
use crate::input::Opened;
pub use rotate::RotateAction;

use worker::Worker;

/// How a file of lines is kept.
#[derive(Clone, Debug, Default)]
pub struct Config {
    pub rotation: Rotation,
    pub fsync: Fsync,
    /// Lines that cannot be written wait, and are tried again; else that is an error.
    pub patient: bool,
}

/// When a file is put away, and a new one begun.
#[derive(Clone, Debug, Default)]
pub struct Rotation {
    /// From this size on, bytes.
    pub size: Option<u64>,
    /// From this age on.
    pub every: Option<Duration>,
    /// How many old files are kept; 0 for all of them.
    pub keep: usize,
    /// Are old files compressed?
    pub compress: bool,
}

/// When what was written is brought to the disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fsync {
    /// When the system sees fit.
    #[default]
    Never,
    /// A second after it was written.
    Interval,
    /// At once: the kernel's events wait for the disk.
    Always,
}

/// How often what cannot be done is tried again.
const RETRY: Duration = Duration::from_secs(1);
/// How long lines are not brought to the disk, with [`Fsync::Interval`].
const SYNC: Duration = Duration::from_secs(1);

/// A file of lines.
pub struct AppendFile {
    path: PathBuf,
    config: Config,
    file: File,
    /// It is a file, not a device or a pipe.
    regular: bool,
    /// How it was found.
    opened: Opened,
    /// Its size as far as it is known, bytes, and how much of that is lines of ours.
    size: u64,
    fresh: u64,
    /// Whole lines that wait.
    pending: Vec<u8>,
    /// How many bytes of the first of them are in the file already.
    torn: usize,
    failure: Option<WriteFailure>,
    /// The lines go to a new file, as soon as that is open.
    leaving: bool,
    hangup: bool,
    last_check: Option<Instant>,
    rotate_at: Option<Instant>,
    not_before: Option<Instant>,
    sync_at: Option<Instant>,
    worker: Worker,
    stats: Stats,
}

/// Why lines wait.
struct WriteFailure {
    error: io::Error,
    since: Instant,
    retry: Instant,
}

impl AppendFile {
    /// Opens or makes the file. A half line that a killed run of ours left is cut off; any other
    /// unended line is ended.
    pub fn open(path: &Path, config: Config) -> Result<Self, Error> {
        let (file, opened) = open(path).map_err(|source| Error::OpenOutput {
            path: path.to_owned(),
            source,
        })?;
        let mut it = AppendFile {
            path: path.to_owned(),
            worker: Worker::new(path, &config.rotation),
            config,
            regular: false,
            file,
            opened,
            size: 0,
            fresh: 0,
            pending: Vec::new(),
            torn: 0,
            failure: None,
            leaving: false,
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
            info!("cut {bytes} bytes of a half line off the end of {path}");
        }
        if it.rotates() {
            it.worker.tidy();
        }
        Ok(it)
    }

    fn rotates(&self) -> bool {
        self.regular
            && (self.config.rotation.size.is_some() || self.config.rotation.every.is_some())
    }

    /// A file was opened.
    fn on_opened(&mut self) {
        let data = self.file.metadata().ok();
        self.regular = data.as_ref().is_some_and(std::fs::Metadata::is_file);
        self.size = data.map_or(0, |data| data.len());
        (self.fresh, self.torn, self.leaving) = (0, 0, false);
        self.rotate_at = self.config.rotation.every.map(|every| {
            let age = repair::on_opened(&self.file)
                .map(|on_opened| Timestamp::now().duration_since(on_opened));
            let age = age.and_then(|age| Duration::try_from(age).ok());
            Instant::now() + every.saturating_sub(age.unwrap_or_default())
        });
    }

    /// How the file was found when it was opened.
    pub fn opened(&self) -> &Opened {
        &self.opened
    }

    /// Lines that wait, from the first one on.
    pub fn waiting(&mut self) -> &mut Vec<u8> {
        &mut self.pending
    }

    /// Takes the line that a new file begins with: it comes before those that wait.
    pub fn write_first(&mut self, line: &[u8]) -> Result<(), Error> {
        self.pending.splice(..0, line.iter().copied());
        let alone = self.pending.len() == line.len();
        self.flush()?;
        if alone {
            self.fresh = 0;
        }
        Ok(())
    }

    /// Takes whole lines.
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

    /// Tries again what is to be tried again.
    pub fn flush(&mut self) -> Result<(), Error> {
        if !self.pending.is_empty() && !self.waits() {
            let mut pending = std::mem::take(&mut self.pending);
            let whole = self.put(&pending);
            pending.drain(..whole);
            self.pending = pending;
        }
        if self.sync_at.is_some_and(|at| at <= Instant::now()) {
            let begun = self.worker.sync(&self.file);
            self.sync_at = (!begun).then(|| Instant::now() + SYNC);
        }
        self.check_failure()
    }

    fn waits(&self) -> bool {
        let now = Instant::now();
        self.leaving
            || self
                .failure
                .as_ref()
                .is_some_and(|failure| failure.retry > now)
    }

    /// A fault is an error for whoever has no patience, and where nobody reads any more.
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

    /// Writes as many of these lines as the file takes. Returns the length of those that are in it
    /// as a whole.
    fn put(&mut self, lines: &[u8]) -> usize {
        if lines.is_empty() {
            return 0;
        }
        if self.torn > 0 {
            self.cut();
        }
        let (count, result) = write_some(&mut self.file, &lines[self.torn..]);
        self.size += count as u64;
        let written = self.torn + count;
        let newline = lines[..written].iter().rposition(|byte| *byte == b'\n');
        let whole = newline.map_or(0, |at| at + 1);
        self.torn = written - whole;
        if self.torn > 0 {
            self.cut();
        }
        // Deleted while it was written to: these lines go to the next file.
        if self.regular && self.file.metadata().is_ok_and(|data| data.nlink() == 0) {
            (self.torn, self.leaving) = (0, true);
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

    /// Cuts the half line off that is at the end. Where that fails it is completed later.
    fn cut(&mut self) {
        if !self.regular {
            return;
        }
        let cut = || -> io::Result<u64> {
            let end = self.file.metadata()?.len();
            let end = end.saturating_sub(self.torn as u64);
            self.file.set_len(end)?;
            Ok(end)
        };
        if let Ok(size) = cut() {
            (self.size, self.torn) = (size, 0);
        }
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
                    warn!("{} may not be on the disk: {error}", self.path.display());
                }
            }
        }
    }

    fn fails(&mut self, error: io::Error) {
        self.stats.errors += 1;
        let now = Instant::now();
        if self.failure.is_none() && self.config.patient {
            let path = self.path.display();
            warn!("cannot write to {path}: {error}: the lines wait, it is tried again each second");
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
            info!("{path} takes lines again after {time:.1} s");
        }
    }

    /// Is there something that has to be tried again?
    pub fn is_faulty(&self) -> bool {
        self.failure.is_some() || self.leaving || !self.pending.is_empty()
    }

    /// The error number of what keeps the lines from being written.
    pub fn errno(&self) -> Option<u32> {
        let failure = self.failure.as_ref()?;
        failure.error.raw_os_error().map(i32::unsigned_abs)
    }

    /// When there is something to do, if no line comes before.
    pub fn wakeup(&self) -> Option<Instant> {
        let retry = self.failure.as_ref().map(|failure| failure.retry);
        let open_next = self.leaving.then(Instant::now).filter(|_| retry.is_none());
        let rotate = self.rotate_at.filter(|_| self.fresh > 0 && retry.is_none());
        let rotate = rotate.max(rotate.and(self.not_before));
        [retry, open_next, rotate, self.sync_at]
            .into_iter()
            .flatten()
            .min()
    }

    /// Brings everything to the disk.
    ///
    /// # Errors
    /// Where lines still wait.
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
            warn!("{} may not be on the disk: {error}", self.path.display());
        }
        Ok(())
    }

    /// Bytes that wait.
    pub fn pending(&self) -> usize {
        self.pending.len()
    }

    pub fn stats(&self) -> Stats {
        let failed = self.worker.failed();
        Stats {
            errors: self.stats.errors + failed,
            ..self.stats
        }
    }
}

/// Opens or makes the file, for this process alone, and mends its end.
fn open(path: &Path) -> io::Result<(File, Opened)> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    let file = match options.clone().read(true).open(path) {
        // A file that we may write but not read, or a FIFO's other end.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            return Ok((options.open(path)?, Opened::default()));
        }
        file => file?,
    };
    if !file.metadata()?.is_file() {
        return Ok((file, Opened::default()));
    }
    // Where there are no locks nobody is kept out.
    if let Err(rustix::io::Errno::WOULDBLOCK) =
        flock(&file, FlockOperation::NonBlockingLockExclusive)
    {
        return Err(io::Error::new(
            io::ErrorKind::ResourceBusy,
            "another nlstream writes to it",
        ));
    }
    let opened = repair::repair_tail(&file)?;
    Ok((file, opened))
}
