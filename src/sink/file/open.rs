//! Opens the file of a run: creates, locks, checks and repairs it.

use std::fs::File;
use std::io;
use std::path::Path;
use std::time::Duration;

use rustix::fs::OFlags;

use super::repair;
use crate::encode::{Framing, RecordReader};
use crate::file::{Attributes, FolderPolicy, Place, is_refusal, lock_within};
use crate::input::Opened;

/// How long a run waits for the lock of its file: `nlstream state` tries for a moment whether it is held, and then holds
/// it itself.
const PATIENCE: Duration = Duration::from_millis(20);

/// Opens or creates the file, locks it for this process and repairs its end. A new file gets the
/// `attributes`.
pub(super) fn open(
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
    if !lock_within(&file, PATIENCE) {
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
