//! The end of an existing file: a torn record is removed before new records are appended.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::fs::FileExt as _;

use jiff::Timestamp;

use crate::encode::{Framing, RecordReader};
use crate::file::Refusal;
use crate::input::Opened;

/// How far back the end of the last complete record is searched, bytes.
const MAX_TAIL: u64 = 16 * 1024 * 1024;
/// How much of the end is read at first, bytes: more than one record in most files.
const FIRST_READ: u64 = 64 * 1024;
/// How much of the beginning is read to find the time of the first record, bytes.
const HEAD: usize = 256;

/// Makes the file end with a complete record and returns how it was found. A torn record of this
/// program, and NULs (file systems leave them after a power loss), are removed. Any other text
/// without an end is ended, and so is a torn record of a file that can only grow (chattr +a).
///
/// # Errors
/// If the file cannot be read or written.
pub(super) fn repair_tail(
    mut file: &File,
    framing: Framing,
    records: &dyn RecordReader,
) -> io::Result<Opened> {
    let length = file.metadata()?.len();
    let mut tail = read_tail(file, length, FIRST_READ)?;
    if !has_whole_record(framing, &tail) && length > FIRST_READ {
        tail = read_tail(file, length, MAX_TAIL)?;
    }
    let tail_start = length - tail.len() as u64;
    let (whole, torn) = tail.split_at(framing.last_end(&tail));
    let last = framing.last_record(whole);
    let mut opened = Opened {
        tail_repaired: None,
        tail_ended: None,
        follows: last.and_then(|(_, record)| records.key(record)),
    };
    if torn.is_empty() {
        return Ok(opened);
    }
    let starts_a_record = !whole.is_empty() || tail_start == 0;
    let is_zeroed = torn.iter().all(|byte| *byte == 0);
    let is_torn = || {
        framing
            .strip_prefix(torn)
            .is_some_and(|it| records.is_torn(it))
    };
    if starts_a_record && (is_zeroed || is_torn()) {
        match file.set_len(tail_start + whole.len() as u64) {
            Ok(()) => {
                opened.tail_repaired = Some(torn.len() as u64);
                return Ok(opened);
            }
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                opened.tail_ended = Some(torn.len() as u64);
            }
            Err(error) => return Err(error),
        }
    }
    let mut end = Vec::new();
    framing.end_record(&mut end);
    file.write_all(&end)?;
    Ok(opened)
}

/// # Errors
/// If the file has content that does not begin with a record of this format: a recording, a capture, a
/// configuration, or anything else that lines would destroy.
pub(super) fn check_content(file: &File, records: &dyn RecordReader) -> io::Result<()> {
    let mut head = [0; HEAD];
    let read = file.read_at(&mut head, 0)?;
    match records.is_own(&head[..read]) {
        true => Ok(()),
        false => Err(Refusal::ForeignContent {
            expected: records.describe(),
        }
        .into()),
    }
}

/// Reads the last `max` bytes of the file.
fn read_tail(file: &File, length: u64, max: u64) -> io::Result<Vec<u8>> {
    let start = length.saturating_sub(max);
    let mut tail = vec![0; (length - start) as usize];
    file.read_exact_at(&mut tail, start)?;
    Ok(tail)
}

/// Returns true if a record both begins and ends in `tail`.
fn has_whole_record(framing: Framing, tail: &[u8]) -> bool {
    let whole = &tail[..framing.last_end(tail)];
    framing
        .last_record(whole)
        .is_some_and(|(start, _)| start > 0)
}

/// Returns the time of the first record, `None` if the file is empty or begins with something else.
pub(super) fn first_time(file: &File, records: &dyn RecordReader) -> Option<Timestamp> {
    let mut head = [0; HEAD];
    let read = file.read_at(&mut head, 0).ok()?;
    records.first_time(&head[..read]).map(|time| time.0)
}
