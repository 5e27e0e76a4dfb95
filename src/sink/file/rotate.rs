//! From one file to the next.

use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::time::{Duration, Instant};

use log::{info, warn};

use super::archive::Archive;
use super::{AppendFile, Fsync, open};
use crate::event::meta::{Rotate, RotateReason};
use crate::input::Opened;

/// How often a rotation that fails is tried again.
const RETRY_ROTATION: Duration = Duration::from_secs(60);
/// How often the name is looked at: is it still that of the file?
pub const CHECK_INTERVAL: Duration = Duration::from_millis(10);
/// What is to be done before further lines are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RotateAction {
    /// The file is to be put away.
    Rotate(RotateReason),
    /// Someone else put it away: it is still open, and takes a last record.
    Close(RotateReason),
    /// A new file is to be begun.
    Reopen,
    /// Someone emptied the file: it begins anew.
    Emptied,
}

impl AppendFile {
    /// SIGHUP: someone renamed the file. Where nobody did it goes on.
    pub fn hang_up(&mut self) {
        self.hangup = self.regular;
    }

    /// What is to be done before further lines are made.
    pub fn rotate_action(&mut self) -> Option<RotateAction> {
        let now = Instant::now();
        if !self.regular {
            return None;
        }
        // A new file may grow again.
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
        if self.hangup
            || self
                .last_check
                .is_none_or(|last| last + CHECK_INTERVAL <= now)
        {
            self.last_check = Some(now);
            let asked = std::mem::take(&mut self.hangup);
            match self.check_path() {
                Some(RotateAction::Close(_)) if asked => {
                    return Some(RotateAction::Close(RotateReason::Signal));
                }
                None => {}
                rotate_action => return rotate_action,
            }
        }
        let waits = self.not_before.is_some_and(|not_before| not_before > now);
        if waits || (!self.pending.is_empty() && !too_large) {
            return None;
        }
        let rotation = &self.config.rotation;
        if rotation
            .size
            .is_some_and(|size| self.size >= size || too_large)
            && self.fresh > 0
        {
            return Some(RotateAction::Rotate(RotateReason::Size));
        }
        if self.rotate_at.is_some_and(|at| at <= now) && self.fresh > 0 {
            return Some(RotateAction::Rotate(RotateReason::Time));
        }
        None
    }

    /// Is the file still the one of that name, and not shorter than it was?
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

    /// Puts the file away where that is due. Returns the last record for it, where it takes one.
    pub fn close_current(&mut self, rotate_action: RotateAction) -> Option<Rotate> {
        let reason = match rotate_action {
            RotateAction::Rotate(reason) => {
                if let Err(error) = Archive::of(&self.path).archive_current(&self.path) {
                    warn!("cannot rotate {}: {error}", self.path.display());
                    self.not_before = Some(Instant::now() + RETRY_ROTATION);
                    return None;
                }
                self.stats.rotations += 1;
                reason
            }
            RotateAction::Close(reason) => reason,
            RotateAction::Reopen => return None,
            RotateAction::Emptied => {
                info!("{} was emptied: it begins anew", self.path.display());
                self.fresh = 0;
                return None;
            }
        };
        let takes = self.pending.is_empty();
        let bytes = self.size;
        takes.then_some(Rotate { reason, bytes })
    }

    /// The last record was written: opens the new file. Returns how it was found; nothing, where
    /// that fails: then the lines wait, and it is tried again.
    pub fn open_next(&mut self, rotate_action: RotateAction) -> Option<Opened> {
        match rotate_action {
            RotateAction::Emptied => return Some(Opened::default()),
            // It could not be put away.
            RotateAction::Rotate(_) if self.not_before.is_some_and(|at| at > Instant::now()) => {
                return None;
            }
            _ => self.leaving = true,
        }
        if self.config.fsync != Fsync::Never {
            self.worker.sync(&self.file);
        }
        match open(&self.path) {
            Ok((file, opened)) => {
                (self.file, self.opened) = (file, opened.clone());
                self.on_opened();
                if matches!(rotate_action, RotateAction::Rotate(_)) {
                    self.worker.tidy();
                }
                // It takes the lines that wait at once.
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
