//! The two ends of a file of lines: what a killed run left at its end, and when it began.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::fs::FileExt as _;

use jiff::Timestamp;
use serde::Deserialize;

use crate::event::meta::Follows;
use crate::input::Opened;

/// How every line of ours begins.
const LINE_PREFIX: &[u8] = b"{\"v\":";
/// How far back the end of the last whole line is searched, bytes.
const MAX_TAIL: u64 = 16 * 1024 * 1024;
/// How much is read of the end at first, bytes: more than one line mostly.
const FIRST_READ: u64 = 64 * 1024;

/// Sees to it that the file ends with a whole line: a half line of ours, and NULs of a machine
/// that lost its power, are cut off; any other unended line is ended.
pub fn repair_tail(mut file: &File) -> io::Result<Opened> {
    let length = file.metadata()?.len();
    let mut repair = last(file, length, FIRST_READ)?;
    if two_lines(&repair).is_none() && length > FIRST_READ {
        repair = last(file, length, MAX_TAIL)?;
    }
    let from = length - repair.len() as u64;
    let end = after_newline(&repair);
    let torn = &repair[end..];
    let mut opened = Opened {
        tail_repaired: None,
        follows: follows(&repair[..end]),
    };
    if torn.is_empty() {
        return Ok(opened);
    }
    let begins_a_line = end > 0 || from == 0;
    let ours = torn.starts_with(LINE_PREFIX) || LINE_PREFIX.starts_with(torn);
    let nothing = torn.iter().all(|byte| *byte == 0);
    if begins_a_line && (ours || nothing) {
        file.set_len(from + end as u64)?;
        opened.tail_repaired = Some(torn.len() as u64);
    } else {
        file.write_all(b"\n")?;
    }
    Ok(opened)
}

fn last(file: &File, length: u64, most: u64) -> io::Result<Vec<u8>> {
    let from = length.saturating_sub(most);
    let mut repair = vec![0; (length - from) as usize];
    file.read_exact_at(&mut repair, from)?;
    Ok(repair)
}

/// Where the last whole line ends.
fn after_newline(bytes: &[u8]) -> usize {
    let newline = bytes.iter().rposition(|byte| *byte == b'\n');
    newline.map_or(0, |at| at + 1)
}

/// Are there the ends of two lines: that is one whole line at least?
fn two_lines(bytes: &[u8]) -> Option<usize> {
    let end = after_newline(bytes).checked_sub(1)?;
    bytes[..end].iter().rposition(|byte| *byte == b'\n')
}

/// The key of the last of these lines.
fn follows(lines: &[u8]) -> Option<Follows> {
    #[derive(Deserialize)]
    struct Key {
        run: String,
        seq: u64,
    }
    let end = lines.len().checked_sub(1)?;
    let line = &lines[after_newline(&lines[..end])..end];
    let Key { run, seq } = serde_json::from_slice(line).ok()?;
    Some(Follows { run, seq })
}

/// When the first line was written.
pub fn on_opened(file: &File) -> Option<Timestamp> {
    let mut head = [0; 256];
    let read = file.read_at(&mut head, 0).ok()?;
    let head = String::from_utf8_lossy(&head[..read]);
    let (_, rest) = head.split_once("\"time\":\"")?;
    rest.split_once('"')?.0.parse().ok()
}
