//! Writes records to the file, leaves no torn one, and keeps count of failures.

use std::io;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::time::{Duration, Instant};

use log::{info, warn};

use super::{AppendFile, Fsync, SYNC, WriteFailure};
use crate::sink::write_some;

/// Interval between retries of a failed write.
pub(super) const RETRY: Duration = Duration::from_secs(1);
impl AppendFile {
    /// Writes as many of these records as the file takes. Returns the length of those that are in
    /// the file as a whole.
    pub(super) fn put(&mut self, lines: &[u8]) -> usize {
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
    pub(super) fn remove_torn(&mut self) {
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

    pub(super) fn fails(&mut self, error: io::Error) {
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

    pub(super) fn recovers(&mut self) {
        if let Some(failure) = self.failure.take() {
            let (path, time) = (self.path.display(), failure.since.elapsed().as_secs_f32());
            info!("writing to {path} again after {time:.1} s");
        }
    }
}
