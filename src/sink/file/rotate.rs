//! Rotation: from one file to the next.

use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::time::{Duration, Instant};

use log::{info, warn};

use super::archive::archive_current;
use super::{AppendFile, CheckpointBytes, Fsync, open, repair};
use crate::event::meta::{Rotate, RotateReason};
use crate::file::Attributes;
use crate::input::Opened;

/// Interval between retries of a failed rotation.
const RETRY_ROTATION: Duration = Duration::from_secs(60);
/// Interval between checks whether the path still names the open file. Each costs two system calls.
pub(super) const CHECK_INTERVAL: Duration = Duration::from_millis(10);

/// What has to be done with the file before further records are encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RotateAction {
    /// Rename the file to its archive name and open a new one.
    Rotate(RotateReason),
    /// Another program renamed the file: write a last record to it, then open a new one.
    Close(RotateReason),
    /// Open a new file. The old one was deleted, or its replacement could not be opened before.
    Reopen,
    /// Another program truncated the file to a smaller size: begin it with a `start` record.
    Emptied,
}

impl AppendFile {
    /// Requests a check whether the file was renamed (SIGHUP).
    pub fn hang_up(&mut self) {
        self.hangup = self.regular;
    }

    /// Notes that `bytes` of the records written last belong to checkpoints. A checkpoint is no reason
    /// for a rotation: the next file would begin with another one.
    pub fn note_checkpoint(&mut self, bytes: u64) {
        let checkpoints = &mut self.checkpoints;
        if checkpoints.is_later {
            checkpoints.later += bytes;
        } else {
            checkpoints.first += bytes;
            self.fresh = self.fresh.saturating_sub(bytes);
        }
    }

    /// Delays a rotation by size or age while a checkpoint is written (`hold`): a file with a half of
    /// one is of no use. A file that reaches twice its size meanwhile is rotated nevertheless.
    pub fn hold_rotation(&mut self, hold: bool) {
        self.checkpoints.is_later |= self.held && !hold;
        self.held = hold;
    }

    /// Returns true if the file is to be rotated from this size on, and has it. The lines of
    /// checkpoints do not count, unless those after the first are as many as the file may have: on a
    /// host without events they would make it grow without end.
    fn has_size(&self, limit: u64) -> bool {
        let CheckpointBytes { first, later, .. } = self.checkpoints;
        let events = self.size.saturating_sub(first + later);
        let limit = if self.held {
            limit.saturating_mul(2)
        } else {
            limit
        };
        events >= limit || later >= limit + first
    }

    /// Returns what has to be done with the file before further records are encoded.
    pub fn rotate_action(&mut self) -> Option<RotateAction> {
        let now = Instant::now();
        if !self.regular {
            return None;
        }
        // RLIMIT_FSIZE or the file system's limit: only a new file can grow.
        let too_large = self.failure.as_ref().map(|failure| failure.error.kind())
            == Some(io::ErrorKind::FileTooLarge);
        if !too_large
            && self
                .failure
                .as_ref()
                .is_some_and(|failure| failure.retry > now)
        {
            return None;
        }
        if self.leaving {
            return Some(RotateAction::Reopen);
        }
        if self.emptied {
            return Some(RotateAction::Emptied);
        }
        if self.hangup
            || self
                .last_check
                .is_none_or(|last| last + CHECK_INTERVAL <= now)
        {
            self.last_check = Some(now);
            let asked = std::mem::take(&mut self.hangup);
            match self.check_path() {
                // It is put away with complete records only.
                Some(RotateAction::Close(_)) if self.ends_torn() => {
                    self.hangup = asked;
                    return None;
                }
                Some(RotateAction::Close(_)) if asked => {
                    return Some(RotateAction::Close(RotateReason::Signal));
                }
                None => {}
                rotate_action => return rotate_action,
            }
        }
        let waits = self.not_before.is_some_and(|not_before| not_before > now);
        if waits || (!self.pending.is_empty() && !too_large) || self.ends_torn() {
            return None;
        }
        let rotation = &self.config.rotation;
        // Of a file that is full of its checkpoint another one takes the rest.
        let has_lines = self.fresh > 0 || (too_large && self.checkpoints.first > 0);
        if !self.rotates() {
            return None;
        }
        if rotation
            .size
            .is_some_and(|size| self.has_size(size) || too_large)
            && has_lines
        {
            return Some(RotateAction::Rotate(RotateReason::Size));
        }
        if self.rotate_at.is_some_and(|at| at <= now) && self.fresh > 0 && !self.held {
            return Some(RotateAction::Rotate(RotateReason::Time));
        }
        None
    }

    /// Returns true if the file ends with a torn record that cannot be removed now: the next write
    /// completes it.
    fn ends_torn(&mut self) -> bool {
        if self.torn > 0 {
            self.remove_torn();
        }
        self.torn > 0
    }

    /// Compares the open file with the one that the path names.
    fn check_path(&mut self) -> Option<RotateAction> {
        let own = self.file.metadata().ok()?;
        match std::fs::metadata(&self.path) {
            Ok(named) if (named.dev(), named.ino()) == (own.dev(), own.ino()) => {
                let emptied = own.len() < self.size;
                self.size = own.len();
                emptied.then_some(RotateAction::Emptied)
            }
            Err(error) if error.kind() != io::ErrorKind::NotFound => None,
            _ if own.nlink() == 0 => Some(RotateAction::Reopen),
            _ => Some(RotateAction::Close(RotateReason::Renamed)),
        }
    }

    /// Archives the file if `rotate_action` asks for it. Returns the content of its last record,
    /// `None` if it takes none because it is deleted or other records wait.
    pub fn close_current(&mut self, rotate_action: RotateAction) -> Option<Rotate> {
        let reason = match rotate_action {
            RotateAction::Rotate(reason) => {
                if let Err(error) = archive_current(&self.place, &self.file) {
                    warn!(
                        "cannot rotate {}: {error}; retrying in {} s",
                        self.place.path().display(),
                        RETRY_ROTATION.as_secs()
                    );
                    self.not_before = Some(Instant::now() + RETRY_ROTATION);
                    return None;
                }
                self.stats.rotations += 1;
                reason
            }
            RotateAction::Close(reason) => reason,
            RotateAction::Reopen => return None,
            RotateAction::Emptied => {
                info!(
                    "{} was truncated by another program; continuing at its end",
                    self.path.display()
                );
                (self.fresh, self.checkpoints) = (0, CheckpointBytes::default());
                return None;
            }
        };
        let takes = self.pending.is_empty();
        let bytes = self.size;
        takes.then_some(Rotate { reason, bytes })
    }

    /// Opens the next file, after the last record of the current one was written. Returns how it
    /// was found, `None` if that fails: records wait then, and the caller retries.
    pub fn open_next(&mut self, rotate_action: RotateAction) -> Option<Opened> {
        match rotate_action {
            RotateAction::Emptied => {
                self.emptied = false;
                let opened = repair::repair_tail(&self.file, self.framing, self.records);
                self.size = self.file.metadata().map_or(0, |data| data.len());
                return Some(opened.unwrap_or_default());
            }
            // It could not be renamed and stays in use.
            RotateAction::Rotate(_) if self.not_before.is_some_and(|at| at > Instant::now()) => {
                return None;
            }
            _ => self.leaving = true,
        }
        if self.config.fsync != Fsync::Never {
            self.worker.sync(&self.file);
        }
        // The new file has the mode and the owner of the one that it follows.
        let attributes = Attributes::of(&self.file).ok();
        let (framing, records) = (self.framing, self.records);
        match open(
            &self.path,
            self.folders,
            attributes.as_ref(),
            framing,
            records,
        ) {
            Ok((place, file, opened)) => {
                (self.place, self.file, self.opened) = (place, file, opened.clone());
                self.on_opened();
                if matches!(rotate_action, RotateAction::Rotate(_)) {
                    self.tidy();
                }
                // The new file takes the waiting records at once.
                if let Some(failure) = &mut self.failure {
                    failure.retry = Instant::now();
                }
                Some(opened)
            }
            Err(error) => {
                self.fails(error);
                None
            }
        }
    }
}
